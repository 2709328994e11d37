"""What the audit log's page says of an action: before and after in a line, nothing of what is empty, no signs of a language."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.audit.log import Entry
from app.console.audit_page import details


@pytest.mark.parametrize(
    ("known", "lines"),
    [
        ({"how": "password"}, ["how: password"]),
        (
            {"note": "", "before": "", "after": "unsubscribed", "channel": "email"},
            ["channel: email", "– → unsubscribed"],
        ),
        (
            {"before": {"kind": "percent", "ends_at": None, "on": True}, "after": {"kind": "fixed", "on": False}},
            ["kind: percent → fixed", "on: true → false"],
        ),
        ({"after": {"kind": "percent", "amounts": {}, "max_uses": None}}, ["kind: percent"]),
        ({"rates": [{"country": "DE", "tax": {}}, {"country": "AT"}]}, ["rates: country: DE, country: AT"]),
        ({}, []),
    ],
    ids=["plain", "from nothing", "changed", "made", "nested", "nothing"],
)
def test_details_are_told_a_line_each(known: dict[str, Any], lines: list[str]) -> None:
    entry = Entry(1, datetime(2026, 11, 21, tzinfo=UTC), "staff:x", "x", "coupon", "y", known, "hash")
    assert details(entry) == lines
