"""What is different between two versions of a campaign, in codes that the console turns into sentences. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.recovery.content import Content, Step


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `step` 0 is the campaign itself; `locale` where words changed in one language."""

    code: str
    step: int = 0
    locale: str = ""
    before: str = ""
    after: str = ""


def changes(before: Content | None, after: Content) -> tuple[Change, ...]:
    """What `after` changes; without `before` it is new."""
    if before is None:
        return (Change("new"),)
    return (*_campaign(before, after), *_steps(before, after))


def _campaign(before: Content, after: Content) -> Iterator[Change]:
    if before.name != after.name:
        yield Change("name")
    if before.conditions != after.conditions:
        yield Change("conditions")
    if before.holdout_percent != after.holdout_percent:
        yield Change("holdout", before=_said(before.holdout_percent), after=_said(after.holdout_percent))
    if before.quiet_days != after.quiet_days:
        yield Change("quiet_days", before=str(before.quiet_days), after=str(after.quiet_days))
    if before.subject_test_percent != after.subject_test_percent:
        tested = (str(before.subject_test_percent), str(after.subject_test_percent))
        yield Change("subject_test", before=tested[0], after=tested[1])


def _steps(before: Content, after: Content) -> Iterator[Change]:
    for step in before.steps:
        if after.step(step.number) is None:
            yield Change("step_removed", step.number)
    for step in after.steps:
        known = before.step(step.number)
        if known is None:
            yield Change("step_added", step.number)
        else:
            yield from _step(known, step)


def _step(before: Step, after: Step) -> Iterator[Change]:
    number = after.number
    if before.delay_seconds != after.delay_seconds:
        yield Change("delay", number, before=str(before.delay_seconds), after=str(after.delay_seconds))
    if before.channel != after.channel:
        yield Change("channel", number, before=before.channel, after=after.channel)
    if before.conditions != after.conditions:
        yield Change("conditions", number)
    if before.incentive != after.incentive:
        yield Change("offer", number)
    for locale in sorted(before.texts.keys() | after.texts.keys()):
        if before.texts.get(locale) != after.texts.get(locale):
            yield Change("words", number, locale)


def _said(percent: int | None) -> str:
    return "" if percent is None else str(percent)
