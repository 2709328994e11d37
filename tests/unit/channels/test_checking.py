"""What a check of a connection says, by servers on this machine that answer, refuse, babble or hang."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from app.channels import checking
from app.config import Config
from app.payments import checking as payments

CONFIG = Config(
    database_url="postgresql:///", redis_url="unix:///", secret_key="-" * 32, sendgrid_key="SG.x",
    twilio_account_sid="AC" + "0" * 32, twilio_auth_token="one,two", stripe_secret_key="sk_test_x",
)  # fmt: skip


@contextmanager
def answering(status: int, asked: list[tuple[str, str]]) -> Iterator[str]:
    """A server that answers every GET alike; 0: not at all."""
    released = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers["Authorization"]))
            if not status:
                released.wait(10)
                return
            self.send_response(status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    released.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("status", "found"),
    [(200, "ok"), (401, "not_authorised"), (403, "not_authorised"), (302, "not_understood"), (500, "not_understood"), (0, "no_answer")],
    ids=str,
)  # fmt: skip
def test_each_provider_is_asked_as_it_wants(status: int, found: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "SECONDS", 0.3 if status == 0 else 5.0)
    asked: list[tuple[str, str]] = []
    with answering(status, asked) as url:
        config = msgspec.structs.replace(CONFIG, sendgrid_api_url=url, twilio_api_url=url, stripe_api_url=url)
        answers = [
            checking.check("sendgrid", config),
            checking.check("twilio", config),
            payments.check("stripe", config),
        ]
    assert answers == [found] * 3
    assert [path for path, _authorization in asked] == [
        "/v3/scopes", f"/2010-04-01/Accounts/AC{'0' * 32}.json", "/v1/balance",
    ]  # fmt: skip
    assert [authorization.split(" ")[0] for _path, authorization in asked] == ["Bearer", "Basic", "Bearer"]


def test_nobody_there(tmp_path: Path) -> None:
    config = msgspec.structs.replace(
        CONFIG, smtp_url="smtp://127.0.0.1:1", sendgrid_api_url="http://127.0.0.1:1", mailbox=str(tmp_path / "away")
    )
    for provider in ("smtp", "sendgrid", "mailbox"):
        assert checking.check(provider, config) == "not_reached"
    assert checking.check("webpush", config) == "not_understood"
    assert checking.check("mailbox", msgspec.structs.replace(config, mailbox=str(tmp_path))) == "ok"
    with pytest.raises(KeyError):
        checking.check("pigeon", config)
