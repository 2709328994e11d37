"""Which page of jobs and outbox answers where, and for whom."""

from flask import Blueprint

from app.accounts.guards import requires_role
from app.console.jobs import job_page, outbox_actions, overview_page
from app.console.shell import ADMIN_UP, ANALYST_UP


def add(bp: Blueprint) -> None:
    """Hang them. Analysts see; admins and owners act."""
    see, act = requires_role(*ANALYST_UP), requires_role(*ADMIN_UP)
    bp.add_url_rule("/jobs", "jobs", see(overview_page.show))
    bp.add_url_rule("/jobs/outbox", "job_outbox", act(outbox_actions.act), methods=["POST"])
    bp.add_url_rule("/jobs/<key>", "job", see(job_page.show))
    bp.add_url_rule("/jobs/<key>/pause", "job_pause", act(job_page.pause), methods=["POST"])
    bp.add_url_rule("/jobs/<key>/resumption", "job_resume", act(job_page.resume), methods=["POST"])
    bp.add_url_rule("/jobs/<key>/run", "job_run", act(job_page.run), methods=["POST"])
