"""Payment, the second page of a checkout: how to pay. What is typed of a card goes to the provider and nowhere else."""

from uuid import UUID

import msgspec
from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.orders import checkout, reminding
from app.orders import visit as visits
from app.orders.errors import CheckoutIncomplete
from app.orders.forms import Problems
from app.orders.presentation import summarize
from app.orders.sentences import payment_problem
from app.orders.values import CheckoutDetails
from app.orders.visit import Visit
from app.payments import registry
from app.payments.provider import BadPaymentDetails, Prepared
from app.payments.registry import Offer
from app.stores.request import current_config, current_locale
from app.web.language import gettext as _
from app.web.refusals import describe

CARD = ("number", "expiry", "code")


def show() -> AnyResponse:
    """The page; after a payment that failed it says so first."""
    visit = visits.enter()
    _require_delivery(visit)
    return _page(visit, visit.details.provider, failed=payment_problem(request.args.get("problem")))


def keep() -> AnyResponse:
    """Keep how it is to be paid and go on to the review, or say what to put right."""
    visit = visits.enter()
    cart_id = _require_delivery(visit)
    chosen = request.form.get("way", "")
    offer = next((offer for offer in _offers(visit) if offer.name == chosen), None)
    if offer is None:
        return _page(visit, chosen, problems=(("way", _("Choose how to pay.")),))
    try:
        prepared = _prepared(visit, offer)
    except BadPaymentDetails as bad:
        return _page(visit, chosen, problems=((bad.params["field"], describe(bad)),))
    details = msgspec.structs.replace(
        visit.details, provider=chosen, payment_token=prepared.token, payment_label=prepared.label
    )
    checkout.keep_details(cart_id, details, visit.now)
    return redirect(url_for("checkout.review"), 303)


def _prepared(visit: Visit, offer: Offer) -> Prepared:
    """What the provider makes of the entries. A card that was entered before is kept while nothing is typed over it."""
    entries = {name: request.form.get(name, "")[:64] for name in CARD}
    if _kept(visit.details, offer) and not any(entry.strip() for entry in entries.values()):
        return Prepared(visit.details.payment_token, visit.details.payment_label)
    return visits.providers()[offer.name].prepare(entries, now=visit.now)


def _kept(details: CheckoutDetails, offer: Offer) -> bool:
    return offer.asks_for_card and details.provider == offer.name and bool(details.payment_token)


def _offers(visit: Visit) -> tuple[Offer, ...]:
    return registry.offers(current_config(), visit.currency)


def _require_delivery(visit: Visit) -> UUID:
    """The cart under whose id things are kept. Raises CheckoutIncomplete while the page before this one is not filled in."""
    checkout.require_delivery(visit.there, visit.details, visit.terms)
    if visit.cart_id is None:
        raise CheckoutIncomplete(step="delivery")
    return visit.cart_id


def _page(visit: Visit, chosen: str, *, problems: Problems = (), failed: str = "") -> AnyResponse:
    offers = _offers(visit)
    names = [offer.name for offer in offers]
    kept = next((visit.details.payment_label for offer in offers if _kept(visit.details, offer)), "")
    page = render_template(
        "orders/payment.html",
        step=2,
        offers=offers,
        chosen=chosen if chosen in names else names[0] if names else "",
        kept=kept,
        failed=failed,
        problems=list(problems),
        summary=summarize(visit.quote, current_locale()),
        code_sent_to=_code_sent_to(visit),
        no_code=request.args.get("sms") == "later",
    )
    return make_response(page, 422 if problems else 200)


def _code_sent_to(visit: Visit) -> str:
    """The number whose code is waited for; asked of who has just ticked the box alone."""
    if visit.customer_id is None or request.args.get("sms") != "code":
        return ""
    return reminding.keeper().code_sent_to(visit.customer_id, visit.now)
