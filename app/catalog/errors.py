"""What the catalogue refuses."""

from app.errors import NotFound


class ProductNotFound(NotFound):
    """No product is shown under this handle: unknown, hidden, or no longer for sale."""

    code = "product_not_found"


class CategoryNotFound(NotFound):
    """The store has no such category."""

    code = "category_not_found"
