"""What a step would look like, with a made-up cart: for the console's editor. Sends nothing, reads nobody's cart."""

from datetime import datetime
from uuid import UUID

from app.recovery import publisher, templates_check
from app.recovery.campaign_errors import NothingToPreview
from app.recovery.composing import Words, compose
from app.recovery.content import Content
from app.recovery.rendered import Links, Recipient, Rendered
from app.recovery.samples import SAMPLES, sample
from app.recovery.sandbox import TemplateRefused

_NO_MESSAGE = UUID(int=0)
_SHOWN = "preview"
_NOBODY = Recipient(address="you@example.com")


def preview(
    content: Content,
    step: int,
    locale: str,
    name: str = SAMPLES[0],
    *,
    now: datetime,
    arm: str = "",
    reader: Recipient = _NOBODY,
) -> Rendered:
    """A step with the sample cart `name` (samples.SAMPLES), as the current store would send it. Raises NothingToPreview."""
    found = content.step(step)
    texts = found.texts.get(locale) if found else None
    if found is None or texts is None or name not in SAMPLES:
        raise NothingToPreview(problems=())
    with publisher.entered() as store:
        shop = publisher.shop(locale)
        currency = store.settings.currency_by_language.get(locale, store.currency)
        story = sample(
            name,
            trigger=content.trigger,
            locale=locale,
            shop=shop,
            currency=currency,
            now=now,
            incentive=found.incentive,
        )
        there = f"{shop.origin}/{{}}/{_SHOWN}"
        links = Links(there.format("r"), there.format("u"), there.format("u"))
        try:
            return compose(_NO_MESSAGE, found.channel, Words(texts, locale, arm), story, reader, links)
        except TemplateRefused as refused:
            raise NothingToPreview(problems=templates_check.check(content, shop, currency)) from refused
