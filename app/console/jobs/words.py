"""Periodic tasks, kinds of outbox rows, and what went wrong, in the words of the console."""

import re
from collections.abc import Callable

from app.jobs.health import Health
from app.web.language import gettext as _
from app.web.refusals import register

Words = Callable[[], str]

# Name, and what is missing while it is paused.
JOBS: dict[str, tuple[Words, Words]] = {
    "recovery.detect": (
        lambda: _("Looking for abandoned carts"),
        lambda: _("Carts that are left are not found, and nobody is reminded of them."),
    ),
    "recovery.explain": (
        lambda: _("Finding out why carts were left"),
        lambda: _("Abandoned carts have no reason beside them."),
    ),
    "recovery.deliver": (
        lambda: _("Sending reminders"),
        lambda: _("Reminders that are due wait. They go out, all at once, when it goes on."),
    ),
    "recovery.saved": (
        lambda: _("Looking at saved things"),
        lambda: _("Nobody hears of saved things that became cheaper or have waited for long."),
    ),
    "recovery.salvage": (
        lambda: _("Saving left carts for the next purchase"),
        lambda: _("What was left for days stays in the order."),
    ),
    "recovery.expire": (
        lambda: _("Archiving carts nobody has touched for weeks"),
        lambda: _("Old carts stay where they are."),
    ),
    "recovery.roll_up": (
        lambda: _("Summing up by the hour"),
        lambda: _("The overview and the reports stand still."),
    ),
    "recovery.measure": (
        lambda: _("Measuring what messages add"),
        lambda: _("The figures of what messages add stand still."),
    ),
    "sellers.freeze": (
        lambda: _("Reckoning what sellers see of finished weeks"),
        lambda: _("Sellers see no newer weeks. What was missed is made up for when it goes on."),
    ),
    "catalog.import": (
        lambda: _("Going on with files of the catalogue"),
        lambda: _("A file whose worker died waits."),
    ),
    "exports.make": (
        lambda: _("Going on with exports"),
        lambda: _("A file whose worker died waits."),
    ),
    "exports.forget": (
        lambda: _("Forgetting old exports"),
        lambda: _("Exported files are kept longer than three days."),
    ),
    "orders.settle": (lambda: _("Asking what became of payments"), lambda: ""),
    "outbox.drain": (lambda: _("Carrying out what waits in the outbox"), lambda: ""),
    "webhooks.deliver": (
        lambda: _("Telling other systems by webhooks"),
        lambda: _("Events wait. They are told, in their order, when it goes on."),
    ),
    "webhooks.forget": (
        lambda: _("Forgetting old webhook deliveries"),
        lambda: _("Deliveries are kept longer than 30 days."),
    ),
    "alerts.expire": (
        lambda: _("Ending old stock alerts"),
        lambda: _("Addresses of guests are kept longer than 90 days."),
    ),
    "recovery.forget_told": (
        lambda: _("Forgetting what providers told"),
        lambda: _("The table of what providers told grows."),
    ),
}

TOPICS: dict[str, Words] = {
    "accounts.letter": lambda: _("Letters about accounts"),
    "alerts.letter": lambda: _("Letters about what is back in stock"),
    "orders.letter": lambda: _("Letters about orders"),
    "orders.receipt": lambda: _("Receipts"),
    "orders.placed": lambda: _("News of placed orders"),
    "orders.cancelled": lambda: _("News of cancelled orders"),
    "orders.released": lambda: _("News of released orders"),
    "orders.refunded": lambda: _("News of refunds"),
    "orders.refund": lambda: _("Refunds to be made"),
    "orders.reviewed": lambda: _("Decisions about held orders"),
    "orders.payment_failed_later": lambda: _("News of failed payments"),
    "payments.demo_bank_event": lambda: _("What the demo bank tells"),
    "inventory.came_back": lambda: _("News of what is back in stock"),
    "catalog.import": lambda: _("Files of the catalogue"),
    "exports.make": lambda: _("Exports"),
    "recovery.link_anew": lambda: _("New links to carts"),
    "recovery.phone_code": lambda: _("Codes to phones"),
    "recovery.reminders_stopped": lambda: _("Reminders to be called off"),
    "jobs.run_now": lambda: _("Tasks asked for by hand"),
}

_NOT_REACHED = (
    "NotReached",
    "ConnectionRefusedError",
    "gaierror",
    "SMTPConnectError",
    "not_reached",
    "ConnectionError",
)
_NO_ANSWER = ("NoAnswer", "TimeoutError", "SMTPServerDisconnected", "no_answer", "outcome_unknown", "connection_lost")
_DATABASE = ("OperationalError", "DBAPIError", "InternalError")

register(
    {
        "job_not_found": lambda p: _("There is no such task."),
        "job_cannot_be_paused": lambda p: _("This task cannot be paused: orders or letters would be lost."),
        "job_paused_already": lambda p: _("Somebody has paused this task already."),
        "job_not_paused": lambda p: _("This task is not paused."),
        "nothing_dead": lambda p: _("None of it has failed any more: somebody else has seen to it."),
        "too_late_to_undrop": lambda p: _("It is too late to undo this."),
        "nothing_marked": lambda p: _("Choose at least one row."),
    }
)


def job_name(key: str) -> str:
    """What the task does."""
    return JOBS[key][0]() if key in JOBS else key


def missing_while_paused(key: str) -> str:
    """What does not happen while the task is paused."""
    return JOBS[key][1]() if key in JOBS else ""


def topic_name(topic: str) -> str:
    """What a row of the outbox is about."""
    return TOPICS[topic]() if topic in TOPICS else topic


def health_word(health: Health) -> tuple[str, str, str]:
    """The state in a word, its tone and its icon."""
    return {
        Health.OK: (_("fine"), "ok", "check"),
        Health.SLOW: (_("slow"), "late", "clock"),
        Health.FAILING: (_("failing"), "bad", "warn"),
        Health.PAUSED: (_("paused"), "off", "minus"),
        Health.NEW: (_("new"), "off", "info"),
    }[health]


def failure_word(code: str) -> str:
    """Why something failed, from its code: what kind of trouble, never what the other side wrote."""
    if not code:
        return ""
    if code in _NOT_REACHED:
        return _("The other side could not be reached.")
    if code in _NO_ANSWER:
        return _("The other side gave no whole answer in time.")
    if code in _DATABASE:
        return _("The database was away or too busy.")
    found = re.fullmatch(r"(?:smtp|http|status)_(\d{3})", code)
    if found:
        return _("The other side refused it (%(code)s).", code=found[1])
    return _("Something went wrong (%(code)s).", code=code)
