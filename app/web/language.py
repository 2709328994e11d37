"""Sentences in the reader's language: typed, with free choice of placeholders, and the catalogue looked up once a request."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, g
from flask_babel import force_locale, get_translations

RIGHT_TO_LEFT = ("fa", "ar", "he", "ur")


def direction(locale: str) -> str:
    """Which way the language runs: "rtl" or "ltr"."""
    return "rtl" if locale in RIGHT_TO_LEFT else "ltr"


def _catalogue() -> Any:
    """The words of this request's language, looked up once."""
    kept = g.get("catalogue")
    if kept is None:
        kept = g.catalogue = get_translations()
    return kept


@contextmanager
def speaking(locale: str) -> Iterator[None]:
    """Everything inside is said in `locale`, whatever the request's language: a letter is in its reader's."""
    before = g.pop("catalogue", None)
    try:
        with force_locale(locale):
            yield
    finally:
        g.catalogue = before


def gettext(text: str, /, **variables: object) -> str:
    """`text` in the language of the request, its %(placeholders)s filled."""
    translated: str = _catalogue().ugettext(text)
    return translated % variables if variables else translated


def ngettext(one: str, many: str, count: int, /, **variables: object) -> str:
    """`one` or `many` (or what the language has instead) for `count` things, its %(placeholders)s filled."""
    translated: str = _catalogue().ungettext(one, many, count)
    return translated % variables if variables else translated


def init_app(app: Flask) -> None:
    """Have templates use the same catalogue. After Flask-Babel, which installs its own look-up."""
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: _catalogue().ugettext(text),
        lambda one, many, count: _catalogue().ungettext(one, many, count),
        newstyle=True,
    )
