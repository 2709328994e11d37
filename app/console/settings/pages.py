"""The settings' pages: found by section or search, typed in a form, looked at as a difference, saved, taken back."""

from collections.abc import Mapping
from typing import Any

import msgspec
from flask import make_response, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from app.accounts.errors import RoleRefused
from app.cart.context import now
from app.console import shell
from app.console.settings import affected as reckoning
from app.console.settings import editors, fields, saying
from app.console.settings.carrying import carried, carry
from app.console.settings.fields import BadField, Form
from app.console.settings.items import Item, field_words, unit_words
from app.console.settings.scene import Scene, scene, who
from app.console.settings.sections import search
from app.errors import Conflict, NotFound, Refusal
from app.stores import changing, history
from app.stores.changing import INHERIT, NoWhy, SettingsMoved
from app.stores.levels import canonical
from app.stores.request import YEAR, current_config
from app.stores.settings import BadSetting, StoreSettings
from app.web.addresses import read_at
from app.web.formats import currency_name
from app.web.refusals import describe

EDITED = frozenset({"imprint", "delivery", "taxes", "segments"})


class NoSuchSection(NotFound):
    """There is no such section at this level."""

    code = "no_such_section"


def index() -> AnyResponse:
    """The sections, with how much of each is not as it is inherited; or what a search finds."""
    here, typed = scene(), request.args.get("q", "").strip()[:100]
    found = search(typed, list(here.sections)) if typed else []
    own = here.levels.own(here.level)
    html = render_template(
        "console/settings/index.html",
        scene=here,
        typed=typed,
        found=[(section, item, saying.say(item.key, here.value(item.key), here.place)) for section, item in found],
        sections=[(one, sum(item.key in own for item in one.items)) for one in here.sections],
        recent=[(change, who(change), [saying.name_of(key) for key in change.keys]) for change in _recent(here)],
    )
    return make_response(html)


def keys() -> AnyResponse:
    """Switch the key that leads to the search on or off, in this browser (WCAG 2.1.4)."""
    answer = redirect(url_for("console.settings"), 303)
    wanted = "off" if request.form.get("keys") == "off" else "on"
    secure = current_config().secure_cookies
    answer.set_cookie("keys", wanted, max_age=YEAR, samesite="Lax", secure=secure, httponly=True)
    return answer


def section(section: str) -> AnyResponse:
    """The settings of a section, to be read or changed."""
    return _form(scene(), section)


def review(section: str) -> AnyResponse:
    """What was typed, as a difference from what is in force. Nothing is saved yet."""
    here = _editing()
    items = _section(here, section).items
    if request.form.get("then") == "edit":
        return _form(here, section, changes=carried())
    changes, problems = _typed(here, items)
    if problems:
        return _form(here, section, typed=request.form, problems=problems)
    if not changes:
        return redirect(url_for("console.settings_section", section=section, level=str(here.level), same=1), 303)
    return review_page(here, section, changes)


def save() -> AnyResponse:
    """Put the changes in force, as one version."""
    here, section, changes = _editing(), request.form.get("section", ""), carried()
    why = request.form.get("why", "").strip()
    restores = request.form.get("restores", type=int)
    try:
        if not why:
            raise NoWhy()
        number = changing.change_settings(
            here.level,
            changes,
            why=why,
            seen=_seen(here),
            actor=shell.actor(),
            now=now(),
            restores=restores,
        )
    except Refusal as refusal:
        return review_page(here, section, changes, problem=refusal, why=why, restores=restores)
    return redirect(_back(here, section, saved=number), 303)


def undo() -> AnyResponse:
    """Take a version back."""
    here, section = _editing(), request.form.get("section", "")
    number = request.form.get("number", type=int) or 0
    try:
        changing.undo(here.level, number, why="", actor=shell.actor(), now=now())
    except SettingsMoved as refusal:
        return _form(here, section or here.sections[0].key, refusal=refusal)
    return redirect(_back(here, section, undone=number), 303)


def review_page(
    here: Scene,
    section: str,
    changes: Mapping[str, object],
    *,
    problem: Refusal | None = None,
    why: str = "",
    restores: int | None = None,
) -> AnyResponse:
    """What would be different, for whom at once, and the question why; after a refusal, what stands in the way."""
    coming = {key: here.inherited(key) if value is INHERIT else value for key, value in changes.items()}
    differences = []
    for key, value in coming.items():
        inherits = changes[key] is INHERIT
        differences.append(saying.difference(key, here.value(key), value, here.place, inherits=inherits))
    moved = problem.params["keys"] if isinstance(problem, SettingsMoved) else []
    read_at(_back(here, section))
    counts = reckoning.affected(here.settings, coming, now(), here.place.locale)
    html = render_template(
        "console/settings/review.html",
        scene=here,
        section=here.section(section) or here.sections[0],
        changed=differences,
        seen=_seen(here) if problem is None or not moved else here.seen,
        carried=carry(changes),
        affected=counts,
        moved=[(key, _last(here, key)) for key in moved],
        moved_keys=frozenset(moved),
        said=describe(problem) if problem else "",
        why=why,
        why_most=changing.LONGEST_WHY,
        restores=restores,
        who=who,
    )
    status = 200 if problem is None else 409 if isinstance(problem, Conflict) else 422
    return make_response(html, status)


def _form(
    here: Scene,
    section: str,
    *,
    typed: Form | None = None,
    problems: list[tuple[str, str]] | None = None,
    changes: Mapping[str, object] | None = None,
    refusal: Refusal | None = None,
) -> AnyResponse:
    found = _section(here, section)
    read_at(_back(here, section))
    form: Form = typed if typed is not None else MultiDict()
    if typed is None:
        for item in found.items:
            value = (changes or {}).get(item.key, INHERIT)
            form.update(_shown(item, here.value(item.key) if value is INHERIT else value, here))
    own = here.levels.own(here.level)
    rows = [
        {
            "item": item,
            "now": saying.say(item.key, here.value(item.key), here.place),
            "was": msgspec.json.encode(here.value(item.key)).decode()
            if typed is None
            else typed.get(f"{item.key}.was", ""),
            "default": saying.say(item.key, canonical(item.key, _default(item.key)), here.place),
            "inherited": saying.say(item.key, here.inherited(item.key), here.place),
            "own": item.key in own,
            "source": here.levels.source(item.key, here.level),
            "bounds": fields.bounds_words(item.key, here.place.locale) if item.kind == "number" else "",
            "unit": unit_words(item.unit),
        }
        for item in found.items
    ]
    saved, undone = request.args.get("saved", type=int), request.args.get("undone", type=int)
    status = 422 if problems else 409 if refusal else 200
    html = render_template(
        "console/settings/section.html",
        scene=here,
        section=found,
        rows=rows,
        typed=form,
        problems=problems or [],
        refused=describe(refusal) if refusal else "",
        currencies_of=lambda key: fields.currencies_of(here.value(key), here.place),
        seen=_seen(here) if typed is not None else here.seen,
        currency_words=lambda code: currency_name(code, here.place.locale),
        countries=fields.countries(here.place.locale),
        language=lambda code: saying.language(code, here.place.locale),
        saved=saved if saved and saved <= here.seen else None,
        undone=undone,
        same=bool(request.args.get("same")),
        seconds=current_config().store_cache_seconds,
    )
    return make_response(html, status)


def _typed(here: Scene, items: tuple[Item, ...]) -> tuple[dict[str, object], list[tuple[str, str]]]:
    """What differs from what the form showed, and what cannot be used (the input's id, what to do)."""
    changes: dict[str, object] = {}
    problems = []
    for item in items:
        was = request.form.get(f"{item.key}.was")
        if was is None:
            continue
        if request.form.get(f"{item.key}.inherit"):
            changes[item.key] = INHERIT
            continue
        try:
            before = canonical(item.key, msgspec.json.decode(was.encode()))
            value = _read(item, before, here)
        except BadField as bad:
            problems.append((bad.params["field"], bad.params["words"]))
            continue
        except (BadSetting, msgspec.DecodeError):
            problems.append((item.key, field_words(item.kind)))
            continue
        if value != before:
            changes[item.key] = value
    return changes, problems


def _read(item: Item, before: Any, here: Scene) -> Any:
    read = editors.read if item.kind in EDITED else None
    value = (
        read(item.kind, item.key, request.form, here.place, before)
        if read
        else fields.read(item, request.form, here.place, before)
    )
    return canonical(item.key, value)


def _shown(item: Item, value: Any, here: Scene) -> Form:
    if item.kind in EDITED:
        return editors.shown(item.kind, item.key, value, here.place)
    return fields.shown(item, value, here.place)


def _editing() -> Scene:
    """Raises RoleRefused where whoever asks may only look."""
    here = scene()
    if not here.may_edit:
        raise RoleRefused()
    return here


def _section(here: Scene, key: str) -> Any:
    found = here.section(key)
    if found is None:
        raise NoSuchSection()
    return found


def _seen(here: Scene) -> int:
    """The newest version when whoever asks began: as the form says, or now if it begins here."""
    digits = request.form.get("seen", str(here.seen))
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0


def _recent(here: Scene) -> list[history.Change]:
    return history.list_changes(here.level, limit=3)


def _last(here: Scene, key: str) -> history.Change | None:
    """Who changed a key last."""
    return next((one for one in history.list_changes(here.level, limit=100) if key in one.keys), None)


def _default(key: str) -> Any:
    return getattr(StoreSettings(), key)


def _back(here: Scene, section: str, **more: int | None) -> str:
    named = {name: value for name, value in more.items() if value is not None}
    known = here.section(section)
    return url_for(
        "console.settings_section",
        section=(known or here.sections[0]).key,
        level=str(here.level),
        **named,  # type: ignore[arg-type]
    )
