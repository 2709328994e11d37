"""What was typed about a product, and what it means; and what stands in the fields to begin with."""

from collections.abc import Mapping
from typing import Any

from app.catalog.drafts import CONTROLS, ImageDraft, ProductDraft, Texts, VariantDraft
from app.catalog.editing import Words, handle_of
from app.catalog.errors import BadProduct
from app.catalog.staff_queries import StaffProduct
from app.console import amounts
from app.inventory.adjusting import LARGEST
from app.inventory.errors import BadMovement
from app.web.formats import latin_digits

Form = Mapping[str, str]
OPTIONS = (1, 2, 3)


def line(form: Form, name: str) -> str:
    """One line of text without marks nobody sees the sense of."""
    return CONTROLS.sub("", " ".join(form.get(name, "").split()))


def texts(form: Form, name: str, locales: tuple[str, ...]) -> Texts:
    """A line in each language that it was typed in."""
    return {locale: text for locale in locales if (text := line(form, f"{name}_{locale}"))}


def bodies(form: Form, locales: tuple[str, ...]) -> Texts:
    """Paragraphs in each language, one a line."""
    found = {}
    for locale in locales:
        lines = (CONTROLS.sub("", " ".join(one.split())) for one in form.get(f"body_{locale}", "").splitlines())
        if text := "\n".join(one for one in lines if one):
            found[locale] = text
    return found


def whole(form: Form, name: str, field: str) -> int | None:
    """A whole number in any digits; None for nothing. Raises BadProduct of `field`."""
    digits = latin_digits(form.get(name, "").strip())
    if not digits:
        return None
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 10):
        raise BadProduct(field=field)
    return int(digits)


def words(form: Form, locales: tuple[str, ...]) -> Words:
    """What is said of the product. Raises BadProduct."""
    tags = [CONTROLS.sub("", " ".join(tag.split())) for tag in form.get("tags", "").replace("،", ",").split(",")]
    return Words(
        title=texts(form, "title", locales),
        body=bodies(form, locales),
        vendor=line(form, "vendor"),
        tags=tuple(dict.fromkeys(tag for tag in tags if tag)),
        category_slug=form.get("category", ""),
        category=texts(form, "category_new", locales) or None,
        minimum=whole(form, "minimum", "limits") or 1,
        maximum=whole(form, "maximum", "limits"),
    )


def variant(form: Form, locales: tuple[str, ...], currency: str, options: int) -> VariantDraft:
    """A variant as it was typed. Raises BadProduct, BadAmount, BadMovement."""
    price = amounts.read(form.get("price", ""), currency)
    if price is None:
        raise BadProduct(field="price")
    units = whole(form, "available", "units") if form.get("available", "").strip() else None
    if units is not None and units > LARGEST:
        raise BadMovement()
    return VariantDraft(
        options=tuple(texts(form, f"option{n}_value", locales) for n in OPTIONS[:options]),
        sku=line(form, "sku"),
        price=price,
        compare_at=amounts.read(form.get("compare_at", ""), currency),
        image=None,
        tracked=units is not None,
        oversell=False,
        quantity=units or 0,
    )


def draft(form: Form, locales: tuple[str, ...], currency: str) -> tuple[ProductDraft, Words]:
    """A new product with its first variant: hidden until somebody has looked at it. Raises BadProduct, BadAmount."""
    said = words(form, locales)
    names = tuple(texts(form, f"option{n}_name", locales) for n in OPTIONS)
    given = tuple(name for name in names if name)
    if names[: len(given)] != given or not all(name.get(locales[0]) for name in given):
        raise BadProduct(field="option")
    first = variant(form, locales, currency, len(given))
    if not all(option.get(locales[0]) for option in first.options):
        raise BadProduct(field="option")
    source = form.get("source", "").strip()
    return ProductDraft(
        line=0,
        handle=line(form, "handle").replace(" ", "-").lower() or handle_of(said.title.get(locales[0], "")),
        title=said.title,
        body=said.body,
        vendor=said.vendor,
        category=None,
        tags=said.tags,
        published=False,
        option_names=given,
        variants=(first,),
        images=(ImageDraft(source, texts(form, "alt", locales)),) if source else (),
        minimum=said.minimum,
        maximum=said.maximum,
    ), said


def filled(product: StaffProduct, locales: tuple[str, ...]) -> dict[str, str]:
    """What stands in the fields of a product's words."""
    return {
        **{f"title_{locale}": product.title.get(locale, "") for locale in locales},
        **{f"body_{locale}": product.body.get(locale, "") for locale in locales},
        "vendor": product.vendor,
        "tags": ", ".join(product.tags),
        "category": product.category_slug,
        "minimum": str(product.minimum),
        "maximum": str(product.maximum or ""),
    }


def differing(typed: Form, now: Mapping[str, str]) -> dict[str, Any]:
    """The fields in which what was typed is not what is there now, with what is there now."""
    return {
        name: text for name, text in now.items() if typed.get(name, "").replace("\r\n", "\n").strip() != text.strip()
    }
