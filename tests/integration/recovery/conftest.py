"""Real PostgreSQL and SMTP; what the outbox holds is carried out when a test says so."""

from tests.integration.accounts.conftest import deliver
from tests.web.accounts.conftest import nobody_is_woken

__all__ = ["deliver", "nobody_is_woken"]
