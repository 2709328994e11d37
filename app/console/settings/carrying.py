"""Changes that were typed but are not saved, carried by the page that shows what differs to the next."""

from collections.abc import Mapping
from typing import Any

import msgspec
from flask import request

from app.console.settings.sections import ITEMS
from app.errors import Invalid
from app.stores.changing import INHERIT
from app.stores.levels import canonical
from app.stores.settings import BadSetting


class BadChanges(Invalid):
    """What was carried from one page to the next is no list of changes."""

    code = "bad_changes"


class _Carried(msgspec.Struct, frozen=True):
    set: dict[str, Any]
    inherit: list[str]


def carry(changes: Mapping[str, object]) -> str:
    """Changes as the input that holds them."""
    inherit = [key for key, value in changes.items() if value is INHERIT]
    values = {key: value for key, value in changes.items() if value is not INHERIT}
    return msgspec.json.encode({"set": values, "inherit": inherit}).decode()


def carried() -> dict[str, object]:
    """The changes that the last page carried here. Raises BadChanges."""
    text = request.form.get("changes", "")
    try:
        read = msgspec.json.decode(text.encode(), type=_Carried)
        found: dict[str, object] = {key: canonical(key, value) for key, value in read.set.items()}
    except (msgspec.DecodeError, BadSetting):
        raise BadChanges() from None
    unknown = [key for key in read.inherit if key not in ITEMS]
    if unknown or not (found or read.inherit):
        raise BadChanges()
    return found | dict.fromkeys(read.inherit, INHERIT)
