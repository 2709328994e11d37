"""What happened to a message after it left, and who did it as far as the evidence goes."""

from app.recovery.explain import Happening
from app.recovery.values import Agent
from app.web.language import gettext as _


def words(happening: Happening) -> str:
    """What happened, by whom."""
    kinds = {
        "delivered": _("Delivered"),
        "deferred": _("Put off by the receiving server"),
        "opened": _("Opened"),
        "visited": _("Page of the link fetched"),
        "clicked": _("Link opened"),
        "bounced": _("Bounced"),
        "complained": _("Reported as spam"),
        "failed": _("Failed"),
        "unsubscribed": _("Unsubscribed"),
        "replied": _("Answered"),
    }
    kind = kinds.get(happening.kind, happening.kind)
    if happening.agent is Agent.PROVIDER:
        return kind
    return _("%(what)s: %(who)s", what=kind, who=by(happening.agent))


def by(agent: Agent) -> str:
    """Who did it."""
    return {
        Agent.HUMAN: _("a person"),
        Agent.SCANNER: _("a scanner, not a person"),
        Agent.PREFETCH: _("fetched in advance, not a person"),
        Agent.PROXY: _("the proxy of a mail program"),
        Agent.PROVIDER: _("the provider says so"),
    }[agent]
