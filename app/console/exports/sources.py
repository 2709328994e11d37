"""What can be exported: its columns, and its rows a batch at a time by the same queries the pages are read with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from app.accounts.lockout import SYSTEM
from app.audit import log
from app.console import cart_queries, colleagues
from app.console.audit_words import action_word, subject_word
from app.console.cart_list import page as cart_list
from app.console.cart_queries import Found
from app.console.episode_words import state_word as cart_state
from app.console.masking import masked_email, masked_name
from app.console.overview.periods import span
from app.console.reports import tables
from app.money import Money
from app.orders import staff_queries
from app.orders.sentences import payment_word
from app.orders.sentences import state_word as order_state
from app.orders.staff_queries import StaffOrder
from app.recovery.breakdowns import ENTERED_IN, SENT_IN, Cut
from app.recovery.sentences_reasons import reason_word
from app.stores.request import current_store
from app.web.language import gettext as _

PAGES_AT_ONCE = 10
CART_FILTERS = ("view", "reason", "reached", "channel", "consent", "from", "to", "language", "since", "until")
ENTRIES_AT_ONCE = 500

Cell = str | int | datetime | Money | None
Column = tuple[str, str]  # its code in files for machines, and what it is called


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a file is made of: the filter, whether personal data may stand in it, its language, when it was asked for."""

    asked: Mapping[str, str]
    clear: bool
    locale: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows, and where the next ones begin; "" when there are none."""

    rows: list[tuple[Cell, ...]]
    next: str


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of export. `filters` are the parameters of its page that narrow it down."""

    title: Callable[[], str]
    endpoint: str
    filters: tuple[str, ...]
    columns: Callable[[Wanted], list[Column]]
    batch: Callable[[Wanted, str], Batch]


def _who(name: str, email: str, wanted: Wanted) -> tuple[str, str]:
    return (name, email) if wanted.clear else (masked_name(name) if name else "", masked_email(email))


def _cart_columns(_wanted: Wanted) -> list[Column]:
    return [
        ("cart", _("Cart")), ("name", _("Name")), ("email", _("Email address")), ("state", _("State")),
        ("reason", _("Reason")), ("last_activity", _("Last activity")), ("next_message", _("Next message")),
        ("units", _("Units")), ("value", _("Value")), ("currency", _("Currency")),
    ]  # fmt: skip


def _carts(wanted: Wanted, cursor: str) -> Batch:
    asked = cart_list.asked(wanted.asked)
    conditions = asked.conditions(cart_list.zone())
    rows: list[tuple[Cell, ...]] = []
    for _page in range(PAGES_AT_ONCE):
        found = cart_queries.list_carts(asked.view, cursor, conditions)
        shown = found[: cart_queries.PAGE]
        rows += [_cart(one, wanted) for one in shown]
        if len(found) > cart_queries.PAGE:
            cursor = shown[-1].cursor
            continue
        # A page looks no further than so many carts for what a filter asks: it goes on where that one ended.
        cursor = cart_queries.looked_until(asked.view, cursor, conditions) if conditions else ""
        if not cursor:
            return Batch(rows, "")
    return Batch(rows, cursor)


def _cart(one: Found, wanted: Wanted) -> tuple[Cell, ...]:
    word = cart_state(one.state, one.arm)[0]
    why = reason_word(one.reason) if one.reason else ""
    worth = (one.units, one.value, one.value.currency)
    return (str(one.cart_id), *_who(one.name, one.email, wanted), word, why, one.last_at, one.next_at, *worth)


def _order_columns(_wanted: Wanted) -> list[Column]:
    return [
        ("order", _("Order")), ("state", _("State")), ("payment", _("Payment")), ("name", _("Name")),
        ("email", _("Email address")), ("placed", _("Placed")), ("units", _("Units")), ("total", _("Total")),
        ("currency", _("Currency")),
    ]  # fmt: skip


def _orders(wanted: Wanted, cursor: str) -> Batch:
    rows: list[tuple[Cell, ...]] = []
    before = int(cursor) if cursor else None
    for _page in range(PAGES_AT_ONCE):
        found = staff_queries.list_for_staff(state=wanted.asked.get("state", ""), before=before)
        shown = found[: staff_queries.PAGE]
        rows += [_order(one, wanted) for one in shown]
        if len(found) <= staff_queries.PAGE:
            return Batch(rows, "")
        before = shown[-1].number
    return Batch(rows, str(before))


def _order(one: StaffOrder, wanted: Wanted) -> tuple[Cell, ...]:
    words = (order_state(one.state, one.payment)[0], payment_word(one.payment))
    who = _who(one.contact.name, one.contact.email, wanted)
    return (one.number, *words, *who, one.placed_at, one.units, one.total, one.total.currency)


def _entry_columns(_wanted: Wanted) -> list[Column]:
    return [
        ("number", _("Number")), ("at", _("When")), ("who", _("Who")), ("action", _("What")), ("kind", _("Kind")),
        ("id", _("Identifier")), ("details", _("Details")), ("hash", _("Hash")),
    ]  # fmt: skip


def _entries(wanted: Wanted, cursor: str) -> Batch:
    asked = {name: wanted.asked.get(name, "") for name in ("actor", "action", "kind", "subject")}
    found = log.list_entries(before=int(cursor) if cursor else None, limit=ENTRIES_AT_ONCE, **asked)
    people = colleagues.by_actor() | {SYSTEM: _("The system")}
    rows: list[tuple[Cell, ...]] = [
        (
            one.number, one.recorded_at, people.get(one.actor, one.actor), action_word(one.action),
            subject_word(one.subject_kind), one.subject_id, msgspec.json.encode(one.details).decode() if one.details else "",
            one.hash,
        )
        for one in found
    ]  # fmt: skip
    return Batch(rows, str(found[-1].number) if len(found) == ENTRIES_AT_ONCE else "")


def _report(wanted: Wanted) -> tables.Report:
    days, store = wanted.asked.get("days", ""), current_store()
    chosen = span(int(days) if days.isdecimal() else None, store, wanted.at)
    asked = wanted.asked.get("by", "")
    return tables.look(Cut(asked) if asked in set(Cut) else Cut.CAMPAIGN, chosen, store)


_COUNTED: tuple[tuple[str, Callable[[], str]], ...] = (
    ("sent", lambda: _("Sent")),
    ("delivered", lambda: _("Delivered")),
    ("opened", lambda: _("Opened")),
    ("clicked", lambda: _("Clicked")),
    ("unsubscribed", lambda: _("Unsubscribed")),
    ("complained", lambda: _("Complaints")),
)


def _report_columns(wanted: Wanted) -> list[Column]:
    report = _report(wanted)
    found: list[Column] = [(report.cut.value, tables.HEADS[report.cut]())]
    if report.cut in ENTERED_IN:
        found.append(("entered", _("Entered")))
    if report.cut in SENT_IN:
        found += [(code, words()) for code, words in _COUNTED]
    found.append(("orders", _("Recovered orders")))
    for currency in report.currencies:
        found.append((f"last_click_{currency}", f"{_('By last click')} ({currency})"))
        found.append((f"assisted_{currency}", f"{_('Assisted')} ({currency})"))
    if report.added:
        found += [("incremental", _("Incremental")), ("incremental_low", _("Incremental, at least")), ("incremental_high", _("Incremental, at most"))]  # fmt: skip
    return found


def _report_rows(wanted: Wanted, _cursor: str) -> Batch:
    report = _report(wanted)
    called = tables.names(report, wanted.locale)
    rows: list[tuple[Cell, ...]] = []
    for row in report.rows:
        cells: list[Cell] = [called[row.key]]
        if report.cut in ENTERED_IN:
            cells.append(row.counts.entered)
        if report.cut in SENT_IN:
            cells += [getattr(row.counts, code) for code, _words in _COUNTED]
        cells.append(row.orders)
        for currency in report.currencies:
            nothing = Money(0, currency)
            cells += [row.last_click.get(currency, nothing), row.assisted.get(currency, nothing)]
        if report.added:
            added = report.added.get(row.key[0])
            cells += [added.estimate, added.low, added.high] if added else [None] * 3
        rows.append(tuple(cells))
    return Batch(rows, "")


SOURCES: dict[str, Source] = {
    "report": Source(lambda: _("Report"), "console.reports", ("by", "days"), _report_columns, _report_rows),
    "carts": Source(lambda: _("Carts"), "console.carts", CART_FILTERS, _cart_columns, _carts),
    "orders": Source(lambda: _("Orders"), "console.orders", ("state",), _order_columns, _orders),
    "audit": Source(
        lambda: _("Audit log"), "console.audit", ("actor", "action", "kind", "subject"), _entry_columns, _entries
    ),
}
