"""Many at once: one address makes one customer, five tries are five tries."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flask import Flask
from sqlalchemy import func, select

from app.accounts import service
from app.accounts.models import Customer
from app.database import tenancy
from app.database.base import db
from tests.conftest import TestStore
from tests.web.accounts.visitor import Visitor, fresh_address


def test_twenty_registrations_of_one_address_make_one_customer(app: Flask, store: TestStore) -> None:
    email = fresh_address()
    visitors = [Visitor(app, store) for _ in range(20)]
    codes = []
    for visitor in visitors:
        visitor.register(email)
        codes.append(visitor.code_for(email))
    tokens = [visitor.token("/account/register/code") for visitor in visitors]
    barrier = Barrier(20)

    def enter(number: int) -> int:
        barrier.wait()
        data = {"csrf_token": tokens[number], "code": codes[number]}
        return visitors[number].send("/account/register/code", data).status_code

    with ThreadPoolExecutor(20) as pool:
        answers = sorted(pool.map(enter, range(20)))
    assert answers == [303] + [422] * 19
    with app.app_context(), tenancy.use_store(store.id):
        assert db.session.scalar(select(func.count()).select_from(Customer).where(Customer.email == email)) == 1
    assert sum(visitor.is_signed_in() for visitor in visitors) == 1


def test_tries_at_the_same_moment_do_not_share_a_number(app: Flask, store: TestStore) -> None:
    email = fresh_address()
    visitor = Visitor(app, store)
    visitor.register(email)
    token, cookie = visitor.token("/account/register/code"), visitor.session_cookie()
    right = visitor.code_for(email)
    guesses = [f"{(int(right.replace(' ', '')) + step) % 1_000_000:06d}" for step in range(1, 16)]

    def guess(code: str) -> int:
        tab = Visitor(app, store)
        tab.carry_session(cookie or "")
        return tab.send("/account/register/code", {"csrf_token": token, "code": code}).status_code

    with ThreadPoolExecutor(15) as pool:
        assert list(pool.map(guess, guesses)) == [422] * 15
    assert guess(right) == 422


def test_a_mere_contact_with_the_same_address_is_no_account_and_stays_what_it_is(app: Flask, store: TestStore) -> None:
    from sqlalchemy import insert

    from app.database.transaction import transaction
    from app.ids import new_id

    email = fresh_address()
    with app.app_context(), tenancy.use_store(store.id), transaction() as session:
        row = {"store_id": store.id, "id": new_id(), "email": email, "name": "", "locale": "en"}
        session.execute(insert(Customer).values(**row, created_at=app.config["CLOCK"].now()))
    visitor = Visitor(app, store)
    assert visitor.sign_in(email).status_code == 422
    visitor.create_account(email)
    assert visitor.is_signed_in()
    with app.app_context(), tenancy.use_store(store.id):
        made = db.session.scalars(select(Customer.id).where(Customer.email == email)).all()
        assert len(made) == 2
        assert row["id"] in made


def test_whoever_waits_for_a_sign_in_is_told_with_the_session_in_place(visitor: Visitor) -> None:
    from app.accounts.identity import current_customer_id

    told = []

    def callback(customer_id: object, now: object) -> None:
        told.append(customer_id == current_customer_id())
        raise RuntimeError("the merge failed")

    service.on_sign_in(callback)
    service.on_sign_in(callback)
    try:
        email = fresh_address()
        visitor.create_account(email)
        visitor.sign_out()
        assert visitor.sign_in(email).status_code == 303
    finally:
        service._after_sign_in.pop(callback)
    assert told == [True, True]
    assert visitor.is_signed_in()
