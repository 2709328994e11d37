"""What a message is about, read from the shop as it is now: which things, at what prices, with what offer."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.cart import repository as carts
from app.cart.policy import Facts, Policy
from app.cart.pricing import Availability, ReviewedLine, goods, review, totals
from app.cart.repository import StoredCart
from app.cart.settings import policy_of
from app.cart.state import Cart, Pane
from app.catalog.values import ProductCard, tint
from app.database.statements import Asked, Row, fetch, fetch_all, hot, tight
from app.database.tenancy import current_store_id
from app.ids import parse_id
from app.money import Money
from app.promotions.domain import Coupon
from app.promotions.facts_query import coupon_of, coupon_sql
from app.recovery import alternatives, incentives, publisher
from app.recovery.story import Delivery, Instead, Offer, Shop, Story, Sums, Thing
from app.recovery.values import Channel, MessageKind, Trigger
from app.web.assets import image_for_mail

_READ = hot(
    tight(f"""
    SELECT m.kind, m.step, m.channel, m.subject_arm, e.trigger, e.campaign_id, e.campaign_version,
           e.inactive_since, e.subject, u.locale, {carts.WITH_FACTS},
           {coupon_sql("code = m.coupon_code", "m.customer_id")} AS offered,
           {coupon_sql("code = c.coupon", "m.customer_id")} AS own
    FROM messages m
    JOIN episodes e ON e.store_id = m.store_id AND e.id = m.episode_id
    JOIN customers u ON u.store_id = m.store_id AND u.id = m.customer_id
    JOIN carts c ON c.store_id = e.store_id AND c.id = e.cart_id
    WHERE m.store_id = :store AND m.id = :message""")
)


class NoSuchMessage(LookupError):
    """No message of this id in the current store."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A message as its rows say: whose words, for which cart, as both are now. `variant_ids` empty: all that is there."""

    id: UUID
    kind: MessageKind
    trigger: Trigger
    channel: Channel
    step: int
    arm: str
    campaign: tuple[UUID, int] | None
    stored: StoredCart
    left_at: datetime
    locale: str
    variant_ids: frozenset[UUID]
    offered: Coupon | None
    own: Coupon | None


def read(message_id: UUID) -> Subject:
    """The message. Raises NoSuchMessage."""
    return _subject(message_id, fetch(*_reading(message_id)))


def read_beside(message_id: UUID, asked: Asked) -> tuple[Subject, list[Row]]:
    """The message, and the rows of another hot statement in the same round trip. Raises NoSuchMessage."""
    rows, beside = fetch_all(_reading(message_id), asked)
    return _subject(message_id, rows), beside


def _reading(message_id: UUID) -> Asked:
    return _READ, {"store": current_store_id(), "message": message_id}


def _subject(message_id: UUID, rows: list[Row]) -> Subject:
    if not rows:
        raise NoSuchMessage(str(message_id))
    row = rows[0]
    return Subject(
        id=message_id,
        kind=MessageKind(row.kind),
        trigger=Trigger(row.trigger),
        channel=Channel(row.channel),
        step=row.step,
        arm=row.subject_arm,
        campaign=(row.campaign_id, row.campaign_version) if row.campaign_id else None,
        stored=carts.with_facts(row),
        left_at=row.inactive_since,
        locale=row.locale,
        variant_ids=_variants(row.subject),
        offered=coupon_of(row.offered),
        own=coupon_of(row.own),
    )


def tell(subject: Subject, locale: str, now: datetime) -> Story:
    """Its story in `locale`, from the cart and the catalogue as they are."""
    shop, policy = publisher.shop(locale), policy_of(publisher.current_store().settings)
    cart, facts = subject.stored.cart, subject.stored.facts
    saved = review(cart, Pane.NEXT_PURCHASE, facts, policy)
    about_cart = subject.trigger is Trigger.CART_ABANDONED and subject.kind is not MessageKind.SAVED_NOTICE
    lines = review(cart, Pane.ACTIVE, facts, policy) if about_cart else _of(saved, subject)
    story = Story(
        kind=subject.kind,
        trigger=subject.trigger,
        shop=shop,
        left_at=subject.left_at,
        now=now,
        things=tuple(_thing(line, shop, locale) for line in lines if line.counted),
        saved=sum(line.line.quantity for line in saved),
    )
    if about_cart:
        story = replace(story, missing=_missing(lines, subject, shop, cart.currency, locale, now))
    return _with_offer(story, subject, lines, cart, facts, policy) if story.things else story


def _with_offer(
    story: Story, subject: Subject, lines: tuple[ReviewedLine, ...], cart: Cart, facts: Facts, policy: Policy
) -> Story:
    """The story with what the better of the two codes takes off, and with the sums where it is about a cart."""
    worth, currency = goods(lines, cart.currency), cart.currency
    plain = totals(lines, currency, policy)
    usual = plain.delivery.usual if plain.delivery else Money(0, currency)
    own = subject.own if story.trigger is Trigger.CART_ABANDONED else None
    best = incentives.better(own, subject.offered, worth, usual, story.now)
    relief = incentives.relief_of(best, worth, story.now)
    if best is not None and relief is not None and subject.offered is not None and best.id == subject.offered.id:
        story = replace(story, offer=_offer(best, relief.amount, currency))
    elif subject.offered is not None:
        story = replace(story, problems=("own_code_better" if best else "offer_worth_nothing",))
    if story.trigger is not Trigger.CART_ABANDONED or story.kind is MessageKind.SAVED_NOTICE:
        return story
    sums = totals(lines, currency, policy, relief)
    return replace(
        story,
        sums=Sums(
            total=sums.total,
            discount=sums.discount,
            code=best.code if best else "",
            delivery=Delivery(sums.delivery.price) if sums.delivery else None,
            tax_on_top=Money(0, currency) if sums.taxes_included else sums.tax,
        ),
    )


def _offer(coupon: Coupon, off: Money, currency: str) -> Offer | None:
    terms = coupon.terms
    if terms.ends_at is None:
        return None
    amount = Money(terms.amounts[currency], currency) if currency in terms.amounts else None
    return Offer(terms.kind.value, terms.basis_points, amount, coupon.code, terms.ends_at, off)


def _of(saved: tuple[ReviewedLine, ...], subject: Subject) -> tuple[ReviewedLine, ...]:
    """The saved lines that the message is about; of those whose price fell, the one that fell most first."""
    about = [line for line in saved if not subject.variant_ids or line.line.variant_id in subject.variant_ids]
    if subject.trigger is Trigger.PRICE_DROPPED and subject.kind is not MessageKind.SAVED_NOTICE:
        about = sorted((line for line in about if line.change.amount < 0), key=lambda line: line.change.amount)
    return tuple(about)


def _missing(
    lines: tuple[ReviewedLine, ...], subject: Subject, shop: Shop, currency: str, locale: str, now: datetime
) -> tuple[Thing, ...]:
    gone = [line for line in lines if not line.counted and line.availability is not Availability.OTHER_CURRENCY]
    if subject.channel is not Channel.EMAIL:
        return tuple(_thing(line, shop, locale) for line in gone)
    besides = {_handle(line) for line in lines}
    told = []
    for place, line in enumerate(gone):
        found: tuple[ProductCard, ...] = ()
        if place < alternatives.LOOKED_AT:
            found = alternatives.find(_handle(line), currency, besides=besides, now=now)
            besides |= {card.handle for card in found}
        told.append(replace(_thing(line, shop, locale), instead=tuple(_instead(card, shop, locale) for card in found)))
    return tuple(told)


def _thing(reviewed: ReviewedLine, shop: Shop, locale: str) -> Thing:
    line, facts, snapshot = reviewed.line, reviewed.facts, reviewed.line.snapshot
    current = facts if facts is not None and facts.sellable else None
    names = current.option_names if current else snapshot.option_names
    values = current.options if current else snapshot.option_values
    options = [f"{_text(n, locale)}: {_text(v, locale)}" for n, v in zip(names, values, strict=False)]
    scarce = reviewed.availability in (Availability.LOW, Availability.SHORT)
    return Thing(
        variant_id=line.variant_id,
        name=_text(current.title if current else snapshot.title, locale),
        details=(*options, *(f"{name}: {value}" for name, value in line.options)),
        quantity=line.quantity,
        price=reviewed.price,
        each=reviewed.unit_price,
        change=reviewed.change,
        url=f"{shop.origin}/products/{_handle(reviewed)}?variant_id={line.variant_id}",
        picture=_picture((current.image if current else None) or snapshot.image, shop),
        tint=tint(snapshot.handle),
        left=facts.available if facts is not None and scarce else None,
        missing="" if reviewed.counted else "sold_out" if reviewed.availability is Availability.SOLD_OUT else "gone",
    )


def _instead(card: ProductCard, shop: Shop, locale: str) -> Instead:
    assert card.price is not None  # noqa: S101  alternatives are sold in the cart's currency
    url = f"{shop.origin}/products/{card.handle}"
    return Instead(_text(card.title, locale), card.price, url, _picture(card.image, shop), card.tint)


def _picture(source: str | None, shop: Shop) -> str:
    """The whole address of a picture that mail programs can show, "" for none."""
    if not source:
        return ""
    there = image_for_mail(source)
    return shop.origin + there if there.startswith("/") else there


def _handle(reviewed: ReviewedLine) -> str:
    return reviewed.facts.handle if reviewed.facts else reviewed.line.snapshot.handle


def _variants(document: Any) -> frozenset[UUID]:
    """The variants that an episode is about: {"variant_ids": [...]}; none: all."""
    named = document.get("variant_ids", ()) if isinstance(document, dict) else ()
    return frozenset(found for found in map(parse_id, named) if found is not None)


def _text(texts: dict[str, str], locale: str) -> str:
    return texts.get(locale) or next(iter(texts.values()), "")
