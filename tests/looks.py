"""How pages are looked at in a browser: each language once and each theme once; all of them together where asked for."""

import os

import pytest

# EVERY_LOOK=1: every language in every theme. What is wrong in one is nearly always wrong in its neighbour, too.
LOOKS = [("en", "light"), ("fa", "dark")]
FURTHER = [("en", "dark"), ("fa", "light")] if os.environ.get("EVERY_LOOK") else []

in_each_look = pytest.mark.parametrize(
    ("language", "scheme"),
    LOOKS + FURTHER,
    ids=[f"{language}-{scheme}" for language, scheme in LOOKS + FURTHER],
)

# A page at the desk in one language, on a phone in the other.
in_each_window = pytest.mark.parametrize(
    ("language", "options"),
    [
        ("en", {"viewport": {"width": 1280, "height": 800}}),
        ("fa", {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}),
    ],
    ids=["en-light-desktop", "fa-dark-phone"],
)
