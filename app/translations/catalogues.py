"""Reading the .po files: what is translated, merged over the rooms."""

from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

HERE = Path(__file__).resolve().parent


class TwoTranslations(Exception):
    """Two rooms translate the same words differently: in one catalogue only one can win."""


def locales() -> list[str]:
    """The languages there are files for."""
    return sorted(path.name for path in HERE.iterdir() if path.is_dir() and any(path.glob("*.po")))


def merged(locale: str) -> Catalog:
    """All rooms' translations into `locale` in one catalogue. Raises TwoTranslations."""
    whole = Catalog(locale=locale, domain="messages")
    for path in sorted((HERE / locale).glob("*.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale=locale, abort_invalid=True)
        for message in catalogue:
            if message.id:
                _add(whole, message, path.name)
    return whole


def _add(whole: Catalog, message: Message, name: str) -> None:
    known = whole.get(message.id, message.context)
    if known and known.string != message.string:
        raise TwoTranslations(f"{name}: {message.id!r} is {message.string!r} here and {known.string!r} elsewhere")
    whole[message.id] = message
