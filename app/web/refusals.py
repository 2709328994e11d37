"""Refusals as sentences and pages: rooms register what each code says, here it becomes the answer of the right shape."""

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from flask import Flask, Response, make_response, redirect, render_template, request
from redis import RedisError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from app.errors import Refusal
from app.web import addresses, htmx
from app.web.language import gettext as _

Sentence = Callable[[Mapping[str, Any]], str]

log = structlog.get_logger(__name__)
_sentences: dict[str, Sentence] = {}


def register(sentences: Mapping[str, Sentence]) -> None:
    """Say what refusals of these codes mean, in the reader's language. Each gets the refusal's params. A code means one thing."""
    if twice := _sentences.keys() & sentences.keys():
        raise ValueError(f"said elsewhere, too: {', '.join(sorted(twice))}")
    _sentences.update(sentences)


def describe(refusal: Refusal) -> str:
    """The sentence for a person."""
    sentence = _sentences.get(refusal.code)
    return sentence(refusal.params) if sentence else _("That is not possible. Nothing has changed.")


register(
    {
        "not_found": lambda p: _("There is nothing here."),
        "form_expired": lambda p: _("This page was open for too long. Nothing has changed. Load it again and repeat."),
        "foreign_origin": lambda p: _("This request came from another site. Nothing has changed."),
        "sessions_unavailable": lambda p: _("Signing in is not possible right now. Try again in a minute."),
        "not_for_robots": lambda p: _("Robots may read here, but change nothing."),
        "store_not_found": lambda p: _("No store answers under this address."),
        "unavailable": lambda p: _("This is not available right now. Try again in a minute."),
        "bad_quantity": lambda p: _("Enter a whole number, like 2."),
        "too_many_tries": lambda p: _("Too many tries. You can try again in a few minutes."),
    }
)

HTTP_SENTENCES: dict[int, Callable[[], str]] = {
    400: lambda: _("The request was not understood. Nothing has changed."),
    403: lambda: _("You may not do this. Nothing has changed."),
    404: lambda: _("This page does not exist, or no longer does."),
    405: lambda: _("That cannot be done here. Nothing has changed."),
    413: lambda: _("That is too large. Nothing has changed."),
    429: lambda: _("Too many tries. You can try again in a few minutes."),
    500: lambda: _("Something went wrong on our side. Your last change may not have been saved."),
    503: lambda: _("This is not available right now. Try again in a minute."),
}


def init_app(app: Flask) -> None:
    """Answer every refusal and every HTTP error with a page, or with a sentence for HTMX."""

    @app.errorhandler(Refusal)
    def refused(refusal: Refusal) -> Response:
        return error_page(describe(refusal), refusal.status)

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        if isinstance(error, RequestRedirect) or error.code is None or error.code < 400:
            return make_response(error.get_response(request.environ))
        if error.code == 404 and (there := addresses.without_slash()):
            return make_response(redirect(there, 308))
        sentence = HTTP_SENTENCES.get(error.code, HTTP_SENTENCES[400 if error.code < 500 else 500])
        answer = error_page(sentence(), error.code)
        for name, value in error.get_headers(request.environ):
            if name.lower() not in ("content-type", "content-length"):
                answer.headers[name] = value
        return answer

    @app.errorhandler(OperationalError)
    @app.errorhandler(RedisError)
    def server_away(error: Exception) -> Response:
        log.exception("server_away")
        return error_page(HTTP_SENTENCES[503](), 503)

    @app.errorhandler(Exception)
    def crashed(error: Exception) -> Response:
        log.exception("request_failed")
        return error_page(HTTP_SENTENCES[500](), 500)


def error_page(sentence: str, status: int) -> Response:
    """The error as HTMX's status line or as a page of its own."""
    if htmx.wants_fragment():
        return htmx.fragment(render_template("errors/refused.htmx.html", sentence=sentence), status)
    try:
        return make_response(render_template("errors/page.html", sentence=sentence, status=status), status)
    except Exception:  # the last resort must not need anything: no store, no session, no translations
        log.exception("error_page_failed")
        plain = make_response(sentence, status)
        plain.mimetype = "text/plain"
        return plain
