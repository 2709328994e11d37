"""`flask recovery-mail take-in`: a bounce of a message that a real mail server took."""

import pytest
from flask import Flask

from app.channels.outgoing import OutgoingEmail
from app.channels.smtp import Smtp
from app.cli.recovery_mail import recovery_mail
from app.database.tenancy import use_store
from app.ids import new_id
from tests.conftest import TestStore
from tests.factories import make_customer
from tests.messages import events_of, make_sent, state_of, suppressed
from tests.unit.channels.conftest import noon
from tests.unit.recovery.test_dsn import failed, report

ADDRESS = "roya@example.com"


def take_in(app: Flask, raw: bytes) -> str:
    answer = app.test_cli_runner().invoke(recovery_mail, ["take-in"], input=raw)
    assert answer.exit_code == 0, answer.output
    return str(answer.output)


@pytest.mark.parametrize(("status", "why"), [("5.1.1", "bounced"), ("5.2.2", "")])
def test_a_bounce_finds_its_message_and_counts_once(app: Flask, store: TestStore, status: str, why: str) -> None:
    config = app.config["DUALCART"]
    with app.app_context(), use_store(store.id):
        message_id = make_sent(make_customer(), address=ADDRESS)
        outgoing = OutgoingEmail(
            id=message_id, to=ADDRESS, sender_name="x", subject="x", html="x", text="x", locale="en"
        )
        name = str(Smtp(config, noon)._written(outgoing).split(b"Message-ID: ")[1].split(b"\r\n")[0], "ascii")
    raw = report(failed(status), name=name)
    assert take_in(app, raw) == "1 taken in\n"
    assert take_in(app, raw) == "0 taken in\n"
    with app.app_context(), use_store(store.id):
        assert (events_of(message_id), state_of(message_id)) == ([("bounced", "provider")], "bounced")
        assert suppressed("email", ADDRESS) == why


def test_forged_reports_change_nothing(app: Flask, store: TestStore, make_store: object) -> None:
    other = make_store()  # type: ignore[operator]
    with app.app_context(), use_store(store.id):
        message_id = make_sent(make_customer(), address=ADDRESS)
    domain = app.config["DUALCART"].mail_from.rpartition("@")[2]
    for name in (
        f"<{new_id()}.{store.id}@{domain}>",
        f"<{message_id}.{other.id}@{domain}>",
        f"<{message_id}.{new_id()}@{domain}>",
        f"<{message_id}.{store.id}@elsewhere.example>",
    ):
        assert take_in(app, report(failed("5.1.1"), name=name)) == "0 taken in\n"
    assert take_in(app, b"\xff" * 100) == "0 taken in\n"
    with app.app_context(), use_store(store.id):
        assert (events_of(message_id), suppressed("email", ADDRESS)) == ([], "")
