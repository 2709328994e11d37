"""The doors of users and roles."""

from flask import Blueprint

from app.accounts.guards import for_guests, requires_role
from app.console.people import invitation_pages, list_page, person_page

_owners = requires_role("owner")


def add(bp: Blueprint) -> None:
    """Hang them. The page of an invitation is open: its token says who may."""
    bp.add_url_rule("/people", "people", _owners(list_page.show))
    bp.add_url_rule("/people/invitations", "invite", _owners(invitation_pages.invite), methods=["POST"])
    one = "/people/invitations/<invitation_id>"
    bp.add_url_rule(f"{one}/removal", "revoke_invitation", _owners(invitation_pages.revoke), methods=["POST"])
    bp.add_url_rule(f"{one}/return", "restore_invitation", _owners(invitation_pages.restore), methods=["POST"])
    person = "/people/<staff_id>"
    bp.add_url_rule(person, "person", _owners(person_page.show))
    bp.add_url_rule(f"{person}/role", "person_role", _owners(person_page.change_role), methods=["POST"])
    bp.add_url_rule(f"{person}/vendors", "person_vendors", _owners(person_page.assign_vendors), methods=["POST"])
    bp.add_url_rule(f"{person}/removal", "person_removal", _owners(person_page.remove), methods=["POST"])
    bp.add_url_rule(f"{person}/second-step", "person_reset", _owners(person_page.reset), methods=["POST"])
    bp.add_url_rule(f"{person}/lock", "person_unlock", _owners(person_page.unlock), methods=["POST"])
    bp.add_url_rule("/invitations/<token>", "invitation", for_guests(invitation_pages.show))
    bp.add_url_rule("/invitations/<token>", "accept_invitation", for_guests(invitation_pages.accept), methods=["POST"])
