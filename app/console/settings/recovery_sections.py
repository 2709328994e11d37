"""Settings of recovery: when carts are abandoned, how people are written to, what that adds, and for whom it differs."""

from app.console.settings.items import Item, Section
from app.web.language import gettext as _

RECOVERY: tuple[Section, ...] = (
    Section(
        "recovery",
        lambda: _("Recovery"),
        lambda: _("When a cart counts as abandoned, and what becomes of it."),
        (
            Item(
                "recovery",
                "switch",
                lambda: _("Look for abandoned carts"),
                lambda: _("Off: no cart counts as abandoned, and messages that wait end when they come due."),
            ),
            Item(
                "abandonment_minutes",
                "number",
                lambda: _("A cart is abandoned after"),
                lambda: _("Time without any change by its shopper."),
                "minutes",
            ),
            Item(
                "abandonment_minimums",
                "amounts",
                lambda: _("An abandoned cart is worth at least"),
                lambda: _("Carts worth less are left alone. Empty means 10."),
            ),
            Item(
                "salvage_days",
                "number",
                lambda: _("Save what was left after"),
                lambda: _("What was left for so long moves to the next purchase, and its shopper is told."),
                "days",
            ),
            Item(
                "recovery_link_days",
                "number",
                lambda: _("Links in messages work for"),
                lambda: _("Of messages sent from then on. A link that is over offers a new one by mail."),
                "days",
            ),
        ),
    ),
    Section(
        "messages",
        lambda: _("Messages"),
        lambda: _("How, how often and at which hours people may be written to. Consent is always needed."),
        (
            Item(
                "email_reminders",
                "switch",
                lambda: _("Reminders by email"),
                lambda: _("Off: nobody gets any by email."),
            ),
            Item(
                "sms_reminders",
                "switch",
                lambda: _("Reminders by text message"),
                lambda: _("Off: none leaves, and nobody is asked for a number."),
            ),
            Item(
                "push_reminders",
                "switch",
                lambda: _("Reminders in the browser"),
                lambda: _("Off: none leaves, and nobody is asked for permission."),
            ),
            Item(
                "messages_at_most",
                "number",
                lambda: _("Messages about one cart, at most"),
                lambda: _("Steps of a campaign beyond this are not sent."),
                "messages",
            ),
            Item(
                "message_interval_hours",
                "number",
                lambda: _("Between two messages to one person"),
                lambda: _("A message that would come too soon waits."),
                "hours",
            ),
            Item(
                "frequency_at_most",
                "number",
                lambda: _("Messages to one person, at most"),
                lambda: _("From all campaigns together, within the days below. What is too many waits."),
                "messages",
            ),
            Item(
                "frequency_days",
                "number",
                lambda: _("Counted over"),
                lambda: _("The days in which nobody gets more messages than said above."),
                "days",
            ),
            Item(
                "email_hours",
                "hours",
                lambda: _("Hours for email"),
                lambda: _("Of the recipient's day. What comes due outside of them waits."),
            ),
            Item(
                "sms_hours",
                "hours",
                lambda: _("Hours for text messages"),
                lambda: _("Of the recipient's day. Laws of their country may narrow them down, never widen."),
            ),
            Item(
                "push_hours",
                "hours",
                lambda: _("Hours for notes in the browser"),
                lambda: _("Of the recipient's day. What comes due outside of them waits."),
            ),
            Item(
                "monthly_messages_at_most",
                "number",
                lambda: _("Messages a month, at most"),
                lambda: _("The store's budget. When it is spent, messages end unsent. Empty means no limit."),
                "messages",
            ),
        ),
    ),
    Section(
        "measurement",
        lambda: _("Measurement"),
        lambda: _("How it is found out what messages add."),
        (
            Item(
                "holdout_percent",
                "number",
                lambda: _("People who get no messages, to compare"),
                lambda: _(
                    "Of carts abandoned from then on, where a campaign has no share of its own. Zero: no comparison."
                ),
                "percent",
            ),
            Item(
                "attribution_days",
                "number",
                lambda: _("Credit an order to a message for"),
                lambda: _("Orders within so many days of a click count for it. Credits that were given stay."),
                "days",
            ),
        ),
    ),
    Section(
        "segments",
        lambda: _("Segments"),
        lambda: _("Groups of shoppers for whom some settings are different. The first that fits and sets one counts."),
        (
            Item(
                "segments",
                "segments",
                lambda: _("Segments"),
                lambda: _("Once a segment is here, it has its own tab above the settings."),
            ),
        ),
    ),
)
