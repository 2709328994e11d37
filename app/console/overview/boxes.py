"""A box of the page: read on its own, and failing on its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.database.base import db

T = TypeVar("T")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Box(Generic[T]):
    """What a box shows; None: it could not be read."""

    shows: T | None

    @property
    def failed(self) -> bool:
        """Whether it could not be read."""
        return self.shows is None


def read(name: str, reading: Callable[[], T]) -> Box[T]:
    """Read a box. The database's errors (a time-out most likely) stay in it; mistakes of the program are everybody's."""
    try:
        return Box(reading())
    except SQLAlchemyError as error:
        db.session.rollback()
        log.warning("box_failed", box=name, reason=type(error).__name__)
        return Box(None)
