"""Asking for a mail, taking it back, and sending it: each alert is answered once, by whichever worker comes first."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from app import tokens
from app.accounts import repository as accounts
from app.alerts import letters, repository
from app.alerts.errors import InStock, NothingToWaitFor, StopLinkUnknown
from app.alerts.repository import Evidence
from app.alerts.rules import WAITS, letters_for
from app.catalog.facts import VariantFacts
from app.catalog.facts_query import get_facts
from app.config import Config
from app.database.transaction import unit_of_work
from app.ids import CustomerId, VariantId
from app.inventory.service import hold
from app.stores.letterhead import letterhead

OWN_CURRENCY = ""  # the variant's: a letter is read anywhere
BATCH = 20  # so that no transaction holds many alerts


def get_awaited(variant_id: VariantId) -> VariantFacts:
    """What somebody may wait for, as the catalogue knows it. Raises NothingToWaitFor."""
    facts = get_facts([variant_id], OWN_CURRENCY).get(variant_id)
    if facts is None or not facts.sellable:
        raise NothingToWaitFor()
    return facts


@unit_of_work
def ask_as_customer(variant_id: VariantId, customer_id: CustomerId, evidence: Evidence, config: Config) -> str:
    """Have a customer written to, at the address of their account, which is returned. Raises NothingToWaitFor, InStock."""
    customer = accounts.find_customer(customer_id)
    if customer is None:  # removed since the session began
        raise NothingToWaitFor()
    _require_sold_out(variant_id)
    address_hash = _address_hash(customer.email, config)
    repository.add(variant_id, customer_id=customer_id, email=None, address_hash=address_hash, evidence=evidence)
    return customer.email


@unit_of_work
def ask_as_guest(variant_id: VariantId, email: str, evidence: Evidence, config: Config) -> None:
    """Have this (normalized) address written to. The answer is the same whoever has it. Raises NothingToWaitFor, InStock."""
    _require_sold_out(variant_id)
    address_hash = _address_hash(email, config)
    repository.add(variant_id, customer_id=None, email=email, address_hash=address_hash, evidence=evidence)


@unit_of_work
def take_back(variant_id: VariantId, customer_id: CustomerId, now: datetime) -> None:
    """No mail about this variant after all."""
    repository.take_back(variant_id, customer_id, now)


def count_waiting(token: str, config: Config) -> int:
    """For how many things the reader of the letter with this token still waits. Raises StopLinkUnknown."""
    return repository.count_waiting(_reader(token, config))


@unit_of_work
def stop(token: str, config: Config, now: datetime) -> None:
    """Nothing more to the reader of the letter with this token. Raises StopLinkUnknown."""
    repository.stop(_reader(token, config), now)


def tell_those_who_wait(variant_ids: Iterable[VariantId], return_id: UUID, *, config: Config, now: datetime) -> int:
    """Write to those who wait for what came back, as many as it makes sense to; how many letters were recorded.

    `return_id` names the return: asked again after a crash, it goes on where it stopped.
    """
    told = 0
    for variant_id in variant_ids:
        while some := _tell_some(variant_id, return_id, config, now):
            told += some
    return told


@unit_of_work
def _tell_some(variant_id: VariantId, return_id: UUID, config: Config, now: datetime) -> int:
    facts = get_facts([variant_id], OWN_CURRENCY).get(variant_id)
    if facts is None or not facts.sellable or not facts.in_stock:
        return 0  # gone again meanwhile, or not shown: they go on waiting
    allowed = letters_for(facts.available)
    at_most = BATCH if allowed is None else min(BATCH, allowed - repository.count_answered(variant_id, return_id))
    if at_most <= 0:
        return 0
    claimed = repository.claim(variant_id, since=now - WAITS, at_most=at_most)
    if not claimed:
        return 0
    stop_tokens = {alert.id: tokens.random_token() for alert in claimed}
    hashes = {alert_id: _token_hash(token, config) for alert_id, token in stop_tokens.items()}
    repository.mark_sent(hashes, return_id=return_id, now=now)
    heads = {locale: letterhead(locale) for locale in {alert.locale for alert in claimed}}
    for alert in claimed:
        letters.send_back_in_stock(
            email=alert.email,
            locale=alert.locale,
            facts=facts,
            head=heads[alert.locale],
            token=stop_tokens[alert.id],
            now=now,
        )
    return len(claimed)


@unit_of_work
def expire(now: datetime) -> int:
    """End what has waited too long, forget what ended long ago; how many were ended."""
    return repository.expire(before=now - WAITS, now=now)


def _require_sold_out(variant_id: VariantId) -> None:
    hold(variant_id)  # else units could come back between this look and the alert, and nobody would write
    if get_awaited(variant_id).in_stock:
        raise InStock()


def _reader(token: str, config: Config) -> str:
    address_hash = repository.address_of(_token_hash(token, config)) if len(token) <= 64 else None
    if address_hash is None:
        raise StopLinkUnknown()
    return address_hash


def _address_hash(email: str, config: Config) -> str:
    return tokens.keyed_hash(config.secret_key, "alert-address", email)


def _token_hash(token: str, config: Config) -> str:
    return tokens.keyed_hash(config.secret_key, "alert-stop", token)
