"""What a seller sees, who else may look at it, and how owners say whose products are whose."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from app.accounts import invitations, staff, vendors
from app.audit import log
from app.database.tenancy import use_store
from app.demo.accounts import DEMO_ACCOUNTS, PASSWORD, seed_accounts
from app.ids import StaffId
from app.sellers.disclosure import FEW, HIDDEN, Published
from tests.conftest import NOW, TestStore
from tests.factories import MadeProduct, make_product
from tests.selling import MONDAY, give, seller_of, tell
from tests.web.accounts.visitor import Visitor, fresh_address

EMAILS = {account.role: account.email for account in DEMO_ACCOUNTS}
PAGE, PEOPLE = "/console/seller", "/console/people"
WEEK = timedelta(days=7)


def inside(app: Flask, store: TestStore, work: Callable[[], Any]) -> Any:
    """What `work` finds in the store: a request leaves whatever was entered before it."""
    with app.app_context(), use_store(store.id):
        return work()


def vendors_of(app: Flask, store: TestStore, staff_id: str) -> dict[str, str]:
    return dict(inside(app, store, lambda: vendors.list_vendors(StaffId(UUID(staff_id)))))


def one_of(app: Flask, store: TestStore, **traits: str) -> Any:
    """The member of staff who is like this."""
    found = inside(app, store, staff.list_staff)
    return next(one for one in found if all(getattr(one, name) == value for name, value in traits.items()))


@pytest.fixture
def shelf(app: Flask, staffed: TestStore) -> dict[str, MadeProduct]:
    """A store with products of two vendors."""
    with app.app_context(), use_store(staffed.id):
        found = {title: make_product(title, fa=title) for title in ("Kettle", "Mug", "Throw")}
        for title, vendor in (("Kettle", "Hearth"), ("Mug", " HEARTH"), ("Throw", "Loom")):
            give(found[title], vendor)
    return found


def at_work(app: Flask, store: TestStore, role: Any) -> Visitor:
    visitor = Visitor(app, store)
    assert visitor.sign_in_to_console(EMAILS[role], PASSWORD).status_code == 303
    return visitor


def week(shelf: dict[str, MadeProduct]) -> Published:
    kettle, mug = str(shelf["Kettle"].id), str(shelf["Mug"].id)
    return Published(
        had=60, left=44, outcomes={"bought": FEW, "back": 14, "gone": HIDDEN},
        reasons={"price_rose": 26, "delivery_cost": FEW, "just_left": HIDDEN},
        products={kettle: 30, mug: FEW}, more=3, suggestions={kettle: "price_rose"},
    )  # fmt: skip


def words(page: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def newest(app: Flask, store: TestStore) -> Any:
    """The newest entry of the audit log."""

    def look() -> Any:
        assert log.verify().broken_at is None
        return next(entry for entry in log.list_entries() if entry.action != "signed_in")

    return inside(app, store, look)


def test_a_sellers_home_is_this_page_and_nothing_else_opens(app: Flask, staffed: TestStore, shelf: Any) -> None:
    inside(app, staffed, lambda: seller_of("Hearth"))
    seller = at_work(app, staffed, "seller")
    answer = seller.get("/console")
    assert (answer.status_code, answer.location) == (303, PAGE)
    page = seller.get(PAGE)
    rooms = re.findall(r'<nav class="rooms".*?</nav>', page.text, re.DOTALL)[0]
    assert re.findall(r'<a href="([^"]+)"', rooms) == [PAGE]
    assert "No week is over yet" in page.text
    assert seller.get(f"{PAGE}/figures.csv").status_code == 404
    assert at_work(app, staffed, "analyst").get(PAGE).status_code == 403


def test_a_seller_without_vendors_is_told_whom_to_ask(app: Flask, staffed: TestStore, shelf: Any) -> None:
    inside(app, staffed, lambda: tell(hearth=week(shelf)))
    page = at_work(app, staffed, "seller").get(PAGE)
    assert "Ask an owner of the store" in words(page)
    assert "Kettle" not in page.text


def test_what_may_be_told_is_told_in_words(app: Flask, staffed: TestStore, shelf: Any) -> None:
    kettle = str(shelf["Kettle"].id)
    inside(app, staffed, lambda: tell(MONDAY - WEEK, hearth=Published(HIDDEN, 40, products={kettle: 12})))
    inside(
        app, staffed, lambda: tell(hearth=week(shelf), loom=Published(80, 70, products={str(shelf["Throw"].id): 70}))
    )
    inside(app, staffed, lambda: seller_of("Hearth"))
    seller = at_work(app, staffed, "seller")
    said = words(seller.get(PAGE))
    assert "44 people left a cart with something of yours. The main reason: A price rose." in said
    assert "Left it there 44 4 more than the week before" in said
    assert "Had something of yours in a cart 60 Left" in said, "of a hidden one no change is told"
    assert "Kettle 30 18 more than the week before Most who left it saw a price go up." in said
    assert "Mug fewer than 10" in said
    assert "3 more products, each with fewer than 10 people." in said
    assert "Bought it in the same week fewer than 10 Came back, and did not buy 14 Did not come back in that week hidden" in said  # fmt: skip
    assert "9–15 November" in said
    assert "Throw" not in said
    before = words(seller.get(f"{PAGE}?week={MONDAY - WEEK}"))
    assert "40 people left a cart" in before
    assert "Not told this week, since small groups could be worked out." in before
    assert words(seller.get(f"{PAGE}?week=nonsense")) == said
    persian = words(seller.get(f"{PAGE}?lang=fa"))
    assert "۴۴ نفر سبدی با کالای شما را رها کردند." in persian
    assert "کمتر از ۱۰" in persian


def test_a_week_of_few_people_is_explained(app: Flask, staffed: TestStore, shelf: Any) -> None:
    inside(app, staffed, lambda: tell())
    inside(app, staffed, lambda: seller_of("Hearth", "Loom"))
    page = at_work(app, staffed, "seller").get(PAGE)
    assert words(page).count("Fewer than 10 people had something of yours in a cart.") == 2
    assert "it says nothing bad about your products" in page.text
    assert "<table" not in page.text


def test_a_week_that_is_late_is_said_to_be(app: Flask, staffed: TestStore, shelf: Any) -> None:
    inside(app, staffed, lambda: tell(MONDAY - WEEK * 2, hearth=week(shelf)))
    inside(app, staffed, lambda: seller_of("Hearth"))
    assert "A newer week should be here" in words(at_work(app, staffed, "seller").get(PAGE))


def test_the_file_says_what_the_page_says(app: Flask, staffed: TestStore, shelf: Any) -> None:
    inside(app, staffed, lambda: tell(hearth=week(shelf)))
    inside(app, staffed, lambda: seller_of("Hearth"))
    answer = at_work(app, staffed, "seller").get(f"{PAGE}/figures.csv?week={MONDAY}")
    assert answer.mimetype == "text/csv"
    assert f"products-{MONDAY}.csv" in answer.headers["Content-Disposition"]
    lines = answer.get_data().decode("utf-8-sig").splitlines()
    assert f"{MONDAY},Hearth,Products,Kettle,30,Most who left it saw a price go up. A lower price may help." in lines
    assert f"{MONDAY},Hearth,Products,Mug,fewer than 10," in lines


def test_admins_and_owners_look_at_what_a_seller_sees(app: Flask, staffed: TestStore, shelf: Any) -> None:
    inside(app, staffed, lambda: tell(hearth=week(shelf)))
    known = inside(app, staffed, lambda: seller_of("Hearth"))
    for role in ("admin", "owner"):
        visitor = at_work(app, staffed, role)
        assert f'href="{PAGE}/{known}"' in visitor.get(PAGE).text
        assert "44 people left a cart" in visitor.get(f"{PAGE}/{known}").text
        assert visitor.get(f"{PAGE}/{known}/figures.csv").status_code == 200
    other = one_of(app, staffed, role="admin")
    assert visitor.get(f"{PAGE}/{other.id}").status_code == 404
    assert at_work(app, staffed, "seller").get(f"{PAGE}/{known}").status_code == 403


def test_owners_say_whose_products_somebody_sells(app: Flask, staffed: TestStore, shelf: Any) -> None:
    known = inside(app, staffed, lambda: seller_of())
    owner = at_work(app, staffed, "owner")
    page = f"{PEOPLE}/{known}"
    assert "They have no vendor yet" in owner.get(page).text
    assert owner.post(f"{page}/vendors", {"vendor": "hearth"}, page=page).status_code == 303
    assert vendors_of(app, staffed, known) == {"hearth": "HEARTH"}
    assert (newest(app, staffed).action, newest(app, staffed).details) == (
        "vendors_assigned",
        {"before": [], "after": ["HEARTH"]},
    )
    late = owner.post(f"{page}/vendors", {"vendor": "Loom"}, page=page)
    assert late.status_code == 409, "who opened the page before the change is told"
    assert "Somebody else has changed these vendors" in late.text
    assert owner.post(f"{page}/vendors", {"vendor": "Nobody", "seen": "hearth"}, page=page).status_code == 422
    assert "HEARTH" in owner.get(page).text
    admin = one_of(app, staffed, role="admin")
    assert owner.post(f"{PEOPLE}/{admin.id}/vendors", {"vendor": "Loom"}, page=page).status_code == 404


def test_a_role_brings_vendors_and_takes_them(app: Flask, staffed: TestStore, shelf: Any) -> None:
    known = inside(app, staffed, lambda: seller_of("Hearth"))
    owner = at_work(app, staffed, "owner")
    page = f"{PEOPLE}/{known}"
    assert owner.post(f"{page}/role", {"seen": "seller", "role": "analyst"}, page=page).status_code == 303
    assert vendors_of(app, staffed, known) == {}
    assert newest(app, staffed).details["vendors_before"] == ["Hearth"]
    assert 'name="vendor"' in owner.get(f"{page}?role=seller").text
    answer = owner.post(f"{page}/role", {"seen": "analyst", "role": "seller", "vendor": "Loom"}, page=page)
    assert answer.status_code == 303
    assert vendors_of(app, staffed, known) == {"loom": "Loom"}
    assert newest(app, staffed).details["vendors_after"] == ["Loom"]


def test_an_invitation_names_vendors(app: Flask, staffed: TestStore, shelf: Any) -> None:
    owner, email = at_work(app, staffed, "owner"), fresh_address()
    wrong = {"email": email, "role": "seller", "vendor": "Nobody"}
    answer = owner.post(f"{PEOPLE}/invitations", wrong, page=PEOPLE)
    assert answer.status_code == 422
    assert "Choose vendors that products of this store have." in answer.text
    assert owner.post(f"{PEOPLE}/invitations", {**wrong, "vendor": "Loom"}, page=PEOPLE).status_code == 303
    found = inside(app, staffed, invitations.list_open)[0]
    assert found.vendors == ["Loom"]
    link = f"/console/invitations/{inside(app, staffed, lambda: invitations._token(found.id))}"
    guest = Visitor(app, staffed)
    answer = guest.post(link, {"name": "Selma", "password": "a teapot walks to the river"}, page=link)
    assert answer.status_code == 303
    assert "Loom" in words(owner.get(PAGE))
    joined = one_of(app, staffed, email=email)
    assert vendors_of(app, staffed, str(joined.id)) == {"loom": "Loom"}


def test_nothing_of_another_store_is_there(app: Flask, staffed: TestStore, shelf: Any, make_store: Any) -> None:
    inside(app, staffed, lambda: tell(hearth=week(shelf)))
    elsewhere = make_store()
    inside(app, elsewhere, lambda: (seed_accounts(NOW), seller_of("Hearth")))
    assert "No week is over yet" in at_work(app, elsewhere, "seller").get(PAGE).text
