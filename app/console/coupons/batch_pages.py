"""Batches of single-use codes in the console: made, downloaded once, stopped together."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.audit import log as audit
from app.cart import context
from app.console import colleagues, shell
from app.console.coupons import forms, pages
from app.console.coupons.words import DONE, conditions, gives
from app.database.transaction import unit_of_work
from app.errors import Refusal
from app.ids import parse_id
from app.money import BadAmount
from app.promotions import batches
from app.promotions.batches import Batch
from app.promotions.errors import BatchNotFound
from app.stores.request import current_locale, current_store
from app.web.refusals import describe


def index() -> AnyResponse:
    """The newest batches."""
    locale = current_locale()
    found = batches.list_batches(parse_id(request.args.get("before")))
    shown, more = found[: batches.PAGE], len(found) > batches.PAGE
    return make_response(
        render_template(
            "console/coupons/batches.html",
            rows=[(one, gives(one.terms, locale)) for one in shown],
            may_edit=shell.sees_everything(),
            older=url_for("console.coupon_batches", before=shown[-1].id) if more else "",
        )
    )


def new() -> AnyResponse:
    """The form of a batch."""
    return _new_page({}, None, 200)


def create() -> AnyResponse:
    """Make the codes."""
    by, now = shell.actor(), context.now()

    @unit_of_work
    def both() -> UUID:
        said = forms.terms(request.form, current_store().currencies, pages.store_zone())
        size = forms.whole(request.form, "size") or 0
        name = " ".join(request.form.get("name", "").split())
        made = batches.make_batch(name, request.form.get("prefix", "").strip(), size, said, actor=by, now=now)
        _kept("coupons_made", made, now, {"codes": size})
        return made

    try:
        made = both()
    except (Refusal, BadAmount) as refusal:
        return _new_page(request.form, refusal, refusal.status if isinstance(refusal, Refusal) else 422)
    return redirect(url_for("console.coupon_batch", batch_id=made, done="made"), 303)


def show(batch_id: str) -> AnyResponse:
    """One batch: what its codes give, how many were used, who has them."""
    return _page(_batch(batch_id), None, 200)


def give_out(batch_id: str) -> AnyResponse:
    """The codes as a file, once."""
    found, by, now = _batch(batch_id), shell.actor(), context.now()

    @unit_of_work
    def both() -> list[str]:
        codes = batches.give_out(found.id, actor=by, now=now)
        _kept("coupons_downloaded", found.id, now, {"codes": len(codes)})
        return codes

    try:
        codes = both()
    except Refusal as refusal:
        return _page(_batch(batch_id), refusal, refusal.status)
    answer = Response("code\r\n" + "".join(f"{code}\r\n" for code in codes), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="codes-{found.id}.csv"'
    answer.headers["Cache-Control"] = "no-store, private"
    return answer


def switch(batch_id: str) -> AnyResponse:
    """Stop all its codes, or let them hold again."""
    found, active, now = _batch(batch_id), request.form.get("active") == "1", context.now()

    @unit_of_work
    def both() -> None:
        changed = batches.switch_batch(found.id, active=active)
        if changed:
            _kept("coupon_resumed" if active else "coupon_stopped", found.id, now, {"codes": changed})

    both()
    return redirect(url_for("console.coupon_batch", batch_id=found.id, done="resumed" if active else "stopped"), 303)


def _page(found: Batch, problem: Refusal | None, status: int) -> AnyResponse:
    locale, done = current_locale(), request.args.get("done", "")
    html = render_template(
        "console/coupons/batch.html",
        batch=found,
        gives=gives(found.terms, locale),
        conditions=conditions(found.terms, locale, pages.store_zone()),
        downloaded_by=colleagues.by_actor().get(found.downloaded_by, ""),
        problem=describe(problem) if problem else "",
        done=DONE[done]() if done in DONE and status == 200 else "",
        may_edit=shell.sees_everything(),
    )
    return make_response(html, status)


def _new_page(typed: Mapping[str, str], problem: Exception | None, status: int) -> AnyResponse:
    html = render_template(
        "console/coupons/new_batch.html",
        problem=describe(problem) if problem else "",  # type: ignore[arg-type]
        **pages.frame(typed),
    )
    return make_response(html, status)


def _batch(typed: str) -> Batch:
    batch_id = parse_id(typed)
    if batch_id is None:
        raise BatchNotFound()
    return batches.get_batch(batch_id)


def _kept(action: str, batch_id: UUID, now: datetime, details: Mapping[str, int]) -> None:
    audit.record(action, actor=shell.actor(), subject=("coupon_batch", batch_id), now=now, details=details)
