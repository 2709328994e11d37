"""Delivery, the first page of a checkout: whom it is for, where it goes, how it gets there."""

from dataclasses import replace

import msgspec
from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import contacts, service, whereabouts
from app.cart import context, repository
from app.ids import CustomerId
from app.orders import checkout, forms, queries, reminding
from app.orders import visit as visits
from app.orders.addresses import iso_region, rules_of
from app.orders.errors import NothingToOrder
from app.orders.forms import BadEntries, Checked, Entries, Problems
from app.orders.presentation import country_names, method_views, reminder_wording, sms_wording, summarize
from app.orders.values import CheckoutDetails, Contact
from app.orders.visit import Visit
from app.stores.request import current_locale
from app.web import htmx


def show() -> AnyResponse:
    """The page, filled in as far as is known."""
    visit = visits.enter()
    details = visit.details
    if visit.account and visit.customer_id is not None and details.contact is None:
        details = _known(visit.customer_id, details)
    return _page(visit, forms.filled(details, visit.terms))


def keep() -> AnyResponse:
    """Keep what was entered and go on to payment, or say what to put right."""
    visit = visits.enter()
    entries = forms.read(request.form, visit.terms)
    try:
        checked = forms.check(entries, visit.terms, visit.currency, current_locale())
    except BadEntries as bad:
        return _page(visit, entries, bad.params["problems"])
    customer_id, before = _person(visit, checked)
    stored = repository.find_open(customer_id)
    if stored is None:
        raise NothingToOrder()
    details = msgspec.structs.replace(
        before,
        contact=checked.contact,
        address=checked.address,
        delivery_key=checked.method.key,
    )
    checkout.keep_details(stored.id, details, visit.now)
    whereabouts.keep_zone(customer_id, request.form.get("time_zone", ""))
    keep_place(customer_id, details)
    sms = _keep_reminders(customer_id, visit, entries, checked.contact.phone)
    return redirect(url_for("checkout.payment", sms=sms or None), 303)


def keep_place(customer_id: CustomerId, details: CheckoutDetails) -> None:
    """Note where the address is: at which hours somebody may be written to depends on it."""
    address = details.address
    if address is not None:
        region = iso_region(address.country, address.region)
        whereabouts.keep_place(customer_id, country=address.country, region=region)


def _keep_reminders(customer_id: CustomerId, visit: Visit, entries: Entries, phone: str) -> str:
    """What the boxes say; one that was left alone says nothing. For the next page: what became of a code, "" for none."""
    if not (entries.remind or entries.remind_sms):
        return ""
    keeper = reminding.keeper()
    standing = keeper.standing(customer_id, account=visit.account)
    if entries.remind and not standing.email:
        keeper.agree_to_email(customer_id, reminder_wording(), account=visit.account, now=visit.now)
    if not entries.remind_sms or not standing.sms_offered or standing.sms_to:
        return ""
    asked = keeper.ask_for_sms(customer_id, phone, " ".join(sms_wording()), now=visit.now)
    return "code" if asked else "later"


def preview() -> AnyResponse:
    """Another country or way of delivery was chosen: what there is to choose and to enter now, and the total with it."""
    visit = visits.enter()
    view = _view(visit, forms.read(request.form, visit.terms), ())
    if not htmx.wants_fragment():
        return make_response(render_template("orders/delivery.html", **view))
    return htmx.fragment(render_template("orders/delivery_previewed.htmx.html", **view))


def _person(visit: Visit, checked: Checked) -> tuple[CustomerId, CheckoutDetails]:
    """Who is ordering, and what they had entered before. A guest becomes a contact, who may correct what they gave."""
    contact, locale = checked.contact, current_locale()
    if visit.customer_id is None:
        return context.capture_contact(email=contact.email, name=contact.name, locale=locale), visit.details
    if not visit.account and _changed(visit.details.contact, contact):
        contacts.change_contact(visit.customer_id, email=contact.email, name=contact.name, locale=locale)
    return visit.customer_id, visit.details


def _changed(before: Contact | None, after: Contact) -> bool:
    return before is None or (before.email, before.name) != (after.email, after.name)


def _known(customer_id: CustomerId, details: CheckoutDetails) -> CheckoutDetails:
    """What is known of a customer: whom and where the last order went to, else who they are."""
    last = queries.find_last_details(customer_id)
    if last is not None:
        return msgspec.structs.replace(details, contact=last[0], address=last[1])
    customer = service.get_customer(customer_id)
    return msgspec.structs.replace(details, contact=Contact(email=customer.email, name=customer.name))


def _page(visit: Visit, entries: Entries, problems: Problems = ()) -> AnyResponse:
    view = _view(visit, entries, problems)
    return make_response(render_template("orders/delivery.html", **view), 422 if problems else 200)


def _view(visit: Visit, entries: Entries, problems: Problems) -> dict[str, object]:
    locale, terms = current_locale(), visit.terms
    offered = terms.offered(entries.country, visit.currency)
    methods = method_views(offered, entries.delivery, visit.quote, terms.today(visit.now), locale)
    chosen = next((method.key for method in methods if method.chosen), "")
    typed = msgspec.structs.replace(visit.details, address=forms.typed_address(entries), delivery_key=chosen)
    rules = rules_of(entries.country)
    return {
        "step": 1,
        "visit": visit,
        "entries": replace(entries, delivery=chosen, region=rules.code_of(entries.region) or entries.region),
        "problems": list(problems),
        "rules": rules,
        "regions": rules.choices(locale),
        "countries": country_names(terms.countries, locale),
        "methods": methods,
        "pickup": any(method.chosen and method.pickup for method in methods),
        "wording": reminder_wording(),
        "sms_wording": sms_wording(),
        "reminders": reminding.keeper().standing(visit.customer_id, account=visit.account),
        "summary": summarize(visits.with_details(visit, typed).quote, locale),
    }
