"""Identifiers: UUIDv7 (RFC 9562), so that keys made later sort later and indexes grow at one end."""

from typing import NewType
from uuid import UUID

import uuid_utils
import uuid_utils.compat

OrganizationId = NewType("OrganizationId", UUID)
StoreId = NewType("StoreId", UUID)
CustomerId = NewType("CustomerId", UUID)
StaffId = NewType("StaffId", UUID)
ProductId = NewType("ProductId", UUID)
VariantId = NewType("VariantId", UUID)
CategoryId = NewType("CategoryId", UUID)
CartId = NewType("CartId", UUID)
LineId = NewType("LineId", UUID)
OrderId = NewType("OrderId", UUID)


def new_id() -> UUID:
    """A fresh UUIDv7."""
    return uuid_utils.compat.uuid7()


def new_id_text() -> str:
    """The same as text, for forms: a page has one in each, and making an object only to write it down costs ten times as much."""
    return str(uuid_utils.uuid7())


def parse_id(text: object) -> UUID | None:
    """The UUID that `text` spells, or None: identifiers from outside are never trusted to be well formed."""
    if not isinstance(text, str) or len(text) not in (32, 36):
        return None
    try:
        return UUID(text)
    except ValueError:
        return None
