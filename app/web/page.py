"""What every page's frame needs: language and direction, the other languages, ids for forms."""

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, quote, urlencode

from babel import Locale
from flask import Flask, g

from app.ids import new_id_text
from app.web import addresses
from app.web.language import direction


@dataclass(frozen=True, slots=True)
class OtherLocale:
    """A link to this page in another language; its name is written in that language."""

    locale: str
    name: str
    href: str


def other_locales() -> list[OtherLocale]:
    """The store's languages but this one. The link keeps the query; from an answer to a form it leads to where that can be read."""
    path, query = _asked_for({"lang", "switched"})
    return [
        OtherLocale(locale, _own_name(locale), f"{path}?{urlencode([*query, ('lang', locale)])}")
        for locale in g.store.locales
        if locale != g.locale
    ]


def here() -> str:
    """The address of this page for coming back to in another currency: without what was said of prices, or done, in this one."""
    path, query = _asked_for({"lang", "done", "switched", "page", "price_min", "price_max"})
    return f"{path}?{urlencode(query)}" if query else path


def _asked_for(left_out: set[str]) -> tuple[str, list[tuple[str, str]]]:
    path, query = addresses.readable()
    return quote(path, safe="/:@"), [
        pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] not in left_out
    ]


@lru_cache(maxsize=64)
def _own_name(locale: str) -> str:
    return Locale(locale).get_display_name(locale) or locale


def init_app(app: Flask) -> None:
    """Offer them to templates."""

    @app.context_processor
    def frame() -> dict[str, object]:
        locale = g.get("locale", "en")
        return {
            "store": g.get("store"),
            "locale": locale,
            "dir": direction(locale),
            "demo": app.config["DUALCART"].demo,
        }

    app.jinja_env.globals.update(other_locales=other_locales, here=here, op_id=new_id_text)
