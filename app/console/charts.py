"""Charts as SVG made on the server: colours by class, so that dark mode is free; each has a table as its twin.

Time runs from left to right in both directions of reading (a rise must look like a rise); the axis of values stands on
the reading side. Magnitudes mirror.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

WIDTH, HEIGHT, TOP, BOTTOM, AXIS = 760, 240, 12, 26, 64
BAND_WIDTH = 440

Words = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Bar:
    """One day: its label ("" for none) and its parts from the bottom up, as (class, value)."""

    label: str
    parts: tuple[tuple[str, float], ...]


def bars(days: Sequence[Bar], *, description: str, words: Words, rtl: bool) -> Markup:
    """Stacked bars, one a day."""
    left, right = (6, AXIS) if rtl else (AXIS, 6)
    inner, height = WIDTH - left - right, HEIGHT - TOP - BOTTOM
    highest = max((sum(value for _name, value in day.parts) for day in days), default=0) or 1
    step = inner / max(len(days), 1)
    at, anchor = (WIDTH, "end") if rtl else (AXIS - 8, "end")
    out = [_opening(HEIGHT, description, "chart")]
    for share in (0.0, 0.5, 1.0):
        y = TOP + height * (1 - share)
        out.append(Markup('<path class="rule" d="M{} {:.1f}H{}"/>').format(left, y, WIDTH - right))
        out.append(_text(at, y + 4, words(highest * share), anchor))
    for place, day in enumerate(days):
        x, y = left + step * place + step * 0.16, float(TOP + height)
        for name, value in day.parts:
            tall = height * value / highest
            y -= tall
            if tall > 0:
                size = (x, y, step * 0.68, max(tall - 0.8, 0.5))
                out.append(
                    Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="1.5"/>').format(
                        name, *size
                    )
                )
        if day.label:
            out.append(_text(x + step * 0.34, HEIGHT - 8, day.label, "middle"))
    return Markup("").join(out) + Markup("</svg>")


def band(low: float, middle: float, high: float, *, description: str, words: Words, rtl: bool) -> Markup:
    """An estimate in its range, to scale with nothing."""
    least, most = min(low, 0.0), max(high, 0.0)
    span = (most - least) or 1

    def place(value: float) -> float:
        share = (value - least) / span
        return 40 + (BAND_WIDTH - 80) * (1 - share if rtl else share)

    first, last = sorted((place(low), place(high)))
    return Markup("").join(
        (
            _opening(56, description, "chart band", BAND_WIDTH),
            Markup('<path class="rule" d="M{:.1f} 20H{:.1f}"/>').format(place(least), place(most)),
            Markup('<rect class="range" x="{:.1f}" y="12" width="{:.1f}" height="16" rx="8"/>').format(
                first, max(last - first, 2)
            ),
            Markup('<circle class="won" cx="{:.1f}" cy="20" r="5.5"/>').format(place(middle)),
            Markup('<path class="mark" d="M{:.1f} 6V34"/>').format(place(0)),
            _text(place(low), 48, words(low), "middle"),
            _text(place(high), 48, words(high), "middle"),
            Markup("</svg>"),
        )
    )


def _opening(height: int, description: str, kind: str, width: int = WIDTH) -> Markup:
    return Markup('<svg class="{}" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
        kind, width, height, description
    )


def _text(x: float, y: float, words: str, anchor: str) -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}" direction="ltr">{}</text>').format(x, y, anchor, words)
