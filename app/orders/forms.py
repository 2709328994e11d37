"""What is typed on the pages of a checkout, and what it means: checked values, or sentences beside the fields. No storage."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.accounts import addresses as mail
from app.accounts.errors import BadAddress as BadMailAddress
from app.accounts.errors import BadName
from app.errors import Refusal
from app.orders import addresses
from app.orders.addresses import BadAddress, BadPhone, shown_phone
from app.orders.terms import Terms
from app.orders.values import Address, CheckoutDetails, Contact
from app.stores.delivery import DeliveryMethod
from app.web.language import gettext as _
from app.web.refusals import describe

LONGEST_ENTRY = 400
BOXES = ("remind", "remind_sms")
Problems = tuple[tuple[str, str], ...]


class BadEntries(Refusal):
    """Something on the page is missing or wrong: `problems` are (id of the field, sentence)."""

    code = "bad_entries"


@dataclass(frozen=True, slots=True)
class Entries:
    """The delivery page as it was filled in, word for word."""

    email: str = ""
    name: str = ""
    phone: str = ""
    country: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    region: str = ""
    delivery: str = ""
    remind: bool = False
    remind_sms: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """What the entries mean. No address where the order is picked up and none was given."""

    contact: Contact
    address: Address | None
    method: DeliveryMethod


def read(form: Mapping[str, str], terms: Terms) -> Entries:
    """The entries of a submitted form. A country the store does not deliver to is none."""
    texts = {name: form.get(name, "")[:LONGEST_ENTRY] for name in Entries.__slots__ if name not in BOXES}
    if texts["country"] not in terms.countries:
        texts["country"] = home(terms)
    return Entries(**texts, remind=form.get("remind") == "on", remind_sms=form.get("remind_sms") == "on")


def home(terms: Terms) -> str:
    """The country to begin with: the store's own if it delivers there."""
    return terms.country if terms.country in terms.countries else terms.countries[0]


def filled(details: CheckoutDetails, terms: Terms) -> Entries:
    """The page as it is filled in already. Its boxes are never ticked in advance."""
    contact, address = details.contact, details.address
    country = address.country if address and address.country in terms.countries else home(terms)
    return Entries(
        email=contact.email if contact else "",
        name=contact.name if contact else "",
        phone=shown_phone(contact.phone) if contact else "",
        country=country,
        street=address.street if address else "",
        postcode=address.postcode if address else "",
        city=address.city if address else "",
        region=address.region if address else "",
        delivery=details.delivery_key,
    )


def check(entries: Entries, terms: Terms, currency: str, locale: str) -> Checked:
    """What the entries mean. Raises BadEntries."""
    problems: list[tuple[str, str]] = []
    contact = _contact(entries, problems)
    method = next((m for m in terms.offered(entries.country, currency) if m.key == entries.delivery), None)
    address: Address | None = None
    try:
        address = addresses.check_address(typed_address(entries), locale)
    except BadAddress as bad:
        if method is None or not method.pickup:
            problems.extend(bad.params["problems"])
    if method is None:
        problems.append(("delivery", _("Choose how it should reach you.")))
    if problems or method is None:
        raise BadEntries(problems=tuple(problems))
    return Checked(contact, address, method)


def typed_address(entries: Entries) -> Address:
    """The address as it was typed."""
    return Address(
        country=entries.country,
        street=entries.street,
        postcode=entries.postcode,
        city=entries.city,
        region=entries.region,
    )


def _contact(entries: Entries, problems: list[tuple[str, str]]) -> Contact:
    email = name = phone = ""
    try:
        email = mail.normalize_email(entries.email)
    except BadMailAddress as bad:
        problems.append(("email", describe(bad)))
    try:
        name = mail.normalize_name(entries.name)
        if not name:
            problems.append(("name", _("Enter the name of whoever receives it.")))
    except BadName as bad:
        problems.append(("name", describe(bad)))
    try:
        phone = addresses.check_phone(entries.phone, entries.country)
    except BadPhone:
        problems.append(("phone", _("Enter a phone number the courier can call")))
    if phone and entries.remind_sms and not addresses.gets_sms(phone):
        problems.append(("phone", _("This number gets no SMS. Enter a mobile number, or untick the box below it.")))
    return Contact(email=email, name=name, phone=phone)
