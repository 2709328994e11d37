"""Folding and suggesting: the same words however they were typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog import search


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Pour-over KETTLE, 1 l", "pour over kettle 1 l"),
        ("Café crème", "cafe creme"),
        ("كتاب", "کتاب"),
        ("چراغِ روميزي", "چراغ رومیزی"),
        ("قهوه‌ساز", "قهوه ساز"),
        ("كتـــري", "کتری"),
        ("۱۴۰ × ٢٠٠", "140 200"),
        ("آینه", "اینه"),
        ("\u200e\u2067ترنج\u2069", "ترنج"),
        ("ﻻﻟﻪ", "لاله"),
        ("  \x00\t ", ""),
    ],
)
def test_fold(typed: str, folded: str) -> None:
    assert search.fold(typed) == folded


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    folded = search.fold(text)
    assert search.fold(folded) == folded
    assert "\x00" not in folded
    assert folded == " ".join(folded.split())


@given(st.characters())
def test_every_character_folds_to_something_final(character: str) -> None:
    folded = search.fold(character * 2)
    assert search.fold(folded) == folded


@given(st.text(max_size=6_000))
def test_a_query_is_short_and_harmless(text: str) -> None:
    words = search.query_words(text)
    assert len(words) <= search.MOST_WORDS
    assert all("'" not in word and "\\" not in word and word for word in words)
    folded_length = sum(map(len, words))
    assert folded_length <= search.LONGEST_QUERY * 18  # one character can unfold into eighteen letters


def test_the_last_word_may_be_unfinished() -> None:
    assert search.ts_query(["wool", "thr"]) == "'wool' & 'thr':*"


def test_titles_stand_on_the_first_line_and_no_word_twice() -> None:
    text = search.search_text(["Wool throw", "شال پشمی"], ["Textiles", "wool, winter"], ["A throw of wool for winter."])
    assert text == "wool throw شال پشمی\ntextiles winter a of for"


@pytest.mark.parametrize(
    ("typed", "titles", "meant"),
    [
        ("ketle", ["Pour-over kettle, 1 l"], "kettle"),
        ("کتیر", ["کتری ترنج"], "کتری"),
        ("stonewear mugs", ["Stoneware mugs, set of 2"], "stoneware mugs"),
        ("اینه", ["آینهٔ طاق‌دار"], "آینه"),
        ("xyzzy", ["Wool throw"], None),
        ("wool xyzzy", ["Wool throw"], None),
        ("", ["Wool throw"], None),
        ("kettle", [], None),
    ],
)
def test_suggestion(typed: str, titles: list[str], meant: str | None) -> None:
    assert search.suggestion(typed, titles) == meant


@given(st.text(max_size=300), st.lists(st.text(max_size=100), max_size=5))
def test_suggesting_never_fails(query: str, titles: list[str]) -> None:
    search.suggestion(query, titles)
