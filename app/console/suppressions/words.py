"""Why an address is not written to, and who said so, in the words of the console."""

from app.recovery.values import SuppressionReason
from app.web.language import gettext as _
from app.web.refusals import register


def reason_word(reason: SuppressionReason) -> str:
    """The reason in a few words."""
    return {
        SuppressionReason.UNSUBSCRIBED: _("They asked us not to write"),
        SuppressionReason.BOUNCED: _("Messages come back"),
        SuppressionReason.COMPLAINED: _("They reported a message as spam"),
        SuppressionReason.STOP: _("They answered STOP"),
        SuppressionReason.DO_NOT_CALL: _("On a do-not-call list"),
        SuppressionReason.ERASED: _("They asked to be forgotten"),
    }[reason]


def source_word(source: str) -> str:
    """Who said so."""
    return {
        "one-click": _("the button of a mail program"),
        "page": _("the page of a message"),
        "account": _("their account"),
        "provider": _("the provider"),
        "sms": _("an SMS of theirs"),
        "import": _("an import"),
        "staff": _("staff"),
    }.get(source, source)


register(
    {
        "suppression_not_found": lambda p: _("There is no such entry."),
        "not_to_be_lifted": lambda p: _(
            "This entry stands: a person said so, complained or is protected by law. Only they themselves can change that."
        ),
        "not_to_be_entered": lambda p: _("Choose a reason that fits the channel."),
        "bad_phone": lambda p: _("Enter a mobile number with its country code, like +49 1512 3456789."),
        "on_the_list_already": lambda p: _("The address is on the list already."),
    }
)
