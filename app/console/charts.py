"""Charts as SVG made on the server: colours by class, so that dark mode is free; each has a table as its twin.

Time runs from left to right in both directions of reading (a rise must look like a rise); the axis of values stands on
the reading side. Magnitudes mirror.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

WIDTH, HEIGHT, TOP, BOTTOM, AXIS = 760, 280, 24, 26, 52
NARROW = 380
BAND_WIDTH = 440
SPARK_WIDTH, SPARK_HEIGHT = 100, 36
FUNNEL_WIDTH, FUNNEL_HEIGHT, COLUMN = 400, 120, 46

Words = Callable[[float], str]

HATCH = Markup(
    '<defs><pattern id="{}" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect class="hatch-bg" width="5" height="5"/><path class="hatch-ln" d="M0 0v5"/></pattern></defs>'
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One day: its label ("" for none) and its parts from the bottom up, as (class, value)."""

    label: str
    parts: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Marker:
    """Something that happened at the beginning of a bar (counted from the first), in a few words."""

    at: int
    words: str


def bars(
    days: Sequence[Bar],
    *,
    description: str,
    words: Words,
    rtl: bool,
    markers: Sequence[Marker] = (),
    name: str = "days",
    width: int = WIDTH,
) -> Markup:
    """Stacked bars, one a day; the parts of the class `wait` are hatched. `name` is the chart's own on its page."""
    left, right = (6, AXIS) if rtl else (AXIS, 6)
    inner, height = width - left - right, HEIGHT - TOP - BOTTOM
    ticks = _ticks(max((sum(value for _name, value in day.parts) for day in days), default=0))
    highest = ticks[-1]
    step = inner / max(len(days), 1)
    at = width if rtl else AXIS - 8
    out = [_opening(HEIGHT, description, "chart", width), HATCH.format(f"hatch-{name}")]
    for tick in ticks:
        y = TOP + height * (1 - tick / highest)
        out.append(Markup('<path class="rule" d="M{} {:.1f}H{}"/>').format(left, y, width - right))
        out.append(_text(at, y + 4, words(tick), "end"))
    for place, day in enumerate(days):
        x, y = left + step * place + step * 0.16, float(TOP + height)
        for part, value in day.parts:
            tall = height * value / highest
            y -= tall
            if tall > 0:
                fill = Markup(' fill="url(#hatch-{})"').format(name) if part == "wait" else ""
                size = (x, y, step * 0.68, max(tall - 0.8, 0.5))
                out.append(
                    Markup('<rect class="{}"{} x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="1.5"/>').format(
                        part, fill, *size
                    )
                )
        if day.label:
            out.append(_text(x + step * 0.34, HEIGHT - 8, day.label, "middle"))
    for marker in markers:
        x = left + step * marker.at
        before = x > width / 2  # words end at the line where there is no room behind it
        out.append(Markup('<path class="mark" d="M{:.1f} 6V{}"/>').format(x, TOP + height))
        out.append(_text(x - 6 if before else x + 6, 15, marker.words, "end" if before else "start", "strong"))
    return Markup("").join(out) + Markup("</svg>")


def spark(values: Sequence[float], tone: str = "") -> Markup:
    """How a figure went: decoration beside its words. Nothing with less than two values."""
    if len(values) < 2:
        return Markup("")
    low, span = min(values), (max(values) - min(values)) or 1
    step = SPARK_WIDTH / (len(values) - 1)
    line = " L".join(f"{at * step:.1f} {34 - (value - low) / span * 28:.1f}" for at, value in enumerate(values))
    return Markup(
        '<svg class="spark {}" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">'
        '<path class="area" d="M{} L{} {} L0 {}Z"/><path d="M{}"/></svg>'
    ).format(tone, SPARK_WIDTH, SPARK_HEIGHT, line, SPARK_WIDTH, SPARK_HEIGHT, SPARK_HEIGHT, line)


def band(
    low: float, middle: float, high: float, *, mark: tuple[float, str], description: str, words: Words, rtl: bool
) -> Markup:
    """An estimate in its range beside zero and another figure (`mark`, with its words), all to one scale."""
    points = (0.0, low, high, mark[0])
    least, most = min(points), max(points)
    span = (most - least) or 1

    def place(value: float) -> float:
        share = (value - least) / span
        return 44 + (BAND_WIDTH - 88) * (1 - share if rtl else share)

    first, last = sorted((place(low), place(high)))
    labels = [(place(low), words(low)), (place(high), words(high))]
    if all(abs(place(0) - at) > 60 for at, _said in labels):
        labels.append((place(0), words(0)))
    if last - first < 60:  # two labels would stand on one another
        labels[:2] = [((first + last) / 2, f"{words(low)} – {words(high)}")]
    return Markup("").join(
        (
            _opening(62, description, "chart band", BAND_WIDTH),
            Markup('<path class="rule" d="M{:.1f} 26H{:.1f}"/>').format(place(least), place(most)),
            Markup('<rect class="range" x="{:.1f}" y="18" width="{:.1f}" height="16" rx="8"/>').format(
                first, max(last - first, 2)
            ),
            Markup('<path class="zero" d="M{:.1f} 16v20"/>').format(place(0)),
            Markup('<circle class="won" cx="{:.1f}" cy="26" r="5.5"/>').format(place(middle)),
            Markup('<path class="also" d="M{:.1f} 16v20"/>').format(place(mark[0])),
            _text(min(max(place(mark[0]), 60), BAND_WIDTH - 60), 10, mark[1], "middle"),
            *(_text(at, 54, said, "middle") for at, said in labels),
            Markup("</svg>"),
        )
    )


def funnel(values: Sequence[float], *, description: str, rtl: bool) -> Markup:
    """Columns with what flows from one to the next, by their share of the first."""
    first, gap = (values[0] if values else 0) or 1, FUNNEL_WIDTH / max(len(values), 1)
    out = [
        Markup(
            '<svg class="fun-shape" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">'
        ).format(FUNNEL_WIDTH, FUNNEL_HEIGHT, description)
    ]

    def place(x: float) -> float:
        return FUNNEL_WIDTH - x if rtl else x

    tops = [FUNNEL_HEIGHT * (1 - value / first) for value in values]
    for at, top in enumerate(tops):
        left, right = place(gap * at), place(gap * at + COLUMN)
        out.append(
            Markup('<rect class="c" x="{:.1f}" y="{:.1f}" width="{}" height="{:.1f}" rx="2"/>').format(
                min(left, right), top, COLUMN, FUNNEL_HEIGHT - top
            )
        )
        if at + 1 < len(tops):
            further = place(gap * (at + 1))
            out.append(
                Markup('<path class="g" d="M{:.1f} {:.1f}L{:.1f} {:.1f}V{}H{:.1f}Z"/>').format(
                    right, top, further, tops[at + 1], FUNNEL_HEIGHT, right
                )
            )
    return Markup("").join(out) + Markup("</svg>")


def share(value: int) -> Markup:
    """A bar of `value` out of 100, from the reading side: decoration beside its words."""
    return Markup(
        '<svg class="share-bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect width="{}" height="4"/></svg>'
    ).format(max(value, 1))


def _ticks(highest: float) -> list[float]:
    """Round numbers from zero to the first one that is not below `highest`: three or four steps."""
    if highest <= 0:
        return [0.0, 1.0]
    rough = highest / 3
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough)
    return [step * number for number in range(math.ceil(highest / step) + 1)]


def _opening(height: int, description: str, kind: str, width: int = WIDTH) -> Markup:
    return Markup('<svg class="{}" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
        kind, width, height, description
    )


def _text(x: float, y: float, words: str, anchor: str, kind: str = "") -> Markup:
    named = Markup(' class="{}"').format(kind) if kind else ""
    return Markup('<text{} x="{:.1f}" y="{:.1f}" text-anchor="{}" direction="ltr">{}</text>').format(
        named, x, y, anchor, words
    )
