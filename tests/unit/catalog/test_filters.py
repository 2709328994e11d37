"""Query strings that anybody may have typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from app.catalog import filters
from app.money import Money


def read(**arguments: object) -> filters.Filter:
    return filters.read_filter(MultiDict(arguments), currency="EUR", known=["kitchen", "living"])


def test_a_whole_filter_and_back() -> None:
    wanted = read(
        q="wool", category=["kitchen", "attic", "living"], in_stock="1", price_min="5", price_max="۲۰٫۵", sort="price"
    )
    assert wanted.categories == ("kitchen", "living")
    assert wanted.least == Money(500, "EUR")
    assert wanted.most == Money(2050, "EUR")
    assert wanted.narrowed == 5
    assert read(**MultiDict(wanted.arguments()).to_dict(flat=False)) == wanted


def test_one_condition_less() -> None:
    wanted = read(q="wool", category=["kitchen", "living"], in_stock="1", price_min="5", price_max="9")
    assert wanted.without("category", "kitchen").categories == ("living",)
    assert not wanted.without("in_stock").in_stock
    assert wanted.without("price_min").least is None
    assert wanted.without("price_max").most is None
    assert wanted.without("q").text == ""


@pytest.mark.parametrize("typed", ["abc", "-1", "1e400", "1e999999", "NaN", "inf", "", "9.999", "9" * 40, None])
def test_what_is_no_price_counts_as_not_asked(typed: str | None) -> None:
    assert filters.read_amount(typed, "EUR") is None


@pytest.mark.parametrize(
    ("typed", "page"),
    [("3", 3), ("۳", 3), ("abc", 1), ("-1", 1), ("0", 1), ("1000000000", 100_000), ("9" * 60, 1), (None, 1)],
)
def test_pages(typed: str | None, page: int) -> None:
    assert filters.read_page(typed) == page


@given(st.dictionaries(st.sampled_from(["q", "category", "in_stock", "price_min", "price_max", "sort"]), st.text()))
def test_no_query_string_fails(arguments: dict[str, str]) -> None:
    wanted = read(**arguments)
    assert len(wanted.text) <= 200
    assert "\x00" not in wanted.text
    wanted.arguments()
