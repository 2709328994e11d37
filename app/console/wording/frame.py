"""How the words of a step look with a made-up cart, shut in a frame of their own: as they are kept, or as they are being typed."""

from flask import Response, current_app, g, make_response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from app.channels.outgoing import OutgoingEmail
from app.console.wording import forms, page
from app.errors import Refusal
from app.recovery.campaign_errors import NothingToPreview
from app.recovery.content import Content
from app.recovery.preview import preview
from app.recovery.rendered import Rendered
from app.recovery.samples import SAMPLES
from app.recovery.sentences_templates import problem_sentence
from app.stores.request import current_store
from app.web.language import direction
from app.web.refusals import describe

PREVIEW_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data: https: 'self'; frame-ancestors 'self'; sandbox"
)
DARK_QUERY = "(prefers-color-scheme: dark)"


def kept(campaign_id: str, step: int, locale: str) -> AnyResponse:
    """The words of the draft."""
    found, _step = page.find(campaign_id, step)
    return _frame(found.draft, step, locale)


def typed(campaign_id: str, step: int, locale: str) -> AnyResponse:
    """The words of the form. Nothing is kept."""
    found, _step = page.find(campaign_id, step)
    try:
        draft = forms.with_words(found.draft, step, request.form, tuple(current_store().locales))
    except Refusal as refusal:
        return _trouble([describe(refusal)], locale)
    return _frame(draft, step, locale)


def _frame(draft: Content, step: int, locale: str) -> AnyResponse:
    sample, look = request.values.get("sample", ""), request.values.get("look", "")
    arm = "b" if request.values.get("arm") == "b" else ""
    now = current_app.config["CLOCK"].now()
    try:
        shown = preview(draft, step, locale, sample if sample in SAMPLES else SAMPLES[0], now=now, arm=arm)
    except NothingToPreview as refused:
        mine = [one for one in refused.params["problems"] if one.step == step and one.locale == locale and one.blocking]
        return _trouble([problem_sentence(one) for one in mine], locale)
    g.content_security_policy = PREVIEW_CSP
    if isinstance(shown.outgoing, OutgoingEmail) and look != "plain":
        return Response(shown.outgoing.html.replace(DARK_QUERY, "all" if look == "dark" else "not all"))
    return _short(shown, locale)


def _short(shown: Rendered, locale: str) -> AnyResponse:
    """What is text: a plain email with its line in the inbox, an SMS with what it costs, a push message."""
    out = shown.outgoing
    html = render_template(
        "console/wording/frame.html",
        title=getattr(out, "subject", getattr(out, "title", "")),
        text=out.text,
        kind="email" if isinstance(out, OutgoingEmail) else "short",
        segments=shown.segments if not isinstance(out, OutgoingEmail) and not hasattr(out, "title") else 0,
        words_locale=locale,
        words_dir=direction(locale),
        problems=[],
    )
    return make_response(html)


def _trouble(problems: list[str], locale: str) -> AnyResponse:
    g.content_security_policy = PREVIEW_CSP
    html = render_template(
        "console/wording/frame.html", problems=problems, words_locale=locale, words_dir=direction(locale)
    )
    return make_response(html, 422)
