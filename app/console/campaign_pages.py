"""Campaigns in the console: begun from a preset, edited step by step with a preview, published, paused, put away."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from babel import Locale
from flask import Response, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.audit import log as audit
from app.cart import context
from app.channels.outgoing import OutgoingEmail
from app.console import campaign_forms as forms
from app.console import campaign_words as words
from app.console import colleagues, shell
from app.console.wording.frame import DARK_QUERY, PREVIEW_CSP
from app.errors import Invalid, Refusal
from app.ids import parse_id
from app.money import RIALS_IN_A_TOMAN
from app.recovery import campaign_waiting, campaigns, presets, publishing
from app.recovery.campaign_errors import CampaignNotFound, DraftChanged, NothingToPreview
from app.recovery.campaigns import Campaign
from app.recovery.content import Content
from app.recovery.content_changes import changes
from app.recovery.preview import preview as rendered_preview
from app.recovery.publisher import publisher
from app.recovery.samples import SAMPLES
from app.recovery.sentences_templates import change_sentence, condition_sentence, problem_sentence
from app.recovery.values import CampaignState, Channel
from app.stores.request import current_locale, current_store
from app.web.formats import currency_words, speaks_of_toman
from app.web.language import direction
from app.web.refusals import describe

Act = Callable[[Campaign, str, datetime], object]


def index() -> AnyResponse:
    """All campaigns of the store."""
    locale = current_locale()
    rows = [
        (one, words.name_of(one.draft.name, locale), words.trigger_word(one.trigger), *words.state_word(one.state))
        for one in campaigns.list_campaigns()
    ]
    return make_response(render_template("console/campaigns/index.html", rows=rows, may_edit=shell.sees_everything()))


def new() -> AnyResponse:
    """What a campaign can begin with."""
    made = [(key, make(), words.PRESETS[key]()) for key, make in presets.PRESETS.items()]
    locale = current_locale()
    cards = [
        (key, words.name_of(content.name, locale), words.trigger_word(content.trigger), about)
        for key, content, about in made
    ]
    return make_response(render_template("console/campaigns/new.html", cards=cards))


def create() -> AnyResponse:
    """Begin with a preset: a draft, complete and publishable."""
    by, now = shell.actor(), context.now()
    campaign_id = campaigns.create_from_preset(request.form.get("preset", ""), actor=by, now=now)
    _kept("campaign_created", campaign_id, preset=request.form["preset"])
    return redirect(url_for("console.campaign", campaign_id=campaign_id), 303)


def show(campaign_id: str) -> AnyResponse:
    """The editor: the steps, the one being edited, how it will look."""
    return _page(_campaign(campaign_id), 200)


def save(campaign_id: str, step: int) -> AnyResponse:
    """Keep the step as it was typed; with the button that says so, publish it all at once."""
    found = _campaign(campaign_id)
    try:
        seen = request.form.get("seen", type=int) or 0
        draft = forms.with_step(found.draft, step, _language(), request.form, current_store().currency, _unit())
        saved = campaigns.save_draft(found.id, draft, seen, actor=shell.actor(), now=context.now())
    except Refusal as refusal:
        mine = _mine(found, step)
        return _page(_campaign(campaign_id), _status(refusal), problem=refusal, typed=dict(request.form), mine=mine)
    if request.form.get("then") == "publish":
        return _publish(found.id, saved.draft_version)
    if request.form.get("then") == "review":
        return redirect(url_for("console.campaign_review", campaign_id=found.id), 303)
    return redirect(_editor(found.id, step, done="saved"), 303)


def add_step(campaign_id: str) -> AnyResponse:
    """One more message at the end."""
    channel = Channel(request.form["channel"]) if request.form.get("channel") in list(Channel) else Channel.EMAIL
    found, locales = _campaign(campaign_id), tuple(current_store().locales)
    draft, number = forms.with_new_step(found.draft, channel, locales)
    return _changed(found, draft, number)


def remove_step(campaign_id: str, step: int) -> AnyResponse:
    """One message less. What waits at it in live episodes keeps the version it began with."""
    found = _campaign(campaign_id)
    return _changed(found, forms.without_step(found.draft, step), 0)


def publish(campaign_id: str) -> AnyResponse:
    """Put the draft in force for carts that are abandoned from now on."""
    return _publish(_campaign(campaign_id).id, request.form.get("seen", type=int) or 0)


def pause(campaign_id: str) -> AnyResponse:
    """No new carts enter; `waiting` says what becomes of those that are in it."""
    cancel = request.form.get("waiting") == "cancel"

    def act(found: Campaign, by: str, now: datetime) -> None:
        campaigns.pause(found.id, cancel_waiting=cancel, actor=by, now=now)

    return _turned(campaign_id, "campaign_paused", act)


def resume(campaign_id: str) -> AnyResponse:
    """New carts enter again."""
    return _turned(
        campaign_id, "campaign_resumed", lambda found, by, now: campaigns.resume(found.id, actor=by, now=now)
    )


def archive(campaign_id: str) -> AnyResponse:
    """Put it away, with what waits."""
    act: Act = lambda found, by, now: campaigns.archive(found.id, actor=by, now=now)  # noqa: E731
    return _turned(campaign_id, "campaign_archived", act)


def preview(campaign_id: str, step: int) -> AnyResponse:
    """The email as it will look, shut in: with a made-up cart, in light or dark."""
    found = _campaign(campaign_id)
    try:
        shown = rendered_preview(found.draft, step, _language(), _sample(), now=context.now(), arm=_arm())
    except NothingToPreview as refusal:
        return make_response(describe(refusal), 422)
    g.content_security_policy = PREVIEW_CSP
    html = shown.outgoing.html if isinstance(shown.outgoing, OutgoingEmail) else ""
    return Response(html.replace(DARK_QUERY, "all" if request.args.get("theme") == "dark" else "not all"))


def _mine(found: Campaign, step: int) -> Content | None:
    """The draft as it would be with what was typed, where that can be read."""
    try:
        return forms.with_step(found.draft, step, _language(), request.form, current_store().currency, _unit())
    except Refusal:
        return None


def _changed(found: Campaign, draft: Content, step: int) -> AnyResponse:
    try:
        campaigns.save_draft(
            found.id, draft, request.form.get("seen", type=int) or 0, actor=shell.actor(), now=context.now()
        )
    except Refusal as refusal:
        return _page(_campaign(str(found.id)), _status(refusal), problem=refusal)
    return redirect(_editor(found.id, step, done="saved"), 303)


def _publish(campaign_id: UUID, seen: int) -> AnyResponse:
    try:
        published = campaigns.publish(campaign_id, seen, actor=shell.actor(), now=context.now())
    except Refusal as refusal:
        return _page(_campaign(str(campaign_id)), _status(refusal), problem=refusal)
    changed = [change_sentence(change) for change in published.changes]
    _kept("campaign_published", campaign_id, version=published.version, changes=[one.code for one in published.changes])
    return _page(
        _campaign(str(campaign_id)), 200, published=(published.version, changed, sum(published.waiting.values()))
    )


def _turned(campaign_id: str, action: str, act: Act) -> AnyResponse:
    found = _campaign(campaign_id)
    try:
        act(found, shell.actor(), context.now())
    except Refusal as refusal:
        return _page(_campaign(campaign_id), _status(refusal), problem=refusal)
    _kept(action, found.id)
    return redirect(url_for("console.campaign", campaign_id=found.id), 303)


def _page(
    found: Campaign,
    status: int,
    *,
    problem: Refusal | None = None,
    typed: dict[str, str] | None = None,
    published: tuple[int, list[str], int] | None = None,
    mine: Content | None = None,
) -> AnyResponse:
    locale, draft = current_locale(), found.draft
    chosen = request.view_args.get("step") if request.view_args else None
    chosen = chosen or request.args.get("step", type=int)
    step = draft.step(chosen or 0) or (draft.steps[0] if draft.steps else None)
    problems = publishing.problems(draft, publisher())
    language = _language()
    word, tone = words.state_word(found.state)
    changed_by = colleagues.by_actor().get(found.updated_by, found.updated_by)
    live = campaigns.content(found.id, found.live_version) if found.live_version is not None else None
    html = render_template(
        "console/campaigns/show.html",
        campaign=found,
        name=words.name_of(draft.name, locale),
        trigger=words.trigger_word(found.trigger),
        state=word,
        tone=tone,
        steps=[
            (
                one,
                words.step_title(one, locale),
                words.channel_icon(one.channel),
                words.delay_word(one.delay_seconds, locale),
                words.offer_word(one.incentive, locale),
                any(p.step == one.number and p.blocking for p in problems),
            )
            for one in draft.steps
        ],
        step=step,
        texts=step.texts.get(language) if step else None,
        fields=forms.FIELDS[step.channel] if step else (),
        delay=forms.spoken_delay(step.delay_seconds) if step else (0, "minutes"),
        fixed=forms.spoken_amount(step.incentive, current_store().currency, _unit()) if step else "",
        conditions=[condition_sentence(one) for one in step.conditions] if step else [],
        condition_kinds=[(code, said()) for code, said in words.CONDITIONS.items()],
        channels=[(channel, words.channel_word(channel)) for channel in Channel],
        unit_words=currency_words(current_store().currency, locale),
        languages=[(code, Locale(code).get_display_name(code) or code) for code in current_store().locales],
        language_dir=direction(language),
        language=language,
        sample=_sample(),
        samples=[(code, words.SAMPLES[code]()) for code in SAMPLES],
        arm=_arm(),
        shown=_shown(draft, step.number, language) if step else None,
        problems=[(one, words.field_of(one), problem_sentence(one)) for one in problems],
        unpublished=live != draft and found.state is not CampaignState.ARCHIVED,
        waiting=sum(campaign_waiting.count(found.id).values()) if found.live_version is not None else 0,
        changed_by=changed_by,
        said=describe(problem) if problem else "",
        conflict=isinstance(problem, DraftChanged),
        on_top=[change_sentence(change) for change in changes(draft, mine)] if mine and mine != draft else [],
        typed=typed or {},
        published=published,
        done=request.args.get("done") == "saved",
        may_edit=shell.sees_everything() and found.state is not CampaignState.ARCHIVED,
    )
    return make_response(html, status)


def _shown(draft: Content, step: int, language: str) -> dict[str, object] | None:
    """What of the preview stands outside its frame: the line in the inbox, the text of an SMS with what it costs."""
    try:
        shown = rendered_preview(draft, step, language, _sample(), now=context.now(), arm=_arm())
    except NothingToPreview:
        return None
    out = shown.outgoing
    if isinstance(out, OutgoingEmail):
        return {"subject": out.subject, "text": out.text, "email": True}
    title = getattr(out, "title", "")
    return {"subject": title, "text": out.text, "email": False, "segments": shown.segments, "length": len(out.text)}


def _status(refusal: Refusal) -> int:
    return 422 if isinstance(refusal, Invalid) else 409


def _campaign(text: str) -> Campaign:
    campaign_id = parse_id(text)
    if campaign_id is None:
        raise CampaignNotFound()
    return campaigns.get(campaign_id)


def _editor(campaign_id: UUID, step: int, done: str = "") -> str:
    asked = {"step": step or None, "language": _language(), "done": done or None}
    return url_for("console.campaign", campaign_id=campaign_id, **asked)  # type: ignore[arg-type]


def _language() -> str:
    asked = request.values.get("language", "")
    return asked if asked in current_store().locales else current_locale()


def _sample() -> str:
    asked = request.values.get("sample", "")
    return asked if asked in SAMPLES else SAMPLES[0]


def _arm() -> str:
    return "b" if request.values.get("arm") == "b" else ""


def _unit() -> int:
    return RIALS_IN_A_TOMAN if speaks_of_toman(current_store().currency) else 1


def _kept(action: str, campaign_id: UUID, **details: object) -> None:
    audit.record(action, actor=shell.actor(), subject=("campaign", campaign_id), now=context.now(), details=details)
