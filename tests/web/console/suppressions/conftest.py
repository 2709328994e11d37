"""The same staff as for the rest of the console."""

from tests.web.console.conftest import staffed, visitor

__all__ = ["staffed", "visitor"]
