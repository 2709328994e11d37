"""What checkout and orders refuse, and why. Each leaves cart, stock and money as they were."""

from app.errors import Conflict, Forbidden, Invalid, NotFound


class OrderNotFound(NotFound):
    """No such order for this asker."""

    code = "order_not_found"


class NothingToOrder(Conflict):
    """The active pane is empty."""

    code = "nothing_to_order"


class SignInToOrder(Forbidden):
    """This store sells to signed-in customers only."""

    code = "sign_in_to_order"


class LinesToResolve(Conflict):
    """Some lines cannot be bought as they stand: `lines` are (title by locale, how many there are)."""

    code = "lines_to_resolve"


class PricesToAccept(Conflict):
    """A price is not the one the shopper has seen: it needs their nod first."""

    code = "prices_to_accept"


class CheckoutIncomplete(Invalid):
    """Something is still to be entered: `step` is the page that asks for it."""

    code = "checkout_incomplete"


class TotalMoved(Conflict):
    """What the shopper agreed to is not what the order comes to now: `before` and `after` are Money. Nothing was charged."""

    code = "total_moved"


class PaymentUnderWay(Conflict):
    """A payment for this cart has been asked for and its outcome is not known yet; nothing may be paid twice."""

    code = "payment_under_way"


class DeliveryNotOffered(Invalid):
    """The method does not serve this country or currency."""

    code = "delivery_not_offered"


class WayToPayNotOffered(Invalid):
    """No such provider here."""

    code = "way_to_pay_not_offered"


class OrderMovedOn(Conflict):
    """The order is no longer in a state in which this can be done."""

    code = "order_moved_on"


class NothingToRefund(Invalid):
    """More than what is left of what was paid, or nothing."""

    code = "nothing_to_refund"
