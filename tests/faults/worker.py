"""A process that settles payments and carries out refunds until it is killed: `python -m tests.faults.worker STORE`."""

import sys
from datetime import timedelta
from uuid import UUID

from app.database.tenancy import use_store
from app.events import relay
from app.factory import create_app
from app.ids import StoreId
from app.orders import sweeping
from app.payments.registry import providers
from tests.conftest import NOW


def main(store: str) -> None:
    app = create_app()
    with app.app_context():
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        for minutes in range(2, 10_000):
            moment = NOW + timedelta(minutes=minutes)
            with use_store(StoreId(UUID(store))):
                sweeping.sweep(providers(app.config["DUALCART"]), moment)
            relay.drain(lambda moment=moment: moment)


if __name__ == "__main__":
    main(sys.argv[1])
