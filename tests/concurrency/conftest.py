"""Races are about the shop: what would follow (receipts, letters) is not carried out in their threads."""

from tests.web.accounts.conftest import nobody_is_woken

__all__ = ["nobody_is_woken"]
