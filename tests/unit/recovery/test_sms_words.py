"""Words sent back by SMS, as people type them."""

import pytest

from app.recovery.sms_words import Word, meaning

SAID = {
    Word.STOP: [
        "STOP", " stop ", "Stop.", "STOP!!", "stopall", "UNSUBSCRIBE", "cancel", "End", "quit", "revoke", "opt-out",
        "opt out", "OPTOUT", "Stop texting me", "unsubscribe please", "ＳＴＯＰ", "«STOP»", "st\u200bop", "لغو", "لغو۱۱",
        "لغو ١١", "لغو 11", "۱۱", "11", "لغو.", "لغو\u200c۱۱", "لغو کنید", "\u202bلغو\u202c",
    ],
    Word.START: ["START", "yes", "Unstop", "Yes!"],
    Word.HELP: ["help", "HELP?", "info", "راهنما"],
    Word.OTHER: [
        "", " ", "?", "don't stop", "11 o'clock", "yes please send more", "helpful", "the end", "cancel my order",
        "سلام", "ملغو", "112", "\0", "start of the week",
    ],
}  # fmt: skip
CASES = [(word, text) for word, texts in SAID.items() for text in texts]


@pytest.mark.parametrize(("word", "text"), CASES, ids=[f"{word}-{number}" for number, (word, _) in enumerate(CASES)])
def test_what_it_means(word: Word, text: str) -> None:
    assert meaning(text) is word
