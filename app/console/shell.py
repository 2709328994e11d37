"""The frame of the console: its rooms as the role sees them, who is here, and what waits for somebody."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from flask import Flask, request, url_for

from app.accounts.identity import Role, StaffIdentity, current_staff
from app.cache import made_up
from app.console.waiting import orders_to_review
from app.stores.request import current_config, current_locale
from app.web.formats import percent
from app.web.language import gettext as _
from app.webhooks.queries import count_switched_off

Words = Callable[[], str]

ANALYST_UP: tuple[Role, ...] = ("analyst", "admin", "owner")
ADMIN_UP: tuple[Role, ...] = ("admin", "owner")
EVERYBODY: tuple[Role, ...] = ("seller", "analyst", "admin", "owner")


@dataclass(frozen=True, slots=True)
class Room:
    """An entry of the navigation. `below` is what the endpoints of its pages begin with, `more` are others; `waiting` counts what needs somebody."""

    endpoint: str
    title: Words
    icon: str
    roles: tuple[Role, ...]
    below: str = ""
    more: tuple[str, ...] = ()
    waiting: Callable[[], int] | None = None


# Rooms that a role may not open are not shown to it; the doors refuse on their own (requires_role).
GROUPS: tuple[tuple[Words, tuple[Room, ...]], ...] = (
    (
        lambda: "",
        (
            Room("console.home", lambda: _("Overview"), "home", ANALYST_UP, more=("console.funnel",)),
            Room("console.seller", lambda: _("Your products"), "store", ("seller",)),
            Room("console.carts", lambda: _("Carts"), "bag", ANALYST_UP, "console.cart"),
            Room("console.orders", lambda: _("Orders"), "box", ANALYST_UP, "console.order"),
            Room("console.catalogue", lambda: _("Catalogue"), "store", ANALYST_UP, "console.catalogue"),
            Room("console.customers", lambda: _("Customers"), "users", ANALYST_UP, "console.customer"),
            Room("console.coupons", lambda: _("Discount codes"), "tag", ANALYST_UP, "console.coupon"),
        ),
    ),
    (
        lambda: _("Recovery"),
        (
            Room(
                "console.campaigns",
                lambda: _("Campaigns"),
                "flow",
                ANALYST_UP,
                "console.campaign",
                ("console.new_campaign",),
            ),
            Room("console.templates", lambda: _("Templates"), "template", ANALYST_UP, "console.template"),
            Room("console.suppressions", lambda: _("Not written to"), "lock", ANALYST_UP, "console.suppression"),
            Room(
                "console.reports",
                lambda: _("Reports"),
                "funnel",
                ANALYST_UP,
                more=("console.exports", "console.export", "console.export_new"),
            ),
        ),
    ),
    (
        lambda: _("Setup"),
        (
            Room("console.settings", lambda: _("Settings"), "sliders", ANALYST_UP, "console.settings_"),
            Room("console.store", lambda: _("Store"), "store", ANALYST_UP, more=("console.change_store",)),
            Room(
                "console.people",
                lambda: _("People and roles"),
                "users",
                ("owner",),
                "console.person",
                ("console.invite",),
            ),
        ),
    ),
    (
        lambda: _("Trust"),
        (
            Room(
                "console.review",
                lambda: _("Review"),
                "shield",
                ANALYST_UP,
                "console.review_",
                waiting=orders_to_review,
            ),
            Room("console.audit", lambda: _("Audit log"), "log", ANALYST_UP),
            Room(
                "console.integrations",
                lambda: _("Integrations"),
                "plug",
                ANALYST_UP,
                "console.integration_",
                waiting=count_switched_off,
            ),
            Room("console.jobs", lambda: _("Jobs and outbox"), "queue", ANALYST_UP, "console.job"),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class RoomView:
    """An entry as it is shown."""

    title: str
    url: str
    icon: str
    here: bool
    waiting: int


@dataclass(frozen=True, slots=True)
class GroupView:
    """Entries under one heading, if it has one."""

    title: str
    rooms: tuple[RoomView, ...]


def person() -> StaffIdentity:
    """The member of staff of this request; behind requires_role there is one."""
    return cast(StaffIdentity, current_staff())


def actor() -> str:
    """How logs name whoever is asking."""
    return f"staff:{person().id}"


def sees_everything() -> bool:
    """Whether personal data are shown in clear to whoever is asking."""
    return person().role in ADMIN_UP


def rooms() -> list[GroupView]:
    """The navigation for whoever is asking."""
    role, here = person().role, request.endpoint or ""
    groups = [(title(), tuple(_view(room, here) for room in all_ if role in room.roles)) for title, all_ in GROUPS]
    return [GroupView(title, shown) for title, shown in groups if shown]


def _view(room: Room, here: str) -> RoomView:
    inside = here == room.endpoint or bool(room.below and here.startswith(room.below)) or here in room.more
    return RoomView(room.title(), url_for(room.endpoint), room.icon, inside, room.waiting() if room.waiting else 0)


def year_in_the_making() -> str:
    """How far the demonstration's year is, as text; "" when there is nothing to wait for, and outside of it."""
    done = made_up.percent() if current_config().demo else None
    return "" if done is None else percent(done * 100, current_locale())


def init_app(app: Flask) -> None:
    """Offer it to the console's templates."""
    app.jinja_env.globals.update(console_rooms=rooms, console_person=person, year_in_the_making=year_in_the_making)
