"""Static files by content: an address that changes with the file, so that browsers may keep it for ever."""

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, current_app, request


@lru_cache(maxsize=4_096)
def asset(name: str) -> str:
    """The address of a file below static/, with a mark of its content; looked at once in the life of a process."""
    path = Path(str(current_app.static_folder), name)
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:10]
    except OSError:
        return f"/static/{name}"
    return f"/static/{name}?v={digest}"


def image(source: str) -> str:
    """The address of a product's picture: below static/img/ for our own, as it stands for one on the web."""
    return source if source.startswith("https://") else asset(f"img/{source}")


def image_for_mail(source: str) -> str:
    """The same for a letter: mail programs show no SVG, so each of our drawings has a PNG beside it (bin/mail-pictures)."""
    ours = source.endswith(".svg") and not source.startswith("https://")
    return image(f"{source.removesuffix('.svg')}.png" if ours else source)


def init_app(app: Flask) -> None:
    """Offer both to templates; let marked files be kept for a year."""
    app.jinja_env.globals.update(asset=asset, image=image)

    @app.after_request
    def keep(response: Response) -> Response:
        if request.endpoint == "static" and response.status_code in (200, 304):
            if request.path.startswith("/static/img/"):
                response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # mails show our pictures
            lasting = "v" in request.args or request.path.endswith(".woff2")  # style sheets name fonts without a mark
            response.headers["Cache-Control"] = (
                "public, max-age=31536000, immutable" if lasting else "public, max-age=300"
            )
        return response
