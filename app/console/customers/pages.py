"""Customers in the console: the list, one of them with all there is of them, and why they got no mail."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import make_response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import identity
from app.accounts.addresses import normalize_email, normalize_name
from app.accounts.errors import BadAddress, BadName
from app.audit import log as audit
from app.cart import context
from app.console import cart_queries, shell
from app.console.customers import queries
from app.console.customers.queries import CustomerNotFound, FoundCustomer
from app.console.customers.why import Why, channel_state, explained
from app.console.episode_words import channel_word, state_word
from app.console.masking import masked_email, masked_name, masked_phone
from app.ids import CustomerId, parse_id
from app.orders import staff_queries
from app.orders.sentences import payment_word
from app.orders.sentences import state_word as order_word
from app.recovery import explain, people, preferences, unabandoned
from app.recovery.explain import Explanation
from app.recovery.preference_page import place
from app.stores.request import current_locale, current_store
from app.web.formats import country_name
from app.web.language import gettext as _
from app.web.refusals import register
from app.web.sessions import SessionsUnavailable

DONE = {
    "stopped": lambda: _("No reminder goes to this customer any more."),
    "signed_out": lambda: _("The customer is signed out everywhere."),
}

register({"customer_not_found": lambda p: _("The store knows no such customer.")})


def index() -> AnyResponse:
    """The newest customers; or those of an address, with an id, or whose name begins so."""
    typed, before = request.args.get("q", "").strip()[:254], parse_id(request.args.get("before"))
    found = _found(typed, before)
    shown, more = found[: queries.PAGE], len(found) > queries.PAGE
    older = url_for("console.customers", q=typed or None, before=shown[-1].id) if more else ""
    return make_response(
        render_template(
            "console/customers/index.html",
            typed=typed,
            rows=[(one, *who(one)) for one in shown],
            clear=shell.sees_everything(),
            older=older,
        )
    )


def show(customer_id: str) -> AnyResponse:
    """One customer, with everything the store knows of whoever they are."""
    return page(customer(customer_id), 200)


def page(found: FoundCustomer, status: int) -> AnyResponse:
    """The page of a customer; that somebody looked at it in clear is kept."""
    clear, locale, zone = shell.sees_everything(), current_locale(), ZoneInfo(current_store().time_zone)
    if clear:
        audit.record("customer_viewed", actor=shell.actor(), subject=("customer", found.id), now=context.now())
    ids = people.ids_of(found.id)
    explanation = explain.explain_customer(found.id)
    name, email = who(found)
    choices = preferences.choices(found.id)
    done = request.args.get("done", "")
    carts = cart_queries.list_carts_of(found.email)
    html = render_template(
        "console/customers/show.html",
        customer=found,
        name=name,
        email=email,
        phone=found.phone if clear else masked_phone(found.phone),
        country=country_name(found.country, locale) if found.country else "",
        others=len(ids) - 1,
        sessions=_sessions(ids),
        carts=[(one, *state_word(one.state, one.arm)) for one in carts[: cart_queries.PAGE]],
        orders=[
            (one, *order_word(one.state, one.payment), payment_word(one.payment))
            for one in staff_queries.list_of_person(ids)
        ],
        channels=[(channel_word(str(code)), choice, channel_state(choice)) for code, choice in choices.items()],
        any_on=any(choice.on for choice in choices.values()),
        consents=[(one, channel_word(str(one.channel)), place(one.source)) for one in reversed(explanation.consents)],
        why=(told := _why(explanation, choices, zone)),
        messages=[(episode, message) for episode in told.episodes for message in episode.messages],
        done=DONE[done]() if done in DONE and status == 200 else "",
        may_act=clear,
    )
    return make_response(html, status)


def why(customer_id: str) -> AnyResponse:
    """Why this customer got no mail, or got one: the answer first, then everything that was decided."""
    found = customer(customer_id)
    if shell.sees_everything():
        audit.record("customer_viewed", actor=shell.actor(), subject=("customer", found.id), now=context.now())
    choices, zone = preferences.choices(found.id), ZoneInfo(current_store().time_zone)
    name, email = who(found)
    return make_response(
        render_template(
            "console/customers/why.html",
            customer=found,
            name=name,
            email=email,
            why=_why(explain.explain_customer(found.id), choices, zone),
            channels=[(channel_word(str(code)), choice, channel_state(choice)) for code, choice in choices.items()],
        )
    )


def customer(text: str) -> FoundCustomer:
    """The customer of an address. Raises CustomerNotFound."""
    customer_id = parse_id(text)
    if customer_id is None:
        raise CustomerNotFound()
    return queries.get(CustomerId(customer_id))


def who(found: FoundCustomer) -> tuple[str, str]:
    """Name and address as the role sees them."""
    if shell.sees_everything():
        return found.name, found.email
    return masked_name(found.name) if found.name else "", masked_email(found.email)


def _found(typed: str, before: UUID | None) -> list[FoundCustomer]:
    """Only who sees names and addresses may look for them: the answer would tell."""
    if not typed:
        return queries.list_newest(before)
    customer_id = parse_id(typed)
    if customer_id is not None:
        try:
            return [queries.get(CustomerId(customer_id))]
        except CustomerNotFound:
            return []
    if not shell.sees_everything():
        return []
    try:
        if "@" in typed:
            return queries.list_of_address(normalize_email(typed), before)
        return queries.list_by_name(normalize_name(typed), before)
    except (BadAddress, BadName):
        return []


def _why(explanation: Explanation, choices: Any, zone: ZoneInfo) -> Why:
    carts = unabandoned.list_unabandoned(explanation.customer_ids, context.now())
    return explained(explanation, carts, choices, current_locale(), zone)


def _sessions(ids: frozenset[CustomerId]) -> int | None:
    """In how many browsers they are signed in; None while nobody can know."""
    try:
        return sum(identity.count_sessions(f"c:{one}") for one in ids)
    except SessionsUnavailable:
        return None
