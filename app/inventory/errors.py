"""What stock refuses."""

from app.errors import Conflict, Invalid


class StockMoved(Conflict):
    """Somebody sold or moved units since the page was loaded: `available` are there now, `seen` were there then."""

    code = "stock_moved"


class TooFewThere(Conflict):
    """More should go than there are: `available` are there."""

    code = "too_few_there"


class NotCounted(Conflict):
    """The stock of this variant is not counted: it never runs out."""

    code = "stock_not_counted"


class BadMovement(Invalid):
    """No whole number of units above nothing, or an endless note."""

    code = "bad_movement"
