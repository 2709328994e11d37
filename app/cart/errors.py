"""What the rules of the cart refuse, and why. Each leaves the cart as it was."""

from app.errors import Conflict, Invalid, NotFound, Unavailable


class VariantNotFound(NotFound):
    """The store sells no such variant (any more)."""

    code = "variant_not_found"


class LineNotFound(NotFound):
    """This cart has no such line: removed elsewhere, or somebody else's."""

    code = "line_not_found"


class OtherProduct(Invalid):
    """A line can become another variant of its product, not another product."""

    code = "other_product"


class QuantityNotPositive(Invalid):
    """Less than one unit."""

    code = "quantity_not_positive"


class QuantityBelowMinimum(Invalid):
    """The product is sold from `minimum` units."""

    code = "quantity_below_minimum"


class QuantityLimitReached(Invalid):
    """More than `maximum` units of the product in one pane."""

    code = "quantity_limit_reached"


class LineLimitReached(Invalid):
    """The cart already has the store's `maximum` of lines."""

    code = "line_limit_reached"


class SoldOut(Conflict):
    """None left."""

    code = "sold_out"


class StockShort(Conflict):
    """Only `available` left, fewer than wanted."""

    code = "stock_short"


class CurrencyDiffers(Conflict):
    """The line is priced in another currency than this order."""

    code = "currency_differs"


class UnknownCurrency(Invalid):
    """A currency that the store does not sell in."""

    code = "unknown_currency"


class NothingToMove(Conflict):
    """None of the lines can go to the other pane."""

    code = "nothing_to_move"


class NothingToUndo(Conflict):
    """The change has been taken back already, or something else happened since."""

    code = "nothing_to_undo"


class UnknownPane(Invalid):
    """A pane that is neither `active` nor `next_purchase`."""

    code = "unknown_pane"


class LineChanged(Conflict):
    """The line is not as the shopper saw it: it has `quantity` units now. What they wanted has not been done."""

    code = "line_changed"


class PricesMovedAgain(Conflict):
    """None of the prices that were accepted is the price now."""

    code = "prices_moved_again"


class OperationDiffers(Invalid):
    """An operation id that was used before, for something else."""

    code = "operation_differs"


class CartBusy(Conflict):
    """Too many changes at once; the last one was not made."""

    code = "cart_busy"


class GuestCartsUnavailable(Unavailable):
    """Redis is away: guests' carts cannot be read or changed right now."""

    code = "guest_carts_unavailable"


class GuestCartMoved(Conflict):
    """The guest's cart is being merged into an account."""

    code = "guest_cart_moved"
