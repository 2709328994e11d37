"""`flask recovery`: the operator's commands about episodes and messages."""

from flask.cli import AppGroup

recovery = AppGroup("recovery", help="Abandoned carts and what is sent about them.")
