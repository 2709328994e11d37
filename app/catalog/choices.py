"""Choosing a variant option by option: what is offered, what is chosen, what is sold out or not made. Pure.

All options but the last are chosen by address (`?option1=…`), the last one names the variant itself, so that the form
that adds to the cart is complete without any script.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.catalog.values import ProductView, Texts, VariantView
from app.ids import VariantId


@dataclass(frozen=True, slots=True)
class Value:
    """One value of an option. `variant` is given for the last option, `address` (the query) for those before."""

    text: Texts
    chosen: bool
    sold_out: bool
    made: bool
    address: tuple[tuple[str, str], ...] = ()
    variant: VariantView | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """An option with its values."""

    name: Texts
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """What can be chosen, and the variant that is; None as long as the shopper has to choose."""

    choices: tuple[Choice, ...]
    variant: VariantView | None

    @property
    def steps(self) -> tuple[Choice, ...]:
        """The options chosen by address."""
        return self.choices[:-1]

    @property
    def last(self) -> Choice | None:
        """The option whose values name variants."""
        return self.choices[-1] if self.choices else None


def select(product: ProductView, *, variant_id: VariantId | None, asked: Sequence[str], locale: str) -> Selection:
    """The options of `product` with what the address asks for; values are recognised by their text in any language."""
    variant = next((variant for variant in product.variants if variant.id == variant_id), None)
    if not product.option_names:
        return Selection((), product.variants[0])
    keys = {candidate.id: _key(candidate, locale) for candidate in product.variants}
    wanted = keys[variant.id] if variant else tuple(_recognised(product, asked, locale))
    picked: tuple[str, ...] = ()
    choices = []
    for number, name in enumerate(product.option_names[:-1]):
        values = _values(product, number, locale)
        picked = (*picked, _pick(product, keys, picked, wanted[number : number + 1], list(values)))
        choices.append(Choice(name, tuple(_step(product, keys, picked, value, values[value]) for value in values)))
    last = len(product.option_names) - 1
    offered = {
        value: next((v for v in product.variants if keys[v.id] == (*picked, value)), None)
        for value in _values(product, last, locale)
    }
    made = [candidate for candidate in offered.values() if candidate]
    if variant is None and len(made) == 1:
        variant = made[0]
    texts = _values(product, last, locale)
    final = tuple(
        Value(
            text=texts[value],
            chosen=candidate is not None and candidate is variant,
            sold_out=candidate is not None and candidate.sold_out,
            made=candidate is not None,
            variant=candidate,
        )
        for value, candidate in offered.items()
    )
    return Selection((*choices, Choice(product.option_names[last], final)), variant)


def _key(variant: VariantView, locale: str) -> tuple[str, ...]:
    return tuple(_plain(option, locale) for option in variant.options)


def _plain(option: Texts, locale: str) -> str:
    return option.get(locale) or next(iter(option.values()), "")


def _values(product: ProductView, number: int, locale: str) -> dict[str, Texts]:
    """The values of an option in the order in which variants have them."""
    return {_plain(variant.options[number], locale): variant.options[number] for variant in product.variants}


def _recognised(product: ProductView, asked: Sequence[str], locale: str) -> list[str]:
    found = []
    for number, text in enumerate(asked[: len(product.option_names)]):
        values = _values(product, number, locale)
        found.append(next((value for value, texts in values.items() if text in texts.values()), ""))
    return found


def _pick(
    product: ProductView,
    keys: dict[VariantId, tuple[str, ...]],
    picked: tuple[str, ...],
    wanted: Sequence[str],
    values: list[str],
) -> str:
    """The value that was asked for if it is made, else the first with something to buy, else the first that is made."""
    ways = {
        value: [v for v in product.variants if keys[v.id][: len(picked) + 1] == (*picked, value)] for value in values
    }
    if wanted and ways.get(wanted[0]):
        return wanted[0]
    in_stock = (value for value, found in ways.items() if any(not variant.sold_out for variant in found))
    return next(in_stock, next((value for value, found in ways.items() if found), values[0]))


def _step(
    product: ProductView,
    keys: dict[VariantId, tuple[str, ...]],
    picked: tuple[str, ...],
    value: str,
    text: Texts,
) -> Value:
    """A value of an option that is chosen by address, `picked` ending with the value chosen now."""
    path = (*picked[:-1], value)
    ways = [variant for variant in product.variants if keys[variant.id][: len(path)] == path]
    return Value(
        text=text,
        chosen=value == picked[-1],
        sold_out=bool(ways) and all(variant.sold_out for variant in ways),
        made=bool(ways),
        address=tuple((f"option{number}", chosen) for number, chosen in enumerate(path, start=1)),
    )
