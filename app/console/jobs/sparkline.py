"""The last turns of a task as small bars: how long each took, and which failed. For the eye; the words are beside it."""

from collections.abc import Sequence

from markupsafe import Markup

from app.jobs.health import Turn

BAR, GAP, HEIGHT, AT_MOST = 4, 1, 24, 30


def sparkline(turns: Sequence[Turn], *, description: str) -> Markup:
    """`turns` are the newest first; time runs left to right in every language."""
    shown = list(reversed(turns[:AT_MOST]))
    lengths = [turn.took.total_seconds() if turn.took else 0.0 for turn in shown]
    longest = max(lengths, default=0.0) or 1.0
    parts = [
        Markup('<svg class="spark" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
            AT_MOST * (BAR + GAP), HEIGHT, description
        )
    ]
    start = AT_MOST - len(shown)
    for at, (turn, length) in enumerate(zip(shown, lengths, strict=True)):
        tall = HEIGHT if turn.error else max(2.0, HEIGHT * length / longest)
        kind = "bad" if turn.error else "hand" if turn.by_hand else "done" if turn.took is not None else "open"
        parts.append(
            Markup('<rect class="{}" x="{}" y="{:.1f}" width="{}" height="{:.1f}"/>').format(
                kind, (start + at) * (BAR + GAP), HEIGHT - tall, BAR, tall
            )
        )
    return Markup("").join([*parts, Markup("</svg>")])
