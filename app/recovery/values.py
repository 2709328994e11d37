"""The words of recovery as values, with the states things may be in. Pure."""

from enum import StrEnum


class Channel(StrEnum):
    """How a person is reached."""

    EMAIL = "email"
    SMS = "sms"
    PUSH = "push"


class Trigger(StrEnum):
    """What begins an episode, and so what a campaign answers to."""

    CART_ABANDONED = "cart_abandoned"
    NEXT_PURCHASE = "next_purchase"  # saved things have been waiting for long
    PRICE_DROPPED = "price_dropped"  # of something saved
    BACK_IN_STOCK = "back_in_stock"  # something saved


class EpisodeState(StrEnum):
    """Open, or how it ended."""

    OPEN = "open"
    RECOVERED = "recovered"  # an order was placed by the person behind the cart
    EMPTIED = "emptied"  # nothing is left of what it was about
    SALVAGED = "salvaged"
    EXPIRED = "expired"
    MERGED = "merged"  # the cart went into another one of the same person
    ERASED = "erased"


class Arm(StrEnum):
    """What an episode gets: messages, deliberately none (to measure what they add), or none as no campaign was live."""

    CAMPAIGN = "campaign"
    HOLDOUT = "holdout"
    NONE = "none"


class CampaignState(StrEnum):
    """Where a campaign stands."""

    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    ARCHIVED = "archived"


class MessageKind(StrEnum):
    """Why a message exists."""

    STEP = "step"  # of a campaign
    SAVED_NOTICE = "saved_notice"  # "we saved your items", after a salvage
    MANUAL = "manual"  # staff asked for it


class MessageState(StrEnum):
    """How far a message has come. Forward only; see FORWARD."""

    SCHEDULED = "scheduled"
    CLAIMED = "claimed"  # a worker has it under a lease; it has not passed the gate
    SENDING = "sending"  # it passed the gate; the provider may or may not have it
    SENT = "sent"  # the provider has it
    DELIVERED = "delivered"
    OPENED = "opened"
    CLICKED = "clicked"  # by a human
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    FAILED = "failed"
    CANCELLED = "cancelled"  # the decision ended it: `reason` says why
    UNCERTAIN = "uncertain"  # the worker died between handing over and hearing back: nobody can know


WAITING = (MessageState.SCHEDULED, MessageState.CLAIMED)
LEFT = (
    MessageState.SENT,
    MessageState.DELIVERED,
    MessageState.OPENED,
    MessageState.CLICKED,
    MessageState.BOUNCED,
    MessageState.COMPLAINED,
)
FORWARD = {
    MessageState.SENT: 1,
    MessageState.UNCERTAIN: 0,
    MessageState.DELIVERED: 2,
    MessageState.OPENED: 3,
    MessageState.CLICKED: 4,
    MessageState.BOUNCED: 5,
    MessageState.COMPLAINED: 6,
}


class Agent(StrEnum):
    """Who fetched a link or a picture, as far as the evidence goes."""

    HUMAN = "human"
    SCANNER = "scanner"
    PREFETCH = "prefetch"
    PROXY = "proxy"
    PROVIDER = "provider"


class SuppressionReason(StrEnum):
    """Why an address must not be written to."""

    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    STOP = "stop"
    DO_NOT_CALL = "do_not_call"
    ERASED = "erased"
