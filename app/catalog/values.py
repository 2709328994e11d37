"""What the shop's pages show of the catalogue: frozen values, texts by locale. Pure."""

from dataclasses import dataclass
from uuid import UUID

from app.ids import VariantId
from app.money import Money

Texts = dict[str, str]

PAGE_SIZE = 24
LOW_STOCK = 3  # from here on "Only 3 left" is worth saying


def tint(handle: str) -> int:
    """The colour, 1 to 4, of the tile behind a product's picture."""
    return sum(map(ord, handle)) % 4 + 1


@dataclass(frozen=True, slots=True)
class CategoryView:
    """A shelf of the shop, how many products stand on it, and a picture of the first."""

    slug: str
    title: Texts
    products: int
    image: str | None


@dataclass(frozen=True, slots=True)
class ProductCard:
    """A product in a list. `price` is the lowest; `variant_id` is given where there is nothing to choose.

    No price: it is not sold in the currency that was asked for.
    """

    handle: str
    title: Texts
    image: str | None
    price: Money | None
    varies: bool
    compare_at: Money | None
    available: int | None
    minimum: int
    variant_id: VariantId | None

    @property
    def tint(self) -> int:
        """Which of the four colours lies behind the picture: always the same one for a product."""
        return tint(self.handle)

    @property
    def sold_out(self) -> bool:
        """Whether no variant can be bought now."""
        return self.available is not None and self.available < self.minimum

    @property
    def low(self) -> bool:
        """Whether little is left."""
        return self.available is not None and not self.sold_out and self.available <= LOW_STOCK


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of products. `nearest` says that nothing matched and these only come close; `suggestion` is what was meant."""

    cards: tuple[ProductCard, ...]
    total: int
    page: int
    nearest: bool = False
    suggestion: str | None = None

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE_SIZE))


@dataclass(frozen=True, slots=True)
class ImageView:
    """A picture and what it shows."""

    source: str
    alt: Texts


@dataclass(frozen=True, slots=True)
class VariantView:
    """A variant that is for sale. `available` None means: never runs out.

    `price` None means: not sold in the currency that was asked for.
    """

    id: VariantId
    options: tuple[Texts, ...]
    price: Money | None
    compare_at: Money | None
    available: int | None
    image: str | None
    sold_out: bool

    @property
    def low(self) -> bool:
        """Whether little is left."""
        return self.available is not None and not self.sold_out and self.available <= LOW_STOCK


@dataclass(frozen=True, slots=True)
class ProductView:
    """A product's page."""

    id: UUID
    handle: str
    title: Texts
    body: Texts
    vendor: str
    category_slug: str | None
    category_title: Texts | None
    option_names: tuple[Texts, ...]
    images: tuple[ImageView, ...]
    minimum: int
    maximum: int | None
    variants: tuple[VariantView, ...]

    @property
    def lowest(self) -> Money | None:
        """The lowest price among the variants, None when none is sold in the currency that was asked for."""
        return min((variant.price for variant in self.variants if variant.price is not None), default=None)

    @property
    def varies(self) -> bool:
        """Whether the variants differ in price."""
        return len({variant.price for variant in self.variants}) > 1

    @property
    def tint(self) -> int:
        """Which of the four colours lies behind the pictures."""
        return tint(self.handle)

    def pictures(self, variant: VariantView | None) -> tuple[ImageView, ...]:
        """The product's pictures; the one of the chosen variant stands first."""
        own = variant.image if variant else None
        if own is None:
            return self.images
        first = next((image for image in self.images if image.source == own), ImageView(own, {}))
        return (first, *(image for image in self.images if image.source != own))
