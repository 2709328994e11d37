"""`flask campaigns presets`, `list`, `publish`, `pause`, `resume`: campaigns from the command line."""

from getpass import getuser
from uuid import UUID

import click
from flask import current_app
from flask.cli import AppGroup

from app.cli.stores import chosen_store, give_up
from app.database.tenancy import use_store
from app.errors import Refusal
from app.ids import parse_id
from app.recovery import campaigns as service
from app.recovery.campaign_errors import NotPublishable
from app.recovery.presets import PRESETS

campaigns = AppGroup("campaigns", help="The campaigns of a store.")

store_option = click.option("--store", "slug", help="The store's slug (default: DEFAULT_STORE, or the only store).")


@campaigns.command("presets")
def presets() -> None:
    """What a campaign can begin with."""
    for name, make in PRESETS.items():
        content = make()
        click.echo(f"{name}  {content.name['en']}  {content.trigger}  {len(content.steps)} step(s)")


@campaigns.command("list")
@store_option
def list_(slug: str | None) -> None:
    """Every campaign: id, state, version in force, what begins it, name."""
    with use_store(chosen_store(slug).id):
        for found in service.list_campaigns():
            version = f"v{found.live_version}" if found.live_version else "-"
            name = found.draft.name.get("en") or next(iter(found.draft.name.values()), "")
            click.echo(f"{found.id}  {found.state}  {version}  {found.trigger}  {name}")


@campaigns.command("publish")
@click.argument("campaign")
@store_option
def publish(campaign: str, slug: str | None) -> None:
    """Put CAMPAIGN (an id, or the name of a preset, which makes a new one) in force as its draft is now."""
    by, now = _by(), current_app.config["CLOCK"].now()
    with use_store(chosen_store(slug).id):
        try:
            wanted = service.create_from_preset(campaign, actor=by, now=now) if campaign in PRESETS else _id(campaign)
            result = service.publish(wanted, service.get(wanted).draft_version, actor=by, now=now)
        except NotPublishable as refused:
            for problem in refused.params["problems"]:
                blocking = "blocks" if problem.blocking else "warns"
                place = f"step {problem.step} {problem.locale} {problem.field} line {problem.line}"
                click.echo(f"{blocking}  {problem.code}  {place}  {problem.about} {problem.suggestion}".rstrip())
            give_up("Not published: something blocks it. Nothing has changed.")
        except Refusal as refusal:
            give_up(f"That is not possible now ({refusal.code}). Nothing has changed.")
        for problem in result.warnings:
            click.echo(f"warns  {problem.code}  step {problem.step}  {problem.about}".rstrip())
        for step, waiting in sorted(result.waiting.items()):
            click.echo(f"step {step}: {waiting} message(s) wait; they keep the version they began with")
        click.echo(f"{wanted}  active  v{result.version}")


@campaigns.command("pause")
@click.argument("campaign")
@click.option("--cancel-waiting", is_flag=True, help="Also call off the messages that have not left yet.")
@store_option
def pause(campaign: str, cancel_waiting: bool, slug: str | None) -> None:
    """Begin no new episodes with CAMPAIGN."""
    now = current_app.config["CLOCK"].now()
    with use_store(chosen_store(slug).id):
        try:
            called_off = service.pause(_id(campaign), cancel_waiting=cancel_waiting, actor=_by(), now=now)
        except Refusal as refusal:
            give_up(f"That is not possible now ({refusal.code}). Nothing has changed.")
        click.echo(f"paused, {called_off} message(s) called off")


@campaigns.command("resume")
@click.argument("campaign")
@store_option
def resume(campaign: str, slug: str | None) -> None:
    """Begin new episodes with CAMPAIGN again."""
    with use_store(chosen_store(slug).id):
        try:
            service.resume(_id(campaign), actor=_by(), now=current_app.config["CLOCK"].now())
        except Refusal as refusal:
            give_up(f"That is not possible now ({refusal.code}). Nothing has changed.")
        click.echo("active")


def _id(text: str) -> UUID:
    return parse_id(text) or give_up("That is neither a campaign's id nor the name of a preset.")


def _by() -> str:
    return f"operator:{getuser()}"
