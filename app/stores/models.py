"""Tables of organizations, stores, their host names and settings."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base


class Organization(Base):
    """The tenant: whoever pays for one or more stores."""

    __tablename__ = "organizations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    created_at: Mapped[datetime]


class Store(Base):
    """One shop of an organization."""

    __tablename__ = "stores"
    __table_args__ = (CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), index=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[dict[str, Any]]
    locales: Mapped[list[str]]
    currency: Mapped[str]
    time_zone: Mapped[str] = mapped_column(server_default="UTC")
    created_at: Mapped[datetime]


class StoreHost(Base):
    """A host name under which a store answers."""

    __tablename__ = "store_hosts"

    host: Mapped[str] = mapped_column(primary_key=True)
    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id", ondelete="CASCADE"), index=True)


class OrganizationSetting(Base):
    """A setting that differs from its default in all stores of an organization that have not set it themselves."""

    __tablename__ = "organization_settings"

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB())
    changed_at: Mapped[datetime]
    changed_by: Mapped[str]


class StoreSetting(Base):
    """A setting that differs from what the store inherits, or one of its segments from the store (app/stores/levels.py)."""

    __tablename__ = "store_settings"

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True)
    segment: Mapped[str] = mapped_column(primary_key=True, server_default="")
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB())
    changed_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    changed_by: Mapped[str] = mapped_column(server_default="")


class SettingChange(Base):
    """A version of a store's settings. `before` and `after` have what was set itself; what is missing was inherited.

    The application may add and read, never change. `level` as app.stores.levels.Level spells it.
    """

    __tablename__ = "setting_changes"

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[str]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str]
    why: Mapped[str]
    keys: Mapped[list[str]]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    takes_back: Mapped[int | None]
    restores: Mapped[int | None]


class OrganizationSettingChange(Base):
    """A version of an organization's settings, made at the store `made_at`. Append-only, like SettingChange."""

    __tablename__ = "organization_setting_changes"

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    made_at: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), index=True)
    level: Mapped[str]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str]
    why: Mapped[str]
    keys: Mapped[list[str]]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    takes_back: Mapped[int | None]
    restores: Mapped[int | None]
