"""The form of a campaign's step, as the editor sends it, turned into the campaign it makes: nothing else of it is touched."""

from collections.abc import Mapping

from msgspec.structs import replace

from app.catalog.filters import plain_amount, read_amount
from app.errors import Invalid
from app.money import Money
from app.recovery.conditions import KINDS, BadCondition, check
from app.recovery.content import SECONDS_IN_30_DAYS, Condition, Content, Incentive, Step, Texts
from app.recovery.presets import standard_words
from app.recovery.values import Channel, MessageKind
from app.web.formats import latin_digits

UNITS = {"minutes": 60, "hours": 3_600, "days": 86_400}
FIELDS = {
    Channel.EMAIL: ("subject", "subject_b", "preheader", "heading", "lead", "button"),
    Channel.SMS: ("text",),
    Channel.PUSH: ("title", "text"),
}
LONGEST = {"lead": 2_000, "text": 10_000, "button": 60, "title": 100}
MONEY_KINDS = ("value_at_least", "value_at_most")
FLAG_KINDS = ("first_purchase", "has_account")
DAYS_OF_OFFER = 4
COUNT_KINDS = ("units_at_least", "likelihood_below")
NO = ("no", "0", "نه", "خیر")

Form = Mapping[str, str]


class BadStep(Invalid):
    """A field of the form that cannot be read: `field` names it."""

    code = "bad_step"


def with_step(content: Content, number: int, locale: str, form: Form, currency: str, unit: int) -> Content:
    """The campaign with the step as the form has it. Raises BadStep, BadCondition."""
    before = content.step(number)
    if before is None:
        raise BadStep(field="step")
    after = replace(
        before,
        delay_seconds=_delay(form),
        texts={**before.texts, locale: _texts(before, locale, form)},
        conditions=_conditions(before, form, currency, unit),
        incentive=_incentive(before, form, currency, unit),
    )
    steps = tuple(after if step.number == number else step for step in content.steps)
    return replace(content, steps=tuple(sorted(steps, key=lambda step: step.delay_seconds)))


def with_new_step(content: Content, channel: Channel, locales: tuple[str, ...]) -> tuple[Content, int]:
    """The campaign with one more step at the end, a day after the last, with words to begin with; and its number."""
    number = max((step.number for step in content.steps), default=0) + 1
    last = max((step.delay_seconds for step in content.steps), default=0)
    like = next((step for step in reversed(content.steps) if step.channel is channel), None)
    known = like.texts if like else standard_words(MessageKind.STEP, content.trigger, channel)
    texts = {locale: known.get(locale, Texts()) for locale in locales}
    delay = min(last + UNITS["days"], SECONDS_IN_30_DAYS)
    return replace(
        content, steps=(*content.steps, Step(number=number, delay_seconds=delay, channel=channel, texts=texts))
    ), number


def without_step(content: Content, number: int) -> Content:
    """The campaign without the step."""
    return replace(content, steps=tuple(step for step in content.steps if step.number != number))


def spoken_delay(seconds: int) -> tuple[int, str]:
    """A delay as it is typed: in the largest unit that is whole."""
    for unit in ("days", "hours"):
        if seconds and seconds % UNITS[unit] == 0:
            return seconds // UNITS[unit], unit
    return seconds // 60, "minutes"


def _delay(form: Form) -> int:
    digits = latin_digits(form.get("delay", "").strip())
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 6 and form.get("unit") in UNITS):
        raise BadStep(field="delay")
    seconds = int(digits) * UNITS[form["unit"]]
    if seconds > SECONDS_IN_30_DAYS:
        raise BadStep(field="delay")
    return seconds


def _texts(step: Step, locale: str, form: Form) -> Texts:
    before = step.texts.get(locale, Texts())
    typed = {name: form.get(name, "").replace("\r\n", "\n").strip() for name in FIELDS[step.channel]}
    for name, text in typed.items():
        if len(text) > LONGEST.get(name, 200):
            raise BadStep(field=name)
    return replace(before, **typed)


def spoken_amount(incentive: Incentive | None, currency: str, unit: int) -> str:
    """A fixed offer as it is typed, in the store's currency."""
    if incentive is None or incentive.kind != "fixed" or currency not in incentive.amounts:
        return ""
    return plain_amount(Money(incentive.amounts[currency], currency), unit)


def _incentive(step: Step, form: Form, currency: str, unit: int) -> Incentive | None:
    before = step.incentive
    match form.get("offer"):
        case "percent":
            percent = _whole(form, "percent", 100)
            minimums = before.minimums if before else {}
            return Incentive(kind="percent", basis_points=percent * 100, minimums=minimums, days=_days(before, form))
        case "fixed":
            amount = read_amount(form.get("fixed", ""), currency, unit)
            if amount is None:
                raise BadStep(field="fixed")
            known = before.amounts if before else {}
            minimums = before.minimums if before else {}
            amounts = {**known, currency: amount.amount}
            return Incentive(kind="fixed", amounts=amounts, minimums=minimums, days=_days(before, form))
        case "free_shipping":
            minimums = before.minimums if before else {}
            return Incentive(kind="free_shipping", minimums=minimums, days=_days(before, form))
        case _:
            return None


def _days(before: Incentive | None, form: Form) -> int:
    """For how many days an offer holds; as before where the form does not say."""
    if not form.get("days", "").strip():
        return before.days if before else DAYS_OF_OFFER
    return _whole(form, "days", 365)


def _whole(form: Form, name: str, most: int) -> int:
    digits = latin_digits(form.get(name, "").strip())
    if not (digits.isascii() and digits.isdigit() and 1 <= int(digits[:4] or 0) <= most):
        raise BadStep(field=name)
    return int(digits)


def _conditions(step: Step, form: Form, currency: str, unit: int) -> tuple[Condition, ...]:
    """Those of before that are not taken away, and the new one if there is one."""
    kept = tuple(one for at, one in enumerate(step.conditions) if f"without_{at}" not in form)
    kind, typed = form.get("condition", ""), form.get("condition_value", "").strip()
    if not kind:
        return kept
    if kind not in KINDS:
        raise BadCondition(kind=kind, field="kind", suggestion="")
    added = Condition(kind=kind, value=_value(kind, typed, currency, unit))
    check(added)
    return (*kept, added)


def _value(kind: str, typed: str, currency: str, unit: int) -> str | int | bool | dict[str, int] | list[str]:
    digits = latin_digits(typed)
    if kind in MONEY_KINDS:
        amount: Money | None = read_amount(typed, currency, unit)
        return {currency: amount.amount} if amount is not None else ""
    if kind in FLAG_KINDS:
        return digits.lower() not in NO
    if kind in COUNT_KINDS:
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 7 else ""
    words = [word.strip() for word in typed.replace("،", ",").split(",") if word.strip()]
    return [word.upper() for word in words] if kind == "country_in" else words
