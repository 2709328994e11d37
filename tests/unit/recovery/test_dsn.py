"""Reports of mail servers: the standards' shapes, what real servers make of them, and nonsense."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from app.recovery import dsn

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MESSAGE, STORE = UUID("01a1fe2d-994b-73cd-b10f-81870ab511ec"), UUID("01a1fe2d-994b-73cd-b10f-81870ab511ed")
NAME = f"<{MESSAGE}.{STORE}@shop.example>"


def report(fields: str, *, kind: str = "delivery-status", name: str = NAME, original: str = "message/rfc822") -> bytes:
    """A multipart/report as RFC 6522 has it."""
    head = "Reporting-MTA: dns; mx.example.com\n\n" if kind == "delivery-status" else ""
    return (
        "From: MAILER-DAEMON@mx.example.com\nTo: no-reply@shop.example\nSubject: Undelivered\n"
        f'MIME-Version: 1.0\nContent-Type: multipart/report; report-type={kind}; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nI'm sorry.\n\n"
        f"--b\nContent-Type: message/{kind}\n\n{head}{fields}\n\n"
        f"--b\nContent-Type: {original}\n\nFrom: no-reply@shop.example\nMessage-ID: {name}\nSubject: x\n\nBody\n--b--\n"
    ).encode()


def failed(status: str, diagnosis: str = "", action: str = "failed") -> str:
    said = f"Diagnostic-Code: smtp; {diagnosis}\n" if diagnosis else ""
    return f"Final-Recipient: rfc822; roya@example.com\nAction: {action}\nStatus: {status}\n{said}"


DELIVERY = [
    (failed("5.1.1"), "bounced", "bounced"),
    (failed("5.1.10"), "bounced", "bounced"),
    (failed("5.2.1"), "bounced", "bounced"),
    (failed("5.0.0", "550 5.1.1 <roya@example.com>: no such user"), "bounced", "bounced"),
    (failed("", "550-5.1.1 The account does not exist"), "bounced", "bounced"),
    (failed("5.2.2", "552 5.2.2 mailbox full"), "bounced", ""),
    (failed("5.7.1", "550 5.7.1 blocked"), "bounced", ""),
    (failed("4.4.7", "delivery time expired"), "bounced", ""),
    (failed("4.4.1", action="delayed"), "deferred", ""),
    (failed("2.0.0", action="delivered"), "delivered", ""),
]


@pytest.mark.parametrize(("fields", "kind", "suppress"), DELIVERY, ids=[f"{n}" for n in range(len(DELIVERY))])
@pytest.mark.parametrize("original", ["message/rfc822", "text/rfc822-headers", "message/rfc822-headers"])
def test_delivery_reports(fields: str, kind: str, suppress: str, original: str) -> None:
    (told,) = dsn.read(report(fields, original=original), domain="shop.example", now=NOW)
    assert (told.message_id, told.store_id, told.kind, told.suppress) == (MESSAGE, STORE, kind, suppress)
    assert "roya" not in str(told.evidence)
    assert dsn.read(report(fields), domain="SHOP.example", now=NOW) == [told]


@pytest.mark.parametrize(
    ("feedback", "kind"),
    [("abuse", "complained"), ("fraud", "complained"), ("opt-out", "unsubscribed"), ("Abuse", "complained")],
)
def test_complaints(feedback: str, kind: str) -> None:
    fields = f"Feedback-Type: {feedback}\nUser-Agent: SomeGenerator/1.0\nVersion: 1"
    (told,) = dsn.read(report(fields, kind="feedback-report"), domain="shop.example", now=NOW)
    assert (told.kind, told.suppress, told.message_id) == (kind, kind, MESSAGE)


NOTHING = {
    "not spam": report("Feedback-Type: not-spam", kind="feedback-report"),
    "relayed": report(failed("2.0.0", action="relayed")),
    "contradiction": report(failed("2.0.0")),
    "no name": report(failed("5.1.1"), name="<someone-elses@mail.example.com>"),
    "a letter's name": report(failed("5.1.1"), name=f"<{MESSAGE}@shop.example>"),
    "another domain's": report(failed("5.1.1"), name=f"<{MESSAGE}.{STORE}@shop.example.evil.com>"),
    "an answer": b"From: roya@example.com\nSubject: Re: x\nIn-Reply-To: " + NAME.encode() + b"\n\nThanks!\n",
    "vacation": b"From: roya@example.com\nAuto-Submitted: auto-replied\n\nAway.\n",
    "empty": b"",
    "bytes": bytes(range(256)) * 40,
    "broken": report(failed("5.1.1"))[:300],
    "no parts": b"Content-Type: multipart/report; boundary=b\n\nnothing\n",
    "deep": b"Content-Type: multipart/report; boundary=b\n\n" + b"--b\nContent-Type: message/rfc822\n\n" * 300,
}


@pytest.mark.parametrize("what", sorted(NOTHING))
def test_what_reports_nothing_of_ours(what: str) -> None:
    assert dsn.read(NOTHING[what], domain="shop.example", now=NOW) == []


def test_a_report_is_the_same_however_often_it_comes() -> None:
    one, other = (dsn.read(report(failed(status)), domain="shop.example", now=NOW)[0] for status in ("5.1.1", "4.4.7"))
    again = dsn.read(report(failed("5.1.1")), domain="shop.example", now=NOW)[0]
    assert one.dedupe == again.dedupe != other.dedupe
