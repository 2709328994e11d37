"""The cart as its page shows it: frozen values in the reader's language, so that templates only place them."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from uuid import UUID

import msgspec

from app.cart import couponing, merging, undo
from app.cart.events import Event
from app.cart.flags import Flag, flags_of, maximum_of
from app.cart.policy import Facts, Policy
from app.cart.pricing import Availability, ReviewedLine, Totals, goods, review, totals
from app.cart.sentences import held_back_sentence, merged_sentence, note_details, note_heading, said
from app.cart.state import Cart, Line, Pane
from app.cart.summary import SummaryView, coupon_sentence, summarize
from app.catalog.facts import OtherVariant
from app.catalog.values import tint
from app.errors import Refusal
from app.ids import LineId, VariantId
from app.live.wire import tail
from app.money import Money
from app.promotions.domain import Coupon
from app.web.addresses import address
from app.web.formats import plain_money
from app.web.language import gettext as _

LOST = (Availability.SOLD_OUT, Availability.GONE)  # what can be had instead is another product


@dataclass(frozen=True, slots=True)
class LineView:
    """A line, ready to be placed. `others` are the variants that a withdrawn one can become."""

    id: str
    url: str
    handle: str | None
    product_url: str | None
    variant_id: str
    changeable: bool
    name: str
    image: str | None
    tint: int
    options: tuple[tuple[str, str], ...]
    quantity: int
    less: int
    more: int
    can_grow: bool
    counted: bool
    sold_out: bool
    others: tuple[OtherVariant, ...]
    similar_url: str | None
    brought_back: bool
    flags: tuple[Flag, ...]
    price: Money
    each: Money | None
    was: Money | None
    new_price: int | None  # minor units, where the shopper has not yet agreed to it


@dataclass(frozen=True, slots=True)
class NoteView:
    """What the page says about lines that were brought back."""

    heading: str
    details: tuple[str, ...]


@dataclass(frozen=True)
class CartView:
    """The whole cart page."""

    version: int
    active: tuple[LineView, ...]
    saved: tuple[LineView, ...]
    totals: Totals
    summary: SummaryView
    saved_units: int
    auto_activation: bool
    note: NoteView | None
    merged: str
    merged_by_link: bool
    said: str
    toast: str
    undo_version: int | None

    @property
    def new_prices(self) -> str:
        """The prices of this order that are not yet agreed to, as the form that agrees sends them back."""
        return ",".join(f"{line.id}:{line.new_price}" for line in self.active if line.new_price is not None)

    @cached_property
    def tag(self) -> str:
        """A name of exactly what is shown, the cart's version first: two pages with the same tag look the same."""
        shown = (self.active, self.saved, self.totals, self.summary, self.saved_units, self.auto_activation, self.note,
                 self.merged)  # fmt: skip
        return f"{self.version}-{hashlib.blake2b(msgspec.json.encode(shown), digest_size=8).hexdigest()}"

    @property
    def shows(self) -> str:
        """The variants on the page, as it names them to the live process."""
        return ".".join(sorted({tail(line.variant_id) for line in (*self.active, *self.saved)}))

    @property
    def empty(self) -> bool:
        """Whether there is nothing in either pane."""
        return not self.active and not self.saved


def present(
    cart: Cart,
    facts: Facts,
    policy: Policy,
    locale: str,
    currency: str,
    now: datetime,
    *,
    last: Event | None = None,
    coupon: Coupon | None = None,
) -> CartView:
    """The page of `cart` with its `coupon`. With `last`, the page also says what was just done and offers to take it back."""
    active = review(cart, Pane.ACTIVE, facts, policy)
    saved = review(cart, Pane.NEXT_PURCHASE, facts, policy)
    relief = couponing.counted(cart, coupon, goods(active, cart.currency or currency), now)
    reduction = None if isinstance(relief, Refusal) else relief
    sums = totals(active, cart.currency or currency, policy, reduction)
    merged = merging.undoable(cart, now)
    titles = {line.id: _name(line, facts, locale) for line in cart.lines}
    view = CartView(
        version=cart.version,
        active=tuple(_line(line, policy, locale, cart.currency) for line in active),
        saved=tuple(_line(line, policy, locale, cart.currency) for line in saved),
        totals=sums,
        summary=summarize(cart, coupon, relief, sums, policy.country, locale),
        saved_units=sum(line.line.quantity for line in saved),
        auto_activation=cart.auto_activation and policy.auto_activation,
        note=_note(cart, facts, locale),
        merged=merged_sentence(merged, cart.currency, locale) if merged else "",
        merged_by_link=merged is not None and merged.origin == "link",
        said="",
        toast="",
        undo_version=None,
    )
    if last is None:
        return view
    sentence = coupon_sentence(last, sums, locale) or said(last, titles, cart.currency, locale)
    total = _("Total %(total)s.", total=plain_money(sums.total, locale)) if active else ""
    return replace(
        view,
        said=f"{sentence} {total}".strip(),
        toast=sentence,
        undo_version=cart.version if undo.can_undo(last) else None,
    )


def _line(reviewed: ReviewedLine, policy: Policy, locale: str, currency: str) -> LineView:
    line, facts = reviewed.line, reviewed.facts
    maximum = maximum_of(facts)
    if facts and facts.available is not None and policy.stock_check:
        maximum = min(maximum, facts.available)
    minimum = facts.minimum if facts else 1
    snapshot = line.snapshot
    current = facts if facts is not None and facts.sellable else None
    names = current.option_names if current else snapshot.option_names
    values = current.options if current else snapshot.option_values
    return LineView(
        id=str(line.id),
        url=_line_url(line.id),
        handle=current.handle if current else None,
        variant_id=str(line.variant_id),
        product_url=_product_url(current.handle, line.variant_id) if current else None,
        changeable=current is not None and bool(current.option_names),
        name=_text(current.title if current else snapshot.title, locale),
        image=(current.image if current else None) or snapshot.image,
        tint=tint(snapshot.handle),
        options=tuple((_text(n, locale), _text(v, locale)) for n, v in zip(names, values, strict=False)) + line.options,
        quantity=line.quantity,
        less=line.quantity - 1 if line.quantity > minimum else 0,
        more=line.quantity + 1,
        can_grow=line.quantity < maximum,
        counted=reviewed.counted,
        sold_out=reviewed.availability is Availability.SOLD_OUT,
        others=facts.others if facts else (),
        similar_url=_similar_url(facts.handle if facts else snapshot.handle) if reviewed.availability in LOST else None,
        brought_back=line.brought_back,
        flags=flags_of(reviewed, locale, currency),
        price=reviewed.price,
        each=reviewed.unit_price if line.quantity > 1 else None,
        was=snapshot.unit_price * line.quantity if reviewed.change.amount < 0 else None,
        new_price=reviewed.unit_price.amount if reviewed.counted and reviewed.change else None,
    )


def _line_url(line_id: LineId) -> str:
    """What all addresses of a line begin with."""
    any_line = address("cart.move_item", line_id=UUID(int=0))
    return any_line.replace(str(UUID(int=0)), str(line_id)).rpartition("/")[0]


def _product_url(handle: str, variant_id: VariantId) -> str:
    """Few products, but many variants of them: the query is put on, not worked out."""
    return f"{address('catalog.product', handle=handle)}?variant_id={variant_id}"


def _similar_url(handle: str) -> str:
    return address("catalog.similar", handle=handle)


def _note(cart: Cart, facts: Facts, locale: str) -> NoteView | None:
    if cart.note is None:
        return None
    names = [_text(move.line.snapshot.title, locale) for move in cart.note.moves]
    details = note_details(cart.note, facts, locale)
    held_back = tuple(held_back_sentence(reason, count, locale) for reason, count in _counted(cart))
    return NoteView(note_heading(names, locale), tuple(filter(None, (details, *held_back))))


def _counted(cart: Cart) -> list[tuple[str, int]]:
    reasons = [str(held.reason) for held in cart.note.held_back] if cart.note else []
    return [(reason, reasons.count(reason)) for reason in dict.fromkeys(reasons)]


def _name(line: Line, facts: Facts, locale: str) -> str:
    current = facts.get(line.variant_id)
    return _text(current.title if current else line.snapshot.title, locale)


def _text(texts: dict[str, str], locale: str) -> str:
    """The text in the reader's language, else in any that there is."""
    return texts.get(locale) or next(iter(texts.values()), "")
