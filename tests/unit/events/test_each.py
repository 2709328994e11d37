"""A topic that several rooms carry out: one that fails does not keep the others from it."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from app.events.failures import PermanentFailure
from app.subscriptions import each


def test_every_room_is_called_and_a_failure_that_may_pass_is_told_first() -> None:
    called: list[str] = []

    def fine(payload: Any, _row_id: UUID) -> None:
        called.append(payload["order_id"])

    def for_good(_payload: Any, _row_id: UUID) -> None:
        raise PermanentFailure("refused")

    def for_now(_payload: Any, _row_id: UUID) -> None:
        raise TimeoutError

    each(fine, fine)({"order_id": "1"}, uuid4())
    with pytest.raises(TimeoutError):
        each(for_good, for_now, fine)({"order_id": "2"}, uuid4())
    with pytest.raises(PermanentFailure):
        each(for_good, fine)({"order_id": "3"}, uuid4())
    assert called == ["1", "1", "2", "3"]
