"""Whether a campaign may be published: what blocks it, and what its author should think about once more."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.recovery import conditions, templates_check
from app.recovery.conditions import BadCondition
from app.recovery.content import Condition, Content, Incentive, Step
from app.recovery.problems import Problem
from app.recovery.story import Shop
from app.recovery.values import Channel, Trigger

EARLY_SECONDS = 15 * 60
NEEDED = {Channel.EMAIL: ("subject",), Channel.SMS: ("text",), Channel.PUSH: ("title", "text")}


@dataclass(frozen=True, slots=True)
class Publisher:
    """The store as the checks see it. The first of `locales` and `currencies` is its own."""

    locales: tuple[str, ...]
    currencies: tuple[str, ...]
    shop: Shop
    messages_at_most: int


def problems(content: Content, store: Publisher) -> tuple[Problem, ...]:
    """Everything, the blocking first, then by step."""
    found = [
        *_campaign(content, store),
        *(problem for step in content.steps for problem in _step(step, content, store)),
        *templates_check.check(content, store.shop, store.currencies[0]),
    ]
    return tuple(sorted(found, key=lambda problem: (not problem.blocking, problem.step)))


def require_conditions(content: Content) -> None:
    """Raise BadCondition for one of an unknown kind, or with a value that its kind cannot have."""
    for condition in (*content.conditions, *(each for step in content.steps for each in step.conditions)):
        conditions.check(condition)


def _campaign(content: Content, store: Publisher) -> Iterator[Problem]:
    if not content.steps:
        yield Problem("no_steps")
    if not any(name.strip() for name in content.name.values()):
        yield Problem("no_name", field="name")
    numbers = [step.number for step in content.steps]
    for number in sorted({number for number in numbers if numbers.count(number) > 1}):
        yield Problem("step_twice", step=number)
    delays = [step.delay_seconds for step in content.steps]
    if delays != sorted(delays):
        yield Problem("steps_out_of_order")
    yield from _conditions(content.conditions, 0)
    first = min(content.steps, key=lambda step: step.delay_seconds, default=None)
    if first is not None and content.trigger is Trigger.CART_ABANDONED and first.delay_seconds < EARLY_SECONDS:
        yield Problem("first_step_early", blocking=False, step=first.number)
    if first is not None and first.incentive is not None:
        yield Problem("offer_in_first_step", blocking=False, step=first.number)
    if len(content.steps) > store.messages_at_most:
        yield Problem("more_steps_than_messages", blocking=False, about=str(store.messages_at_most))
    if any(step.channel is Channel.EMAIL for step in content.steps) and not store.shop.address:
        yield Problem("no_postal_address", blocking=False)


def _step(step: Step, content: Content, store: Publisher) -> Iterator[Problem]:
    for locale in store.locales:
        texts = step.texts.get(locale)
        if texts is None or any(not getattr(texts, name).strip() for name in NEEDED[step.channel]):
            missing = next((n for n in NEEDED[step.channel] if texts is None or not getattr(texts, n).strip()), "")
            yield Problem("language_missing", step=step.number, locale=locale, field=missing)
    spoken = [texts for locale, texts in step.texts.items() if locale in store.locales]
    if any(texts.subject_b for texts in spoken) and not all(texts.subject_b for texts in spoken):
        yield Problem("subject_test_in_one_language", blocking=False, step=step.number, field="subject_b")
    yield from _conditions(step.conditions, step.number)
    if step.incentive is not None:
        yield from _offer(step.incentive, step, content, store)


def _conditions(found: tuple[Condition, ...], step: int) -> Iterator[Problem]:
    for condition in found:
        try:
            conditions.check(condition)
        except BadCondition as bad:
            yield Problem(
                "bad_condition",
                step=step,
                field="conditions",
                about=condition.kind,
                suggestion=bad.params["suggestion"],
            )


def _offer(incentive: Incentive, step: Step, content: Content, store: Publisher) -> Iterator[Problem]:
    if content.trigger is not Trigger.CART_ABANDONED and incentive.kind == "free_shipping":
        yield Problem("offer_without_cart", blocking=False, step=step.number, field="incentive")
    if incentive.kind == "percent" and not incentive.basis_points:
        yield Problem("offer_of_nothing", step=step.number, field="incentive")
    if incentive.kind == "fixed" and not (incentive.amounts and all(a > 0 for a in incentive.amounts.values())):
        yield Problem("offer_of_nothing", step=step.number, field="incentive")
    named = incentive.amounts if incentive.kind == "fixed" else incentive.minimums
    for currency in store.currencies:
        if named and currency not in named:
            yield Problem("offer_not_in_currency", blocking=False, step=step.number, field="incentive", about=currency)
