"""The audit log in the console: who did or looked at what, and whether the chain still holds."""

from typing import Any
from uuid import UUID

from flask import make_response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.accounts.lockout import SYSTEM
from app.audit import log
from app.console import colleagues
from app.console.audit_words import ACTIONS, action_word, subject_word
from app.console.shell import person
from app.ids import parse_id
from app.jobs.table import JOBS
from app.web.language import gettext as _

PAGE = 50


def show() -> AnyResponse:
    """The newest entries first; narrowed down to a person, a kind of action, or one thing."""
    wanted = {name: request.args.get(name, "")[:64] for name in ("actor", "action", "kind", "subject")}
    before = request.args.get("before", type=int)
    found = log.list_entries(before=before, limit=PAGE + 1, **wanted)
    entries, more = found[:PAGE], len(found) > PAGE
    people = colleagues.by_actor() | {SYSTEM: _("The system")}
    filled: dict[str, Any] = {name: value for name, value in wanted.items() if value}
    return make_response(
        render_template(
            "console/audit.html",
            rows=[(entry, action_word(entry.action), people.get(entry.actor, entry.actor)) for entry in entries],
            subject_word=subject_word,
            subject_url=_subject_url,
            verified=log.verify() if request.args.get("verify") else None,
            wanted=wanted,
            narrowed=bool(filled),
            filled=filled,
            people=sorted(people.items(), key=lambda pair: pair[1]),
            actions=sorted(((code, words()) for code, words in ACTIONS.items()), key=lambda pair: pair[1]),
            older=url_for("console.audit", **filled, before=entries[-1].number) if more else "",
            verify=url_for("console.audit", **filled, verify=1),
        )
    )


def _subject_url(kind: str, subject_id: str) -> str:
    """Where the thing is in the console, if it has a page."""
    if kind == "settings":
        level, _dash, number = subject_id.rpartition("-")
        return url_for("console.settings_history", level=level, _anchor=f"v-{number}")
    if kind == "store":
        return url_for("console.store")
    if kind == "job" and subject_id in JOBS:
        return url_for("console.job", key=subject_id)
    found: UUID | None = parse_id(subject_id)
    if found is None:
        return ""
    match kind:
        case "order":
            return url_for("console.order", order_id=found)
        case "campaign":
            return url_for("console.campaign", campaign_id=found)
        case "staff" if person().role == "owner":
            return url_for("console.person", staff_id=found)
        case "cart":
            return url_for("console.cart", cart_id=found)
        case "product":
            return url_for("console.catalogue_product", product_id=found)
        case "import":
            return url_for("console.catalogue_import", import_id=found)
        case "coupon":
            return url_for("console.coupon", coupon_id=found)
        case "coupon_batch":
            return url_for("console.coupon_batch", batch_id=found)
        case "customer":
            return url_for("console.customer", customer_id=found)
        case "export":
            return url_for("console.export", export_id=found)
        case "endpoint":
            return url_for("console.integration_webhook", endpoint_id=found)
        case _:
            return ""
