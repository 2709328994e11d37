"""Tables of customers and staff."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base


class Customer(Base):
    """A person known to a store. `email` is stored as accounts/addresses.py normalizes it.

    With a password it is an account, and the address has been proved; without, a mere contact somebody gave at
    checkout, of which there may be several with one address. `merged_into` is the account a contact turned out to be.
    """

    __tablename__ = "customers"
    __table_args__ = (
        Index(
            "uq_customers_store_id_email_account",
            "store_id",
            "email",
            unique=True,
            postgresql_where=text("password_hash IS NOT NULL"),
        ),
        Index("ix_customers_store_id_email", "store_id", "email"),
        Index(
            "ix_customers_store_id_merged_into",
            "store_id",
            "merged_into",
            postgresql_where=text("merged_into IS NOT NULL"),
        ),
        Index("ix_customers_store_id_name_folded", "store_id", "name_folded", "id"),
        Index("ix_customers_store_id_phone", "store_id", "phone", postgresql_where=text("phone <> ''")),
        ForeignKeyConstraint(["store_id", "merged_into"], ["customers.store_id", "customers.id"]),
    )

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    name: Mapped[str]
    # Looked for by its start: by code points, whatever the server's collation, as row level security lets an index be used.
    name_folded: Mapped[str] = mapped_column(
        Text(collation="C"), Computed("lower(translate(name, 'يك', 'یک'))", persisted=True), nullable=True
    )
    password_hash: Mapped[str | None]
    email_verified_at: Mapped[datetime | None]
    locale: Mapped[str]
    created_at: Mapped[datetime]
    merged_into: Mapped[UUID | None]
    signed_out_at: Mapped[datetime | None]  # everywhere, the last time (accounts/standing_in.py)
    phone: Mapped[str] = mapped_column(server_default="")  # E.164; may be written to once it is confirmed
    phone_confirmed_at: Mapped[datetime | None]
    time_zone: Mapped[str] = mapped_column(server_default="")  # IANA name, as their browser said
    country: Mapped[str] = mapped_column(server_default="")  # ISO 3166-1 alpha-2, of the last address they gave
    region: Mapped[str] = mapped_column(server_default="")  # ISO 3166-2 subdivision without the country, like CA


class ConsentRow(Base):
    """What a person said about being written to: append-only, with the very words they were shown."""

    __tablename__ = "consents"
    __table_args__ = (
        ForeignKeyConstraint(["store_id", "customer_id"], ["customers.store_id", "customers.id"]),
        Index("ix_consents_store_id_customer_id", "store_id", "customer_id"),
        CheckConstraint("channel IN ('email', 'sms', 'push')", name="channel"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID]
    channel: Mapped[str]
    purpose: Mapped[str]
    granted: Mapped[bool]
    wording: Mapped[str]
    locale: Mapped[str]
    source: Mapped[str]
    said_at: Mapped[datetime]


class StaffMember(Base):
    """A console user of a store, with one role there; the same person in another store of the organization is another row.

    Who was removed keeps the row, so that the audit log still knows a name, and opens nothing.
    """

    __tablename__ = "staff_members"
    __table_args__ = (
        UniqueConstraint("store_id", "email"),
        CheckConstraint("role IN ('seller', 'analyst', 'admin', 'owner')", name="role"),
        CheckConstraint("theme IN ('system', 'light', 'dark')", name="theme"),
    )

    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str]
    role: Mapped[str]
    created_at: Mapped[datetime]
    locale: Mapped[str] = mapped_column(server_default="en")  # of letters to them: the one they last signed in with
    theme: Mapped[str] = mapped_column(server_default="system")
    last_signed_in_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]


class StaffInvitation(Base):
    """A letter with a link that makes its reader a member of staff, once, until it expires or is revoked."""

    __tablename__ = "staff_invitations"
    __table_args__ = (
        UniqueConstraint("store_id", "token_hash"),
        ForeignKeyConstraint(["store_id", "invited_by"], ["staff_members.store_id", "staff_members.id"]),
        CheckConstraint("role IN ('seller', 'analyst', 'admin', 'owner')", name="role"),
        Index(
            "uq_staff_invitations_store_id_email_open",
            "store_id",
            "email",
            unique=True,
            postgresql_where=text("accepted_at IS NULL AND revoked_at IS NULL"),
        ),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    role: Mapped[str]
    token_hash: Mapped[str]
    locale: Mapped[str]
    invited_by: Mapped[UUID | None]  # None: by the operator
    invited_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    vendors: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))  # whose products a seller sees figures of


class StaffVendor(Base):
    """A vendor of whose products a seller sees figures: `vendor` as catalog/vendors.py compares it, `name` as it was spelled."""

    __tablename__ = "staff_vendors"
    __table_args__ = (
        ForeignKeyConstraint(
            ["store_id", "staff_id"], ["staff_members.store_id", "staff_members.id"], ondelete="CASCADE"
        ),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(primary_key=True)
    vendor: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class StaffPasskey(Base):
    """A passkey of a member of staff: what its authenticator is known by (base64url), and what they call it."""

    __tablename__ = "staff_passkeys"
    __table_args__ = (
        UniqueConstraint("store_id", "credential_id"),
        ForeignKeyConstraint(
            ["store_id", "staff_id"], ["staff_members.store_id", "staff_members.id"], ondelete="CASCADE"
        ),
        Index("ix_staff_passkeys_store_id_staff_id", "store_id", "staff_id"),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[UUID]
    name: Mapped[str]
    credential_id: Mapped[str]
    public_key: Mapped[str]
    sign_count: Mapped[int] = mapped_column(BigInteger())
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class StaffDismissal(Base):
    """A notice that somebody has put away: its kind, and what it was about when they saw it."""

    __tablename__ = "staff_dismissals"
    __table_args__ = (
        ForeignKeyConstraint(
            ["store_id", "staff_id"], ["staff_members.store_id", "staff_members.id"], ondelete="CASCADE"
        ),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    mark: Mapped[str]
    dismissed_at: Mapped[datetime]


class StaffFactor(Base):
    """The second factor of a member of staff: its secret sealed (app/sealing.py), and the last step a code was taken of."""

    __tablename__ = "staff_factors"
    __table_args__ = (
        ForeignKeyConstraint(
            ["store_id", "staff_id"], ["staff_members.store_id", "staff_members.id"], ondelete="CASCADE"
        ),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(primary_key=True)
    secret: Mapped[str]
    last_step: Mapped[int] = mapped_column(BigInteger())
    confirmed_at: Mapped[datetime]


class StaffRecoveryCode(Base):
    """A code for who has lost the phone, known by its keyed hash, good once."""

    __tablename__ = "staff_recovery_codes"
    __table_args__ = (
        ForeignKeyConstraint(
            ["store_id", "staff_id"], ["staff_members.store_id", "staff_members.id"], ondelete="CASCADE"
        ),
    )

    store_id: Mapped[UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(primary_key=True)
    code_hash: Mapped[str] = mapped_column(primary_key=True)
    used_at: Mapped[datetime | None]
