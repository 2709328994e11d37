"""The audit log in the console: who did or looked at what, and whether the chain still holds."""

from typing import Any
from uuid import UUID

from flask import make_response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.audit import log
from app.console import colleagues
from app.console.audit_words import ACTIONS, action_word, subject_word
from app.console.shell import person
from app.ids import parse_id
from app.jobs.table import JOBS

PAGE = 50


# The page of a thing that has an id, and what its address calls it.
PAGES = {
    "campaign": ("console.campaign", "campaign_id"),
    "cart": ("console.cart", "cart_id"),
    "coupon": ("console.coupon", "coupon_id"),
    "coupon_batch": ("console.coupon_batch", "batch_id"),
    "customer": ("console.customer", "customer_id"),
    "endpoint": ("console.integration_webhook", "endpoint_id"),
    "export": ("console.export", "export_id"),
    "import": ("console.catalogue_import", "import_id"),
    "order": ("console.order", "order_id"),
    "product": ("console.catalogue_product", "product_id"),
    "staff": ("console.person", "staff_id"),
}


def show() -> AnyResponse:
    """The newest entries first; narrowed down to a person, a kind of action, or one thing."""
    wanted = {name: request.args.get(name, "")[:64] for name in ("actor", "action", "kind", "subject")}
    before = request.args.get("before", type=int)
    found = log.list_entries(before=before, limit=PAGE + 1, **wanted)
    entries, more = found[:PAGE], len(found) > PAGE
    people = colleagues.by_actor()
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
            details=details,
            people=sorted(people.items(), key=lambda pair: pair[1]),
            actions=sorted(((code, words()) for code, words in ACTIONS.items()), key=lambda pair: pair[1]),
            older=url_for("console.audit", **filled, before=entries[-1].number) if more else "",
            verify=url_for("console.audit", **filled, verify=1),
        )
    )


def details(entry: log.Entry) -> list[str]:
    """What is known of an action, a line each: what it changed as before → after; nothing of what is empty."""
    known: dict[str, Any] = dict(entry.details)
    before, after = known.pop("before", None), known.pop("after", None)
    if isinstance(before, dict) and isinstance(after, dict):
        pairs = [(name, before.get(name), after.get(name)) for name in {**before, **after}]
    elif isinstance(after, dict) and not before:
        known, pairs = {**known, **after}, []
    else:
        pairs = [("", before, after)]
    lines = [f"{name}: {_plain(value)}" for name, value in known.items() if not _nothing(value)]
    for name, was, now in pairs:
        if was != now and not (_nothing(was) and _nothing(now)):
            lines.append(f"{name}: " * bool(name) + f"{_plain(was)} → {_plain(now)}")
    return lines


def _nothing(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _plain(value: Any) -> str:
    """As it is stored, without the signs of a programming language."""
    if _nothing(value):
        return "–"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_plain(one)}" for name, one in value.items() if not _nothing(one))
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


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
    if kind not in PAGES or (kind == "staff" and person().role != "owner"):
        return ""
    endpoint, argument = PAGES[kind]
    where: dict[str, Any] = {argument: found}
    return url_for(endpoint, **where)
