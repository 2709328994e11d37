"""Which ways to pay there are here, and what people read about them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from app.config import Config
from app.payments import sentences as _sentences  # noqa: F401  registers what refusals of entries say
from app.payments.demo_bank import DemoBank
from app.payments.demo_cards import CARDS
from app.payments.manual import Manual
from app.payments.provider import Provider
from app.payments.stripe import Stripe
from app.web.language import gettext as _


@dataclass(frozen=True, slots=True)
class Offer:
    """A way to pay on the payment page. `asks_for_card` says whether it needs the entries number, expiry and code.

    `cards` are what may be entered then: number in groups of four, and what that card does.
    """

    name: str
    title: str
    sentence: str
    asks_for_card: bool = False
    cards: tuple[tuple[str, str], ...] = ()


WORDS: dict[str, Callable[[], tuple[str, str]]] = {
    Stripe.name: lambda: (
        _("Card, by Stripe"),
        _("You pay on Stripe's own page and come back here afterwards."),
    ),
    DemoBank.name: lambda: (
        _("Test card"),
        _("No money moves. Choose one of the cards below to see what happens."),
    ),
    Manual.name: lambda: (
        _("Pay on delivery"),
        _("You pay when your order arrives."),
    ),
}


@lru_cache(maxsize=8)
def providers(config: Config) -> Mapping[str, Provider]:
    """All ways to pay of this installation by name, the one to offer first first."""
    found: list[Provider] = []
    if config.stripe_secret_key:
        found.append(Stripe(config))
    if config.demo:
        found.append(DemoBank(config.secret_key))
    found.append(Manual())
    return {provider.name: provider for provider in found}


def offers(config: Config, currency: str) -> tuple[Offer, ...]:
    """The ways to pay an order in `currency`, in the reader's language."""
    return tuple(describe(provider.name) for provider in providers(config).values() if provider.takes(currency))


def describe(name: str) -> Offer:
    """A way to pay in the reader's language, also one that is no longer offered. Raises KeyError for no such way."""
    title, sentence = WORDS[name]()
    if name != DemoBank.name:
        return Offer(name, title, sentence)
    cards = tuple((card.number, card.sentence()) for card in CARDS)
    return Offer(name, title, sentence, asks_for_card=True, cards=cards)
