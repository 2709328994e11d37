"""The same staff as for the rest of the console, and letters that arrive when a test says so."""

from tests.integration.accounts.conftest import deliver
from tests.web.accounts.conftest import nobody_is_woken
from tests.web.console.conftest import staffed, visitor

__all__ = ["deliver", "nobody_is_woken", "staffed", "visitor"]
