"""Which addresses may be pushed to: those of the push services in PUSH_SERVICES, never one that a page made up.

A subscription's endpoint comes from a browser, so whoever sends it chooses where our servers connect to (ASVS 15.3.2).
"""

from urllib.parse import urlsplit

from app.config import Config

LONGEST = 1_000


def known(endpoint: str, config: Config) -> bool:
    """Whether `endpoint` is an https address at a known service, or at an origin that the configuration spells out."""
    if len(endpoint) > LONGEST or not endpoint.isascii() or any(letter <= " " for letter in endpoint):
        return False
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.username is not None or parts.password is not None or parts.fragment or not parts.path.strip("/"):
        return False
    for service in config.push_services.split(","):
        if "://" in service:
            if f"{parts.scheme}://{parts.netloc}" == service:
                return True
        elif parts.scheme == "https" and port in (None, 443) and _named(host, service):
            return True
    return False


def public_only(endpoint: str, config: Config) -> bool:
    """Whether private networks are out of bounds for it: unless the operator spelled out the origin."""
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc}" not in config.push_services.split(",")


def _named(host: str, service: str) -> bool:
    return host.endswith(service[1:]) if service.startswith("*.") else host == service
