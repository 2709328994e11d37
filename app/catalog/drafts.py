"""A product as a file describes it, before it is written: frozen values, and what keeps one from being taken. Pure."""

from dataclasses import dataclass

from app.catalog.search import fold
from app.money import Money

Texts = dict[str, str]

LONGEST_NAME = 255
LONGEST_BODY = 50_000
LONGEST_SOURCE = 2_000
MOST_VARIANTS = 250
MOST_IMAGES = 250
MOST_TAGS = 250
LARGEST_QUANTITY = 1_000_000_000
LARGEST_ORDER_LIMIT = 999


@dataclass(frozen=True, slots=True)
class FurtherPrice:
    """What a variant costs in another currency than the store's own. `price` None: it is not sold in it."""

    currency: str
    price: Money | None
    compare_at: Money | None


@dataclass(frozen=True, slots=True)
class VariantDraft:
    """One way of buying the product. `options` follow the product's option_names.

    `further` has the currencies that the file speaks of; prices in others stay as they are.
    """

    options: tuple[Texts, ...]
    sku: str
    price: Money
    compare_at: Money | None
    image: str | None
    tracked: bool
    oversell: bool
    quantity: int
    further: tuple[FurtherPrice, ...] = ()


@dataclass(frozen=True, slots=True)
class ImageDraft:
    """A picture and what it shows."""

    source: str
    alt: Texts


@dataclass(frozen=True, slots=True)
class ProductDraft:
    """A whole product; `line` is where the file begins to speak of it."""

    line: int
    handle: str
    title: Texts
    body: Texts
    vendor: str
    category: Texts | None
    tags: tuple[str, ...]
    published: bool
    option_names: tuple[Texts, ...]
    variants: tuple[VariantDraft, ...]
    images: tuple[ImageDraft, ...]
    minimum: int
    maximum: int | None


@dataclass(frozen=True, slots=True)
class RowRefusal:
    """Why a product was not taken: the line of the file, the product's handle, a stable code and a sentence."""

    line: int
    handle: str
    code: str
    sentence: str


def slug(title: str) -> str:
    """What stands in the address of a category called `title`."""
    return fold(title).replace(" ", "-")
