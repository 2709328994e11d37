"""A simulation in lines for a terminal: what happened, the truth beside the measurement, reasons true and found."""

from collections import Counter
from collections.abc import Iterator

from app.money import Money, exponent
from app.recovery.reasons import Reason
from app.simulator.run import Outcome
from app.simulator.truth import Compared, Effect, Truth

SHORT = {
    Reason.PAYMENT_FAILED: "paym", Reason.OUT_OF_STOCK: "stock", Reason.PRICE_ROSE: "price",
    Reason.COUPON_REFUSED: "code", Reason.DELIVERY_COST: "deliv", Reason.SAVED_FOR_LATER: "saved",
    Reason.CHANGED_MIND: "mind", Reason.LONG_COMPARISON: "long", Reason.JUST_LEFT: "left",
}  # fmt: skip


def lines(outcome: Outcome) -> Iterator[str]:
    """The whole summary."""
    record = outcome.record
    because = sum(record.orders.values())
    yield (
        f"{record.baskets} baskets, {record.guests} of guests who gave no address; "
        f"{len(record.orders)} orders, {record.bought_at_once} at once, {because} because of a message; {record.clicks} clicks"
    )
    yield from _effects(outcome.truth)
    yield from _reasons(outcome.truth)


def _effects(truth: Truth) -> Iterator[str]:
    if not truth.effects:
        yield "nothing to measure: no campaign of abandoned carts was live, or no cart has had its time yet"
    for effect in truth.effects:
        yield ""
        yield f"what messages added, per person who left a cart in {effect.currency} ({effect.people} in the campaign, {effect.held_out} held out)"
        yield "                      true   measured       range (95 % at every look)"
        yield _row("orders", effect.orders, 100, "%")
        yield _row("money", effect.money, 1 / 10 ** exponent(effect.currency), effect.currency)
        yield f"  credited by last click: {_money(effect)}"
    for test in truth.subjects:
        yield f"  subject of step {test.step}: clicks b − a {test.clicks.estimate * 100:+.2f} % ({test.clicks.verdict})"


def _row(name: str, compared: Compared, scale: float, unit: str) -> str:
    text = f"  {name:<12}{compared.true * scale:>14,.2f}{compared.measured * scale:>11,.2f}"
    if compared.low is None or compared.high is None:
        return f"{text}       too few for a range   {unit}"
    word = "covers the truth" if compared.covered else "DOES NOT COVER THE TRUTH"
    return f"{text}       {compared.low * scale:,.2f} … {compared.high * scale:,.2f} {unit}   {word}"


def _money(effect: Effect) -> str:
    if effect.credited is None:
        return "nothing"
    net: Money = effect.credited.net
    each = net.amount / 10 ** exponent(effect.currency) / max(effect.people, 1)
    return f"{effect.credited.orders} orders, {net.amount / 10 ** exponent(effect.currency):,.2f} {effect.currency} ({each:,.2f} per person)"


def _reasons(truth: Truth) -> Iterator[str]:
    if not truth.reasons:
        return
    yield ""
    yield "reasons: true in rows, found in columns"
    found_anywhere = {found for _true, found in truth.reasons}
    columns = [
        reason for reason in Reason if reason in found_anywhere or any(true is reason for true, _ in truth.reasons)
    ]
    yield "                 " + "".join(f"{SHORT[column]:>7}" for column in columns) + "   right"
    right = 0
    totals: Counter[Reason] = Counter()
    for (true, _found), number in truth.reasons.items():
        totals[true] += number
    for reason in Reason:
        if not totals[reason]:
            continue
        hits = truth.reasons.get((reason, reason.value), 0)
        right += hits
        cells = "".join(f"{truth.reasons.get((reason, column.value), 0):>7}" for column in columns)
        yield f"  {reason.value:<15}{cells}   {100 * hits / totals[reason]:>4.0f} %"
    yield f"  {right} of {sum(totals.values())} right: {100 * right / max(sum(totals.values()), 1):.0f} %"
