"""What endpoints refuse."""

from app.errors import Conflict, Invalid, NotFound


class EndpointNotFound(NotFound):
    """There is no such endpoint in this store."""

    code = "endpoint_not_found"


class DeliveryNotFound(NotFound):
    """There is no such delivery."""

    code = "delivery_not_found"


class BadAddress(Invalid):
    """Events cannot go there: `why` is no_address, more_than_an_address, not_encrypted or private."""

    code = "bad_webhook_address"


class NoTypes(Invalid):
    """An endpoint that hears of nothing."""

    code = "no_webhook_types"


class TooManyEndpoints(Conflict):
    """The store has as many as it may."""

    code = "too_many_endpoints"


class EndpointChanged(Conflict):
    """Somebody else has changed it since the page was made."""

    code = "endpoint_changed"


class NothingToSendAgain(Conflict):
    """None of it has ended: it is on its way."""

    code = "nothing_to_send_again"


class EndpointOff(Conflict):
    """It hears of nothing at the moment."""

    code = "endpoint_off"
