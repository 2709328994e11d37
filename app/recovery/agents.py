"""Who fetched a link or a picture of a message: a person, a scanner, a prefetch or a mail program's proxy. Pure.

Nothing is decided by an opened mail, and a fetch alone is no click: only what was pressed, or a page that saw somebody
move on it, is a person's. The classes are for the record, each with what it was made out by.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.recovery.values import Agent

TOO_FAST = 4.0  # seconds between handing a mail over and a visit: nobody reads that fast, gateways do look

# Headers by which browsers and mail programs say that nobody asked for this yet (Fetch Metadata's Sec-Purpose and what
# came before it).
AHEAD = ("sec-purpose", "purpose", "x-purpose", "x-moz", "x-forefront-prefetch")
AHEAD_WORDS = re.compile(r"prefetch|prerender|preview", re.IGNORECASE)

PROXIES = re.compile(
    r"GoogleImageProxy|ggpht\.com|YahooMailProxy|YahooCacheSystem|DuckDuckGo-?Email|OutlookImageProxy|^Mozilla/5\.0$",
    re.IGNORECASE,
)
SCANNERS = re.compile(
    r"Barracuda|Mimecast|Proofpoint|URLDefense|Safelinks|BingPreview|MSOffice|Microsoft Office|SkypeUriPreview|"
    r"Symantec|MessageLabs|TrendMicro|Sophos|FireEye|Trellix|IronPort|Cisco-?Talos|Zscaler|Forcepoint|WebSense|"
    r"Fortinet|FortiMail|Checkpoint|Avanan|Cloudmark|Vade-?Retro|Hornetsecurity|SpamTitan|Google-Safety|GoogleDocs|"
    r"WhatsApp|TelegramBot|Slackbot|Discordbot|Twitterbot|facebookexternalhit|LinkedInBot|"
    r"HeadlessChrome|PhantomJS|python|curl|wget|Go-http-client|Java/|okhttp|axios|node-fetch|libwww|HttpClient",
    re.IGNORECASE,
)
LONGEST = 512


@dataclass(frozen=True, slots=True)
class Fetch:
    """A request as far as it tells who sent it. `headers` by lower-case name; `seconds` since the message was handed over.

    `own_cookie`: it carries this shop's own cookie of the message's recipient. `pressed`: it is a form of the page that was shown.
    `moved`: the page saw somebody move a finger, a mouse or a key on it. `robot`: what the shop makes of any visitor.
    """

    method: str
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float | None = None
    own_cookie: bool = False
    pressed: bool = False
    moved: bool = False
    robot: str = "person"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who it was, and by what that was made out: words that are stored, without anything of the person's."""

    agent: Agent
    evidence: dict[str, object]


def classify(fetch: Fetch) -> Verdict:
    """Who sent this: what speaks against a person goes first, what speaks for one then."""
    name = fetch.headers.get("user-agent", "").strip()[:LONGEST]
    for header in AHEAD:
        if AHEAD_WORDS.search(fetch.headers.get(header, "")):
            return Verdict(Agent.PREFETCH, {"by": "header", "header": header})
    if found := PROXIES.search(name):
        return Verdict(Agent.PROXY, {"by": "name", "name": found[0]})
    if found := SCANNERS.search(name):
        return Verdict(Agent.SCANNER, {"by": "name", "name": found[0]})
    if fetch.robot == "declared_bot":
        return Verdict(Agent.SCANNER, {"by": "declared"})
    if fetch.pressed or fetch.moved:
        return Verdict(Agent.HUMAN, {"by": "pressed" if fetch.pressed else "moved", "seconds": _whole(fetch.seconds)})
    if fetch.method == "HEAD":
        return Verdict(Agent.SCANNER, {"by": "head"})
    if fetch.own_cookie:
        return Verdict(Agent.HUMAN, {"by": "own_cookie", "seconds": _whole(fetch.seconds)})
    if not name or "accept-language" not in fetch.headers:
        return Verdict(Agent.SCANNER, {"by": "headers", "missing": "accept-language" if name else "user-agent"})
    if fetch.seconds is not None and fetch.seconds < TOO_FAST:
        return Verdict(Agent.SCANNER, {"by": "too_fast", "seconds": _whole(fetch.seconds)})
    return Verdict(Agent.HUMAN, {"by": "nothing_against", "seconds": _whole(fetch.seconds)})


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else int(seconds)
