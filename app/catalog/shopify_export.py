"""The catalogue as a file that can be brought in again without changing anything: Shopify's columns, ours beside them."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from sqlalchemy import text

from app.catalog.shopify_columns import LANGUAGES, TRANSLATED
from app.database.base import db
from app.database.tenancy import current_store_id
from app.money import Money

BATCH = 100
# Spreadsheets take cells that begin so for formulas (CWE-1236); the apostrophe goes when the file is read.
FORMULA = re.compile(r"'*[=+\-@\t\r]")

CURRENCIES = text("SELECT DISTINCT currency FROM variant_prices WHERE store_id = :store ORDER BY currency")

PRODUCTS = text("""
    SELECT p.id, p.handle, p.title, p.body, p.vendor, p.tags, p.option_names, p.status, p.minimum_quantity,
           p.maximum_quantity, p.position, c.title AS category,
        (SELECT jsonb_agg(jsonb_build_object('source', i.source, 'alt', i.alt) ORDER BY i.position) FROM product_images i
         WHERE i.store_id = p.store_id AND i.product_id = p.id) AS images,
        (SELECT jsonb_agg(jsonb_build_object('sku', v.sku, 'options', v.options, 'price', v.price, 'image', v.image,
             'compare_at', v.compare_at_price, 'currency', v.currency, 'available', coalesce(s.available, 0),
             'tracked', coalesce(s.tracked, false), 'oversell', coalesce(s.oversell, false),
             'further', (SELECT jsonb_object_agg(f.currency, jsonb_build_array(f.price, f.compare_at_price))
                         FROM variant_prices f WHERE f.store_id = v.store_id AND f.variant_id = v.id))
             ORDER BY v.position, v.id)
         FROM variants v LEFT JOIN stock s ON s.store_id = v.store_id AND s.variant_id = v.id
         WHERE v.store_id = p.store_id AND v.product_id = p.id AND v.withdrawn_at IS NULL) AS variants
    FROM products p LEFT JOIN categories c ON c.store_id = p.store_id AND c.id = p.category_id
    WHERE p.store_id = :store AND (p.position, p.id) > (:position, :after) ORDER BY p.position, p.id LIMIT :limit""")

NOBODY = "00000000-0000-0000-0000-000000000000"

Row = dict[str, str]


def export_catalogue(*, currency: str, locale: str) -> Iterator[str]:
    """The lines of the file, a batch of products at a time. Products without a variant for sale have nothing to be said of.

    `currency` is the store's own, `locale` its first language, which the plain columns are in.
    """
    store = {"store": current_store_id()}
    currencies = [code for code in db.session.execute(CURRENCIES, store).scalars() if code != currency]
    languages = [language for language in LANGUAGES if language != locale]
    columns = _columns(currencies, languages)
    yield _lines(columns, [dict(zip(columns, columns, strict=True))], quoted=False)
    position, after = -(2**31), NOBODY
    while True:
        names = {**store, "position": position, "after": after, "limit": BATCH}
        rows = list(db.session.execute(PRODUCTS, names))
        if rows:
            found = [row for product in rows for row in _product(product, currency, locale, currencies, languages)]
            yield _lines(columns, found)
        if len(rows) < BATCH:
            return
        position, after = rows[-1].position, rows[-1].id


def _columns(currencies: list[str], languages: list[str]) -> list[str]:
    return [
        "Handle", "Title", "Body (HTML)", "Vendor", "Type", "Tags", "Published",
        *(f"Option{n} {what}" for n in (1, 2, 3) for what in ("Name", "Value")),
        "Variant SKU", "Variant Inventory Tracker", "Variant Inventory Qty", "Variant Inventory Policy",
        "Variant Price", "Variant Compare At Price",
        *(f"{what} / {code}" for code in currencies for what in ("Price", "Compare-at price")),
        "Image Src", "Image Position", "Image Alt Text", "Variant Image",
        *(_metafield(what, name, language) for language in languages for what in TRANSLATED for name in TRANSLATED[what]),
        *(f"{name} (product.metafields.order.{name})" for name in ("minimum", "maximum", "position")),
    ]  # fmt: skip


def _metafield(what: str, name: str, language: str) -> str:
    return f"{name} {language} ({what}.metafields.translation.{name}_{language})"


def _product(product: Any, currency: str, locale: str, currencies: list[str], languages: list[str]) -> Iterator[Row]:
    """A row for each variant and picture, side by side as far as they go; the first one tells of the product."""
    variants, images = product.variants or [], product.images or []
    for at in range(max(len(variants), len(images)) if variants else 0):
        row: Row = {"Handle": product.handle}
        if at == 0:
            row |= _head(product, locale, languages)
        if at < len(variants):
            row |= _variant(variants[at], currency, locale, currencies, languages)
            if not product.option_names:
                row |= {"Option1 Name": "Title", "Option1 Value": "Default Title"}
        if at < len(images):
            row |= {"Image Src": images[at]["source"], "Image Position": str(at + 1)}
            row |= _texts(images[at]["alt"], "Image Alt Text", "product", "image_alt", locale, languages)
        yield row


def _head(product: Any, locale: str, languages: list[str]) -> Row:
    row = {
        "Vendor": product.vendor,
        "Tags": ", ".join(product.tags),
        "Published": "true" if product.status == "published" else "false",
        "minimum (product.metafields.order.minimum)": str(product.minimum_quantity),
        "maximum (product.metafields.order.maximum)": str(product.maximum_quantity or ""),
        "position (product.metafields.order.position)": str(product.position),
    }
    row |= _texts(product.title, "Title", "product", "title", locale, languages)
    row |= _texts(product.category or {}, "Type", "product", "type", locale, languages)
    bodies = {language: _html(body) for language, body in product.body.items()}
    row |= _texts(bodies, "Body (HTML)", "product", "body", locale, languages)
    for n, name in enumerate(product.option_names, start=1):
        row |= _texts(name, f"Option{n} Name", "product", f"option{n}_name", locale, languages)
    return row


def _variant(
    variant: Mapping[str, Any], currency: str, locale: str, currencies: list[str], languages: list[str]
) -> Row:
    row = {
        "Variant SKU": variant["sku"],
        "Variant Inventory Tracker": "shopify" if variant["tracked"] else "",
        "Variant Inventory Qty": str(variant["available"]),
        "Variant Inventory Policy": "continue" if variant["oversell"] else "deny",
        "Variant Price": _amount(variant["price"], currency),
        "Variant Compare At Price": _amount(variant["compare_at"], currency),
        "Variant Image": variant["image"] or "",
    }
    for code in currencies:
        price, compare_at = (variant["further"] or {}).get(code, (None, None))
        row |= {f"Price / {code}": _amount(price, code), f"Compare-at price / {code}": _amount(compare_at, code)}
    for n, option in enumerate(variant["options"], start=1):
        row |= _texts(option, f"Option{n} Value", "variant", f"option{n}_value", locale, languages)
    return row


def _texts(texts: Mapping[str, str], column: str, what: str, name: str, locale: str, languages: list[str]) -> Row:
    plain = texts.get(locale) or next(iter(texts.values()), "")
    return {column: plain, **{_metafield(what, name, one): texts.get(one, "") for one in languages}}


def _html(body: str) -> str:
    """A description as the reader of files takes it: marked up only where it would read a mark into it."""
    if "<" not in body and "&" not in body:
        return body
    return "".join(f"<p>{escape(line, quote=False)}</p>" for line in body.splitlines())


def _amount(amount: int | None, currency: str) -> str:
    return "" if amount is None else f"{Money(amount, currency).decimal:f}"


def _lines(columns: list[str], rows: list[Row], *, quoted: bool = True) -> str:
    lines = io.StringIO(newline="")
    writer = csv.writer(lines)
    for row in rows:
        cells = [row.get(column, "") for column in columns]
        handle, rest = cells[:1], cells[1:]
        writer.writerow([*handle, *("'" + cell if quoted and FORMULA.match(cell) else cell for cell in rest)])
    return lines.getvalue()
