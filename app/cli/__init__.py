"""The operator's commands: `flask --app wsgi …`."""

from flask import Flask

from app.cli import recovery_explain
from app.cli.campaigns import campaigns
from app.cli.carts import carts
from app.cli.catalog import catalog
from app.cli.clock import clock
from app.cli.demo import demo
from app.cli.orders import orders
from app.cli.recovery import recovery
from app.cli.recovery_mail import recovery_mail
from app.cli.routes import routes_matrix
from app.cli.settings import stores
from app.cli.simulate import command as simulate
from app.cli.staff import staff


def register(app: Flask) -> None:
    """Add every command."""
    recovery_explain.add_to(recovery)
    for command in (
        campaigns,
        carts,
        catalog,
        clock,
        demo,
        orders,
        recovery,
        recovery_mail,
        routes_matrix,
        simulate,
        staff,
        stores,
    ):
        app.cli.add_command(command)
