"""Reminders as a checkout sees them: what is on record, and what its boxes say.

A guest's address is not proved. So a guest is shown what was said at this checkout alone: not what the owner of the address,
who may be somebody else, has said elsewhere; and a guest's yes does not take back that owner's no.
"""

from datetime import datetime

from flask import request

from app.accounts.contacts import REMINDERS, record_consent
from app.ids import CustomerId
from app.orders.reminding import Standing
from app.recovery import consent, phones, preferences
from app.recovery.preferences import Word, masked
from app.recovery.values import Channel
from app.stores.request import current_config, current_locale, current_store

SOURCE = "checkout"


class CheckoutReminders:
    """Answers orders/reminding.py."""

    def standing(self, customer_id: CustomerId | None, *, account: bool) -> Standing:
        """How it stands: no statement for somebody who is nobody yet, one for who never said yes."""
        offered = phones.offered(current_store().settings, current_config())
        if customer_id is None:
            return Standing(sms_offered=offered)
        words = consent.words_of_person(customer_id) if account else consent.words([customer_id])
        if not any(word.granted for word in words.values()):
            return Standing(sms_offered=offered)
        choices = preferences.choices(customer_id, alone=not account)
        sms = choices[Channel.SMS]
        return Standing(
            email=choices[Channel.EMAIL].on,
            sms_offered=offered,
            sms_to=masked(Channel.SMS, sms.address) if sms.on else "",
        )

    def code_sent_to(self, customer_id: CustomerId, now: datetime) -> str:
        """The number whose code is waited for, by its end."""
        pending = phones.find_pending(customer_id, now)
        return masked(Channel.SMS, pending.phone) if pending else ""

    def agree_to_email(self, customer_id: CustomerId, wording: str, *, account: bool, now: datetime) -> None:
        """Keep their yes."""
        said = Word(wording, current_locale(), SOURCE)
        if account:
            preferences.resume(customer_id, Channel.EMAIL, said, now)
            return
        record_consent(
            customer_id,
            channel=str(Channel.EMAIL),
            purpose=REMINDERS,
            granted=True,
            wording=said.wording,
            locale=said.locale,
            source=said.source,
            now=now,
        )

    def ask_for_sms(self, customer_id: CustomerId, phone: str, wording: str, *, now: datetime) -> bool:
        """Have the number confirm it."""
        said = Word(wording, current_locale(), SOURCE)
        try:
            phones.ask(customer_id, phone, said, caller=request.remote_addr or "", now=now)
        except phones.TooManyCodes:
            return False
        return True
