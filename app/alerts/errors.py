"""What alerts refuse, and the sentence each refusal is for a person."""

from app.errors import Conflict, NotFound
from app.web.language import gettext as _
from app.web.refusals import register


class NothingToWaitFor(NotFound):
    """The variant is not sold any more, or never was: it will not be back."""

    code = "nothing_to_wait_for"


class InStock(Conflict):
    """The variant can be bought right now."""

    code = "alert_in_stock"


class StopLinkUnknown(NotFound):
    """No letter carried this link, or it was so long ago that nothing is kept of it."""

    code = "stop_link_unknown"


register(
    {
        "nothing_to_wait_for": lambda p: _("This product is not sold here, or no longer."),
        "alert_in_stock": lambda p: _("This is in stock right now."),
        "stop_link_unknown": lambda p: _("This link is not valid, or no longer. No mail is waiting because of it."),
    }
)
