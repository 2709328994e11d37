"""Why a cart does not count as abandoned, or is sent nothing, in the language of the staff member who asks. What verdicts say is theirs."""

from collections.abc import Callable

from app.web.language import gettext as _

SENTENCES: dict[str, Callable[[], str]] = {
    "below_minimum": lambda: _("It is worth less than the store asks of an abandoned cart."),
    "robot": lambda: _("Its last change was made by what may be a robot."),
    "order_under_review": lambda: _("An order of this person is being checked."),
    "left_before_start": lambda: _("It was left before this store began to look for abandoned carts."),
    "active_lately": lambda: _("It was in use a moment ago."),
    "not_looked_at_yet": lambda: _("It has not been looked at yet."),
    "counted_before": lambda: _("It was looked at already, and nothing has changed in it since."),
    # Abandoned, and nothing is planned
    "arm_holdout": lambda: _("Nothing is sent: this cart shows what happens without messages."),
    "arm_none": lambda: _("No campaign was live then."),
}
