"""`flask recovery-mail take-in < message`: where a mail server pipes what comes back to MAIL_FROM."""

import sys

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError

from app.channels.composing import domain
from app.config import Config
from app.recovery import callbacks, dsn

LARGEST = 2_000_000  # reports return headers, or a whole message of ours
TRY_LATER = 75  # EX_TEMPFAIL of sysexits.h, by which mail servers keep a message and pipe it again

recovery_mail = AppGroup("recovery-mail", help="Mail that comes back: bounces and complaints.")


@recovery_mail.command("take-in")
def take_in() -> None:
    """Read one message from standard input. What is no report about a message of ours changes nothing."""
    config: Config = current_app.config["DUALCART"]
    now = current_app.config["CLOCK"].now()
    raw = sys.stdin.buffer.read(LARGEST)
    try:
        taken = callbacks.take_in(dsn.read(raw, domain=domain(config), now=now), now)
    except OperationalError:
        raise SystemExit(TRY_LATER) from None
    click.echo(f"{taken} taken in")
