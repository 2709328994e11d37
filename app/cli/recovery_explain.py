"""`flask recovery explain`, `check`, `roll-up`: why somebody was written to or not, and whether a store is in order."""

import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from uuid import UUID

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from app.accounts.addresses import normalize_email
from app.accounts.errors import BadAddress
from app.cli.stores import chosen_store, give_up
from app.database.tenancy import use_store
from app.ids import CartId, CustomerId, parse_id
from app.recovery import checking, explain, unabandoned
from app.recovery.explain import Consent, ExplainedEpisode, ExplainedMessage, Explanation, NothingToExplain
from app.recovery.rollups import comparing, rolling
from app.recovery.rollups.facts import FACTS
from app.recovery.wording import sentence
from app.web.formats import plain_money
from app.web.language import speaking

store_option = click.option("--store", "slug", help="The store's slug (default: DEFAULT_STORE, or the only store).")


@click.command("explain")
@click.argument("subject")
@store_option
@with_appcontext
def explain_command(subject: str, slug: str | None) -> None:
    """Why SUBJECT (the id of a customer, a cart or a message, or an email address) was written to, or was not."""
    with use_store(chosen_store(slug).id), speaking("en"):
        for line in _lines(*_found(subject)):
            click.echo(line)


@click.command("check")
@store_option
@with_appcontext
def check_command(slug: str | None) -> None:
    """Check what must hold of every message, episode, credited order and sum by the hour. Exit code 1 if something does not."""
    faults = 0
    with use_store(chosen_store(slug).id):
        for fault in checking.check(current_app.config["CLOCK"].now()):
            faults += 1
            click.echo(f"{fault.subject}: {fault.kind.replace('_', ' ')}")
        for wrong in comparing.compare():
            faults += 1
            click.echo(f"{wrong.table} {_at(wrong.hour)}: not what its rows come to")
    click.echo(f"{len(checking.CHECKS) + len(FACTS)} checks, {faults} faults")
    sys.exit(1 if faults else 0)


@click.command("roll-up")
@click.option("--anew", is_flag=True, help="Throw the sums away first.")
@store_option
@with_appcontext
def roll_up_command(slug: str | None, anew: bool) -> None:
    """Bring the sums by the hour up to date, as the worker does each minute."""
    store = chosen_store(slug)
    with use_store(store.id):
        if anew:
            rolling.forget()
        click.echo(f"{rolling.roll(store, current_app.config['CLOCK'].now())} hours summed")


def add_to(group: AppGroup) -> None:
    """Add these commands to `flask recovery`."""
    group.add_command(explain_command)
    group.add_command(check_command)
    group.add_command(roll_up_command)


def _found(subject: str) -> tuple[Explanation, ExplainedMessage | None]:
    found = parse_id(subject)
    if found is None and "@" not in subject:
        give_up("Give the id of a customer, a cart or a message, or an email address.")
    try:
        return _by_id(found) if found else (explain.explain_address(normalize_email(subject)), None)
    except (BadAddress, NothingToExplain):
        give_up("This store knows no such customer, cart or message.")


def _by_id(found: UUID) -> tuple[Explanation, ExplainedMessage | None]:
    with suppress(NothingToExplain):
        return explain.explain_message(found)
    with suppress(NothingToExplain):
        return explain.explain_cart(CartId(found)), None
    return explain.explain_customer(CustomerId(found)), None


def _lines(explanation: Explanation, only: ExplainedMessage | None) -> Iterator[str]:
    yield f"person      {', '.join(str(customer_id) for customer_id in sorted(explanation.customer_ids))}"
    for consent in explanation.consents:
        yield _consent(consent)
    if not explanation.consents:
        yield "consent     none on record: nothing may be sent"
    if not explanation.episodes:
        yield "episodes    none: no cart of theirs has counted as abandoned, nothing was planned, nothing was sent"
    if only is None:
        for cart in unabandoned.list_unabandoned(explanation.customer_ids, current_app.config["CLOCK"].now()):
            due = f", would count from {_at(cart.due_at)}" if cart.due_at else ""
            yield (
                f"open cart   {cart.cart_id}  {plain_money(cart.value, 'en')}, last changed {_at(cart.last_activity)}; "
                f"not abandoned: {sentence(cart.why)}{due}"
            )
    for episode in explanation.episodes:
        yield ""
        yield from _episode(episode)
        for message in episode.messages:
            if only is None or message.id == only.id:
                yield from _message(message)


def _consent(consent: Consent) -> str:
    said = "given" if consent.granted else "withdrawn"
    return (
        f"consent     {_at(consent.said_at)}  {consent.channel}, {consent.purpose}: {said} by {consent.source}, "
        f'shown "{consent.wording}" ({consent.id})'
    )


def _episode(episode: ExplainedEpisode) -> Iterator[str]:
    yield (
        f"episode {episode.number}   {episode.id}  {episode.trigger.replace('_', ' ')}, cart {episode.cart_id}, "
        f"{episode.units} units for {plain_money(episode.value, 'en')}"
    )
    yield f"  left      {_at(episode.inactive_since)}, counted as abandoned {_at(episode.opened_at)}"
    likelihood = "" if episode.likelihood is None else f", likely to come back alone: {episode.likelihood:.0%}"
    evidence = f" {episode.evidence}" if episode.evidence else ""
    yield f"  because   {sentence(episode.reason) if episode.reason else 'not looked at yet'}{evidence}{likelihood}"
    if episode.arm == "none":
        yield f"  arm       none: {sentence('arm_none')}"
    else:
        called = episode.campaign.get("en") or next(iter(episode.campaign.values()), "")
        name = f"{called}, version {episode.campaign_version}"
        held = f": {sentence('arm_holdout')}" if episode.arm == "holdout" else ""
        yield f"  arm       {episode.arm} (bucket {episode.bucket} of 0 to 9999) of {name}{held}"
    ended = f" {_at(episode.closed_at)}" if episode.closed_at else ""
    order = f", order {episode.order_id}" if episode.order_id else ""
    yield f"  state     {episode.state}{ended}{order}"
    for credit in episode.credits:
        by = f" by message {credit.message_id}" if credit.message_id else ""
        returned = f", {plain_money(credit.returned, 'en')} went back" if credit.returned else ""
        amount = plain_money(credit.amount, "en")
        yield f"  credited  {_at(credit.at)}  order {credit.number}: {credit.kind.replace('_', ' ')}{by}, {amount}{returned}"


def _message(message: ExplainedMessage) -> Iterator[str]:
    what = f"step {message.step}" if message.step else message.kind.replace("_", " ")
    subject = f", subject {message.subject_arm}" if message.subject_arm else ""
    yield f"  message   {message.id}  {what} by {message.channel}{subject}, planned for {_at(message.due_at)}"
    for one in message.evaluations:
        until = f" until {_at(one.until)}" if one.until else ""
        verdict = {"send": "may be sent", "defer": "put off", "end": "not to be sent"}[one.verdict]
        yield f"    {_at(one.at)}  {verdict}{until}: {sentence(one.reason)}"
        if one.inputs:
            yield f"      {'; '.join(f'{key} {value}' for key, value in sorted(one.inputs.items()))}"
    if message.sent_at:
        offer = f", with code {message.coupon_code}" if message.coupon_code else ""
        tries = f" at try {message.attempts}" if message.attempts > 1 else ""
        yield f"    {_at(message.sent_at)}  sent to {message.provider} ({message.provider_id or '-'}){tries}{offer}"
    for happening in message.happenings:
        evidence = "; ".join(f"{key} {value}" for key, value in sorted(happening.evidence.items()))
        yield f"    {_at(happening.at)}  {happening.kind} ({happening.agent}{': ' + evidence if evidence else ''})"
    yield f"    {_end(message)}"


def _end(message: ExplainedMessage) -> str:
    if message.ended_by is None:
        return f"not decided yet: {message.state}, next look at {_at(message.due_at)}"
    if message.ended_by == "sent":
        return f"it is {message.state}"
    return f"it is {message.state}: {sentence(message.ended_by)}"


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%SZ}"
