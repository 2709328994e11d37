"""What a shopper asks the list for, read from an address that anybody may have typed: nonsense counts as not asked. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal, Protocol, get_args

from app.catalog.search import LONGEST_QUERY
from app.money import BadAmount, Money, parse_amount

Sort = Literal["featured", "newest", "price", "price-down", "name"]
SORTS: tuple[Sort, ...] = get_args(Sort)
MOST_CATEGORIES = 20
LAST_PAGE = 100_000
_UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffd]+")
_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,3})?")
_DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩٫", "01234567890123456789.")


class Arguments(Protocol):
    """A query string as the web framework hands it over."""

    def get(self, key: str, /) -> str | None:
        """The first value."""

    def getlist(self, key: str, /) -> list[str]:
        """All values."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What the list is narrowed down to, and its order. Amounts are typed in `unit` units of the currency (a toman is 10 rials)."""

    text: str = ""
    categories: tuple[str, ...] = ()
    in_stock: bool = False
    least: Money | None = None
    most: Money | None = None
    sort: Sort = "featured"
    unit: int = 1
    fixed: bool = field(default=False)  # the category is the page's own, not the shopper's choice

    @property
    def narrowed(self) -> int:
        """How many conditions the shopper set, the search apart."""
        return (0 if self.fixed else len(self.categories)) + self.in_stock + bool(self.least) + bool(self.most)

    def arguments(self) -> list[tuple[str, str]]:
        """This filter as a query string would spell it."""
        pairs = [("q", self.text)] if self.text else []
        pairs += [] if self.fixed else [("category", slug) for slug in self.categories]
        pairs += [("in_stock", "1")] if self.in_stock else []
        pairs += [("price_min", plain_amount(self.least, self.unit))] if self.least else []
        pairs += [("price_max", plain_amount(self.most, self.unit))] if self.most else []
        return pairs + ([("sort", self.sort)] if self.sort != "featured" else [])

    def without(self, name: str, value: str = "") -> "Filter":
        """This filter with one condition taken away."""
        match name:
            case "category":
                return replace(self, categories=tuple(slug for slug in self.categories if slug != value))
            case "in_stock":
                return replace(self, in_stock=False)
            case "price_min":
                return replace(self, least=None)
            case "price_max":
                return replace(self, most=None)
            case _:
                return replace(self, text="")


def read_filter(
    arguments: Arguments, *, currency: str, unit: int = 1, known: Iterable[str] = (), category: str | None = None
) -> Filter:
    """The filter that a query string spells. Categories that the store does not have (`known`) are left out.

    On a category's own page (`category`) there is no choosing another.
    """
    sort = arguments.get("sort")
    slugs = set(known)
    wanted = dict.fromkeys(slug for slug in arguments.getlist("category") if slug in slugs)
    return Filter(
        text=clean(arguments.get("q")),
        categories=(category,) if category else tuple(wanted)[:MOST_CATEGORIES],
        in_stock=arguments.get("in_stock") == "1",
        least=read_amount(arguments.get("price_min"), currency, unit),
        most=read_amount(arguments.get("price_max"), currency, unit),
        sort=next((known for known in SORTS if known == sort), "featured"),
        unit=unit,
        fixed=category is not None,
    )


def read_page(text: str | None) -> int:
    """The number of a page, 1 for anything that is none."""
    digits = (text or "").translate(_DIGITS)
    return min(max(1, int(digits)), LAST_PAGE) if digits.isascii() and digits.isdigit() and len(digits) < 12 else 1


def read_amount(text: str | None, currency: str, unit: int = 1) -> Money | None:
    """A price as people type it, in any digits, with a comma or a point; None for anything else and for nothing."""
    typed = (text or "").strip().translate(_DIGITS).replace("٬", "").replace(",", ".")
    try:
        return (parse_amount(str(Decimal(typed) * unit), currency) or None) if _AMOUNT.fullmatch(typed) else None
    except BadAmount:
        return None


def plain_amount(amount: Money, unit: int = 1) -> str:
    """A price as a query string carries it, in `unit` units of the currency: without needless zeros."""
    text = f"{amount.decimal / unit:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def clean(text: str | None) -> str:
    """What somebody looks for, as it may be shown and searched: one line, not endless."""
    return " ".join(_UNWANTED.sub(" ", (text or "")[: 2 * LONGEST_QUERY]).split())[:LONGEST_QUERY]
