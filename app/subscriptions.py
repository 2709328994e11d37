"""What happens after what: each topic of the outbox with the room that carries it out, and who waits for a sign-in."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import current_app

from app.accounts import invitations, letters, service
from app.alerts import letters as alert_letters
from app.alerts import service as alerts
from app.cart import context as cart
from app.cart import listening as cart_listening
from app.catalog import import_job
from app.channels import email
from app.console.exports import making as exports
from app.console.exports import service as exported
from app.console.wording import trial
from app.database.tenancy import current_store_id
from app.events import relay
from app.events.failures import PermanentFailure
from app.events.relay import Handler
from app.ids import VariantId
from app.inventory.service import CAME_BACK
from app.jobs import asking
from app.orders import (
    accepting,
    handlers,
    handling,
    news,
    receipt_job,
    receipts,
    reminding,
    reviewing,
    settlement,
    telling,
)
from app.orders import letters as order_letters
from app.orders import listening as order_listening
from app.payments import demo_bank, events
from app.recovery import anew, hooks, manual, phones, revenue, triggers, wiring
from app.recovery.checkout_reminders import CheckoutReminders
from app.stores import directory
from app.web import live


def subscribe() -> None:
    """Wire topics to handlers, and sign-in to the merge of carts."""
    relay.handle(letters.TOPIC, email.deliver_letter)
    relay.handle(invitations.TOPIC, invitations.deliver)
    relay.handle(demo_bank.TOPIC, demo_bank.deliver)
    relay.handle(settlement.REFUND, handlers.refund)
    relay.handle(settlement.REFUNDED, each(news.refunded, revenue.hear, telling.refunded, _tell_staff))
    relay.handle(settlement.FAILED_LATER, news.payment_failed)
    relay.handle(accepting.PLACED, each(news.placed, revenue.hear, telling.placed, _tell_staff))
    relay.handle(handling.CANCELLED, each(news.cancelled, revenue.hear, telling.cancelled, _tell_staff))
    relay.handle(handling.RELEASED, each(news.released, revenue.hear, telling.released, _tell_staff))
    relay.handle(reviewing.TOPIC, handlers.carry_out_decision)
    relay.handle(order_letters.RECEIPT_TOPIC, receipt_job.make_and_send)
    relay.handle(order_letters.TOPIC, email.deliver_letter)
    email.attach(receipts.SOURCE, receipts.attachment)
    events.on_event(settlement.take_in)
    relay.handle(alert_letters.TOPIC, email.deliver_letter)
    relay.handle(CAME_BACK, each(_answer_alerts, _remind_of_returned))
    relay.handle(anew.TOPIC, anew.send)
    relay.handle(manual.TOPIC, _call_reminders_off)
    relay.handle(phones.TOPIC, phones.send)
    relay.handle(import_job.TOPIC, _carry_import_on)
    relay.handle(exported.TOPIC, _carry_export_on)
    relay.handle(asking.RUN_NOW, _run_task)
    relay.handle(trial.TOPIC, trial.send)
    reminding.kept_by(CheckoutReminders())
    service.on_sign_in(cart.merge_guest_cart)
    order_listening.on_order(hooks.order_may_come)
    cart_listening.on_emptied(hooks.cart_emptied)
    cart_listening.on_merged(hooks.cart_merged)
    wiring.connect()


def each(*handlers: Handler) -> Handler:
    """Have several rooms carry out one topic: each is called whatever becomes of the others, and again if one of them failed.

    A failure for good is told only if there is no other: the other one has to be tried again.
    """

    def carry_out(payload: Mapping[str, Any], row_id: UUID) -> None:
        failures: list[Exception] = []
        for handler in handlers:
            try:
                handler(payload, row_id)
            except Exception as failure:  # the first one is told below, once all have had their turn
                failures.append(failure)
        if failures:
            raise min(failures, key=lambda failure: isinstance(failure, PermanentFailure))

    return carry_out


def _answer_alerts(payload: Mapping[str, Any], row_id: UUID) -> None:
    returned = [VariantId(UUID(variant_id)) for variant_id in payload["variants"]]
    now = current_app.config["CLOCK"].now()
    alerts.tell_those_who_wait(returned, row_id, config=current_app.config["DUALCART"], now=now)


def _remind_of_returned(payload: Mapping[str, Any], row_id: UUID) -> None:
    returned = [VariantId(UUID(variant_id)) for variant_id in payload["variants"]]
    triggers.tell_returned(directory.get(current_store_id()), returned, current_app.config["CLOCK"].now())


def _tell_staff(_payload: Mapping[str, Any], _row_id: UUID) -> None:
    live.publish_staff()


def _call_reminders_off(payload: Mapping[str, Any], row_id: UUID) -> None:
    episode_ids = [UUID(episode_id) for episode_id in payload["episodes"]]
    manual.call_off(episode_ids, current_app.config["CLOCK"].now())


def _run_task(payload: Mapping[str, Any], row_id: UUID) -> None:
    from app.tasks import periodic

    periodic.by_hand(payload, row_id)


def _carry_import_on(payload: Mapping[str, Any], row_id: UUID) -> None:
    import_job.work(UUID(payload["import"]), current_app.config["CLOCK"].now())


def _carry_export_on(payload: Mapping[str, Any], row_id: UUID) -> None:
    exports.work(UUID(payload["export"]), current_app.config["CLOCK"].now())
