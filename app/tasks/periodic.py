"""The whole clock on one page: every task, how often it runs, what it does."""

from functools import lru_cache

from flask import Flask, current_app
from huey import crontab

from app.events import relay
from app.tasks.queue import huey


@lru_cache(maxsize=1)
def application() -> Flask:
    """The application of this worker process, built when the first task runs."""
    from app.factory import create_app

    return create_app()


@huey.task()
def drain_outbox() -> None:
    """After a commit that recorded something: carry it out at once."""
    with application().app_context():
        relay.drain(current_app.config["CLOCK"].now)


@huey.periodic_task(crontab(minute="*"))
def drain_outbox_each_minute() -> None:
    """Whatever a lost wake-up or a crashed worker left behind."""
    with application().app_context():
        relay.drain(current_app.config["CLOCK"].now)
