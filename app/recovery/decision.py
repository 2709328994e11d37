"""May this message be sent now? One pure function of everything that speaks for or against it.

What ends a message comes before what puts it off, so that nothing waits for what will not happen; and the first of each
list that applies gives the reason, so the same facts always give the same one. The order of the two lists is the rule.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.recovery.localtime import Place, hours_of, next_allowed
from app.recovery.region_data import SMS_RULES, Hours, SmsRule
from app.recovery.values import CampaignState, Channel, EpisodeState, MessageKind, SuppressionReason

TOO_LATE = timedelta(days=7)  # after the moment it was planned for: what it says is old by then
LOOK_AGAIN_AFTER_A_PAUSE = timedelta(hours=1)
LOOK_AGAIN_AFTER_A_PAYMENT = timedelta(minutes=5)

ALL_CLEAR = "all_clear"
# Nobody can say when these are over, so the moment given is only when to look again.
OPEN_ENDED = frozenset({"campaign_paused", "payment_under_way"})


@dataclass(frozen=True, slots=True)
class ConsentFact:
    """The newest word about being reminded on the channel. `confirmed`: the address itself has said it again."""

    id: UUID
    granted: bool
    source: str
    said_at: datetime
    confirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFacts:
    """Everything a message is decided by. Counts and times of what was sent leave this message itself out.

    `planned_at` is when its step wanted it sent; `paying_until` when the reservation of an order being paid runs out;
    `sent_at` when the person behind the cart was written to lately, newest first, on any channel by any campaign.
    """

    kind: MessageKind
    channel: Channel
    planned_at: datetime
    episode: EpisodeState
    abandoned_at: datetime
    last_activity: datetime
    ordered: bool
    paying_until: datetime | None
    campaign: CampaignState | None
    unmet: str  # the first condition of the step that does not hold, by its kind
    lines: int
    buyable: int  # of the lines, at this moment
    staff: bool
    fraud: bool
    has_address: bool
    address_confirmed: bool
    consent: ConsentFact | None
    suppressed: SuppressionReason | None
    place: Place
    has_sender: bool
    recovery_on: bool
    channel_on: bool
    hours: Hours
    threshold: timedelta
    sent_in_episode: int
    sms_in_episode: int
    later_step_sent: bool
    sent_at: tuple[datetime, ...]
    messages_at_most: int
    interval: timedelta
    frequency_at_most: int
    frequency_within: timedelta
    budget: int | None
    budget_used: int  # in `month`
    month: tuple[int, int]  # (year, month) in UTC


@dataclass(frozen=True, slots=True)
class Send:
    """Nothing speaks against it."""

    reason: str = ALL_CLEAR


@dataclass(frozen=True, slots=True)
class Defer:
    """Not now: ask again at `until`."""

    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class End:
    """Never."""

    reason: str


Verdict = Send | Defer | End


def may_send(facts: MessageFacts, now: datetime) -> Verdict:
    """The verdict. `until` is always after `now`; asked again then, the same facts do not defer it for the same reason."""
    for ends in ENDS:
        reason = ends(facts, now)
        if reason:
            return End(reason)
    for reason, waits in DEFERS.items():
        until = waits(facts, now)
        if until is not None and until > now:
            return Defer(until, reason)
    return Send()


def _episode_over(facts: MessageFacts, _now: datetime) -> str:
    wanted = EpisodeState.SALVAGED if facts.kind is MessageKind.SAVED_NOTICE else EpisodeState.OPEN
    return "" if facts.episode is wanted else f"episode_{facts.episode}"


def _bought(facts: MessageFacts, _now: datetime) -> str:
    return "bought_since" if facts.ordered else ""


def _not_a_shopper(facts: MessageFacts, _now: datetime) -> str:
    if facts.staff:
        return "staff"
    return "fraud_suspected" if facts.fraud else ""


def _switched_off(facts: MessageFacts, _now: datetime) -> str:
    if facts.campaign is CampaignState.ARCHIVED:
        return "campaign_archived"
    if not facts.recovery_on and facts.kind is not MessageKind.MANUAL:
        return "recovery_off"
    if not facts.channel_on:
        return "channel_off"
    return "" if facts.has_sender else "channel_not_set_up"


def _unreachable(facts: MessageFacts, _now: datetime) -> str:
    if not facts.has_address:
        return "no_address"
    return "" if facts.address_confirmed else "address_not_confirmed"


def _suppressed(facts: MessageFacts, _now: datetime) -> str:
    return f"suppressed_{facts.suppressed}" if facts.suppressed else ""


def _without_consent(facts: MessageFacts, _now: datetime) -> str:
    if facts.consent is None:
        return "no_consent"
    if not facts.consent.granted:
        return "consent_withdrawn"
    unconfirmed = any(rule.double_opt_in for rule in _sms_rules(facts)) and not facts.consent.confirmed
    return "no_double_opt_in" if unconfirmed else ""


def _nothing_to_say(facts: MessageFacts, _now: datetime) -> str:
    if not facts.lines:
        return "cart_empty"
    if not facts.buyable:
        return "nothing_to_offer"
    return "condition_not_met" if facts.unmet else ""


def _enough(facts: MessageFacts, _now: datetime) -> str:
    if facts.kind is MessageKind.STEP and facts.sent_in_episode >= facts.messages_at_most:
        return "enough_messages"
    if not facts.frequency_at_most:
        return "frequency_zero"
    if any(rule.per_episode is not None and facts.sms_in_episode >= rule.per_episode for rule in _sms_rules(facts)):
        return "one_sms_per_cart"
    return "overtaken" if facts.kind is MessageKind.STEP and facts.later_step_sent else ""


def _late(facts: MessageFacts, now: datetime) -> str:
    age = now - facts.abandoned_at
    if any(rule.within_hours is not None and age > timedelta(hours=rule.within_hours) for rule in _sms_rules(facts)):
        return "sms_too_late"
    return "too_late" if now - facts.planned_at > TOO_LATE else ""


def _never_an_hour(facts: MessageFacts, now: datetime) -> str:
    return "" if _opening(facts, now) else "no_common_hour"


def _paused(facts: MessageFacts, now: datetime) -> datetime | None:
    return now + LOOK_AGAIN_AFTER_A_PAUSE if facts.campaign is CampaignState.PAUSED else None


def _paying(facts: MessageFacts, now: datetime) -> datetime | None:
    if facts.paying_until is None:
        return None
    return max(facts.paying_until, now + LOOK_AGAIN_AFTER_A_PAYMENT)


def _active_again(facts: MessageFacts, _now: datetime) -> datetime | None:
    if facts.kind is MessageKind.SAVED_NOTICE or facts.last_activity <= facts.abandoned_at:
        return None  # saving the items was the last thing that happened to the cart
    return facts.last_activity + facts.threshold


def _too_soon(facts: MessageFacts, _now: datetime) -> datetime | None:
    return facts.sent_at[0] + facts.interval if facts.sent_at else None


def _too_often(facts: MessageFacts, _now: datetime) -> datetime | None:
    if len(facts.sent_at) < facts.frequency_at_most:
        return None
    return facts.sent_at[facts.frequency_at_most - 1] + facts.frequency_within


def _budget_spent(facts: MessageFacts, now: datetime) -> datetime | None:
    if facts.budget is None or facts.budget_used < facts.budget or (now.year, now.month) != facts.month:
        return None
    return datetime(now.year + now.month // 12, now.month % 12 + 1, 1, tzinfo=UTC)


def _opening(facts: MessageFacts, now: datetime) -> datetime | None:
    return next_allowed(now, facts.place.zones, hours_of(facts.channel, facts.hours, facts.place))


def _sms_rules(facts: MessageFacts) -> tuple[SmsRule, ...]:
    if facts.channel is not Channel.SMS:
        return ()
    return tuple(SMS_RULES[country] for country in sorted(facts.place.countries & SMS_RULES.keys()))


# What became of the episode comes first: a purchase is the reason that everybody understands.
ENDS: tuple[Callable[[MessageFacts, datetime], str], ...] = (
    _episode_over,
    _bought,
    _not_a_shopper,
    _suppressed,
    _unreachable,
    _without_consent,
    _switched_off,
    _nothing_to_say,
    _enough,
    _late,
    _never_an_hour,
)

# The hours come last: what waits for something else does not look for an hour yet.
DEFERS: dict[str, Callable[[MessageFacts, datetime], datetime | None]] = {
    "campaign_paused": _paused,
    "payment_under_way": _paying,
    "active_again": _active_again,
    "too_soon": _too_soon,
    "too_often": _too_often,
    "budget_spent": _budget_spent,
    "quiet_hours": _opening,
}

END_REASONS = (
    *(f"episode_{state}" for state in EpisodeState),
    "bought_since",
    "staff",
    "fraud_suspected",
    *(f"suppressed_{reason}" for reason in SuppressionReason),
    "no_address",
    "address_not_confirmed",
    "no_consent",
    "consent_withdrawn",
    "no_double_opt_in",
    "campaign_archived",
    "recovery_off",
    "channel_off",
    "channel_not_set_up",
    "cart_empty",
    "nothing_to_offer",
    "condition_not_met",
    "enough_messages",
    "frequency_zero",
    "one_sms_per_cart",
    "overtaken",
    "sms_too_late",
    "too_late",
    "no_common_hour",
)
