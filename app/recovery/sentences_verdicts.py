"""Why a message was sent, waits, or will never be sent, in the language of the staff member who asks."""

from collections.abc import Callable

from app.web.language import gettext as _

SENTENCES: dict[str, Callable[[], str]] = {
    "all_clear": lambda: _("Nothing spoke against it, so it was sent."),
    # Ended
    "episode_open": lambda: _("The items were not saved for later, so there was nothing to tell."),
    "episode_recovered": lambda: _("An order was placed before it left."),
    "episode_emptied": lambda: _("Nothing was left in the cart."),
    "episode_salvaged": lambda: _("The items were saved for the next purchase before it left."),
    "episode_expired": lambda: _("The cart had expired before it left."),
    "episode_merged": lambda: _("The cart became part of another cart of the same person."),
    "episode_erased": lambda: _("The person had asked to be forgotten."),
    "bought_since": lambda: _("The person has bought something since they left the cart."),
    "staff": lambda: _("The cart belongs to somebody who works here."),
    "fraud_suspected": lambda: _("An order of this person is being checked for fraud."),
    "suppressed_unsubscribed": lambda: _("The person has unsubscribed."),
    "suppressed_bounced": lambda: _("Messages to this address come back."),
    "suppressed_complained": lambda: _("The person has marked a message as spam."),
    "suppressed_stop": lambda: _("The person has answered STOP."),
    "suppressed_do_not_call": lambda: _("The number is on a do-not-call list."),
    "suppressed_erased": lambda: _("The person had asked to be forgotten."),
    "no_address": lambda: _("There is no address to send it to."),
    "address_not_confirmed": lambda: _("The phone number has not been confirmed."),
    "no_consent": lambda: _("The person has not agreed to be reminded this way."),
    "consent_withdrawn": lambda: _("The person no longer agrees to be reminded this way."),
    "no_double_opt_in": lambda: _("In this country the number itself has to confirm first, and it has not."),
    "campaign_archived": lambda: _("The campaign was archived."),
    "recovery_off": lambda: _("Reminders are switched off in this store."),
    "channel_off": lambda: _("This channel is switched off in this store."),
    "channel_not_set_up": lambda: _("This channel has not been set up."),
    "cart_empty": lambda: _("Nothing was left in the cart."),
    "nothing_to_offer": lambda: _("Nothing in the cart could be bought any more."),
    "condition_not_met": lambda: _("A condition of this step was not met."),
    "enough_messages": lambda: _("There had been as many messages about this cart as the store allows."),
    "frequency_zero": lambda: _("The store allows no messages at all."),
    "one_sms_per_cart": lambda: _("In this country there may be one SMS about a cart, and it had been sent."),
    "overtaken": lambda: _("A later message about this cart had already been sent."),
    "sms_too_late": lambda: _("In this country an SMS about a cart must come within 48 hours."),
    "too_late": lambda: _("It could not be sent for so long that it no longer made sense."),
    "called_off": lambda: _("Whoever asked for it called it off before it left."),
    "stopped_by_staff": lambda: _("Staff stopped the reminders about this cart."),
    "no_common_hour": lambda: _("There is no hour that is allowed everywhere this person may be."),
    # Waiting
    "campaign_paused": lambda: _("It waits while the campaign is paused."),
    "payment_under_way": lambda: _("It waits because a payment is under way."),
    "active_again": lambda: _("It waits because the person is shopping again."),
    "too_soon": lambda: _("It waits because the last message was not long ago."),
    "too_often": lambda: _("It waits because there have been many messages lately."),
    "budget_spent": lambda: _("It waits because this month's messages are used up."),
    "quiet_hours": lambda: _("It waits for a decent hour where the person is."),
    "provider_failing": lambda: _("It waits because the provider is not working. It is tried again."),
    "provider_busy": lambda: _("It waits for its turn: no more may be sent at once."),
    "not_decided": lambda: _("Something went wrong while it was checked. It is tried again."),
    "not_written": lambda: _("It could not be put together from its template."),
    # Nobody can know
    "outcome_unknown": lambda: _("It may or may not have been sent: the connection broke off at that moment."),
    "left_before": lambda: _("It had been sent already."),
    "provider_failed": lambda: _("The provider took it but could not deliver it."),
}


def verdict_sentence(reason: str) -> str:
    """The sentence for a reason of a decision or of how a message ended; the provider's own words are shown as they are."""
    sentence = SENTENCES.get(reason)
    return sentence() if sentence else _("The provider said: %(reason)s.", reason=reason)
