"""What verdicts teach: what they say is lowered, raised or left out, and all else stays as it was."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from support.signals import signals_of_the_explainers

from linkassist.suggest.explain.reasons import reason_text
from linkassist.suggest.feedback.learn import _OF_THE_PAGE, Lessons, apply_lessons, apply_to_one, learn_from_verdicts
from linkassist.suggest.feedback.log_odds import Trial, gaussian_prior_shift, laplace_prior_shift, logit, shifted
from linkassist.suggestion import HELD_BACK, Kind, Mention, Objection, Reason, Suggestion, Verdict

SAID = Reason("link_probability", 3, 9)
NEAR = Reason("neighbours", names=("Garden",))


def suggestion(
    target: str = "Apple",
    probability: float = 0.7,
    kind: Kind = "page",
    *,
    surface: str = "apple",
    reason: Reason = SAID,
) -> Suggestion:
    mentions = (Mention(1, 0, len(surface), surface),) if surface else ()
    return Suggestion(target, kind, probability, mentions, (reason,))


def no(target: str = "Apple", why: Objection | str = "", probability: float = 0.7, kind: Kind = "page") -> Verdict:
    return Verdict(target, "reject", 1, kind, probability, Mention(1, 0, 5, "apple"), why)


def yes(target: str = "Apple", probability: float = 0.7, kind: Kind = "page", surface: str = "apple") -> Verdict:
    return Verdict(target, "accept", 1, kind, probability, Mention(1, 0, 5, surface) if surface else None)


def lessons(*verdicts: Verdict) -> Lessons:
    """What the verdicts teach, each given on a page of its own."""
    return learn_from_verdicts(list(enumerate(verdicts)))


def probability_after(*verdicts: Verdict, of: Suggestion | None = None) -> float:
    taught = apply_to_one(lessons(*verdicts), of or suggestion())
    assert taught is not None
    return taught.probability


def test_one_rejection_says_nothing_about_other_pages() -> None:
    assert lessons(no()) == Lessons()


def test_two_rejections_of_a_target_lower_it_everywhere_and_say_so() -> None:
    taught = apply_to_one(lessons(no(), no("apple")), suggestion())
    assert taught is not None and taught.probability == 0.246
    assert [(reason.signal, reason.total) for reason in taught.reasons] == [
        ("link_probability", 9),
        ("dismissed_before", 2),
    ]
    assert apply_to_one(lessons(no(), no()), suggestion("Pear")) == suggestion("Pear")


def test_two_verdicts_for_one_page_count_once() -> None:
    assert learn_from_verdicts([(1, no("New Title")), (1, no("new title"))]) == Lessons()


def test_too_common_counts_as_two() -> None:
    assert probability_after(no(why="too_common")) == probability_after(no(), no())


def test_each_rejection_more_lowers_and_each_acceptance_raises() -> None:
    lowered = [probability_after(*[no()] * n) for n in (2, 3, 5, 9)]
    assert lowered == sorted(lowered, reverse=True) and len(set(lowered)) == 4
    taken_back = [probability_after(*[no()] * 4, *[yes()] * n) for n in (0, 1, 2)]
    assert taken_back == sorted(taken_back) and taken_back[-1] < 0.7


def test_what_was_rejected_twice_is_never_raised_by_it() -> None:
    assert lessons(no(probability=0.1), no(probability=0.1), yes(probability=0.1)).targets == {}


def test_the_rejection_of_what_was_unlikely_anyway_says_less() -> None:
    unlikely = no(probability=0.12)
    assert probability_after(no(), no()) < probability_after(unlikely, unlikely) < 0.7


def test_acceptances_on_several_pages_raise_a_target_at_most_to_twice_its_odds() -> None:
    assert lessons(yes()) == Lessons()
    assert 0.7 < probability_after(yes(probability=0.97), yes(probability=0.97)) < 0.75
    assert probability_after(*[yes(probability=0.2)] * 9) == shifted(0.7, math.log(2)) == 0.8235


def test_wrong_sense_lowers_the_target_where_the_text_alone_speaks_for_it() -> None:
    once = no(why="wrong_sense")
    assert probability_after(once) == 0.3579
    assert probability_after(once, of=suggestion(reason=NEAR)) == 0.7
    assert probability_after(once, of=suggestion(surface="")) == 0.7
    assert probability_after(once, of=suggestion("Pear")) == 0.7
    assert probability_after(once, once, of=suggestion(reason=NEAR)) == 0.7, "the target as such was not rejected"
    assert probability_after(once) < probability_after(once, yes()) < 0.7


def test_a_wrong_span_is_not_offered_again_and_other_words_for_the_target_are() -> None:
    learnt = lessons(no(why="wrong_span"))
    assert apply_to_one(learnt, suggestion()) is None
    both = replace(suggestion(), mentions=(Mention(1, 0, 5, "apple"), Mention(2, 0, 6, "apples")))
    assert apply_to_one(learnt, both) == replace(both, mentions=both.mentions[1:])
    for untouched in (suggestion("Pear"), suggestion(surface="Apple"), suggestion(surface="")):
        assert apply_to_one(learnt, untouched) is untouched
    assert lessons(no(why="wrong_span"), yes()) == Lessons(), "accepting the same words elsewhere takes it back"


def test_too_near_lowers_a_little_what_rests_on_similar_pages() -> None:
    assert lessons(no(why="too_near")) == Lessons()
    twice = [no("Apple", "too_near"), no("Pear", "too_near")]
    assert 0.66 < probability_after(*twice, of=suggestion("Plum", reason=NEAR)) < 0.7
    assert probability_after(*twice) == 0.7
    assert 0.4 < probability_after(*twice * 10, of=suggestion("Plum", reason=NEAR)) < 0.6


def test_a_phrase_rejected_twice_as_a_new_link_is_not_offered_again() -> None:
    phrase = suggestion("let it", kind="new")
    learnt = lessons(no("let it", kind="new"), no("Let it", kind="new"))
    assert apply_to_one(learnt, phrase) is None
    assert apply_to_one(learnt, replace(phrase, kind="red")) is not None, "once linked by others it is another thing"
    assert apply_to_one(lessons(no("let it", kind="new")), phrase) is phrase
    assert apply_to_one(lessons(*[no("let it", kind="new")] * 2, yes("let it", kind="new")), phrase) is not None


def test_many_rejections_of_a_kind_lower_that_kind_and_ten_do_not() -> None:
    assert lessons(*[no(str(n)) for n in range(10)]) == Lessons()
    other = [suggestion("Plum"), suggestion("Plum", kind="red")]
    many = lessons(*[no(str(n)) for n in range(200)])
    page, red = (apply_to_one(many, each) for each in other)
    assert page is not None and page.probability < 0.1 and page.reasons == other[0].reasons
    assert red is other[1]


def test_a_reader_who_takes_as_many_as_was_promised_changes_nothing() -> None:
    assert lessons(*[no(str(n)) for n in range(60)], *[yes(f"y{n}") for n in range(140)]).kinds == {}


def test_the_rejections_of_one_target_are_not_held_against_its_kind() -> None:
    assert lessons(*[no()] * 30).kinds == {}


def test_without_lessons_a_list_is_as_it_was() -> None:
    found = [suggestion("A", 0.5), suggestion("B", 0.5)]
    assert apply_lessons(Lessons(), found) == found


def test_a_list_is_put_in_order_again_and_equals_keep_theirs() -> None:
    found = [suggestion("Apple", 0.7), suggestion("B", 0.5), suggestion("C", 0.5)]
    taught = apply_lessons(lessons(no(), no()), found)
    assert [each.target for each in taught] == ["B", "C", "Apple"]
    assert taught[0] is found[1] and taught[1] is found[2]


def test_the_fingerprint_is_that_of_what_was_learnt_and_not_of_the_verdicts() -> None:
    assert lessons().fingerprint == lessons(no(), yes("Pear")).fingerprint == ""
    assert lessons(no(), no()).fingerprint == lessons(no(), no("Pear"), no()).fingerprint != ""
    assert lessons(no(), no()).fingerprint != lessons(no(), no(), no()).fingerprint


def test_what_the_reader_showed_has_words_in_both_languages() -> None:
    said = lessons(no("A"), no("A"), yes("B"), yes("B"), no("C", "wrong_sense"), *[no("D", "too_near")] * 2)
    told = [apply_to_one(said, suggestion(target)) for target in "ABC"]
    told.append(apply_to_one(said, suggestion("E", reason=NEAR)))
    reasons = [each.reasons[-1] for each in told if each]
    assert [reason_text(reason, "en") for reason in reasons] == [
        "you dismissed this link on 2 pages",
        "you accepted this link on 2 pages",
        "on another page you said that this is meant in another sense",
        "on 2 pages you found suggestions from similar pages already close",
    ]
    assert all("あなた" in reason_text(reason, "ja") for reason in reasons)


def test_of_every_signal_it_is_known_whether_it_rests_on_the_text_alone() -> None:
    of_the_text = {
        "link_probability",
        "mention",
        "variant",
        "inflected",
        "in_title",
        "in_link",
        "icon",
        "own_line",
        "lately",
        "joins",
        "bridges",
        "phrase",
        "quoted",
    }
    unknown = signals_of_the_explainers() - of_the_text - _OF_THE_PAGE - HELD_BACK
    assert not unknown, "say it in suggest/feedback/learn.py, or above if it comes from the words"


TRIALS = st.lists(st.builds(Trial, st.floats(-6, 6), st.booleans(), st.integers(1, 2)), min_size=1, max_size=30)


@given(TRIALS, st.sampled_from([0.25, 2.0]))
def test_the_leaning_is_the_likeliest_shift(trials: list[Trial], spread: float) -> None:
    """Second witness: the negative log-posterior, minimised by SciPy."""
    logits = np.array([trial.logit for trial in trials])
    signs = np.array([1 if trial.is_accepted else -1 for trial in trials])
    weights = np.array([trial.weight for trial in trials])

    def cost(shift: float) -> float:
        return float((weights * np.logaddexp(0, -signs * (logits + shift))).sum() + shift**2 / (2 * spread**2))

    best = minimize_scalar(cost, bounds=(-8, 8), method="bounded", options={"xatol": 1e-7})
    assert gaussian_prior_shift(trials, spread) == pytest.approx(best.x, abs=1e-3)


@given(TRIALS)
def test_an_offset_brings_what_is_expected_to_within_the_slack(trials: list[Trial]) -> None:
    shift = laplace_prior_shift(trials, 3.0)
    expected = sum(trial.weight / (1 + math.exp(-trial.logit - shift)) for trial in trials)
    observed = sum(trial.weight * trial.is_accepted for trial in trials)
    assert abs(expected - observed) <= 3.0 + 1e-3 or abs(shift) > 7.9


def test_an_offset_worked_by_hand() -> None:
    answers = [Trial(logit(0.7), n < 93) for n in range(200)]
    assert laplace_prior_shift(answers, 10) == pytest.approx(logit(103 / 200) - logit(0.7), abs=1e-4)


@given(st.floats(0, 1), st.floats(-20, 20))
def test_no_shift_makes_anything_certain(probability: float, shift: float) -> None:
    assert shift == 0 or 0.0001 <= shifted(probability, shift) <= 0.9999
