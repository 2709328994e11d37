"""Which page of the integrations answers where, and for whom."""

from flask import Blueprint

from app.accounts.guards import requires_role
from app.console.integrations import cards_page, webhook_actions, webhook_pages
from app.console.shell import ADMIN_UP, ANALYST_UP


def add(bp: Blueprint) -> None:
    """Hang them. Analysts see; admins and owners act."""
    see, act = requires_role(*ANALYST_UP), requires_role(*ADMIN_UP)
    there = "/integrations"
    bp.add_url_rule(there, "integrations", see(cards_page.show))
    bp.add_url_rule(f"{there}/checks", "integration_check", act(cards_page.check), methods=["POST"])
    bp.add_url_rule(f"{there}/test-email", "integration_test_email", act(cards_page.send_test), methods=["POST"])
    bp.add_url_rule(f"{there}/webhooks/new", "integration_new_webhook", act(webhook_pages.new))
    bp.add_url_rule(f"{there}/webhooks", "integration_add_webhook", act(webhook_actions.create), methods=["POST"])
    one = f"{there}/webhooks/<endpoint_id>"
    bp.add_url_rule(one, "integration_webhook", see(webhook_pages.show))
    bp.add_url_rule(f"{one}/deliveries/<delivery_id>", "integration_delivery", see(webhook_pages.delivery))
    for name, path, view in (
        ("change", "settings", webhook_actions.change),
        ("switch", "switch", webhook_actions.switch),
        ("remove", "removal", webhook_actions.remove),
        ("rotate", "secret", webhook_actions.rotate),
        ("end_overlap", "old-secret/removal", webhook_actions.end_overlap),
        ("test", "test", webhook_actions.test),
        ("again", "deliveries/again", webhook_actions.again),
    ):
        bp.add_url_rule(f"{one}/{path}", f"integration_webhook_{name}", act(view), methods=["POST"])
