"""A ticket lets a page listen to one cart of one store from one origin for a while, and says nothing about anybody."""

from uuid import uuid4

import pytest

from app.live import wire
from app.live.wire import SKEW_SECONDS, TICKET_SECONDS, CartMessage, CatalogueMessage, TicketOffice
from app.tokens import CookieSigner

SECRET = "only for tests, not a secret at all"
NOW = 1_800_000_000.25
ORIGIN = "https://shop.example"
STORE = uuid4()


@pytest.fixture
def office() -> TicketOffice:
    return TicketOffice(SECRET)


def issued(office: TicketOffice, who: str = "customer:1") -> str:
    return office.issue(STORE, office.topic(STORE, who), ORIGIN, NOW)


def test_it_is_read_as_it_was_issued(office: TicketOffice) -> None:
    ticket = office.read(issued(office), NOW + 5)
    assert ticket
    assert (ticket.store_id, ticket.topic, ticket.issued) == (
        STORE,
        office.topic(STORE, "customer:1"),
        1_800_000_000_250,
    )
    assert office.is_from(ticket, "https://SHOP.example")
    assert not office.is_from(ticket, "https://shop.example.evil")
    assert not office.is_from(ticket, "http://shop.example")


@pytest.mark.parametrize(("at", "good"), [
    (-SKEW_SECONDS - 1, False), (-SKEW_SECONDS, True), (0, True), (TICKET_SECONDS, True), (TICKET_SECONDS + 1, False),
])  # fmt: skip
def test_it_is_good_for_a_while(office: TicketOffice, at: float, good: bool) -> None:
    assert (office.read(issued(office), NOW + at) is not None) is good


def test_forged_and_foreign_ones_are_not_read(office: TicketOffice) -> None:
    good = issued(office)
    topic = good.split(".")[1]
    forged = [
        "", ".", "....", good[:-1], good.replace(topic, topic[::-1]), good.replace(str(STORE), str(uuid4())), good * 9,
        TicketOffice(SECRET + "!").issue(STORE, topic, ORIGIN, NOW),
        CookieSigner(SECRET, "guest-cart").sign(good.rpartition(".")[0]),  # our key, for another purpose
        CookieSigner(SECRET, "live-ticket").sign("what.ever"),
    ]  # fmt: skip
    assert [office.read(text, NOW) for text in forged] == [None] * len(forged)


def test_a_topic_says_nothing_and_is_nobody_elses(office: TicketOffice) -> None:
    topics = {office.topic(store, who) for store in (STORE, uuid4()) for who in ("customer:1", "customer:2", "guest:1")}
    assert len(topics) == 6
    assert all("customer" not in topic and "guest" not in topic for topic in topics)


def test_messages_are_read_as_they_were_written() -> None:
    variants = [uuid4() for _ in range(wire.VARIANTS_A_MESSAGE + 1)]
    first, second = wire.catalogue_messages(7, variants)
    read = [wire.read_message(text.encode()) for text in (wire.cart_message("abc", 3), first, second)]
    assert read[0] == CartMessage("abc", 3)
    assert isinstance(read[1], CatalogueMessage)
    assert isinstance(read[2], CatalogueMessage)
    assert (*read[1].tails, *read[2].tails) == tuple(str(variant)[-12:] for variant in variants)
    for junk in (b"", b"cart", b"cart a x", b"news of tomorrow", b"\xff", b"catalogue x"):
        assert wire.read_message(junk) is None


def test_names_in_redis_carry_the_store() -> None:
    from app.cache.client import store_key
    from app.database.tenancy import use_store
    from app.ids import StoreId

    with use_store(StoreId(STORE)):
        assert wire.channel(STORE) == store_key("live")
        assert wire.version_key(STORE, "t") == store_key("live", "t")
        assert wire.catalogue_key(STORE) == store_key("live", "catalogue")
