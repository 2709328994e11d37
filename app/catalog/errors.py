"""What the catalogue refuses."""

from app.errors import Conflict, Invalid, NotFound


class ProductNotFound(NotFound):
    """No product is shown under this handle: unknown, hidden, or no longer for sale."""

    code = "product_not_found"


class CategoryNotFound(NotFound):
    """The store has no such category."""

    code = "category_not_found"


class VariantNotFound(NotFound):
    """The product has no such variant."""

    code = "no_such_variant"


class BadProduct(Invalid):
    """Something of a product that cannot be: `field` names it (title, handle, limits, option, price, compare_at, image, long)."""

    code = "bad_product"


class HandleTaken(Conflict):
    """Another product has this address."""

    code = "handle_taken"


class ProductChanged(Conflict):
    """Somebody changed the product since the page was loaded."""

    code = "product_changed"


class PriceMoved(Conflict):
    """The price is another one than the page said: `price` (Money or None) by now."""

    code = "price_moved"


class VariantExists(Conflict):
    """The product is made with these options already, or was: then it can be brought back."""

    code = "variant_exists"


class TooLateToTakeBack(Conflict):
    """The price was changed again since, or taken back already."""

    code = "price_moved_on"
