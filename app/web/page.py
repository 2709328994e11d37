"""What every page's frame needs: language and direction, the other languages, ids for forms."""

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlencode

from babel import Locale
from flask import Flask, g, request

from app.ids import new_id_text
from app.web.language import direction


@dataclass(frozen=True, slots=True)
class OtherLocale:
    """A link to this page in another language; its name is written in that language."""

    locale: str
    name: str
    href: str


def other_locales() -> list[OtherLocale]:
    """The store's languages but this one. The link keeps the query, and leads home from an answer to a form."""
    if request.method == "GET":
        path, query = (
            request.path,
            [(key, value) for key, value in request.args.items(multi=True) if key not in ("lang", "switched")],
        )
    else:
        path, query = "/", []
    return [
        OtherLocale(locale, _own_name(locale), f"{path}?{urlencode([*query, ('lang', locale)])}")
        for locale in g.store.locales
        if locale != g.locale
    ]


def here() -> str:
    """The address of this page for coming back to in another currency: without what was said of prices, or done, in this one."""
    left_out = {"lang", "done", "switched", "page", "price_min", "price_max"}
    if request.method != "GET":
        return "/"
    query = [(key, value) for key, value in request.args.items(multi=True) if key not in left_out]
    return f"{request.path}?{urlencode(query)}" if query else request.path


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
