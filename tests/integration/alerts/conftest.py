"""Real PostgreSQL and SMTP; letters leave when a test says so."""

from tests.integration.accounts.conftest import deliver
from tests.integration.catalog.conftest import take
from tests.web.accounts.conftest import nobody_is_woken
from tests.web.alerts.conftest import customer, guest, kettle

__all__ = ["customer", "deliver", "guest", "kettle", "nobody_is_woken", "take"]
