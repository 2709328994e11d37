"""`flask catalog import FILE`: bring a product file of Shopify into a store."""

import sys
from collections import Counter
from pathlib import Path
from typing import IO, BinaryIO

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError

from app.catalog.drafts import RowRefusal
from app.catalog.file_import import import_file
from app.catalog.importing import Taken
from app.catalog.shopify_columns import UnusableFile
from app.cli.stores import chosen_store, give_up
from app.database.tenancy import use_store
from app.stores.directory import StoreView

ALL_TAKEN, SOME_REFUSED = 0, 1
REPORTED_EVERY = 1_000

catalog = AppGroup("catalog", help="The catalogue of a store.")


@catalog.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--store", "slug", help="The store's slug (default: DEFAULT_STORE, or the only store there is).")
@click.option("--dry-run", is_flag=True, help="Report what would happen; write nothing.")
@click.option("--quiet", is_flag=True, help="Report only what was refused, and the sum.")
def import_command(file: Path, slug: str | None, dry_run: bool, quiet: bool) -> None:
    """Import the products of FILE (Shopify's product CSV; see docs/catalogue-csv.md).

    Exit code: 0 everything was taken, 1 something was refused, 2 the file could not be used.
    """
    try:
        store = chosen_store(slug)
        with file.open("rb") as opened, use_store(store.id):
            counts = _report(opened, store, dry_run=dry_run, quiet=quiet)
    except UnusableFile as unusable:
        give_up(f"{file}: {unusable.sentence}")
    except OSError as error:
        give_up(f"{file}: {error.strerror}.")
    except OperationalError:
        give_up("The database went away. What is reported above was taken; import the file again for the rest.")
    click.echo(_sum(counts, dry_run))
    sys.exit(SOME_REFUSED if counts["refused"] else ALL_TAKEN)


def _report(file: BinaryIO, store: StoreView, *, dry_run: bool, quiet: bool) -> Counter[str]:
    counts: Counter[str] = Counter()
    refused_before = ""
    now = current_app.config["CLOCK"].now()
    results = import_file(file, currency=store.currency, locale=store.locales[0], now=now, dry_run=dry_run)
    for result in results:
        if isinstance(result, RowRefusal):
            counts["refused"] += result.handle != refused_before or not result.handle
            refused_before = result.handle
            click.echo(f"line {result.line}\t{_plain(result.handle)}\trefused\t{result.code}\t{result.sentence}")
            continue
        counts[result.outcome] += 1
        counts["variants"] += result.variants
        counts["withdrawn"] += result.withdrawn
        if not quiet:
            click.echo(f"line {result.line}\t{result.handle}\t{result.outcome}\t{_extent(result)}")
        _progress(counts, sys.stderr)
    return counts


def _extent(taken: Taken) -> str:
    withdrawn = f", {taken.withdrawn} withdrawn" if taken.withdrawn else ""
    return f"{taken.variants} variant{'s' if taken.variants != 1 else ''}{withdrawn}"


def _progress(counts: Counter[str], stream: IO[str]) -> None:
    taken = counts["created"] + counts["updated"] + counts["unchanged"]
    if taken % REPORTED_EVERY == 0 and stream.isatty():
        click.echo(f"{taken} products taken, {counts['refused']} refused", file=stream)


def _sum(counts: Counter[str], dry_run: bool) -> str:
    start = "Nothing was written. Would be: " if dry_run else ""
    return (
        f"{start}{counts['created']} created, {counts['updated']} updated, {counts['unchanged']} unchanged, "
        f"{counts['refused']} refused; {counts['variants']} variants, {counts['withdrawn']} withdrawn."
    )


def _plain(handle: str) -> str:
    """A handle as it may be printed: nothing that a terminal would obey."""
    return "".join(character if character.isprintable() else "?" for character in handle) or "-"
