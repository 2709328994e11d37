"""The campaigns of the overview: who entered, who came back, what that added, who had enough of it."""

from dataclasses import dataclass
from uuid import UUID

from flask import url_for

from app.console.campaign_words import channel_word, name_of, state_word
from app.console.overview.periods import Span
from app.money import Money
from app.recovery import campaigns, reports
from app.recovery.campaigns import Campaign
from app.recovery.reports import By, Entered, Sent
from app.recovery.rollups.measured import Kept
from app.recovery.values import CampaignState
from app.web.formats import number, percent, plain_money
from app.web.language import gettext as _
from app.web.language import ngettext

SHOWN = 12
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class CampaignView:
    """A row of the table. `added` is – until there is a range; it is settled or not yet."""

    name: str
    about: str
    url: str
    word: str
    tone: str
    entered: str
    recovered: str
    added: str
    settled: bool
    unsubscribed: str


def list_views(span: Span, kept: dict[UUID | None, Kept], currency: str, locale: str) -> tuple[CampaignView, ...]:
    """Campaigns that are live first, then by how many carts entered them; those put away only while they have figures."""
    entered = {one.campaign_id: one for one in reports.list_entered(span.period)}
    sent = {one.key[0]: one for one in reports.list_sent(span.period, By.CAMPAIGN)}
    shown = [one for one in campaigns.list_campaigns() if one.state is not CampaignState.ARCHIVED or one.id in entered]
    shown.sort(
        key=lambda one: (one.state is not CampaignState.ACTIVE, -(entered[one.id].entered if one.id in entered else 0))
    )
    return tuple(
        _view(one, entered.get(one.id), sent.get(str(one.id)), kept.get(one.id), currency, locale)
        for one in shown[:SHOWN]
    )


def _view(
    one: Campaign, entered: Entered | None, sent: Sent | None, kept: Kept | None, currency: str, locale: str
) -> CampaignView:
    word, tone = state_word(one.state)
    if one.live_version:
        word = _("%(state)s, v%(version)s", state=word, version=number(one.live_version, locale))
    found = kept.uplift if kept else None
    known = found is not None and found.revenue.low is not None
    added = (
        plain_money(Money(round(found.revenue.estimate * found.campaign.n), currency), locale)
        if found and known
        else NOTHING
    )
    return CampaignView(
        name=name_of(one.draft.name, locale),
        about=_about(one, locale),
        url=url_for("console.campaign", campaign_id=one.id),
        word=word,
        tone=tone,
        entered=number(entered.entered, locale) if entered else NOTHING,
        recovered=_share(entered.recovered, entered.entered, locale) if entered else NOTHING,
        added=added,
        settled=bool(found and found.revenue.settled),
        unsubscribed=_share(sent.unsubscribed, sent.sent, locale) if sent else NOTHING,
    )


def _about(one: Campaign, locale: str) -> str:
    """How many steps it has, and by which channels."""
    count = len(one.draft.steps)
    steps = ngettext("%(num)s step", "%(num)s steps", count, num=number(count, locale))
    channels = list(dict.fromkeys(channel_word(step.channel) for step in one.draft.steps))
    return ("، " if locale == "fa" else ", ").join((steps, *channels))


def _share(part: int, whole: int, locale: str) -> str:
    return percent(round(1_000 * part / whole) * 10, locale) if whole else NOTHING
