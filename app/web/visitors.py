"""What kind of visitor sends a request: a person, a robot that says so, or somebody who may be one.

Who the declared robots are: the list of the package crawler-user-agents. Clients and automated browsers that it lists
(curl, headless Chromium) do not say that they are robots of somebody's: they are only doubtful.
"""

import re
from enum import StrEnum
from functools import cache, lru_cache

from crawleruseragents import CRAWLER_USER_AGENTS_DATA
from flask import g, request

from app.errors import Forbidden
from app.web.security import SAFE_METHODS

LONGEST_NAME = 512  # of a user agent: longer ones are cut before they are looked at
NAMES_KEPT = 4_096
TOGETHER = 25
TOOLS = frozenset({"http-library", "browser-automation"})


class Visitor(StrEnum):
    """The kinds, from the least doubtful to the most. The names are stored: they never change."""

    PERSON = "person"
    SUSPECT = "suspect"
    DECLARED_BOT = "declared_bot"


class NotForRobots(Forbidden):
    """A declared robot wants to change something."""

    code = "not_for_robots"


def current_visitor() -> Visitor:
    """The kind of this request's visitor, made out when first asked for: pages that store nothing never ask."""
    if "visitor" not in g:
        g.visitor = _visitor()
    visitor: Visitor = g.visitor
    return visitor


def refuse_robots() -> None:
    """Let no declared robot change anything. Raises NotForRobots."""
    if request.method not in SAFE_METHODS and current_visitor() is Visitor.DECLARED_BOT:
        raise NotForRobots()


def _visitor() -> Visitor:
    name = _named(request.headers.get("User-Agent", "")[:LONGEST_NAME])
    if name is not Visitor.PERSON:
        return name
    return Visitor.PERSON if "Accept-Language" in request.headers else Visitor.SUSPECT  # every browser sends it


@lru_cache(NAMES_KEPT)
def _named(user_agent: str) -> Visitor:
    """What a user agent says of itself. Costs 0.2 ms for a browser seen for the first time."""
    tools, robots = _patterns()
    if not user_agent.strip() or tools.search(user_agent):
        return Visitor.SUSPECT
    if any(some.search(user_agent) for some in robots):
        return Visitor.DECLARED_BOT
    # Robots leave their address for complaints, browsers do not; but nobody is refused for that alone.
    return Visitor.SUSPECT if "+http" in user_agent else Visitor.PERSON


@cache
def _patterns() -> tuple[re.Pattern[str], tuple[re.Pattern[str], ...]]:
    """Of tools, and of robots: the latter in groups, which are searched faster than one pattern of all."""
    known = [(row["pattern"], not TOOLS.isdisjoint(row.get("tags", ()))) for row in CRAWLER_USER_AGENTS_DATA]
    robots = [pattern for pattern, is_tool in known if not is_tool]
    groups = (robots[start : start + TOGETHER] for start in range(0, len(robots), TOGETHER))
    tools = re.compile("|".join(pattern for pattern, is_tool in known if is_tool))
    return tools, tuple(re.compile("|".join(group)) for group in groups)
