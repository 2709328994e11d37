"""When we are root: as whom PostgreSQL runs instead, and what that user can reach."""

import os
import pwd
import subprocess
from pathlib import Path

from app.embedded.process import Account, ServerError


def account_for(data: Path) -> Account:
    """The owner of an existing cluster, so that root may go on with what a user began; else `nobody`."""
    try:
        owner = data.stat().st_uid
        entry = pwd.getpwuid(owner) if owner != 0 else pwd.getpwnam("nobody")
    except FileNotFoundError:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise ServerError(
            f"{data} belongs to an unknown user; give it to nobody, or start over with --fresh."
        ) from None
    return Account(entry.pw_uid, entry.pw_gid)


def may_enter(account: Account, path: Path) -> bool:
    """Whether `account` can execute (a file) or pass through (a folder) `path`."""
    question = ["/usr/bin/test", "-x", os.fspath(path)]
    tested = subprocess.run(question, check=False, cwd="/", **account.popen_arguments)  # noqa: S603  our own program
    return tested.returncode == 0
