"""What a campaign says and when, as one document: edited as a draft, published as an immutable version. Pure.

Texts are by locale. Delays count from the abandonment (the last activity in the cart), as shop owners think of them.
"""

from typing import Annotated, Literal

import msgspec

from app.recovery.values import Channel, Trigger

Locale = str
SECONDS_IN_30_DAYS = 30 * 86_400


class Texts(msgspec.Struct, frozen=True, kw_only=True):
    """One message's words in one language: sandboxed Jinja over the variables of recovery/variables.py.

    `subject`, `preheader` and `html` (MJML) are an email's; `text` is an email's plain twin, or the whole SMS or push text;
    `title` is a push message's. `subject_b` is the other arm of a subject test. Empty `html`: the standard layout
    around `heading` and `lead`.
    """

    subject: Annotated[str, msgspec.Meta(max_length=200)] = ""
    subject_b: Annotated[str, msgspec.Meta(max_length=200)] = ""
    preheader: Annotated[str, msgspec.Meta(max_length=200)] = ""
    heading: Annotated[str, msgspec.Meta(max_length=200)] = ""
    lead: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    button: Annotated[str, msgspec.Meta(max_length=60)] = ""
    html: Annotated[str, msgspec.Meta(max_length=60_000)] = ""
    text: Annotated[str, msgspec.Meta(max_length=10_000)] = ""
    title: Annotated[str, msgspec.Meta(max_length=100)] = ""


class Incentive(msgspec.Struct, frozen=True, kw_only=True):
    """What a step offers: a personal code, to be used once, for `days`."""

    kind: Literal["percent", "fixed", "free_shipping"]
    basis_points: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0
    amounts: dict[str, int] = {}  # minor units by currency, of a fixed one
    minimums: dict[str, int] = {}
    days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 7


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """When a step is sent at all; every condition of a step must hold. `value` by kind: recovery/conditions.py."""

    kind: str
    value: str | int | bool | dict[str, int] | list[str] = ""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One timed message on one channel. `number` never changes once published, whatever the order."""

    number: Annotated[int, msgspec.Meta(ge=1, le=99)]
    delay_seconds: Annotated[int, msgspec.Meta(ge=0, le=SECONDS_IN_30_DAYS)]
    channel: Channel
    texts: dict[Locale, Texts]
    conditions: tuple[Condition, ...] = ()
    incentive: Incentive | None = None


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign as a whole."""

    name: dict[Locale, Annotated[str, msgspec.Meta(max_length=120)]]
    trigger: Trigger
    steps: Annotated[tuple[Step, ...], msgspec.Meta(max_length=10)] = ()
    conditions: tuple[Condition, ...] = ()  # of entering it
    holdout_percent: Annotated[int, msgspec.Meta(ge=0, le=50)] | None = None  # None: the store's
    quiet_days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 30  # of next_purchase: how long nobody came by
    subject_test_percent: Annotated[int, msgspec.Meta(ge=0, le=50)] = 50  # who gets subject_b, where there is one

    def step(self, number: int) -> Step | None:
        """The step with this number."""
        return next((step for step in self.steps if step.number == number), None)


def content_of(document: object) -> Content:
    """Raises msgspec.ValidationError, which names the field."""
    return msgspec.convert(document, Content)


def document_of(content: Content) -> dict[str, object]:
    """As it is stored."""
    document: dict[str, object] = msgspec.to_builtins(content)
    return document
