"""The catalogue's texts in the reader's language, marked where only another language has them."""

from collections.abc import Mapping

from flask.sansio.app import App
from markupsafe import Markup, escape

from app.stores.request import current_locale, current_store


def localized(texts: Mapping[str, str]) -> str:
    """The text in the reader's language, else in the store's first, else in any."""
    return texts.get(_language(texts), "")


def localized_markup(texts: Mapping[str, str]) -> Markup:
    """The same for a page: a text of another language says so, and cannot disturb the line it stands in."""
    language = _language(texts)
    text = escape(texts.get(language, ""))
    if not text or language == current_locale():
        return text
    return Markup('<bdi lang="{}">{}</bdi>').format(language, text)


def _language(texts: Mapping[str, str]) -> str:
    wanted = (current_locale(), *current_store().locales, *texts)
    return next((locale for locale in wanted if texts.get(locale)), "")


def init_app(app: App) -> None:
    """Offer both to templates."""
    app.add_template_filter(localized, "localized")
    app.add_template_filter(localized_markup, "localized_markup")
