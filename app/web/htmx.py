"""The one place that knows HTMX (4.0): telling its requests from a browser's, and its answers.

htmx-flask supplies the request and response helpers; what it lacks for htmx 4 (RequestType, Vary) is added here.
"""

from flask import Flask, Response, request
from htmx_flask import Htmx
from htmx_flask import make_response as htmx_response

_htmx = Htmx()


def init_app(app: Flask) -> None:
    """Install the request class, and let caches keep pages and fragments apart."""
    _htmx.init_app(app)

    @app.after_request
    def vary(response: Response) -> Response:
        if response.mimetype == "text/html":
            response.vary.add("HX-Request")
        return response


def wants_fragment() -> bool:
    """Whether HTMX asks for a part of the page (a boosted or history request wants the whole)."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Request-Type") != "full"


def fragment(html: str, status: int = 200) -> Response:
    """An answer that HTMX swaps in. It must never be kept by a shared cache."""
    response: Response = htmx_response(html, status)
    response.headers["Cache-Control"] = "no-store"
    return response


def reload() -> Response:
    """Tell HTMX to load this page anew."""
    response: Response = htmx_response("", 204, refresh=True)
    return response


def leave_to(address: str) -> Response:
    """Tell HTMX to load another page of this site."""
    response: Response = htmx_response("", 204, redirect=address)
    return response
