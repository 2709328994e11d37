"""What publishing would change and for whom; the versions there were, each as far from the draft as it is."""

from uuid import UUID

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.audit import log as audit
from app.cart import context
from app.console import campaign_words as words
from app.console import colleagues, shell
from app.console.campaign_review import figures
from app.console.episode_words import channel_word
from app.database.transaction import unit_of_work
from app.errors import Refusal
from app.ids import parse_id
from app.recovery import campaign_waiting, campaigns, publishing
from app.recovery.campaign_errors import CampaignNotFound
from app.recovery.campaigns import Campaign
from app.recovery.content_changes import changes
from app.recovery.publisher import publisher
from app.recovery.sentences_templates import change_sentence, problem_sentence
from app.recovery.values import CampaignState
from app.stores.request import current_locale, current_store
from app.web.refusals import describe


def review(campaign_id: str) -> AnyResponse:
    """The differences between the draft and what is in force, whom they reach, what speaks against them."""
    found = _campaign(campaign_id)
    live = campaigns.content(found.id, found.live_version) if found.live_version is not None else None
    waiting = campaign_waiting.count(found.id) if live is not None else {}
    problems = publishing.problems(found.draft, publisher())
    locale = current_locale()
    html = render_template(
        "console/campaigns/review.html",
        campaign=found,
        name=words.name_of(found.draft.name, locale),
        changes=[change_sentence(one) for one in changes(live, found.draft)] if live != found.draft else [],
        waiting=[
            (number, waiting[number], _step_word(found, number, locale))
            for number in sorted(waiting)
            if waiting[number]
        ],
        per_day=figures.messages_a_day(found.draft, current_store().settings.holdout_percent, context.now()),
        days=figures.DAYS,
        problems=[(one.blocking, one.step, problem_sentence(one)) for one in problems],
        blocked=any(one.blocking for one in problems),
        may_edit=shell.sees_everything() and found.state is not CampaignState.ARCHIVED,
    )
    return make_response(html)


def versions(campaign_id: str) -> AnyResponse:
    """Every published version, the newest first."""
    return _versions(_campaign(campaign_id))


def restore(campaign_id: str) -> AnyResponse:
    """Take a version into the draft again, whole. It is in force once it is published."""
    found = _campaign(campaign_id)
    version = request.form.get("version", type=int) or 0
    try:
        _restore(found.id, version, request.form.get("seen", type=int) or 0)
    except Refusal as refusal:
        if isinstance(refusal, CampaignNotFound):
            raise
        return _versions(_campaign(campaign_id), problem=refusal)
    return redirect(url_for("console.campaign_review", campaign_id=found.id), 303)


@unit_of_work
def _restore(campaign_id: UUID, version: int, seen: int) -> None:
    by, now = shell.actor(), context.now()
    campaigns.save_draft(campaign_id, campaigns.content(campaign_id, version), seen, actor=by, now=now)
    said = {"version": version}
    audit.record("campaign_restored", actor=by, subject=("campaign", campaign_id), now=now, details=said)


def _versions(found: Campaign, problem: Refusal | None = None) -> AnyResponse:
    rows = []
    for one in figures.list_versions(found.id):
        before = campaigns.content(found.id, one.number)
        said = [change_sentence(change) for change in changes(before, found.draft)] if before != found.draft else []
        rows.append((one, said))
    html = render_template(
        "console/campaigns/versions.html",
        campaign=found,
        name=words.name_of(found.draft.name, current_locale()),
        rows=rows,
        people=colleagues.by_actor(),
        said=describe(problem) if problem else "",
        may_edit=shell.sees_everything() and found.state is not CampaignState.ARCHIVED,
    )
    return make_response(html, 409 if problem else 200)


def _step_word(found: Campaign, number: int, locale: str) -> str:
    step = found.draft.step(number)
    return f"{channel_word(step.channel)}: {words.step_title(step, locale)}" if step is not None else ""


def _campaign(text: str) -> Campaign:
    campaign_id = parse_id(text)
    if campaign_id is None:
        raise CampaignNotFound()
    return campaigns.get(campaign_id)
