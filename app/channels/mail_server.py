"""The way to the mail server that SMTP_URL names."""

import smtplib
import ssl
from urllib.parse import parse_qs, unquote, urlsplit

from app.channels.composing import domain
from app.config import Config
from app.outbound import cut_after

TIMEOUT_SECONDS = 10
READY = 220


def connect(config: Config, *, seconds: float = TIMEOUT_SECONDS) -> smtplib.SMTP:
    """A conversation, encrypted and signed in as the address says. Raises OSError, SMTPException."""
    url = urlsplit(config.smtp_url)
    options = parse_qs(url.query)
    host, name = url.hostname or "127.0.0.1", domain(config)  # our name is given: looking it up can take seconds
    server = (
        smtplib.SMTP_SSL(local_hostname=name, timeout=seconds, context=ssl.create_default_context())
        if url.scheme == "smtps"
        else smtplib.SMTP(local_hostname=name, timeout=seconds)
    )
    server._host = host  # type: ignore[attr-defined]  # the name TLS checks: set only by connecting in the constructor
    try:
        with cut_after(seconds, lambda: server.sock):
            code, said = server.connect(host, url.port or (465 if url.scheme == "smtps" else 25))
            if code != READY:
                raise smtplib.SMTPConnectError(code, said)
            if options.get("starttls") == ["1"]:
                server.starttls(context=ssl.create_default_context())
            server.ehlo_or_helo_if_needed()
            if url.username:
                server.login(unquote(url.username), unquote(url.password or ""))
    except BaseException:
        server.close()
        raise
    return server
