"""No store sees another's rows, whatever the query says; outside of a store nothing is seen at all."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app import blueprints  # noqa: F401  every room, and so every table
from app.audit import models as _audit  # noqa: F401
from app.database.base import Base, db
from app.database.tenancy import use_store
from app.jobs import models as _jobs  # noqa: F401
from app.orders import models as _orders  # noqa: F401
from app.orders import review_models as _reviews  # noqa: F401
from app.payments import models as _payments  # noqa: F401
from app.promotions import models as _promotions  # noqa: F401
from app.recovery import adoption_models as _adoptions  # noqa: F401
from app.recovery import message_models as _messages  # noqa: F401
from app.recovery import models as _recovery  # noqa: F401
from app.recovery import phone_models as _phones  # noqa: F401
from app.sellers import models as _sellers  # noqa: F401
from app.webhooks import models as _webhooks  # noqa: F401
from tests.factories import make_customer, make_product

TENANT_TABLES = sorted(
    name for name, table in Base.metadata.tables.items() if "store_id" in table.columns and name != "store_hosts"
)

ORGANIZATIONS_TABLES = ["organization_setting_changes", "organization_settings"]


def test_every_table_of_a_store_has_forced_row_level_security(in_store: Any) -> None:
    rows = db.session.execute(
        text("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity ORDER BY relname")
    )
    assert sorted(rows.scalars()) == sorted([*TENANT_TABLES, *ORGANIZATIONS_TABLES])


def test_keys_and_indexes_lead_with_the_store(in_store: Any) -> None:
    rows = db.session.execute(
        text("""SELECT i.indexrelid::regclass::text, a.attname FROM pg_index i
                JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                WHERE i.indrelid::regclass::text = ANY(:tables)"""),
        {"tables": TENANT_TABLES},
    ).all()
    others = {name for name, column in rows if column != "store_id"}
    # Workers take what is due in all stores.
    assert others == {
        "ix_outbox_due",
        "ix_outbox_dropped_at",
        "ix_messages_due",
        "ix_messages_leases",
        "ix_webhook_deliveries_due",
    }


def test_rows_of_another_store_do_not_exist(app: Flask, make_store: Any) -> None:
    mine, other = make_store(), make_store()
    with app.app_context():
        with use_store(other.id):
            make_product()
            make_customer()
        with use_store(mine.id):
            for table in TENANT_TABLES:
                assert db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0
            db.session.rollback()
        for table in TENANT_TABLES:
            assert db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0
        db.session.rollback()


def test_a_row_cannot_be_written_into_another_store(app: Flask, make_store: Any) -> None:
    mine, other = make_store(), make_store()
    with app.app_context(), use_store(mine.id):
        with pytest.raises(Exception, match="row-level security"):
            db.session.execute(
                text("INSERT INTO store_settings (store_id, key, value) VALUES (:store, 'x', '1')"),
                {"store": other.id},
            )
        db.session.rollback()


def test_the_application_is_neither_owner_nor_superuser(in_store: Any) -> None:
    role = db.session.execute(text("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")).one()
    owned = db.session.execute(
        text("SELECT count(*) FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)")
    ).scalar_one()
    assert tuple(role) == (False, False)
    assert owned == 0


def test_the_store_does_not_outlive_its_transaction(app: Flask, store: Any) -> None:
    with app.app_context():
        with use_store(store.id):
            db.session.execute(text("SELECT 1"))
            db.session.rollback()
        raw = db.engine.raw_connection()
        try:
            setting = raw.cursor().execute("SELECT current_setting('app.store', true)").fetchone()[0]
        finally:
            raw.close()
    assert setting in (None, "")


def test_searching_as_the_owner_finds_only_this_stores_products(app: Flask, make_store: Any) -> None:
    mine, other = make_store(), make_store()
    found = text("SELECT count(*) FROM matching_products('kettle')")
    with app.app_context():
        for one in (mine, other):
            with use_store(one.id):
                make_product("Kettle")
        with use_store(mine.id):
            assert db.session.execute(found).scalar_one() == 1
            db.session.rollback()
        assert db.session.execute(found).scalar_one() == 0
        db.session.rollback()
