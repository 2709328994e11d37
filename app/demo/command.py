"""The command line of the demo. Exit codes: 0 stopped, 1 something failed, 2 wrong environment."""

import argparse
import os
import sys

from app.config import BadConfiguration
from app.demo import environment
from app.demo.environment import Environment
from app.demo.supervisor import Demo, say
from app.embedded.process import BadAddress, ServerError

DESCRIPTION = "Run the whole shop on this machine: PostgreSQL, Valkey, mail, web and worker, until Ctrl-C."
VARIABLES = """\
environment:
  PORT                8000; 0 for any free port
  HOST                127.0.0.1; 0.0.0.0 to be reachable from outside (a container)
  INSTANCE            the folder for databases, mail, logs and keys (instance)
  DATABASE_URL        postgresql://user:password@host/name, to use your own PostgreSQL (15 or newer)
  DATABASE_OWNER_URL  who runs the migrations there (DATABASE_URL)
  REDIS_URL           redis://host:6379/0, to use your own Redis or Valkey
  SMTP_URL            smtp://host:25, to send mail for real; else it is kept in the demo's mailbox
  YEAR                500 baskets of a made-up year, so that the console has something to show; 0 for none
  SECRET_KEY          32 characters or more (made once and kept in INSTANCE)
"""


def main() -> int:
    """Parse, check, run."""
    parser = argparse.ArgumentParser(
        "bin/demo", description=DESCRIPTION, epilog=VARIABLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fresh", action="store_true", help="start over: forget all data of earlier runs")
    arguments = parser.parse_args()
    try:
        Demo(environment.read(os.environ)).run(announce, fresh=arguments.fresh)
    except (BadConfiguration, BadAddress) as error:
        return refuse(error, 2)
    except ServerError as error:
        return refuse(error, 1)
    return 0


def refuse(error: Exception, code: int) -> int:
    """One sentence for the person at the terminal. Returns the exit code."""
    sys.stderr.write(f"bin/demo: {error}\n")
    return code


def announce(settings: Environment) -> None:
    """The READY line, which scripts wait for, and what a person wants to know next."""
    say(f"READY {settings.origin}/")
    from app.demo.accounts import DEMO_ACCOUNTS  # only now: it brings half of the shop with it

    say("")
    rows = [(one.role, one.email, one.password, settings.origin + one.sign_in_path) for one in DEMO_ACCOUNTS]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        say("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    if not settings.smtp_url:
        say(f"  mail sent by the shop: {settings.origin}/demo/mailbox")
    say("Ctrl-C stops everything; the data are kept.")
