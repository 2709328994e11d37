"""`python -m app.demo.prepare`: migrate and fill the database, in one process so that the shop is imported once."""

import os

from flask.cli import ScriptInfo

COMMANDS = (("db", "upgrade"), ("demo", "seed"))


def main() -> None:
    """What `flask --app wsgi db upgrade` and `flask --app wsgi demo seed` do. Both change nothing when run again."""
    from wsgi import app

    for command in COMMANDS:
        app.cli.main(args=list(command), standalone_mode=False, obj=ScriptInfo(create_app=lambda: app))


if __name__ == "__main__":
    os.environ.setdefault("FLASK_APP", "wsgi")
    main()
