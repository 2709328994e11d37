"""Tables of periodic work: its turns, and how each store's share of a task stands."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base


class TaskSlot(Base):
    """A turn of a periodic task: whoever inserts it carries it out. Belongs to the installation; with `for_store` it was
    asked for by hand, and is that store's alone.
    """

    __tablename__ = "task_slots"

    task: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[datetime] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    done: Mapped[int | None]
    error: Mapped[str | None]
    for_store: Mapped[UUID | None] = mapped_column(ForeignKey("stores.id"))


class JobStanding(Base):
    """What is unusual about a store's share of a task: paused, or failing. No row: all is well."""

    __tablename__ = "job_standings"
    __table_args__ = (CheckConstraint("failures >= 0", name="failures"),)

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    task: Mapped[str] = mapped_column(primary_key=True)
    paused_at: Mapped[datetime | None]
    paused_by: Mapped[str] = mapped_column(server_default="")
    failures: Mapped[int] = mapped_column(server_default=text("0"))  # in a row
    failed_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(server_default="")  # the kind of the last one, nothing of what it said
