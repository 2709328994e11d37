"""Starting many shoppers at the same moment, each in a thread with a connection of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from flask import Flask

from app.database.base import db
from app.database.tenancy import use_store
from app.ids import StoreId


def race(app: Flask, store_id: StoreId, wishes: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each wish returned or raised, all begun at once."""
    barrier = Barrier(len(wishes))

    def run(wish: Callable[[], Any]) -> Any:
        with app.app_context(), use_store(store_id):
            barrier.wait(10)
            try:
                return wish()
            except Exception as error:
                return error
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(wishes)) as pool:
        return list(pool.map(run, wishes))
