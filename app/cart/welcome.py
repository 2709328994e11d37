"""What the cart says to somebody who came back to it by a link in a message."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from app.cart import context
from app.stores.request import current_locale, current_store
from app.web.dates import near
from app.web.language import gettext as _

LONGEST = timedelta(days=60)  # longer than any link lives


def sentence(left: str | None) -> str:
    """The welcome for whoever left the cart on the day `left` (ISO 8601); nothing for what is no day."""
    try:
        day = date.fromisoformat(left or "")
    except ValueError:
        return ""
    today = context.now().astimezone(ZoneInfo(current_store().time_zone)).date()
    if not timedelta() <= today - day <= LONGEST:
        return ""
    return _("Welcome back. This is the cart you left on %(day)s.", day=near(day, today, current_locale()))
