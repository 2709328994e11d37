"""Signatures by the specification's own example; where events may go; what is told; when it is tried again."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.webhooks import signing
from app.webhooks.addresses import checked
from app.webhooks.catalogue import body
from app.webhooks.errors import BadAddress
from app.webhooks.outcomes import ATTEMPTS, WAITS, error_of, next_wait


def test_signed_as_the_specifications_libraries_do() -> None:
    moment = datetime.fromtimestamp(1614265330, UTC)
    found = signing.headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", moment, b'{"test": 2432232314}', ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
    )
    assert found["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert found["webhook-timestamp"] == "1614265330"


def test_secrets_are_long_and_never_alike() -> None:
    one, two = signing.new_secret(), signing.new_secret()
    assert one != two
    assert one.startswith("whsec_")
    assert len(one) == len("whsec_") + 44


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://example.com/hook?x=1", ""),
        ("https://xn--mgba3gch31f060k.example/", ""),
        ("https://93.184.216.34:8443/hook", ""),
        ("", "no_address"),
        ("example.com/hook", "no_address"),
        ("ftp://example.com/", "no_address"),
        ("https:///hook", "no_address"),
        ("https://example.com:99999/", "no_address"),
        ("https://exa mple.com/", "no_address"),
        ("https://example.com/\r\nX: y", "no_address"),
        ("https://سلام.example/", "no_address"),
        ("https://example.com/" + "x" * 2_000, "no_address"),
        ("https://user:secret@example.com/", "more_than_an_address"),
        ("https://example.com/#part", "more_than_an_address"),
        ("http://example.com/", "not_encrypted"),
        ("https://127.0.0.1/", "private"),
        ("https://10.1.2.3/", "private"),
        ("https://169.254.169.254/latest", "private"),
        ("https://[::1]/", "private"),
        ("https://[::ffff:10.0.0.1]/", "private"),
        ("https://localhost/", "private"),
        ("https://db.internal/", "private"),
        ("https://intranet/", "private"),
    ],
    ids=lambda value: str(value)[:40].encode("ascii", "replace").decode(),
)
def test_where_events_may_go(url: str, why: str) -> None:
    if not why:
        assert checked(f" {url} ", public_only=True) == url
        return
    with pytest.raises(BadAddress) as refused:
        checked(url, public_only=True)
    assert refused.value.params["why"] == why


def test_demos_and_tests_may_go_to_this_machine() -> None:
    assert checked("http://127.0.0.1:8000/x", public_only=False) == "http://127.0.0.1:8000/x"
    with pytest.raises(BadAddress):
        checked("http://user@127.0.0.1/", public_only=False)


def test_what_is_told_names_its_version_and_moment() -> None:
    moment = datetime(2026, 11, 21, 15, 30, tzinfo=timezone(timedelta(hours=3, minutes=30)))
    told = json.loads(body("order.placed", moment, {"order_id": "x"}, {"email": "s@example.com"}))
    assert told == {
        "type": "order.placed",
        "timestamp": "2026-11-21T12:00:00.000Z",
        "version": 1,
        "data": {"order_id": "x", "customer": {"email": "s@example.com"}},
    }
    assert "customer" not in json.loads(body("order.placed", moment, {}))["data"]


def test_tried_for_three_days_with_growing_pauses() -> None:
    waits = [next_wait(attempts, None, 0.5) for attempts in range(1, ATTEMPTS + 1)]
    assert waits == [*WAITS, None]
    assert 3 * 86_400 < sum(WAITS) < 4 * 86_400
    assert next_wait(1, None, 0.0) == 4
    assert next_wait(1, 60, 0.5) == 60
    assert next_wait(5, 60, 0.5) == WAITS[4]


@pytest.mark.parametrize(
    ("status", "error"), [(200, ""), (204, ""), (301, "redirected"), (404, "status_404"), (410, "status_410"), (500, "status_500")],
    ids=str,
)  # fmt: skip
def test_what_a_status_means(status: int, error: str) -> None:
    assert error_of(status) == error
