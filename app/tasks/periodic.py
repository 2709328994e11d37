"""The whole clock on one page: every task, and what it does. How often is in jobs/table.py."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from uuid import UUID

from flask import Flask, current_app
from huey import crontab

from app.alerts import service as alerts
from app.catalog import import_job
from app.console.exports import making as exports_making
from app.console.exports import service as exports
from app.database.tenancy import current_store_id
from app.events import dead, relay
from app.events.failures import PermanentFailure
from app.jobs import shares, ticks
from app.jobs.table import (
    DELIVER,
    DETECT,
    DRAIN,
    EXPIRE,
    EXPIRE_ALERTS,
    EXPLAIN,
    EXPORT,
    FORGET_EXPORTS,
    FORGET_TELLING,
    FORGET_TOLD,
    FREEZE,
    IMPORT,
    MEASURE,
    ROLL_UP,
    SALVAGE,
    SAVED,
    SETTLE,
    TELL,
    Job,
)
from app.orders import sweeping
from app.payments.registry import providers
from app.recovery import rounds
from app.sellers import rounds as sellers
from app.stores.turns import in_each_store
from app.tasks.queue import huey
from app.webhooks import delivering

DELIVERIES_KEPT = timedelta(days=30)

Work = Callable[[], object]

CARRIED_ON = 50.0  # seconds: the next turn is a minute away

_applications: list[Flask] = []
WORK: dict[str, Work] = {}


def run_in(app: Flask) -> None:
    """The application whose settings and servers the tasks of this process use."""
    _applications[:] = [app]


def runs(job: Job) -> Callable[[Work], Any]:
    """Do it whenever the job is due, and when somebody asks for it."""

    def schedule(work: Work) -> Any:
        WORK[job.key] = work

        @wraps(work)
        def tick() -> None:
            with _applications[0].app_context():
                work()

        return huey.periodic_task(crontab(minute=job.cron_minute))(tick)

    return schedule


def by_hand(payload: Mapping[str, Any], _row_id: UUID) -> None:
    """The outbox's handler of what staff ask for: the store's share of a task, once for each time it was asked for."""
    work = WORK.get(payload["task"])
    if work is None:
        raise PermanentFailure("unknown_task")
    with ticks.by_hand(datetime.fromisoformat(payload["asked_at"]), current_store_id()):
        work()


@huey.task()
def drain_outbox() -> None:
    """After a commit that recorded something: carry it out at once."""
    with _applications[0].app_context():
        relay.drain(current_app.config["CLOCK"].now)


@runs(DRAIN)
def drain_outbox_each_minute() -> None:
    """Whatever a lost wake-up or a crashed worker left behind; and what was dropped, once that cannot be undone."""

    def drain() -> int:
        dead.forget_dropped()
        return relay.drain(current_app.config["CLOCK"].now)

    ticks.once(DRAIN.key, DRAIN.each, drain)


@runs(SETTLE)
def settle_payments_each_minute() -> None:
    """Payments and refunds nobody has heard the end of, in every store."""
    ways = providers(current_app.config["DUALCART"])
    _in_each_store(SETTLE, lambda now: sweeping.sweep(ways, now))


@huey.task()
def tell_other_systems() -> None:
    """After a commit that told of an event: deliver it at once."""
    with _applications[0].app_context():
        _deliver_webhooks()


@runs(TELL)
def tell_other_systems_each_minute() -> None:
    """Webhooks that are due: tried again, or left behind by a lost wake-up or a crashed worker."""
    ticks.once(TELL.key, TELL.each, _deliver_webhooks)


@runs(FORGET_TELLING)
def forget_webhook_deliveries_each_hour() -> None:
    """Deliveries that ended are kept for 30 days."""
    _in_each_store(FORGET_TELLING, lambda now: delivering.forget(current_store_id(), now - DELIVERIES_KEPT))


@runs(EXPIRE_ALERTS)
def expire_alerts_each_hour() -> None:
    """Stock alerts that nobody could answer for 90 days end, and guests' addresses with them."""
    _in_each_store(EXPIRE_ALERTS, alerts.expire)


@runs(DETECT)
def find_abandoned_carts_each_minute() -> None:
    """Carts that were left: episodes, and the messages that follow."""
    rounds.find_abandoned(current_app.config["CLOCK"].now())


@runs(DELIVER)
def deliver_messages_each_minute() -> None:
    """Messages of recovery that are due, through the gate to their providers."""
    rounds.deliver_due(current_app.config["CLOCK"].now)


@runs(FORGET_TOLD)
def forget_channel_events_each_hour() -> None:
    """What channels' providers told is kept until they cannot tell it again."""
    rounds.forget_told(current_app.config["CLOCK"].now())


@runs(EXPLAIN)
def explain_abandoned_carts_each_minute() -> None:
    """Why those carts were left: reason, evidence, likelihood of coming back unaided."""
    rounds.explain_abandoned()


@runs(SAVED)
def remind_of_saved_things_each_hour() -> None:
    """What has been saved for long, and what became cheaper: episodes, and the messages that follow."""
    rounds.remind_of_saved(current_app.config["CLOCK"].now())


@runs(SALVAGE)
def salvage_carts_each_minute() -> None:
    """What was left for days is saved for the next purchase."""
    rounds.salvage_abandoned(current_app.config["CLOCK"].now())


@runs(EXPIRE)
def expire_carts_each_hour() -> None:
    """Carts that nobody has touched for weeks are archived."""
    rounds.expire_carts(current_app.config["CLOCK"].now())


@runs(IMPORT)
def carry_imports_on_each_minute() -> None:
    """Files of the catalogue whose worker died on the way: with the next product."""
    _in_each_store(IMPORT, lambda now: import_job.carry_on_all(now, seconds=CARRIED_ON))


@runs(EXPORT)
def carry_exports_on_each_minute() -> None:
    """Exports whose worker died on the way: behind the last part."""
    _in_each_store(EXPORT, lambda now: exports_making.carry_on_all(now, seconds=CARRIED_ON))


@runs(FORGET_EXPORTS)
def forget_exports_each_hour() -> None:
    """Exported files are kept for three days."""
    _in_each_store(FORGET_EXPORTS, exports.forget)


@runs(ROLL_UP)
def roll_up_each_minute() -> None:
    """Sums by the hour of what happened, for reports."""
    rounds.roll_up(current_app.config["CLOCK"].now())


@runs(MEASURE)
def measure_each_minute() -> None:
    """What messages add, against those that were deliberately sent nothing: where the last figure is old."""
    rounds.measure(current_app.config["CLOCK"].now())


@runs(FREEZE)
def freeze_weeks_each_hour() -> None:
    """Weeks that are over: what sellers may be told of them, once and for good."""
    sellers.freeze_weeks(current_app.config["CLOCK"].now())


def _deliver_webhooks() -> int:
    config = current_app.config["DUALCART"]
    return delivering.deliver(
        current_app.config["CLOCK"].now,
        key=config.secret_key,
        public_only=not config.demo,
        paused=shares.standings(TELL.key).paused,
    )


def _in_each_store(job: Job, work: Callable[[datetime], object]) -> None:
    now: datetime = current_app.config["CLOCK"].now()

    def share() -> int:
        done = work(now)
        return done if isinstance(done, int) else 0

    in_each_store(job, share)
