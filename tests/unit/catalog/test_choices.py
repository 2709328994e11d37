"""Choosing a variant option by option."""

from uuid import UUID, uuid4

from app.catalog import choices
from app.catalog.values import ProductView, Texts, VariantView
from app.ids import VariantId
from app.money import Money


def variant(*options: str, sold_out: bool = False) -> VariantView:
    texts: tuple[Texts, ...] = tuple({"en": option, "fa": f"{option}‌ها"} for option in options)
    return VariantView(VariantId(uuid4()), texts, Money(100, "EUR"), None, 0 if sold_out else 5, None, sold_out)


def product(*variants: VariantView) -> ProductView:
    names: tuple[Texts, ...] = ({"en": "Colour"}, {"en": "Size"})[: len(variants[0].options)]
    return ProductView(UUID(int=1), "throw", {"en": "Throw"}, {}, "", None, None, names, (), 1, None, variants)


def select(view: ProductView, *asked: str, variant_id: VariantId | None = None) -> choices.Selection:
    return choices.select(view, variant_id=variant_id, asked=asked, locale="en")


def test_without_options_there_is_nothing_to_choose() -> None:
    only = variant()
    selection = select(product(only))
    assert selection.variant == only
    assert selection.choices == ()


def test_with_one_option_its_values_name_variants() -> None:
    small, large = variant("Small"), variant("Large", sold_out=True)
    selection = select(product(small, large))
    assert selection.variant is None
    assert selection.last
    assert [(v.text["en"], v.variant, v.sold_out) for v in selection.last.values] == [
        ("Small", small, False),
        ("Large", large, True),
    ]


def test_the_first_value_with_stock_is_picked_and_the_rest_follows() -> None:
    gone, red_s, red_l = variant("Blue", "S", sold_out=True), variant("Red", "S"), variant("Red", "L")
    selection = select(product(gone, red_s, red_l))
    assert [(v.text["en"], v.chosen, v.sold_out) for v in selection.steps[0].values] == [
        ("Blue", False, True),
        ("Red", True, False),
    ]
    assert selection.last
    assert [v.variant for v in selection.last.values] == [red_s, red_l]


def test_a_combination_that_is_not_made_is_shown_as_such() -> None:
    blue, red_s, red_l = variant("Blue", "S"), variant("Red", "S"), variant("Red", "L")
    selection = select(product(blue, red_s, red_l), "Blue")
    assert selection.last
    assert [v.made for v in selection.last.values] == [True, False]
    assert selection.variant == blue  # the only one that is left


def test_values_are_recognised_in_any_language_and_nonsense_is_not() -> None:
    blue, red = variant("Blue", "S"), variant("Red", "S")
    assert select(product(blue, red), "Red‌ها").variant == red
    assert select(product(blue, red), "Green").variant == blue


def test_a_variant_named_by_the_address_is_chosen_with_all_its_options() -> None:
    blue, red = variant("Blue", "S"), variant("Red", "S")
    selection = select(product(blue, red), variant_id=red.id)
    assert selection.variant == red
    assert [v.text["en"] for v in selection.steps[0].values if v.chosen] == ["Red"]
    assert select(product(blue, red), variant_id=VariantId(uuid4())).variant == blue
