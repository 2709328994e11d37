"""The discount code of a cart: it comes on, goes, is undone, survives a merge; what it takes off stands in the totals."""

from dataclasses import replace
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cart import couponing
from app.cart.commands import AddCoupon, AnswerMerge, MergeGuestCart, PlaceOrder, RemoveCoupon, Undo
from app.cart.events import CouponAdded, CouponRemoved, replay
from app.cart.policy import Policy
from app.cart.pricing import Totals, goods, review, totals
from app.cart.state import Cart, Pane
from app.errors import Refusal
from app.ids import OrderId
from app.money import Money
from app.promotions.domain import Coupon, Kind, Reduction, Terms
from app.promotions.errors import CouponAlreadyThere, MinimumNotReached, UnknownCode
from app.stores.delivery import DeliveryMethod
from app.stores.taxes import Taxes, TaxRate
from tests.unit.cart.values import NOW, Actor, facts, variant

TEN = Coupon(UUID(int=1), "AUTUMN10", Terms(Kind.PERCENT, basis_points=1000))
POST = Coupon(UUID(int=2), "POST0", Terms(Kind.FREE_SHIPPING, minimums={"EUR": 3000}))
STANDARD = DeliveryMethod(key="standard", title={"en": "Standard"}, cost={"EUR": 490}, free_from={"EUR": 7500})
POLICY = Policy(
    delivery_methods=(STANDARD,), taxes=Taxes(rates=(TaxRate(country="DE", basis_points=1900),)), auto_activation=False
)


@pytest.fixture
def actor() -> Actor:
    actor = Actor(facts(variant(1), variant(2, tax_class="reduced")), POLICY)
    actor.coupons = {"AUTUMN10": TEN, "autumn10": TEN, "POST0": POST}
    return actor


def sums(actor: Actor, coupon: Coupon | None = None) -> Totals:
    lines = review(actor.cart, Pane.ACTIVE, actor.known, actor.policy)
    counted = couponing.counted(actor.cart, coupon, goods(lines, "EUR"), NOW)
    return totals(lines, "EUR", actor.policy, counted if isinstance(counted, Reduction) else None)


def test_a_code_comes_on_as_it_is_shown_and_goes(actor: Actor) -> None:
    actor.adds(1, 2)
    assert actor.does(AddCoupon("autumn10")) == (CouponAdded("AUTUMN10"),)
    assert actor.cart.coupon == "AUTUMN10"
    assert actor.does(RemoveCoupon()) == (CouponRemoved("AUTUMN10"),)
    assert actor.cart.coupon == ""
    assert actor.does(RemoveCoupon()) == ()


def test_another_code_takes_its_place_and_undo_brings_it_back(actor: Actor) -> None:
    actor.adds(1, 3)
    actor.does(AddCoupon("AUTUMN10"))
    assert actor.does(AddCoupon("POST0")) == (CouponAdded("POST0", "AUTUMN10"),)
    actor.does(Undo(actor.cart.version))
    assert actor.cart.coupon == "AUTUMN10"
    assert isinstance(actor.tries(Undo(actor.cart.version)), Refusal)  # what was itself a taking back


@pytest.mark.parametrize(
    ("code", "refusal"), [("NOPE", UnknownCode), ("POST0", MinimumNotReached), ("AUTUMN10", CouponAlreadyThere)]
)
def test_what_is_refused_changes_nothing(actor: Actor, code: str, refusal: type[Refusal]) -> None:
    actor.adds(1)
    actor.does(AddCoupon("AUTUMN10"))
    before = actor.cart
    assert isinstance(actor.tries(AddCoupon(code)), refusal)
    assert actor.cart == before


def test_a_coupon_of_another_code_is_not_taken(actor: Actor) -> None:
    with pytest.raises(UnknownCode):
        couponing.add(actor.cart, "OTHER", TEN, actor.known, actor.policy, NOW)


def test_a_code_that_no_longer_holds_stays_and_says_why(actor: Actor) -> None:
    actor.adds(1, 3)
    actor.does(AddCoupon("POST0"))
    few = replace(actor.cart, lines=(replace(actor.cart.lines[0], quantity=1),))
    counted = couponing.counted(few, POST, Money(1000, "EUR"), NOW)
    assert isinstance(counted, MinimumNotReached)
    assert few.coupon == "POST0"
    assert isinstance(couponing.counted(few, None, Money(1000, "EUR"), NOW), UnknownCode)


def guest(coupon: str) -> MergeGuestCart:
    theirs = Actor(facts(variant(2)), POLICY)
    theirs.ids = 500
    theirs.adds(2)
    return MergeGuestCart(UUID(int=7), theirs.cart.lines, "larger", coupon=coupon)


@pytest.mark.parametrize(
    ("mine", "guests", "after"),
    [("", "POST0", "POST0"), ("AUTUMN10", "POST0", "AUTUMN10"), ("AUTUMN10", "", "AUTUMN10"), ("", "", "")],
    ids=["the guest's comes along", "the account's wins", "the account's stays", "none"],
)
def test_a_merge_and_its_undoing(actor: Actor, mine: str, guests: str, after: str) -> None:
    actor.adds(1)
    if mine:
        actor.does(AddCoupon(mine))
    actor.does(guest(guests))
    assert actor.cart.coupon == after
    actor.does(AnswerMerge(keep=False))
    assert actor.cart.coupon == mine
    assert replay(actor.events) == actor.cart


def test_the_same_code_on_both_sides_stays_with_the_account(actor: Actor) -> None:
    actor.adds(1)
    actor.does(AddCoupon("AUTUMN10"))
    actor.does(guest("AUTUMN10"))
    actor.does(AnswerMerge(keep=False))
    assert actor.cart.coupon == "AUTUMN10"


def test_an_order_takes_the_code_with_it(actor: Actor) -> None:
    actor.adds(1)
    actor.does(AddCoupon("AUTUMN10"))
    actor.does(PlaceOrder(OrderId(UUID(int=9)), actor.cart.lines))
    assert actor.cart.coupon == ""


def test_older_documents_have_no_code() -> None:
    document = msgspec.to_builtins(Cart(currency="EUR"))
    del document["coupon"]
    assert msgspec.convert(document, Cart).coupon == ""


def test_the_totals_of_a_cart(actor: Actor) -> None:
    actor.adds(1, 4)
    actor.does(AddCoupon("AUTUMN10"))
    whole = sums(actor, TEN)
    assert (whole.subtotal.amount, whole.discount.amount, whole.total.amount) == (4000, 400, 4090)
    assert whole.delivery is not None
    assert (whole.delivery.price.amount, whole.tax.amount) == (490, 575 + 78)


def test_delivery_is_free_from_what_is_left_after_the_discount(actor: Actor) -> None:
    actor.adds(1, 8)
    assert sums(actor).delivery.price.amount == 0  # type: ignore[union-attr]
    actor.does(AddCoupon("AUTUMN10"))
    assert sums(actor, TEN).delivery.price.amount == 490  # type: ignore[union-attr]


def test_free_delivery_says_what_it_would_have_cost(actor: Actor) -> None:
    actor.adds(1, 3)
    actor.does(AddCoupon("POST0"))
    delivery = sums(actor, POST).delivery
    assert delivery is not None
    assert (delivery.price.amount, delivery.usual.amount) == (0, 490)


def test_a_store_without_methods_and_an_empty_order_have_no_delivery(actor: Actor) -> None:
    assert sums(actor).delivery is None
    actor.adds(1)
    actor.policy = Policy()
    bare = sums(actor)
    assert (bare.delivery, bare.total, bare.taxes) == (None, Money(1000, "EUR"), ())


@given(st.lists(st.tuples(st.integers(1, 10**7), st.integers(1, 99)), min_size=1, max_size=8), st.integers(1, 10_000))
def test_discount_and_delivery_add_up_to_the_total(lines: list[tuple[int, int]], points: int) -> None:
    known = facts(*(variant(at + 1, unit_price=Money(price, "EUR")) for at, (price, _) in enumerate(lines)))
    actor = Actor(known, POLICY)
    actor.coupons = {"X": Coupon(UUID(int=1), "X", Terms(Kind.PERCENT, basis_points=points))}
    for at, (_, quantity) in enumerate(lines):
        actor.adds(at + 1, quantity)
    actor.does(AddCoupon("X"))
    whole = sums(actor, actor.coupons["X"])
    assert whole.delivery is not None
    assert whole.total == whole.subtotal - whole.discount + whole.delivery.price
    assert Money(0, "EUR") <= whole.discount <= whole.subtotal
