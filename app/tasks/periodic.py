"""The whole clock on one page: every task, how often it runs, what it does."""

from flask import Flask, current_app
from huey import crontab

from app.alerts import service as alerts
from app.catalog import import_job
from app.database.tenancy import use_store
from app.database.transaction import finish_reading
from app.events import relay
from app.orders import sweeping
from app.payments.registry import providers
from app.recovery import rounds
from app.stores import directory
from app.tasks.queue import huey

CARRIED_ON = 50.0  # seconds: the next turn is a minute away

_applications: list[Flask] = []


def run_in(app: Flask) -> None:
    """The application whose settings and servers the tasks of this process use."""
    _applications[:] = [app]


@huey.task()
def drain_outbox() -> None:
    """After a commit that recorded something: carry it out at once."""
    with _applications[0].app_context():
        relay.drain(current_app.config["CLOCK"].now)


@huey.periodic_task(crontab(minute="*"))
def settle_payments_each_minute() -> None:
    """Payments and refunds nobody has heard the end of, in every store."""
    app = _applications[0]
    with app.app_context():
        ways, now = providers(app.config["DUALCART"]), app.config["CLOCK"].now()
        for store_id, _slug in directory.list_stores():
            finish_reading()
            with use_store(store_id):
                sweeping.sweep(ways, now)


@huey.periodic_task(crontab(minute="*"))
def drain_outbox_each_minute() -> None:
    """Whatever a lost wake-up or a crashed worker left behind."""
    with _applications[0].app_context():
        relay.drain(current_app.config["CLOCK"].now)


@huey.periodic_task(crontab(minute="17"))
def expire_alerts_each_hour() -> None:
    """Stock alerts that nobody could answer for 90 days end, and guests' addresses with them."""
    with _applications[0].app_context():
        for store_id, _slug in directory.list_stores():
            with use_store(store_id):
                alerts.expire(current_app.config["CLOCK"].now())


@huey.periodic_task(crontab(minute="*"))
def find_abandoned_carts_each_minute() -> None:
    """Carts that were left: episodes, and the messages that follow."""
    with _applications[0].app_context():
        rounds.find_abandoned(current_app.config["CLOCK"].now())


@huey.periodic_task(crontab(minute="*"))
def deliver_messages_each_minute() -> None:
    """Messages of recovery that are due, through the gate to their providers."""
    with _applications[0].app_context():
        rounds.deliver_due(current_app.config["CLOCK"].now)


@huey.periodic_task(crontab(minute="47"))
def forget_channel_events_each_hour() -> None:
    """What channels' providers told is kept until they cannot tell it again."""
    with _applications[0].app_context():
        rounds.forget_told(current_app.config["CLOCK"].now())


@huey.periodic_task(crontab(minute="*"))
def explain_abandoned_carts_each_minute() -> None:
    """Why those carts were left: reason, evidence, likelihood of coming back unaided."""
    with _applications[0].app_context():
        rounds.explain_abandoned()


@huey.periodic_task(crontab(minute="23"))
def remind_of_saved_things_each_hour() -> None:
    """What has been saved for long, and what became cheaper: episodes, and the messages that follow."""
    with _applications[0].app_context():
        rounds.remind_of_saved(current_app.config["CLOCK"].now())


@huey.periodic_task(crontab(minute="*"))
def salvage_carts_each_minute() -> None:
    """What was left for days is saved for the next purchase."""
    with _applications[0].app_context():
        rounds.salvage_abandoned(current_app.config["CLOCK"].now())


@huey.periodic_task(crontab(minute="41"))
def expire_carts_each_hour() -> None:
    """Carts that nobody has touched for weeks are archived."""
    with _applications[0].app_context():
        rounds.expire_carts(current_app.config["CLOCK"].now())


@huey.periodic_task(crontab(minute="*"))
def carry_imports_on_each_minute() -> None:
    """Files of the catalogue whose worker died on the way: with the next product."""
    app = _applications[0]
    with app.app_context():
        for store_id, _slug in directory.list_stores():
            finish_reading()
            with use_store(store_id):
                import_job.carry_on_all(app.config["CLOCK"].now(), seconds=CARRIED_ON)


@huey.periodic_task(crontab(minute="*"))
def roll_up_each_minute() -> None:
    """Sums by the hour of what happened, for reports."""
    with _applications[0].app_context():
        rounds.roll_up(current_app.config["CLOCK"].now())


@huey.periodic_task(crontab(minute="*"))
def measure_each_minute() -> None:
    """What messages add, against those that were deliberately sent nothing: where the last figure is old."""
    with _applications[0].app_context():
        rounds.measure(current_app.config["CLOCK"].now())
