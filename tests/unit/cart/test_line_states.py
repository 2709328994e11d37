"""What a line is when it cannot be bought as it stands: sold out, withdrawn, gone; and what is said about it."""

from dataclasses import replace

import pytest
from flask import Flask

from app.cart.flags import flags_of
from app.cart.policy import Facts, Policy
from app.cart.pricing import Availability, ReviewedLine, review, totals
from app.cart.state import Pane
from app.catalog.facts import OtherVariant, VariantFacts
from app.ids import VariantId
from app.money import Money
from tests.conftest import TestStore
from tests.unit.cart.values import Actor, facts, variant

GLAZE, SIZE = {"en": "Glaze", "fa": "لعاب"}, {"en": "Size", "fa": "اندازه"}


def value(text: str) -> dict[str, str]:
    return {"en": text}


def other(*values: str) -> OtherVariant:
    options = tuple(value(text) for text in values)
    return OtherVariant(VariantId(variant(77).variant_id), options, Money(1200, "EUR"), sold_out=False)


def withdrawn(*others: OtherVariant) -> VariantFacts:
    options = {"option_names": (GLAZE, SIZE), "options": (value("Sea salt"), value("Large"))}
    return variant(1, sellable=False, others=others, **options)


def reviewed(now: VariantFacts, quantity: int = 1, pane: Pane = Pane.ACTIVE) -> ReviewedLine:
    shopper = Actor(facts(variant(1, maximum=now.maximum, minimum=now.minimum)))
    shopper.adds(1, quantity, pane)
    known: Facts = facts(now)
    (line,) = review(shopper.cart, pane, known, Policy())
    return line


def words(app: Flask, store: TestStore, line: ReviewedLine, locale: str = "en") -> list[str]:
    with app.test_request_context(base_url=f"http://{store.host}", query_string={"lang": locale}):
        app.preprocess_request()
        return [flag.text for flag in flags_of(line, locale, "EUR")]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (variant(1, available=0), Availability.SOLD_OUT),
        (variant(1, available=2, minimum=3), Availability.SOLD_OUT),
        (variant(1, sellable=False), Availability.GONE),
        (withdrawn(other("Clay", "Large")), Availability.WITHDRAWN),
        (variant(1, available=5), Availability.OK),
    ],
    ids=["none left", "fewer than may be bought", "hidden", "withdrawn", "there"],
)
def test_what_a_line_is(now: VariantFacts, expected: Availability) -> None:
    line = reviewed(now, quantity=max(1, now.minimum))
    assert line.availability is expected
    assert line.counted is (expected is Availability.OK)
    assert totals([line], "EUR").blocked is (expected is not Availability.OK)


@pytest.mark.parametrize(
    ("others", "sentence"),
    [
        ([other("Clay", "Large")], "This glaze is no longer made. Choose another to keep it."),
        (
            [other("Clay", "Large"), other("Sea salt", "Small")],
            "This version is no longer made. Choose another to keep it.",
        ),
        ([other("Clay", "Small")], "This version is no longer made. Choose another to keep it."),
        ([other("Clay")], "This version is no longer made. Choose another to keep it."),
    ],
    ids=["one option", "only together", "both options", "the options are others now"],
)
def test_the_option_is_named_where_it_is_clear(
    app: Flask, store: TestStore, others: list[OtherVariant], sentence: str
) -> None:
    assert words(app, store, reviewed(withdrawn(*others))) == [sentence]


def test_in_persian(app: Flask, store: TestStore) -> None:
    line = reviewed(withdrawn(other("Clay", "Large")))
    assert words(app, store, line, "fa") == ["این لعاب دیگر تولید نمی‌شود. یکی دیگر انتخاب کنید."]


def test_the_limit_is_said_where_it_is_reached(app: Flask, store: TestStore) -> None:
    two = variant(1, maximum=2)
    assert words(app, store, reviewed(two)) == []
    assert words(app, store, reviewed(two, 2)) == ["Limit of 2 per customer"]
    assert words(app, store, reviewed(two, 2), "fa") == ["برای هر نفر حداکثر ۲ عدد"]
    dearer = replace(two, available=2, unit_price=Money(1500, "EUR"))
    assert len(words(app, store, reviewed(dearer, 2))) == 2  # at most two flags
