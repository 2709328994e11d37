"""Settings that are lists of things with parts, as forms: ways of delivery, taxes, segments; and who sells.

A list has its rows numbered from 0, and empty ones at the end to be filled in; a row whose box "remove" is ticked, or that
was left empty, is none. `rows` says how many there are.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from werkzeug.datastructures import MultiDict

from app.console.settings.fields import (
    BadField,
    Form,
    Place,
    currencies_of,
    known_country,
    plain,
    read_amounts,
    words_of,
)
from app.stores.taxes import ANYWHERE
from app.web.formats import latin_digits
from app.web.language import gettext as _

NEW = {"delivery": 1, "taxes": 2, "segments": 1}
ROWS_AT_MOST = 100
KEY = re.compile("^[a-z0-9-]{1,40}$")

Row = dict[str, Any]


def shown(kind: str, key: str, value: Any, place: Place) -> Form:
    """What stands in the inputs."""
    form: Form = MultiDict()
    if kind == "imprint":
        for name in ("name", "address"):
            for language in place.locales:
                form[f"{key}.{name}.{language}"] = value[name].get(language, "")
        form[f"{key}.tax_number"], form[f"{key}.email"] = value["tax_number"], value["email"]
        return form
    if kind == "taxes":
        form[f"{key}.included"] = "on" if value["included"] else ""
        form[f"{key}.rounding"] = value["rounding"]
    rows = value["rates"] if kind == "taxes" else value
    form[f"{key}.rows"] = str(len(rows) + NEW[kind])
    for at, row in enumerate(rows):
        _SHOWN[kind](form, f"{key}.{at}", row, place)
    return form


def read(kind: str, key: str, form: Form, place: Place, before: Any) -> Any:
    """The value that was typed. Raises BadField."""
    if kind == "imprint":
        return _imprint(key, form, place, before)
    count = latin_digits(form.get(f"{key}.rows", "0"))
    rows = min(int(count) if count.isascii() and count.isdigit() else 0, ROWS_AT_MOST)
    old = before["rates"] if kind == "taxes" else before
    found = []
    for at in range(rows):
        name = f"{key}.{at}"
        row = None if form.get(f"{name}.remove") else _READ[kind](form, name, place, old[at] if at < len(old) else None)
        if row is not None:
            place_in = latin_digits(form.get(f"{name}.place", ""))
            found.append((int(place_in) if place_in.isascii() and place_in.isdigit() else at + 1, at, row))
    ordered = [row for _place, _at, row in sorted(found, key=lambda one: one[:2])]
    _no_two_alike(kind, key, ordered)
    if kind != "taxes":
        return ordered
    rounding = form.get(f"{key}.rounding", "")
    return {"included": form.get(f"{key}.included") == "on", "rounding": rounding or "line", "rates": ordered}


def _imprint(key: str, form: Form, place: Place, before: Any) -> Any:
    texts = {}
    for name in ("name", "address"):
        kept = {code: text for code, text in before[name].items() if code not in place.locales}
        texts[name] = kept | _texts(form, f"{key}.{name}", place)
    email = form.get(f"{key}.email", "").strip()
    if email and ("@" not in email or len(email) > 254):
        raise BadField(f"{key}.email", _("Enter an email address, like name@example.com."))
    number = form.get(f"{key}.tax_number", "").strip()
    if len(number) > 40:
        raise BadField(f"{key}.tax_number", _("That is too long."))
    return {**texts, "tax_number": number, "email": email}


def _delivery_shown(form: Form, name: str, row: Row, place: Place) -> None:
    form[f"{name}.key"] = row["key"]
    for language in place.locales:
        form[f"{name}.title.{language}"] = row["title"].get(language, "")
    form[f"{name}.countries"] = ", ".join(row["countries"])
    for part in ("cost", "free_from"):
        for currency in currencies_of(row[part], place):
            amount = row[part].get(currency)
            form[f"{name}.{part}.{currency}"] = "" if amount is None else plain(amount, currency)
    form[f"{name}.days.from"], form[f"{name}.days.to"] = map(str, row["days"])
    form[f"{name}.pickup"] = "on" if row["pickup"] else ""


def _delivery_read(form: Form, name: str, place: Place, before: Row | None) -> Row | None:
    old: Mapping[str, Any] = before or {"title": {}, "cost": {}, "free_from": {}}
    titles = _texts(form, f"{name}.title", place)
    cost = read_amounts(f"{name}.cost", form, currencies_of(old["cost"], place))
    if before is None and not titles and not cost:
        return None
    if not titles:
        raise BadField(f"{name}.title.{place.locales[0]}", _("Enter what shoppers see it called."))
    if not cost:
        raise BadField(
            f"{name}.cost.{place.currencies[0]}", _("Enter what it costs in one currency at least; 0 is free.")
        )
    first, last = (latin_digits(form.get(f"{name}.days.{end}", "").strip()) for end in ("from", "to"))
    if not all(text.isascii() and text.isdigit() and len(text) < 4 for text in (first, last)) or int(first) > int(last):
        raise BadField(f"{name}.days.from", _("Enter two numbers of days, the smaller one first."))
    kept = {code: text for code, text in old["title"].items() if code not in place.locales}
    return {
        "key": before["key"] if before else _key(form, name, titles),
        "title": {**kept, **titles},
        "countries": _countries(form, f"{name}.countries", place),
        "cost": cost,
        "free_from": read_amounts(f"{name}.free_from", form, currencies_of(old["free_from"], place)),
        "days": [int(first), int(last)],
        "pickup": form.get(f"{name}.pickup") == "on",
    }


def _rate_shown(form: Form, name: str, row: Row, _place: Place) -> None:
    form[f"{name}.country"] = "" if row["country"] == ANYWHERE else row["country"]
    form[f"{name}.class"] = row["tax_class"]
    form[f"{name}.percent"] = f"{Decimal(row['basis_points']) / 100:f}".removesuffix(".00")


def _rate_read(form: Form, name: str, place: Place, _before: Row | None) -> Row | None:
    typed = latin_digits(form.get(f"{name}.percent", "").strip()).replace("٫", ".").replace(",", ".")
    country = form.get(f"{name}.country", "").strip()
    if not typed and not country:
        return None
    try:
        points = Decimal(typed) * 100
    except InvalidOperation:
        points = Decimal("-1")
    if not (points.is_finite() and 0 <= points <= 10_000 and points == points.to_integral_value()):
        raise BadField(f"{name}.percent", _("Enter a rate from 0 to 100 percent, like 19 or 5.5."))
    code = known_country(country, f"{name}.country", place.locale) if country not in ("", ANYWHERE) else ANYWHERE
    return {
        "country": code,
        "tax_class": form.get(f"{name}.class", "").strip()[:40] or "standard",
        "basis_points": int(points),
    }


def _segment_shown(form: Form, name: str, row: Row, place: Place) -> None:
    form[f"{name}.key"] = row["key"]
    for language in place.locales:
        form[f"{name}.title.{language}"] = row["title"].get(language, "")
    form[f"{name}.kind"], form[f"{name}.orders"] = row["kind"], row["orders"]
    form.setlist(f"{name}.languages", row["languages"])
    form.setlist(f"{name}.currencies", row["currencies"])


def _segment_read(form: Form, name: str, place: Place, before: Row | None) -> Row | None:
    titles = _texts(form, f"{name}.title", place)
    if before is None and not titles:
        return None
    if not titles:
        raise BadField(f"{name}.title.{place.locales[0]}", _("Enter what you call it."))
    row = {
        "kind": form.get(f"{name}.kind", ""),
        "orders": form.get(f"{name}.orders", ""),
        "languages": form.getlist(f"{name}.languages"),
        "currencies": form.getlist(f"{name}.currencies"),
    }
    if not any(row.values()):
        raise BadField(f"{name}.kind", _("Say whom it is about: without that it would be everybody."))
    return {"key": before["key"] if before else _key(form, name, titles), "title": titles, **row}


def _texts(form: Form, name: str, place: Place) -> dict[str, str]:
    typed = {code: form.get(f"{name}.{code}", "").replace("\r\n", "\n").strip() for code in place.locales}
    for code, text in typed.items():
        if len(text) > 500:
            raise BadField(f"{name}.{code}", _("That is too long."))
    return {code: text for code, text in typed.items() if text}


def _countries(form: Form, name: str, place: Place) -> list[str]:
    return list(dict.fromkeys(known_country(word, name, place.locale) for word in words_of(form.get(name, ""))))


def _key(form: Form, name: str, titles: Mapping[str, str]) -> str:
    """What a new row is called in addresses and logs: as typed, or made of its English name."""
    typed = form.get(f"{name}.key", "").strip().lower()
    made = typed or re.sub("[^a-z0-9]+", "-", titles.get("en", "").lower()).strip("-")[:40]
    if not KEY.match(made):
        raise BadField(f"{name}.key", _("Enter a short key of letters a to z, digits and hyphens."))
    return made


def _no_two_alike(kind: str, key: str, rows: list[Row]) -> None:
    names = [(row["country"], row["tax_class"]) if kind == "taxes" else row["key"] for row in rows]
    for at, name in enumerate(names):
        if name in names[:at]:
            field = "country" if kind == "taxes" else "key"
            raise BadField(f"{key}.{at}.{field}", _("This is there twice."))


_SHOWN: dict[str, Callable[[Form, str, Row, Place], None]] = {
    "delivery": _delivery_shown,
    "taxes": _rate_shown,
    "segments": _segment_shown,
}
_READ: dict[str, Callable[[Form, str, Place, Row | None], Row | None]] = {
    "delivery": _delivery_read,
    "taxes": _rate_read,
    "segments": _segment_read,
}
