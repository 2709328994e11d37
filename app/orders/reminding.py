"""What a checkout shows and asks about reminders of a cart that is left. Who keeps it is a room above, and answers here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.ids import CustomerId


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands for whoever is ordering. `sms_to` is a number shown by its end, "" for none."""

    email: bool = False  # on record, and not withdrawn
    sms_offered: bool = False
    sms_to: str = ""


class Reminders(Protocol):
    """Who keeps what people want to be reminded of. `account`: they are signed in, so their address is proved."""

    def standing(self, customer_id: CustomerId | None, *, account: bool) -> Standing:
        """How it stands."""
        ...

    def code_sent_to(self, customer_id: CustomerId, now: datetime) -> str:
        """The number whose code is waited for, shown by its end; "" for none."""
        ...

    def agree_to_email(self, customer_id: CustomerId, wording: str, *, account: bool, now: datetime) -> None:
        """They ticked the box with these words."""
        ...

    def ask_for_sms(self, customer_id: CustomerId, phone: str, wording: str, *, now: datetime) -> bool:
        """They ticked the box beside the number (E.164). False where no code can be sent to it at the moment."""
        ...


_kept_by: list[Reminders] = []


def kept_by(keeper: Reminders) -> None:
    """Let `keeper` answer."""
    _kept_by[:] = [keeper]


def keeper() -> Reminders:
    """Who answers."""
    return _kept_by[0]
