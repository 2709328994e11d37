"""Signing in and out: one neutral answer, sessions that change hands safely, and doors for members only."""

import pytest
from flask import Flask

from tests.conftest import TestStore
from tests.web.accounts.visitor import PASSWORD, SIGN_IN, Visitor, fresh_address

NEUTRAL = "Email and password do not match an account here."


def test_signing_in_leads_back_to_where_the_shopper_was(visitor: Visitor) -> None:
    email = fresh_address()
    visitor.create_account(email)
    visitor.sign_out()
    assert not visitor.is_signed_in()
    assert visitor.sign_in(email, next="/cart").location == "/cart"
    assert visitor.is_signed_in()


def test_an_address_is_known_however_it_is_typed(visitor: Visitor) -> None:
    email = fresh_address()
    visitor.create_account(email)
    visitor.sign_out()
    assert visitor.sign_in(f"  {email.upper()} ").status_code == 303


def test_a_wrong_password_and_an_unknown_address_are_answered_alike(visitor: Visitor) -> None:
    email = fresh_address()
    visitor.create_account(email)
    visitor.sign_out()
    wrong = visitor.sign_in(email, "not the right one")
    unknown = visitor.sign_in(fresh_address(), "not the right one")
    assert wrong.status_code == unknown.status_code == 422
    assert wrong.text.count(NEUTRAL) == unknown.text.count(NEUTRAL) == 2
    assert f'value="{email}"' in wrong.text
    assert "not the right one" not in wrong.text
    assert not visitor.is_signed_in()


def test_an_account_of_one_store_is_nobody_at_another(visitor: Visitor, app: Flask, make_store: object) -> None:
    email = fresh_address()
    visitor.create_account(email)
    elsewhere = Visitor(app, make_store())  # type: ignore[operator]
    assert elsewhere.sign_in(email).status_code == 422
    elsewhere.carry_session(visitor.session_cookie() or "")
    assert not elsewhere.is_signed_in()


def test_the_guest_section_is_there_only_on_the_way_to_checkout(visitor: Visitor) -> None:
    assert "Continue as guest" not in visitor.get(SIGN_IN).text
    assert "Continue as guest" not in visitor.get(f"{SIGN_IN}?next=//evil.example/checkout").text
    page = visitor.get(f"{SIGN_IN}?next=/checkout").text
    assert page.index("Continue as guest") < page.index("Create an account</h2>")


def test_who_is_signed_in_is_led_on(visitor: Visitor) -> None:
    visitor.create_account(fresh_address())
    assert visitor.get(f"{SIGN_IN}?next=/cart").location == "/cart"
    answer = visitor.post("/account/register", {"email": fresh_address(), "password": PASSWORD}, page="/account")
    assert (answer.status_code, answer.location) == (303, "/account")


def test_guests_are_sent_to_sign_in_and_back(visitor: Visitor) -> None:
    answer = visitor.get("/account?lang=fa")
    assert answer.status_code == 303
    assert (answer.location or "").startswith("/account/sign-in?next=/account")


@pytest.mark.parametrize(
    "path",
    ["/account/sign-in", "/account/register", "/account/register/code", "/account/register/code/again",
     "/account/sign-out", "/account/sign-out/everywhere", "/account/language", "/console/sign-in", "/console/sign-out"],
)  # fmt: skip
@pytest.mark.parametrize("how", ["missing", "forged", "of another visitor", "broken cookie", "of another site"])
def test_no_form_works_without_its_own_token(
    visitor: Visitor, app: Flask, store: TestStore, path: str, how: str
) -> None:
    token = visitor.token()
    data, headers = {"csrf_token": token}, {}
    if how == "missing":
        data = {}
    elif how == "forged":
        data = {"csrf_token": token[:-3] + "AAA"}
    elif how == "of another visitor":
        data = {"csrf_token": Visitor(app, store).token()}
    elif how == "broken cookie":
        visitor.carry_session((visitor.session_cookie() or "")[::-1])
    else:
        headers = {"Sec-Fetch-Site": "cross-site"}
    answer = visitor.send(path, data, headers=headers)
    assert answer.status_code == 403
    assert "Nothing has changed" in answer.text


def test_the_session_has_a_new_id_after_each_change_of_hands(visitor: Visitor) -> None:
    email = fresh_address()
    visitor.token()
    cookies = [visitor.session_cookie()]
    visitor.register(email)
    cookies.append(visitor.session_cookie())
    visitor.enter_code(visitor.code_for(email))
    cookies.append(visitor.session_cookie())
    visitor.sign_out()
    visitor.token()
    cookies.append(visitor.session_cookie())
    visitor.sign_in(email)
    cookies.append(visitor.session_cookie())
    ids = [str(cookie).split(".")[0] for cookie in cookies]
    assert len(set(ids)) == len(ids)


def test_a_planted_session_does_not_follow_the_victim(app: Flask, store: TestStore) -> None:
    email = fresh_address()
    attacker, victim = Visitor(app, store), Visitor(app, store)
    victim.create_account(email)
    victim.sign_out()
    attacker.token()
    victim.carry_session(attacker.session_cookie() or "")
    victim.sign_in(email)
    assert victim.is_signed_in()
    assert not attacker.is_signed_in()


def test_a_stolen_cookie_is_dead_after_sign_out(app: Flask, store: TestStore) -> None:
    victim, thief = Visitor(app, store), Visitor(app, store)
    victim.create_account(fresh_address())
    thief.carry_session(victim.session_cookie() or "")
    assert thief.is_signed_in()
    victim.sign_out()
    assert not thief.is_signed_in()
    assert not victim.is_signed_in()


def test_signing_out_everywhere_ends_every_device_at_once(app: Flask, store: TestStore) -> None:
    email = fresh_address()
    phone, laptop, stranger = Visitor(app, store), Visitor(app, store), Visitor(app, store)
    phone.create_account(email)
    laptop.sign_in(email)
    stranger.create_account(fresh_address())
    answer = phone.post("/account/sign-out/everywhere", page="/account")
    assert (answer.status_code, answer.location) == (303, "/account/sign-in?ended=1")
    assert "You are signed out on all devices." in phone.get(answer.location or "").text
    assert not phone.is_signed_in()
    assert not laptop.is_signed_in()
    assert stranger.is_signed_in()


def test_the_language_of_the_account_is_that_of_pages_and_mails(visitor: Visitor) -> None:
    email = fresh_address()
    visitor.create_account(email)
    answer = visitor.post("/account/language", {"locale": "fa"}, page="/account")
    assert answer.location == "/account?lang=fa"
    assert 'dir="rtl"' in visitor.get(answer.location or "").text
    assert visitor.post("/account/language", {"locale": "xx"}, page="/account").location == "/account"
    other = Visitor(visitor.app, visitor.store)
    other.register(email)
    assert visitor.letters_to(email)[-1]["locale"] == "fa"


def test_an_account_that_is_gone_signs_its_session_out(visitor: Visitor, app: Flask, store: TestStore) -> None:
    from sqlalchemy import delete

    from app.accounts.models import Customer
    from app.database import tenancy
    from app.database.transaction import transaction

    email = fresh_address()
    visitor.create_account(email)
    with app.app_context(), tenancy.use_store(store.id), transaction() as session:
        session.execute(delete(Customer).where(Customer.email == email))
    assert visitor.get("/account").location == "/account/sign-in"
