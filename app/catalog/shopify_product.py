"""The rows that speak of one product → the product, or everything that is wrong with it. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.catalog import drafts
from app.catalog.drafts import FurtherPrice, ImageDraft, ProductDraft, RowRefusal, Texts, VariantDraft
from app.catalog.plain_text import paragraphs
from app.catalog.shopify_columns import LANGUAGES
from app.money import BadAmount, Money, parse_amount

OPTIONS = (1, 2, 3)
_HANDLE = re.compile(r"[\w-]+")
_PRICE = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})?")
_WHOLE = re.compile(r"-?[0-9]{1,12}")
_CONTROLS = drafts.CONTROLS


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row by our column names, and the line of the file where it begins."""

    line: int
    cells: dict[str, str]


class ProductReader:
    """Reads one product's rows; what is wrong gathers in `refusals`, so that all of it is told at once."""

    def __init__(self, handle: str, rows: Sequence[Row], *, currency: str, locale: str) -> None:
        self.handle, self.rows, self.currency, self.locale = handle, rows, currency, locale
        self.refusals: list[RowRefusal] = []

    def read(self) -> ProductDraft | None:
        """The product, or None when something was refused."""
        first = self.rows[0]
        if not _HANDLE.fullmatch(self.handle) or len(self.handle) > drafts.LONGEST_NAME:
            self._refuse(first, "bad_handle", "The handle may hold letters, digits and hyphens, 255 at most.")
        names = self._option_names(first)
        minimum = self._whole(first, "minimum", 1, drafts.LARGEST_ORDER_LIMIT) or 1
        maximum = self._whole(first, "maximum", 1, drafts.LARGEST_ORDER_LIMIT)
        if maximum is not None and maximum < minimum:
            self._refuse(first, "bad_limits", f"The maximum quantity {maximum} is below the minimum {minimum}.")
        draft = ProductDraft(
            line=first.line,
            handle=self.handle,
            title=self._title(first),
            body=self._body(first),
            vendor=self._name(first, "vendor"),
            category=self._category(first),
            tags=self._tags(first),
            published=self._published(first),
            option_names=names,
            variants=tuple(self._variants(names)),
            images=self._images(),
            minimum=minimum,
            maximum=maximum,
            position=self._whole(first, "position", 1, 1_000_000_000),
        )
        return None if self.refusals else draft

    def _refuse(self, row: Row, code: str, sentence: str) -> None:
        self.refusals.append(RowRefusal(row.line, self.handle, code, sentence))

    def _name(self, row: Row, column: str) -> str:
        text = _CONTROLS.sub("", " ".join(row.cells.get(column, "").split()))
        if len(text) > drafts.LONGEST_NAME:
            self._refuse(row, "too_long", f"The {_spoken(column)} has {len(text)} characters; 255 are possible.")
        return text

    def _texts(self, row: Row, column: str) -> Texts:
        texts = {self.locale: self._name(row, column)}
        for language in LANGUAGES:
            if translated := self._name(row, f"{column}_{language}"):
                texts[language] = translated
        return {locale: text for locale, text in texts.items() if text}

    def _title(self, row: Row) -> Texts:
        if not row.cells.get("title"):
            self._refuse(row, "title_missing", "The title is empty.")
        return self._texts(row, "title")

    def _body(self, row: Row) -> Texts:
        texts = {}
        for locale, column in ((self.locale, "body"), *((language, f"body_{language}") for language in LANGUAGES)):
            if text := _CONTROLS.sub("", paragraphs(row.cells.get(column, ""))):
                texts[locale] = text
        if any(len(text) > drafts.LONGEST_BODY for text in texts.values()):
            self._refuse(row, "too_long", f"The description is longer than {drafts.LONGEST_BODY} characters.")
        return texts

    def _category(self, row: Row) -> Texts | None:
        texts = self._texts(row, "type")
        if texts and not drafts.slug(texts.get(self.locale, "")):
            self._refuse(
                row, "bad_type", f"The type {_shown(row.cells.get('type', ''))} has no letters to make an address of."
            )
        return texts or None

    def _tags(self, row: Row) -> tuple[str, ...]:
        tags = [_CONTROLS.sub("", " ".join(tag.split())) for tag in row.cells.get("tags", "").split(",")]
        found = tuple(dict.fromkeys(tag for tag in tags if tag))
        if len(found) > drafts.MOST_TAGS or any(len(tag) > drafts.LONGEST_NAME for tag in found):
            self._refuse(row, "too_long", "More than 250 tags, or a tag of more than 255 characters.")
        return found

    def _published(self, row: Row) -> bool:
        published, status = row.cells.get("published", "").lower(), row.cells.get("status", "").lower()
        if published not in ("", "true", "false"):
            self._refuse(row, "bad_published", f"Published is {_shown(published)}; it can be true or false.")
        if status not in ("", "active", "draft", "archived"):
            self._refuse(row, "bad_status", f"Status is {_shown(status)}; it can be active, draft or archived.")
        return published != "false" and status in ("", "active")

    def _option_names(self, row: Row) -> tuple[Texts, ...]:
        names = [self._texts(row, f"option{n}_name") for n in OPTIONS]
        given = [bool(row.cells.get(f"option{n}_name")) for n in OPTIONS]
        if given != sorted(given, reverse=True):
            self._refuse(row, "bad_options", "An option has no name, but one after it has.")
        plain = [row.cells.get(name, "").lower() for name in ("option1_name", "option1_value")]
        if plain == ["title", "default title"] and len(self._variant_rows()) == 1:
            return ()
        return tuple(name for name, is_given in zip(names, given, strict=True) if is_given)

    def _variant_rows(self) -> list[Row]:
        """The first row and all that have a price, a SKU or an option's value; the others only bring pictures."""
        columns = ("price", "sku", "option1_value", "option2_value", "option3_value")
        return [row for row in self.rows if row is self.rows[0] or any(row.cells.get(name) for name in columns)]

    def _variants(self, names: tuple[Texts, ...]) -> Iterator[VariantDraft]:
        seen: dict[tuple[str, ...], int] = {}
        rows = self._variant_rows()
        if len(rows) > drafts.MOST_VARIANTS:
            self._refuse(rows[0], "too_many_variants", f"More than {drafts.MOST_VARIANTS} variants.")
            return
        for row in rows:
            values = tuple(row.cells.get(f"option{n}_value", "") for n in OPTIONS[: len(names)])
            if not all(values):
                self._refuse(row, "option_missing", "A variant needs a value for each option of the product.")
            if names and any(row.cells.get(f"option{n}_value") for n in OPTIONS[len(names) :]):
                self._refuse(row, "bad_options", "A value is given for an option without a name.")
            if values in seen:
                what = " / ".join(values) or "the product without options"
                self._refuse(row, "duplicate_variant", f"Line {seen[values]} already describes {what[:300]}.")
            seen.setdefault(values, row.line)
            yield self._variant(row, len(names))

    def _variant(self, row: Row, options: int) -> VariantDraft:
        price = self._price(row, "price", self.currency)
        compare_at = self._price(row, "compare_at", self.currency) if row.cells.get("compare_at") else None
        quantity = self._whole(row, "quantity", -drafts.LARGEST_QUANTITY, drafts.LARGEST_QUANTITY) or 0
        policy = row.cells.get("policy", "").lower()
        if policy not in ("", "deny", "continue"):
            self._refuse(row, "bad_policy", f"The inventory policy is {_shown(policy)}; it can be deny or continue.")
        return VariantDraft(
            options=tuple(self._texts(row, f"option{n}_value") for n in OPTIONS[:options]),
            sku=self._name(row, "sku"),
            price=price,
            compare_at=compare_at if compare_at and compare_at.amount > price.amount else None,
            image=self._source(row, "variant_image"),
            tracked=bool(row.cells.get("tracker")),
            oversell=policy == "continue",
            quantity=max(0, quantity),  # Shopify counts below nothing what was oversold; there is nothing to sell
            further=tuple(self._further(row)),
        )

    def _further(self, row: Row) -> Iterator[FurtherPrice]:
        """The prices in other currencies than the store's own, of all that the file has columns for."""
        for column in row.cells:
            name, _, currency = column.partition(" ")
            if name == "price" and currency not in ("", self.currency):
                price = self._price(row, column, currency) if row.cells[column] else None
                old = f"compare_at {currency}"
                compare_at = self._price(row, old, currency) if price and row.cells.get(old) else None
                dearer = compare_at is not None and price is not None and compare_at > price
                yield FurtherPrice(currency, price, compare_at if dearer else None)

    def _price(self, row: Row, column: str, currency: str) -> Money:
        text = row.cells.get(column, "")
        try:
            if _PRICE.fullmatch(text):
                return parse_amount(text, currency)
        except BadAmount:
            pass
        said = f"{_shown(text)} is no price" if text else "The price is empty; write one"
        self._refuse(row, "bad_price", f"{said} in {currency}, like 12.50 or 12.")
        return Money(0, currency)

    def _whole(self, row: Row, column: str, least: int, most: int) -> int | None:
        text = row.cells.get(column, "")
        if not text:
            return None
        if not _WHOLE.fullmatch(text) or not least <= int(text) <= most:
            sentence = f"The {_spoken(column)} is {_shown(text)}; it must be a whole number from {least} to {most}."
            self._refuse(row, "bad_number", sentence)
            return None
        return int(text)

    def _images(self) -> tuple[ImageDraft, ...]:
        found: dict[str, tuple[int, ImageDraft]] = {}
        for row in self.rows:
            source = self._source(row, "image")
            if source and source not in found:
                position = self._whole(row, "image_position", 0, 1_000_000)
                alt = self._texts(row, "image_alt")
                found[source] = (1_000_001 if position is None else position, ImageDraft(source, alt))
        if len(found) > drafts.MOST_IMAGES:
            self._refuse(self.rows[0], "too_many_images", f"More than {drafts.MOST_IMAGES} pictures.")
        return tuple(image for _, image in sorted(found.values(), key=lambda pair: pair[0]))

    def _source(self, row: Row, column: str) -> str | None:
        source = row.cells.get(column, "")
        if not source:
            return None
        if not drafts.allowed_source(source):
            sentence = f"{_shown(source)} is no picture: give an https address, or products/ and a file's name."
            self._refuse(row, "bad_image", sentence)
            return None
        return source


def _spoken(column: str) -> str:
    language = next((f" ({one})" for one in LANGUAGES if column.endswith(f"_{one}")), "")
    return (column[:-3] if language else column).replace("_", " ") + language


def _shown(text: str) -> str:
    """A cell as a report can show it: short, and nothing in it that a terminal would obey."""
    plain = "".join(character if character.isprintable() else "?" for character in text)
    return f"“{plain[:60]}…”" if len(plain) > 60 else f"“{plain}”"
