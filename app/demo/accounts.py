"""The demonstration's people: one shopper and one of each role, with a password that anybody may know."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from flask import current_app

from app.accounts import passwords, repository, vendors
from app.accounts.identity import Role
from app.catalog.vendors import list_vendors
from app.config import Config
from app.database.transaction import unit_of_work
from app.ids import StaffId

PASSWORD = "walnut-teapot-saffron-42"  # noqa: S105  known to everybody, that is its purpose


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """Somebody to sign in as."""

    role: Role | Literal["customer"]
    email: str
    password: str
    sign_in_path: str
    name: str


DEMO_ACCOUNTS: tuple[DemoAccount, ...] = (
    DemoAccount("customer", "shopper@toranj.example", PASSWORD, "/account/sign-in", "Roya"),
    DemoAccount("seller", "seller@toranj.example", PASSWORD, "/console/sign-in", "Emil"),
    DemoAccount("analyst", "analyst@toranj.example", PASSWORD, "/console/sign-in", "Nika"),
    DemoAccount("admin", "admin@toranj.example", PASSWORD, "/console/sign-in", "Jonas"),
    DemoAccount("owner", "owner@toranj.example", PASSWORD, "/console/sign-in", "Nora"),
)


@unit_of_work
def seed_accounts(now: datetime) -> None:
    """Create those that the current store does not have yet; nobody who exists is changed."""
    config = cast(Config, current_app.config["DUALCART"])
    for account in DEMO_ACCOUNTS:
        if account.role == "customer":
            if repository.find_customer_by_email(account.email) is None:
                repository.add_customer(
                    email=account.email,
                    name=account.name,
                    password_hash=passwords.hash_password(account.password, config),
                    locale="en",
                    now=now,
                )
        elif repository.find_staff_by_email(account.email) is None:
            repository.add_staff(
                email=account.email,
                name=account.name,
                password_hash=passwords.hash_password(account.password, config),
                role=account.role,
                now=now,
            )
            if account.role == "seller":
                _sells(account.email)


def _sells(email: str) -> None:
    """The demo's seller sees figures of what is on the shelves, whoever makes it."""
    person = repository.find_staff_by_email(email)
    if person is not None:
        vendors.replace(StaffId(person.id), list_vendors())
