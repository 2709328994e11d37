"""Roles, database and extensions: what a superuser prepares once before the migrations can run as the owner."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from app.embedded.postgres import SUPERUSER, Postgres
from app.embedded.process import BadAddress

OWNER = "dualcart_owner"
APPLICATION = "dualcart_app"
DATABASE = "dualcart"
EXTENSIONS = ("pg_trgm", "btree_gin", "unaccent")
OLDEST_SERVER = 15

Connection = psycopg.Connection[tuple[Any, ...]]


def provision(server: Postgres) -> None:
    """Make what is missing on our own server. The application's role is neither owner nor superuser nor above RLS."""
    with _connected(
        server.url(SUPERUSER, "template1"), "PostgreSQL"
    ) as template:  # so that every new database has them
        _create_extensions(template)
    with _connected(server.url(SUPERUSER, "postgres"), "PostgreSQL") as admin:
        for role in (OWNER, APPLICATION):
            if not _exists(admin, "SELECT 1 FROM pg_roles WHERE rolname = %s", role):
                admin.execute(
                    sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS").format(
                        sql.Identifier(role)
                    )
                )
        if not _exists(admin, "SELECT 1 FROM pg_database WHERE datname = %s", DATABASE):
            create_database(admin, DATABASE)


def create_database(admin: Connection, name: str, template: str = "template1") -> None:
    """Make the database `name`, owned by the owner, as a copy of `template`."""
    admin.execute(
        sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(OWNER), sql.Identifier(template)
        )
    )


def provision_outside(owner_url: str, application_url: str, role: str = APPLICATION) -> None:
    """Prepare a database that somebody else runs, as far as its owner may, and let the application take its role.

    Raises BadAddress: what is wrong with it, or the SQL that an administrator has to run there.
    """
    with _connected(owner_url, "DATABASE_OWNER_URL" if owner_url != application_url else "DATABASE_URL") as owner:
        _check_server(owner)
        todo = _make_role(owner, role) + _create_extensions(owner)
        with _connected(application_url, "DATABASE_URL") as application:
            todo += _let_in(owner, application, role)
    if todo:
        raise BadAddress(f"An administrator of the database must run: {'; '.join(todo)};")


def _check_server(owner: Connection) -> None:
    version = owner.info.server_version // 10000
    if version < OLDEST_SERVER:
        raise BadAddress(f"PostgreSQL {OLDEST_SERVER} or newer is needed; DATABASE_URL leads to version {version}.")
    encoding = owner.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise BadAddress(f"The database of DATABASE_URL must be encoded in UTF8; it is in {encoding}.")


def _make_role(owner: Connection, role: str) -> list[str]:
    """Make the application's role. Returns the SQL that the owner may not run."""
    found = owner.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    if found is None:
        return _attempt(owner, sql.SQL("CREATE ROLE {} NOLOGIN NOSUPERUSER NOBYPASSRLS").format(sql.Identifier(role)))
    if found[0]:
        return [_text(owner, sql.SQL("ALTER ROLE {} NOSUPERUSER NOBYPASSRLS").format(sql.Identifier(role)))]
    return []


def _let_in(owner: Connection, application: Connection, role: str) -> list[str]:
    """See that whoever the application logs in as can become `role`. Returns the SQL that the owner may not run."""
    become = sql.SQL("SET ROLE {}").format(sql.Identifier(role))
    try:
        application.execute(become)
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidParameterValue):
        login = sql.Identifier(application.info.user)
        return _attempt(owner, sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), login))
    return []


def _create_extensions(connection: Connection) -> list[str]:
    """Make the extensions that are missing. Returns the SQL that this role may not run."""
    refused: list[str] = []
    for name in EXTENSIONS:
        if _exists(connection, "SELECT 1 FROM pg_extension WHERE extname = %s", name):
            continue
        if not _exists(connection, "SELECT 1 FROM pg_available_extensions WHERE name = %s", name):
            raise BadAddress(f"The PostgreSQL server lacks the extension {name}; install its contrib package.")
        refused += _attempt(connection, sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(name)))
    return refused


def _attempt(connection: Connection, statement: sql.Composed) -> list[str]:
    """Run `statement`; if that is not permitted, return its text."""
    try:
        connection.execute(statement)
    except psycopg.errors.InsufficientPrivilege:
        return [_text(connection, statement)]
    except psycopg.errors.UndefinedObject:  # a grant of the role that we were not permitted to make
        return [_text(connection, statement)]
    return []


def _text(connection: Connection, statement: sql.Composed) -> str:
    return statement.as_string(connection)


def _exists(connection: Connection, query: str, name: str) -> bool:
    return connection.execute(query.encode(), [name]).fetchone() is not None


@contextmanager
def _connected(url: str, variable: str) -> Iterator[Connection]:
    """A connection that commits each statement. Raises BadAddress with one sentence that names the variable."""
    address = url.replace("postgresql+psycopg://", "postgresql://", 1).replace("postgres://", "postgresql://", 1)
    try:
        connection: Connection = psycopg.connect(address, autocommit=True, connect_timeout=5)
    except psycopg.Error as error:
        reason = " ".join(str(error).split())
        raise BadAddress(f"{variable} leads to no usable database: {reason[:300]}") from None
    with connection:
        yield connection
