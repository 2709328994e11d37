"""Segments of an SMS, by the numbers of 3GPP TS 23.038 and 23.040."""

import pytest

from app.recovery.segments import BASIC, EXTENDED, economical, measure

FARSI = "ترنج: سبدتان منتظر شماست\ntoranj.ir/r/AAAAAAAAAAAAAAAAAAAAAA\nلغو۱۱"


def test_the_default_alphabet_has_127_letters_and_the_extension_ten() -> None:
    assert len(BASIC) == 127  # 128 places, one of which is the escape
    assert len(EXTENDED) == 10


@pytest.mark.parametrize(
    ("text", "alphabet", "used", "count", "left"),
    [
        pytest.param("", "gsm", 0, 1, 160, id="nothing"),
        pytest.param("a" * 160, "gsm", 160, 1, 0, id="160-letters"),
        pytest.param("a" * 161, "gsm", 161, 2, 145, id="161-letters"),
        pytest.param("a" * 306, "gsm", 306, 2, 0, id="two-full"),
        pytest.param("a" * 307, "gsm", 307, 3, 152, id="one-more-than-two"),
        pytest.param("€" * 80, "gsm", 160, 1, 0, id="80-euros"),
        pytest.param("€" * 81, "gsm", 162, 2, 143, id="81-euros"),
        pytest.param("a" * 152 + "€" + "a" * 10, "gsm", 164, 2, 141, id="an-escape-stays-with-its-letter"),
        pytest.param("س" * 70, "ucs2", 70, 1, 0, id="70-persian"),
        pytest.param("س" * 71, "ucs2", 71, 2, 63, id="71-persian"),
        pytest.param("س" * 134, "ucs2", 134, 2, 0, id="two-full-persian"),
        pytest.param("س" * 135, "ucs2", 135, 3, 66, id="one-more-persian"),
        pytest.param("😀" * 35, "ucs2", 70, 1, 0, id="35-outside-the-plane"),
        pytest.param("س" * 66 + "😀" + "س" * 10, "ucs2", 78, 2, 55, id="a-surrogate-stays-with-its-half"),
        pytest.param("caf\N{LATIN SMALL LETTER E WITH ACUTE}", "gsm", 4, 1, 156, id="accents-that-are-there"),
        pytest.param("œuvre", "ucs2", 5, 1, 65, id="a-letter-that-is-not"),
        pytest.param("a`b", "ucs2", 3, 1, 67, id="a-grave-accent-is-not"),
    ],
)
def test_measured(text: str, alphabet: str, used: int, count: int, left: int) -> None:
    found = measure(text)
    assert (found.alphabet, found.used, found.count, found.left) == (alphabet, used, count, left)


def test_typographic_signs_do_not_make_a_message_dearer() -> None:
    said = "Toranj: you’ll find it – “saved” … 1,234.00\N{NO-BREAK SPACE}EUR"
    assert measure(said).alphabet == "ucs2"
    assert economical(said) == 'Toranj: you\'ll find it - "saved" ... 1,234.00 EUR'
    assert measure(economical(said)).count == 1


def test_where_it_does_not_help_nothing_is_changed() -> None:
    assert economical("«ترنج» – you’ll") == "«ترنج» – you’ll"


def test_decomposed_letters_count_as_one() -> None:
    assert measure(economical("cafe\N{COMBINING ACUTE ACCENT}")).alphabet == "gsm"


def test_a_persian_reminder_with_a_real_link_is_one_segment() -> None:
    assert measure(FARSI).count == 1
