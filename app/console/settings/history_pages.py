"""The versions of the settings: who changed what and why, and how to bring an earlier state back."""

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.accounts.errors import RoleRefused
from app.console.settings import saying
from app.console.settings.pages import review_page
from app.console.settings.scene import Scene, may_edit, scene, who
from app.errors import NotFound
from app.stores import changing, history
from app.stores.history import Change
from app.stores.levels import canonical
from app.stores.settings import BadSetting, StoreSettings

PAGE = 20


class SegmentGone(NotFound):
    """The version is about a segment that there is no more."""

    code = "segment_gone"


def index() -> AnyResponse:
    """The newest versions first: the organization's, or the store's with those of its segments."""
    here = scene()
    found = history.list_changes(here.level, before=request.args.get("before", type=int), limit=PAGE + 1)
    shown, more = found[:PAGE], len(found) > PAGE
    html = render_template(
        "console/settings/history.html",
        scene=here,
        rows=[
            (
                change,
                saying.level_words(change.level, here.titles, here.place.locale),
                who(change),
                _differences(here, change),
            )
            for change in shown
        ],
        linked=saying.linked,
        may_restore=lambda change: may_edit(change.level) and change.number < here.seen,
        older=url_for("console.settings_history", level=str(here.level), before=shown[-1].number) if more else "",
        audit=lambda change: f"{'organization' if change.made_at else 'store'}-{change.number}",
    )
    return make_response(html)


def restoring(number: int) -> AnyResponse:
    """What would be different if all was as it was right after a version."""
    change = history.find(scene().level, number)
    here = scene(change.level)
    if not may_edit(change.level):
        raise RoleRefused()
    if here.level != change.level:
        raise SegmentGone()
    changes = {
        key: value
        for key, value in changing.restoring(change).items()
        if (value is changing.INHERIT and key in here.levels.own(here.level))
        or (value is not changing.INHERIT and value != here.levels.own(here.level).get(key))
    }
    if not changes:
        return redirect(url_for("console.settings_history", level=str(here.level), same=number), 303)
    return review_page(here, "", changes, restores=number)


def _differences(here: Scene, change: Change) -> list[saying.Difference]:
    found = []
    for key in change.keys:
        old, new = (_value(key, values.get(key)) if key in values else None for values in (change.before, change.after))
        old_lines, new_lines = (saying.say(key, one, here.place) if one is not None else [] for one in (old, new))
        found.append(saying.Difference(key, saying.name_of(key), old_lines, new_lines, key not in change.after))
    return found


def _value(key: str, stored: object) -> object:
    """A stored value in today's spelling; as it is, if the setting is none any more or may not be that."""
    if key not in StoreSettings.__struct_fields__:
        return stored
    try:
        return canonical(key, stored)
    except BadSetting:
        return stored
