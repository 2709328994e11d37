"""Every reason there is has a sentence."""

from app.recovery.decision import ALL_CLEAR, DEFERS, END_REASONS
from app.recovery.sentences_verdicts import SENTENCES


def test_every_reason_of_a_decision_has_a_sentence() -> None:
    assert {ALL_CLEAR, *DEFERS, *END_REASONS} <= SENTENCES.keys()
