"""Roles and rights: the application is neither owner nor superuser, on our server and on somebody else's."""

import os
import subprocess
import sys

import psycopg
import pytest
from psycopg import sql

from app.embedded.postgres import SUPERUSER, Postgres
from app.embedded.process import BadAddress
from app.embedded.provision import APPLICATION, DATABASE, EXTENSIONS, OWNER, provision, provision_outside

Connection = psycopg.Connection[tuple[object, ...]]


@pytest.fixture(scope="module")
def provisioned(running: Postgres) -> Postgres:
    """The server, made ready for the shop; twice, because every start does it."""
    provision(running)
    provision(running)
    return running


def connect(server: Postgres, role: str, database: str = DATABASE) -> Connection:
    return psycopg.connect(server.url(role, database), autocommit=True)


def database_of(server: Postgres, name: str, *, rights: str = "") -> str:
    """A database of somebody else, and its owner of the same name. Returns the owner's address."""
    with connect(server, SUPERUSER, "postgres") as admin:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN " + rights).format(sql.Identifier(name)))
        admin.execute(sql.SQL("CREATE DATABASE {0} OWNER {0} TEMPLATE template0").format(sql.Identifier(name)))
    return server.url(name, name)


def test_the_application_has_no_power_over_the_database(provisioned: Postgres) -> None:
    with connect(provisioned, APPLICATION) as application:
        powers = application.execute(
            "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, pg_has_role(%s, 'MEMBER')"
            " FROM pg_roles WHERE rolname = current_user",
            [OWNER],
        ).fetchone()
        assert powers == (False, False, False, False, False)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            application.execute("CREATE TABLE mine (x int)")


def test_the_owner_owns_the_database_and_nothing_more(provisioned: Postgres) -> None:
    with connect(provisioned, OWNER) as owner:
        owner.execute("CREATE TABLE theirs (x int)")
        powers = owner.execute("SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user").fetchone()
    assert powers == (False, False)


def test_extensions_are_there_and_in_every_new_database(provisioned: Postgres) -> None:
    with connect(provisioned, SUPERUSER, "postgres") as admin:
        admin.execute("CREATE DATABASE another")
    for database in (DATABASE, "another"):
        with connect(provisioned, SUPERUSER, database) as connection:
            found = {row[0] for row in connection.execute("SELECT extname FROM pg_extension")}
        assert found.issuperset(EXTENSIONS)


def test_an_outside_owner_who_may_do_it_gets_everything_made(running: Postgres) -> None:
    url = database_of(running, "able", rights="CREATEROLE")
    provision_outside(url, url, role="able_app")
    provision_outside(url, url, role="able_app")
    with psycopg.connect(url) as owner:
        owner.execute("SET LOCAL ROLE able_app")
        assert owner.execute("SELECT current_user").fetchone() == ("able_app",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            owner.execute("CREATE TABLE mine (x int)")


def test_an_outside_login_of_its_own_is_let_in(running: Postgres) -> None:
    url = database_of(running, "landlord", rights="CREATEROLE")
    with connect(running, SUPERUSER, "postgres") as admin:
        admin.execute("CREATE ROLE lodger LOGIN")
    login = running.url("lodger", "landlord")
    provision_outside(url, login, role="landlord_app")
    with psycopg.connect(login) as application:
        application.execute("SET ROLE landlord_app")


def test_what_an_outside_owner_may_not_do_is_named(running: Postgres) -> None:
    url = database_of(running, "unable")
    with pytest.raises(BadAddress) as refusal:
        provision_outside(url, url, role="unable_app")
    assert str(refusal.value) == (
        "An administrator of the database must run: "
        'CREATE ROLE "unable_app" NOLOGIN NOSUPERUSER NOBYPASSRLS; GRANT "unable_app" TO "unable";'
    )


def test_a_role_above_row_level_security_is_refused(running: Postgres) -> None:
    url = database_of(running, "careless")
    with connect(running, SUPERUSER, "postgres") as admin:
        admin.execute("CREATE ROLE careless_app BYPASSRLS")
        admin.execute("GRANT careless_app TO careless")
    with pytest.raises(BadAddress, match='ALTER ROLE "careless_app" NOSUPERUSER NOBYPASSRLS'):
        provision_outside(url, url, role="careless_app")


def test_another_encoding_is_refused(running: Postgres) -> None:
    with connect(running, SUPERUSER, "postgres") as admin:
        admin.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0")
    url = running.url(SUPERUSER, "latin")
    with pytest.raises(BadAddress, match="UTF8"):
        provision_outside(url, url)


@pytest.mark.parametrize("prefix", ["postgresql://", "postgres://", "postgresql+psycopg://"])
def test_every_spelling_of_an_address_is_understood(prefix: str) -> None:
    url = f"{prefix}somebody:secret@127.0.0.1:1/shop"
    with pytest.raises(BadAddress, match=r"DATABASE_URL leads to no usable database: .*127.0.0.1") as refusal:
        provision_outside(url, url)
    assert "secret" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_importing_the_servers_needs_no_application() -> None:
    program = "import sys, app.embedded.servers; sys.exit('flask' in sys.modules or 'sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False, env=dict(os.environ)).returncode == 0
