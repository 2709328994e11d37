"""Coupons in the console: listed with how often they were used, made, changed, stopped."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from flask import make_response, redirect, render_template, request, url_for
from sqlalchemy import text
from werkzeug.wrappers import Response as AnyResponse

from app.audit import log as audit
from app.cart import context
from app.console import shell
from app.console.coupons import forms
from app.console.coupons.words import DONE, KINDS, VIEWS, conditions, gives, state
from app.database.base import db
from app.database.tenancy import current_store_id
from app.database.transaction import unit_of_work
from app.errors import Refusal
from app.ids import parse_id
from app.money import BadAmount
from app.promotions import service, staff
from app.promotions.domain import LONGEST_CODE, Source, Terms
from app.promotions.errors import CouponChanged, CouponNotFound
from app.promotions.staff import StaffCoupon
from app.stores.request import current_locale, current_store
from app.web.formats import currency_words
from app.web.refusals import describe

# Which campaign's message a personal code came with; its customer's messages are few.
CAMPAIGN = text("""
    SELECT e.campaign_id, v.content -> 'name' AS name FROM coupons k
    JOIN messages m ON m.store_id = k.store_id AND m.customer_id = k.customer_id AND m.coupon_code = k.code
    JOIN episodes e ON e.store_id = m.store_id AND e.id = m.episode_id
    LEFT JOIN campaign_versions v
      ON v.store_id = e.store_id AND v.campaign_id = e.campaign_id AND v.version = e.campaign_version
    WHERE k.store_id = :store AND k.id = :id LIMIT 1""")


def index() -> AnyResponse:
    """The newest coupons, by view; or the one with a code."""
    view = request.args.get("view", "")
    view = view if view in VIEWS else ""
    typed = request.args.get("q", "").strip()[:LONGEST_CODE]
    locale, zone, now = current_locale(), store_zone(), context.now()
    found = staff.list_coupons(view=view, typed=typed, before=parse_id(request.args.get("before")), now=now)
    shown, more = found[: staff.PAGE], len(found) > staff.PAGE
    older = url_for("console.coupons", view=view or None, before=shown[-1].id) if more else ""
    return make_response(
        render_template(
            "console/coupons/index.html",
            view=view,
            views=[(code, words()) for code, words in VIEWS.items()],
            typed=typed,
            rows=[
                (one, code_of(one), gives(one.terms, locale), conditions(one.terms, locale, zone), *state(one, now))
                for one in shown
            ],
            may_edit=shell.sees_everything(),
            older=older,
        )
    )


def new() -> AnyResponse:
    """The form of a coupon that is not there yet."""
    return _new_page({}, None, 200)


def create() -> AnyResponse:
    """Make it."""
    now = context.now()

    @unit_of_work
    def both() -> UUID:
        said = forms.terms(request.form, current_store().currencies, store_zone())
        made = service.create(request.form.get("code", ""), said, now=now)
        _kept("coupon_created", made, now, after=said)
        return made

    try:
        made = both()
    except (Refusal, BadAmount) as refusal:
        return _new_page(request.form, refusal, _status(refusal))
    return redirect(url_for("console.coupon", coupon_id=made, done="created"), 303)


def show(coupon_id: str) -> AnyResponse:
    """One coupon: what it gives, how often it was used, by which orders."""
    return _page(_coupon(coupon_id), 200)


def change(coupon_id: str) -> AnyResponse:
    """Have it hold on other terms. If somebody else changed it meanwhile: how it is now."""
    found, now = _coupon(coupon_id), context.now()

    @unit_of_work
    def both() -> bool:
        said = forms.terms(request.form, current_store().currencies, store_zone())
        before = staff.change(found.id, said, seen=request.form.get("seen", 0, type=int))
        if before != said:
            _kept("coupon_changed", found.id, now, before=before, after=said)
        return before != said

    try:
        changed = both()
    except (Refusal, BadAmount) as refusal:
        # What there is now is what a conflict shows; anything else is about what was typed.
        typed = {} if isinstance(refusal, CouponChanged) else request.form
        return _page(_coupon(coupon_id), _status(refusal), problem=refusal, typed=typed)
    return redirect(url_for("console.coupon", coupon_id=found.id, done="changed" if changed else "same"), 303)


def switch(coupon_id: str) -> AnyResponse:
    """Stop it, or let it hold again."""
    found, active, now = _coupon(coupon_id), request.form.get("active") == "1", context.now()

    @unit_of_work
    def both() -> None:
        if staff.switch(found.id, active=active):
            _kept("coupon_resumed" if active else "coupon_stopped", found.id, now)

    both()
    return redirect(url_for("console.coupon", coupon_id=found.id, done="resumed" if active else "stopped"), 303)


def code_of(coupon: StaffCoupon) -> str:
    """The code as the role may see it: one that is good once is a secret of whoever has it."""
    once = coupon.source is Source.CAMPAIGN or coupon.batch_id is not None
    return f"{coupon.code[:2]}•••{coupon.code[-2:]}" if once else coupon.code


def frame(typed: Mapping[str, str]) -> dict[str, Any]:
    """What the form of terms needs, here and for batches."""
    locale = current_locale()
    return {
        "fields": typed,
        "kinds": [(kind.value, words()) for kind, words in KINDS.items()],
        "currencies": [(code, currency_words(code, locale)) for code in current_store().currencies],
    }


def _page(
    found: StaffCoupon, status: int, *, problem: Exception | None = None, typed: Mapping[str, str] | None = None
) -> AnyResponse:
    locale, zone, now, done = current_locale(), store_zone(), context.now(), request.args.get("done", "")
    campaign = db.session.execute(CAMPAIGN, {"store": current_store_id(), "id": found.id}).first()
    word, tone = state(found, now)
    html = render_template(
        "console/coupons/show.html",
        coupon=found,
        code=code_of(found),
        word=word,
        tone=tone,
        gives=gives(found.terms, locale),
        conditions=conditions(found.terms, locale, zone),
        campaign=campaign,
        own=found.source is Source.STAFF and found.batch_id is None,
        uses=staff.list_uses(found.id),
        problem=describe(problem) if problem else "",  # type: ignore[arg-type]
        done=DONE[done]() if done in DONE and status == 200 else "",
        may_edit=shell.sees_everything(),
        **frame(forms.filled(found.terms, zone, locale) | dict((typed or {}).items())),
    )
    return make_response(html, status)


def _new_page(typed: Mapping[str, str], problem: Exception | None, status: int) -> AnyResponse:
    html = render_template(
        "console/coupons/new.html",
        problem=describe(problem) if problem else "",  # type: ignore[arg-type]
        **frame(typed),
    )
    return make_response(html, status)


def _coupon(typed: str) -> StaffCoupon:
    coupon_id = parse_id(typed)
    if coupon_id is None:
        raise CouponNotFound()
    return staff.get_coupon(coupon_id)


def _kept(
    action: str, coupon_id: UUID, now: datetime, *, before: Terms | None = None, after: Terms | None = None
) -> None:
    told = {name: msgspec.to_builtins(one) for name, one in (("before", before), ("after", after)) if one}
    audit.record(action, actor=shell.actor(), subject=("coupon", coupon_id), now=now, details=told)


def store_zone() -> ZoneInfo:
    """Where the days of coupons begin."""
    return ZoneInfo(current_store().time_zone)


def _status(refusal: Exception) -> int:
    return refusal.status if isinstance(refusal, Refusal) else 422
