"""The parts of recovery put together for this installation: what delivering a message is done with."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, cast

from flask import current_app

from app.channels.outgoing import Sender
from app.channels.senders import sender_for
from app.config import Config
from app.database.statements import Asked
from app.recovery import campaigns, delivery, incentives, judging, links, reading, rendering, suppression
from app.recovery.content import Step
from app.recovery.parts import Address, Claimed, NothingToSend, Parts, Written
from app.recovery.rendered import NothingToOffer, Recipient
from app.recovery.values import Channel

Senders = Mapping[Channel, Sender[Any]]


def connect(senders: Callable[[], Senders] | None = None) -> None:
    """Deliver with these parts from now on, in this process; by the installation's providers unless `senders` names others."""
    delivery.connect(
        Parts(
            senders=senders or _senders,
            address_hash=suppression.address_hash,
            content=campaigns.content,
            unmet=_unmet,
            code_for=incentives.code_for,
            along=_along,
            write=_write,
            suppress=suppression.suppress,
        )
    )


def _senders() -> Senders:
    """The channels that have a provider here."""
    config = cast(Config, current_app.config["DUALCART"])
    found = ((channel, sender_for(channel, config)) for channel in Channel)
    return {channel: cast(Sender[Any], sender) for channel, sender in found if sender is not None}


def _unmet(step: Step, message: Claimed) -> str:
    return judging.unmet(step.conditions, message.id)


def _along(message: Claimed, now: datetime) -> tuple[Asked, ...]:
    return (links.making(message.id, now),)


def _write(message: Claimed, address: Address, now: datetime) -> Written:
    recipient = Recipient(address.address, address.locale, address.p256dh, address.auth)
    subject, known = reading.read_beside(message.id, links.asking(message.id))
    try:
        return rendering.render_subject(subject, recipient, links.links_of(message.id, known, now), now)
    except NothingToOffer:
        raise NothingToSend from None
