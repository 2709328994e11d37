"""The words of a step in all languages beside each other: typed, looked at, kept in the draft, tried, restored."""

from uuid import UUID

from babel import Locale
from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.audit import log as audit
from app.cart import context
from app.channels import vapid
from app.console import campaign_words, colleagues, shell
from app.console.wording import forms, trial, versions
from app.database.transaction import unit_of_work
from app.errors import Invalid, Refusal
from app.ids import parse_id
from app.recovery import campaigns, publishing
from app.recovery.campaign_errors import CampaignNotFound
from app.recovery.campaigns import Campaign
from app.recovery.content import Content, Step, Texts
from app.recovery.publisher import publisher
from app.recovery.samples import SAMPLES
from app.recovery.sentences_templates import problem_sentence
from app.recovery.values import CampaignState, Channel
from app.recovery.variables import descriptions
from app.stores.request import current_config, current_locale, current_store
from app.web.language import direction
from app.web.refusals import describe

LOOKS = {Channel.EMAIL: ("desktop", "phone", "dark", "plain"), Channel.SMS: ("sms",), Channel.PUSH: ("push",)}


def index() -> AnyResponse:
    """Every step of every campaign that is not put away."""
    locale = current_locale()
    rows = [
        (
            one,
            campaign_words.name_of(one.draft.name, locale),
            [
                (step, campaign_words.step_title(step, locale), campaign_words.channel_icon(step.channel))
                for step in one.draft.steps
            ],
        )
        for one in campaigns.list_campaigns()
        if one.state is not CampaignState.ARCHIVED
    ]
    return make_response(render_template("console/wording/index.html", rows=rows, locales=current_store().locales))


def show(campaign_id: str, step: int) -> AnyResponse:
    """The words of a step."""
    return _page(*find(campaign_id, step))


def save(campaign_id: str, step: int) -> AnyResponse:
    """Keep what was typed in the campaign's draft. It is in force when the campaign is published."""
    found, _step = find(campaign_id, step)
    try:
        draft = forms.with_words(found.draft, step, request.form, tuple(current_store().locales))
        _keep(found.id, draft, "template_changed", step=step)
    except Refusal as refusal:
        return _page(*find(campaign_id, step), problem=refusal, typed=request.form)
    return redirect(url_for("console.template", campaign_id=found.id, step=step, done="saved"), 303)


def restore(campaign_id: str, step: int) -> AnyResponse:
    """Take the words of a published version into the draft again."""
    found, _step = find(campaign_id, step)
    version = request.form.get("version", type=int) or 0
    before = campaigns.content(found.id, version).step(step)
    if before is None:
        raise CampaignNotFound()
    try:
        draft = forms.with_texts(found.draft, step, dict(before.texts))
        _keep(found.id, draft, "template_restored", step=step, version=version)
    except Refusal as refusal:
        return _page(*find(campaign_id, step), problem=refusal)
    return redirect(url_for("console.template", campaign_id=found.id, step=step, done="restored"), 303)


def try_out(campaign_id: str, step: int) -> AnyResponse:
    """Send the draft's words to whoever asks."""
    found, chosen = find(campaign_id, step)
    locale, sample = request.form.get("language", ""), request.form.get("sample", "")
    config, country = current_config(), current_store().settings.country
    if locale not in chosen.texts or not trial.offered(chosen.channel, config):
        raise CampaignNotFound()
    try:
        target = trial.read_target(chosen.channel, request.form, country, config)
    except Invalid as refusal:
        return _page(found, chosen, not_tried=refusal)
    wanted = trial.Wanted(found.id, step, chosen.channel, locale, sample if sample in SAMPLES else SAMPLES[0])
    trial.ask(wanted, target, staff_id=shell.person().id, now=context.now())
    return redirect(url_for("console.template", campaign_id=found.id, step=step, done="tried"), 303)


def find(campaign_id: str, number: int) -> tuple[Campaign, Step]:
    """The campaign and its step. Raises CampaignNotFound."""
    parsed = parse_id(campaign_id)
    if parsed is None:
        raise CampaignNotFound()
    found = campaigns.get(parsed)
    step = found.draft.step(number)
    if step is None:
        raise CampaignNotFound()
    return found, step


@unit_of_work
def _keep(campaign_id: UUID, draft: Content, action: str, **details: int) -> None:
    by, now = shell.actor(), context.now()
    campaigns.save_draft(campaign_id, draft, request.form.get("seen", type=int) or 0, actor=by, now=now)
    audit.record(action, actor=by, subject=("campaign", campaign_id), now=now, details=details)


def _page(
    found: Campaign,
    step: Step,
    *,
    problem: Refusal | None = None,
    typed: forms.Form | None = None,
    not_tried: Refusal | None = None,
) -> AnyResponse:
    fields, locale = forms.FIELDS[step.channel], current_locale()
    columns = []
    for code in current_store().locales:
        texts = step.texts.get(code, Texts())
        values = {name: (typed or {}).get(f"{name}.{code}", getattr(texts, name)) for name in fields}
        columns.append((code, Locale(code).get_display_name(code) or code, direction(code), values))
    problems = [
        (one, problem_sentence(one))
        for one in publishing.problems(found.draft, publisher())
        if one.step == step.number and one.locale
    ]
    html = render_template(
        "console/wording/show.html",
        campaign=found,
        name=campaign_words.name_of(found.draft.name, locale),
        step=step,
        title=campaign_words.step_title(step, locale),
        fields=fields,
        long_fields=forms.LONG_FIELDS,
        longest=forms.LONGEST,
        columns=columns,
        problems=problems,
        variables=list(descriptions(found.trigger).items()),
        looks=LOOKS[step.channel],
        samples=[(code, campaign_words.SAMPLES[code]()) for code in SAMPLES],
        versions=versions.list_versions(found.id, found.draft, step, fields),
        people=colleagues.by_actor(),
        said=describe(problem) if problem else "",
        changed_by=colleagues.by_actor().get(found.updated_by, found.updated_by),
        not_tried=[("try-phone" if step.channel is Channel.SMS else "try", describe(not_tried))] if not_tried else [],
        try_offered=trial.offered(step.channel, current_config()),
        push_key=vapid.public_key(current_config()) if step.channel is Channel.PUSH else "",
        done=request.args.get("done", "") if problem is None else "",
        may_edit=shell.sees_everything() and found.state is not CampaignState.ARCHIVED,
    )
    if not_tried:
        return make_response(html, not_tried.status)
    status = 200 if problem is None else 422 if isinstance(problem, Invalid) else 409
    return make_response(html, status)
