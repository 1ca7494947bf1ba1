"""What the objection "wrong sense" teaches beside the acceptances of the same target."""

from __future__ import annotations

from linkassist.suggest.feedback.learn import learn_from_verdicts
from linkassist.suggestion import Mention, Verdict

APPLE = Mention(1, 0, 5, "apple")
WRONG = Verdict("Apple", "reject", 1, "page", 0.7, APPLE, "wrong_sense")
IN_THE_TEXT = Verdict("Apple", "accept", 1, "page", 0.7, APPLE)
AT_THE_END = Verdict("Apple", "accept", 1, "page", 0.7, None)


def shift(*verdicts: Verdict) -> float:
    """How much the sense of the target is lowered, in log odds, 0 where it is not."""
    lesson = learn_from_verdicts(list(enumerate(verdicts))).senses.get("apple")
    return lesson.shift if lesson else 0.0


def test_an_acceptance_of_the_words_speaks_for_the_sense_and_one_without_words_does_not() -> None:
    assert shift(WRONG) < shift(WRONG, IN_THE_TEXT) < 0
    assert shift(WRONG, AT_THE_END, AT_THE_END) == shift(WRONG)


def test_a_sense_that_is_mostly_right_is_neither_lowered_nor_raised() -> None:
    assert shift(WRONG, *[IN_THE_TEXT] * 30) == 0
