"""One cart in the console, with its timeline, its state at any moment, and why it is where it is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Response, make_response, render_template, request

from app.audit import log as audit
from app.cart import context, history
from app.cart.events import evolve
from app.cart.history import CartNotFound, LoggedEvent
from app.cart.state import Cart, Line, Pane
from app.console import cart_queries, cart_words, reminder_actions, shell
from app.console.episode_words import headline, state_word
from app.console.masking import shown_person
from app.console.messages import of_cart
from app.ids import CartId, LineId, parse_id
from app.money import Money
from app.stores.request import current_locale, current_store

VISIT = timedelta(minutes=30)  # events further apart than this belong to two visits


@dataclass(frozen=True, slots=True)
class EventView:
    """An event of the timeline. `begins` is when its visit began, for the first event of one."""

    version: int
    words: str
    icon: str
    who: str
    at: datetime
    begins: datetime | None


@dataclass(frozen=True, slots=True)
class LineView:
    """A line as it was. `change` says what the event before the next one did to it: new, more, less, gone or nothing."""

    name: str
    options: str
    quantity: int
    price: Money
    pane: Pane
    change: str


def show(cart_id: str, *, status: int = 200, problem: str = "", link: tuple[UUID, str] | None = None) -> Response:
    """One cart: why it is where it is, what happened, what was sent or not, and how it was at any moment.

    `at` in the address is an event's number; `link` a message's personal address, shown in this answer only.
    """
    whose = _cart(cart_id)
    locale, clear, zone = current_locale(), shell.sees_everything(), ZoneInfo(current_store().time_zone)
    log = history.list_events(whose.id)
    at = request.args.get("at", type=int) or (log[-1].version if log else 0)
    if log and not 1 <= at <= log[-1].version:
        raise CartNotFound()
    if clear:
        audit.record("cart_viewed", actor=shell.actor(), subject=("cart", whose.id), now=context.now())
    after = history.cart_at(whose.id, version=at) if log else Cart()
    earlier = history.cart_at(whose.id, version=at - 1) if at > 1 else Cart()
    lines = _lines(earlier, after, locale)
    episodes = cart_queries.list_episodes(whose.id)
    name, email = shown_person(whose.name, whose.email)
    return make_response(
        render_template(
            "console/carts/show.html",
            cart=whose,
            name=name,
            email=email,
            headline=headline(episodes[0] if episodes else None, whose.updated_at, locale, zone),
            may_act=clear and whose.status == "open",
            reminded=reminder_actions.outcome(),
            left_alone=any(one.state == "open" and one.arm == "holdout" for one in episodes),
            waiting=any(one.state == "open" and one.next for one in episodes),
            timeline=_timeline(log, locale),
            at=at,
            newest=log[-1].version if log else 0,
            moment=next((one.occurred_at for one in log if one.version == at), None),
            lines=lines,
            total=_total(after),
            coupon=after.coupon,
            episodes=[(one, *state_word(one.state, one.arm), Money(one.value, one.currency)) for one in episodes],
            story=of_cart.look(whose.id, locale, zone, context.now()),
            may_link=clear,
            link=link,
            problem=problem,
            link_revoked=request.args.get("link") == "revoked",
        ),
        status,
    )


def _cart(text: str) -> cart_queries.Whose:
    cart_id = parse_id(text)
    whose = cart_queries.find_cart(CartId(cart_id)) if cart_id else None
    if whose is None:
        raise CartNotFound()
    return whose


def _timeline(log: list[LoggedEvent], locale: str) -> list[EventView]:
    """The newest first, grouped by visit."""
    cart, begins = Cart(), None
    titles: dict[LineId, str] = {}
    shown: list[EventView] = []
    for one in log:
        cart = evolve(cart, one.event)
        titles |= {line.id: cart_words.title_of(line, locale) for line in cart.lines}
        new_visit = not shown or one.occurred_at - shown[-1].at > VISIT
        begins = one.occurred_at if new_visit else begins
        words = cart_words.words(one.event, titles, locale)
        icon, who = cart_words.icon(one.event), cart_words.who(one.actor)
        shown.append(EventView(one.version, words, icon, who, one.occurred_at, begins if new_visit else None))
    return list(reversed(shown))


def _lines(before: Cart, after: Cart, locale: str) -> list[LineView]:
    """The lines after an event; what it took away stands there as gone."""
    known = {line.id: line for line in before.lines}
    views = [_line(line, _change(known.get(line.id), line), locale) for line in after.lines]
    left = {line.id for line in after.lines}
    return views + [_line(line, "gone", locale) for line in before.lines if line.id not in left]


def _change(before: Line | None, after: Line) -> str:
    if before is None:
        return "new"
    if before.pane is not after.pane:
        return "moved"
    if before.quantity != after.quantity:
        return "more" if after.quantity > before.quantity else "less"
    return "" if before == after else "changed"


def _line(line: Line, change: str, locale: str) -> LineView:
    name, options = cart_words.title_of(line, locale), cart_words.options_of(line, locale)
    return LineView(name, options, line.quantity, line.snapshot.unit_price * line.quantity, line.pane, change)


def _total(cart: Cart) -> Money | None:
    """What the active lines came to by the prices the shopper saw; None where they are of several currencies."""
    prices = [line.snapshot.unit_price * line.quantity for line in cart.pane(Pane.ACTIVE)]
    if not prices or len({price.currency for price in prices}) > 1:
        return None
    return sum(prices[1:], start=prices[0])
