"""A product as a file describes it, before it is written: frozen values, and what keeps one from being taken. Pure."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

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
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\ufffe\uffff]")
_OWN_IMAGE = re.compile(r"products/[A-Za-z0-9][A-Za-z0-9._-]*")


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
    position: int | None = None  # in the shop, where the file says so


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


def allowed_source(source: str) -> bool:
    """Whether this names a picture: an https address, or a file below static/img/products/."""
    if len(source) > LONGEST_SOURCE or re.search(r"[\s\"'<>\\`{}|^]", source) or CONTROLS.search(source):
        return False
    if _OWN_IMAGE.fullmatch(source):
        return ".." not in source
    try:
        address = urlsplit(source)
        return address.scheme == "https" and bool(address.hostname) and "@" not in address.netloc
    except ValueError:
        return False
