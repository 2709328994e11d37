"""Which arm a person is in: a stable hash decides, the same here and in detection's SQL. Pure.

A person stays where they are as long as the campaign is the same, whichever of their carts is left, so that who gets
messages and who deliberately gets none can be compared.
"""

from hashlib import md5
from uuid import UUID

from app.recovery.values import Arm

BUCKETS = 10_000  # a hundredth of a percent each

# The same in SQL, for `words` put together with colons. Eight hex digits as a number without a sign.
BUCKET_SQL = "(CAST(CAST('x' || left(md5({words}), 8) AS bit(32)) AS bigint) % 10000)"


def bucket(store_id: UUID, campaign_id: UUID | None, person: UUID) -> int:
    """0 to 9999. `person` is the oldest of a person's customers (people.py); without a campaign it is of the store alone."""
    return _hashed(f"{store_id}:{campaign_id or ''}:{person}")


def arm(bucket: int, campaign_id: UUID | None, holdout_percent: int) -> Arm:
    """What the episode gets."""
    if campaign_id is None:
        return Arm.NONE
    return Arm.HOLDOUT if bucket < holdout_percent * 100 else Arm.CAMPAIGN


def subject_arm(store_id: UUID, campaign_id: UUID, person: UUID, step: int, subject_test_percent: int) -> str:
    """a or b, for a step whose subject is tested: independent of the arm, and of the other steps."""
    return "b" if _hashed(f"{store_id}:{campaign_id}:{person}:{step}") < subject_test_percent * 100 else "a"


def _hashed(words: str) -> int:
    return int(md5(words.encode(), usedforsecurity=False).hexdigest()[:8], 16) % BUCKETS
