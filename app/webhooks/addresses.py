"""Where webhooks may go: said here in words at once, and enforced when connecting (app/outbound.py), whatever names resolve to."""

import ipaddress
import re
from urllib.parse import urlsplit

from app.webhooks.errors import BadAddress

LONGEST = 2_000
PLAIN = re.compile(r"[\x21-\x7e]+")
INSIDE = (".local", ".localhost", ".internal", ".home.arpa")


def checked(url: str, *, public_only: bool) -> str:
    """The address, if events may go there. Outside of demos and tests: https, and no machine of a private network. Raises BadAddress."""
    url = url.strip()
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise BadAddress(why="no_address") from None
    if len(url) > LONGEST or not PLAIN.fullmatch(url) or not host or parts.scheme not in ("https", "http"):
        raise BadAddress(why="no_address")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise BadAddress(why="more_than_an_address")
    if not public_only:
        return url
    if parts.scheme != "https":
        raise BadAddress(why="not_encrypted")
    if _inside(host):
        raise BadAddress(why="private")
    return url


def _inside(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith(INSIDE) or "." not in host
