"""What the words of a step were in each published version, and how they differ from the draft, line by line."""

from dataclasses import dataclass
from datetime import datetime
from difflib import ndiff
from uuid import UUID

from sqlalchemy import text

from app.database.base import db
from app.database.tenancy import current_store_id
from app.recovery import campaigns
from app.recovery.content import Content, Step, Texts

AT_MOST = 20

PUBLISHED = text("""
    SELECT version, published_at, published_by FROM campaign_versions
    WHERE store_id = :store AND campaign_id = :campaign ORDER BY version DESC LIMIT :most""")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a difference: `mark` is + for what the draft has, - for what the version had, a space for both."""

    mark: str
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a field differs, in a language."""

    locale: str
    field: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """A published version of a step's words. `differences` from it to the draft; None: it had no such step."""

    number: int
    at: datetime
    by: str
    differences: tuple[Difference, ...] | None


def list_versions(campaign_id: UUID, draft: Content, step: Step, fields: tuple[str, ...]) -> list[Version]:
    """The newest first."""
    names = {"store": current_store_id(), "campaign": campaign_id, "most": AT_MOST}
    found = []
    for row in db.session.execute(PUBLISHED, names).all():
        before = campaigns.content(campaign_id, row.version).step(step.number)
        known = before is not None and before.channel is step.channel
        differences = tuple(_differences(before, step, fields)) if before is not None and known else None
        found.append(Version(row.version, row.published_at, row.published_by, differences))
    return found


def _differences(before: Step, after: Step, fields: tuple[str, ...]) -> list[Difference]:
    found = []
    for locale in sorted(before.texts.keys() | after.texts.keys()):
        then, now = before.texts.get(locale, Texts()), after.texts.get(locale, Texts())
        for field in fields:
            old, new = getattr(then, field), getattr(now, field)
            if old != new:
                found.append(Difference(locale, field, _lines(old, new)))
    return found


def _lines(old: str, new: str) -> tuple[Line, ...]:
    compared = ndiff(old.splitlines(), new.splitlines())
    return tuple(Line(line[0], line[2:]) for line in compared if line[0] != "?")
