"""Who fetched a link: what speaks against a person goes first, what was pressed counts most."""

import pytest

from app.recovery.agents import TOO_FAST, Fetch, classify
from app.recovery.values import Agent

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"
PERSON = {"user-agent": FIREFOX, "accept-language": "fa-IR,fa;q=0.9"}


def named(name: str) -> dict[str, str]:
    return {**PERSON, "user-agent": name}


@pytest.mark.parametrize(
    ("fetch", "agent", "by"),
    [
        (Fetch("GET", PERSON), Agent.HUMAN, "nothing_against"),
        (Fetch("GET", PERSON, seconds=3_600.0), Agent.HUMAN, "nothing_against"),
        (Fetch("GET", PERSON, seconds=TOO_FAST - 0.1), Agent.SCANNER, "too_fast"),
        (Fetch("GET", PERSON, seconds=TOO_FAST), Agent.HUMAN, "nothing_against"),
        (Fetch("GET", PERSON, seconds=1.0, own_cookie=True), Agent.HUMAN, "own_cookie"),
        (Fetch("POST", PERSON, seconds=1.0, pressed=True), Agent.HUMAN, "pressed"),
        (Fetch("POST", PERSON, moved=True), Agent.HUMAN, "moved"),
        (Fetch("HEAD", PERSON), Agent.SCANNER, "head"),
        (Fetch("HEAD", PERSON, own_cookie=True), Agent.SCANNER, "head"),
        (Fetch("GET", {}), Agent.SCANNER, "headers"),
        (Fetch("GET", {"user-agent": FIREFOX}), Agent.SCANNER, "headers"),
        (Fetch("GET", {"accept-language": "en"}), Agent.SCANNER, "headers"),
        (Fetch("GET", {**PERSON, "sec-purpose": "prefetch;prerender"}), Agent.PREFETCH, "header"),
        (Fetch("GET", {**PERSON, "purpose": "prefetch"}, own_cookie=True), Agent.PREFETCH, "header"),
        (Fetch("GET", {**PERSON, "x-moz": "prefetch"}), Agent.PREFETCH, "header"),
        (Fetch("GET", {**PERSON, "x-purpose": "preview"}), Agent.PREFETCH, "header"),
        (Fetch("GET", {**PERSON, "purpose": "navigation"}), Agent.HUMAN, "nothing_against"),
        (Fetch("GET", named("Mozilla/5.0 (via ggpht.com GoogleImageProxy)")), Agent.PROXY, "name"),
        (Fetch("GET", named("YahooMailProxy; https://help.yahoo.com")), Agent.PROXY, "name"),
        (Fetch("GET", named("Mozilla/5.0")), Agent.PROXY, "name"),
        (Fetch("GET", named(f"{FIREFOX} BingPreview/1.0b")), Agent.SCANNER, "name"),
        (Fetch("GET", named("Barracuda Sentinel (EE)")), Agent.SCANNER, "name"),
        (Fetch("POST", named("Mimecast URL Protect"), pressed=True), Agent.SCANNER, "name"),
        (Fetch("GET", named("WhatsApp/2.23.20.0")), Agent.SCANNER, "name"),
        (Fetch("GET", PERSON, robot="declared_bot"), Agent.SCANNER, "declared"),
        (Fetch("POST", PERSON, pressed=True, robot="declared_bot"), Agent.SCANNER, "declared"),
        (Fetch("GET", named("x" * 5_000 + "Barracuda")), Agent.HUMAN, "nothing_against"),
    ],
    ids=[
        "person", "person later", "too fast", "just slow enough", "own cookie", "pressed", "moved", "head",
        "head with cookie", "nothing", "no language", "no name", "sec-purpose", "purpose", "x-moz", "x-purpose",
        "navigation", "google", "yahoo", "bare", "safelinks", "barracuda", "mimecast presses", "whatsapp", "declared",
        "declared presses", "long",
    ],
)  # fmt: skip
def test_who_it_was(fetch: Fetch, agent: Agent, by: str) -> None:
    verdict = classify(fetch)
    assert (verdict.agent, verdict.evidence["by"]) == (agent, by)


def test_evidence_names_no_person() -> None:
    evidence = classify(Fetch("GET", named(f"{FIREFOX} SafeLinks shirin@example.com"))).evidence
    assert "shirin" not in str(evidence)
