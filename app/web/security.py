"""Headers and checks that every answer and every changing request get: strict CSP, CSRF token, same-site origin."""

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from flask_wtf.csrf import CSRFError, CSRFProtect

from app.config import Config
from app.errors import Forbidden

csrf = CSRFProtect()

CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
View = TypeVar("View", bound=Callable[..., object])
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def for_machines(view: View) -> View:
    """Mark a view that machines call: they carry no cookies and no token, and prove who they are in another way."""
    view.for_machines = True  # type: ignore[attr-defined]
    return view


def with_own_key(view: View) -> View:
    """Mark a form's view that checks a key of its own instead of the session's token: its page sets no cookie.

    Where the request comes from is checked as for any form. Without a key that fits, the view raises FormExpired.
    """
    view.with_own_key = True  # type: ignore[attr-defined]
    return view


def with_large_form(largest: Callable[[], int]) -> Callable[[View], View]:
    """Let a view's form be larger than others: `largest` says how many bytes, for whoever is asking."""

    def mark(view: View) -> View:
        view.largest_form = largest  # type: ignore[attr-defined]
        return view

    return mark


class FormExpired(Forbidden):
    """The CSRF token is missing, forged, or of another session."""

    code = "form_expired"


class ForeignOrigin(Forbidden):
    """A changing request that a page of another site sent."""

    code = "foreign_origin"


def init_app(app: Flask, config: Config) -> None:
    """Protect all forms, check where changing requests come from, set the headers."""
    app.config.update(WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_SSL_STRICT=False, WTF_CSRF_CHECK_DEFAULT=False)
    csrf.init_app(app)

    @app.before_request
    def check_origin_and_token() -> None:
        if request.method in SAFE_METHODS:
            return
        view = app.view_functions.get(request.endpoint or "")
        if getattr(view, "for_machines", False):
            return
        if _foreign():
            raise ForeignOrigin()
        largest = getattr(view, "largest_form", None)
        if largest is not None:
            request.max_content_length = largest()
        if getattr(view, "with_own_key", False):
            return
        try:
            csrf.protect()
        except CSRFError:
            raise FormExpired() from None

    @app.after_request
    def headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", g.get("content_security_policy", CSP))
        if config.secure_cookies:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if response.mimetype == "text/html":
            response.headers.setdefault("Cache-Control", "no-store, private")
        return response


def _foreign() -> bool:
    """Whether the browser says that another site sent this (Fetch Metadata, else Origin)."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != request.host
