"""Small pieces of markup that stand on every page many times: plain functions, because a macro or an include costs ten times as much."""

from functools import lru_cache

from flask import Flask, g
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from app.ids import new_id_text
from app.web.assets import asset


def ico(name: str, dir: bool = False) -> Markup:  # noqa: A002  the templates' word
    """One symbol of the sprite; decorative, so always beside words or inside something with a name."""
    return _symbol(asset("img/icons.svg"), name, dir)


@lru_cache(maxsize=256)
def _symbol(sprite: str, name: str, mirrored: bool) -> Markup:
    cls = "ico ico-dir" if mirrored else "ico"
    return Markup('<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>').format(cls, sprite, name)


def form_fields(version: int, seen: int | None = None) -> Markup:
    """What every form of the cart carries: against forgery, against doubling, which version and quantity the page shows."""
    fields = (
        f'<input type="hidden" name="csrf_token" value="{g.get("csrf_token") or generate_csrf()}">'
        f'<input type="hidden" name="op_id" value="{new_id_text()}"><input type="hidden" name="version" value="{int(version)}">'
    )
    if seen is not None:
        fields += f'<input type="hidden" name="seen" value="{int(seen)}">'
    return Markup(fields)  # noqa: S704  a signed token, a UUID and whole numbers: nothing to escape


def init_app(app: Flask) -> None:
    """Offer them to templates."""
    app.jinja_env.globals.update(ico=ico, form_fields=form_fields)
