"""Verdicts in a library: ten of them change the right lists and no other, and undone they leave no trace."""

from __future__ import annotations

import pytest
from support.garden import Garden, Lists, changes, suggestions
from support.little_wiki import AWKWARD_TITLES

from linkassist.errors import NotFoundError
from linkassist.review.verdicts import decide, follow_verdicts, lessons_of, object_to, shown_suggestions
from linkassist.store.imports import import_pages
from linkassist.store.pages import list_pages, project
from linkassist.store.suggestions import page_suggestions
from linkassist.suggest.feedback.learn import Lessons
from linkassist.suggestion import Decision, Objection, Verdict
from linkassist.wiki import Line, Page

# (page, target, decision, objection): ten verdicts, on the first six pages.
TEN: tuple[tuple[int, str, Decision, Objection | None], ...] = (
    (0, "道具", "reject", None),
    (1, "道具", "reject", None),
    (0, "みどり", "accept", None),
    (1, "みどり", "accept", None),
    (2, "知識", "reject", "wrong_sense"),
    (2, "発想法", "reject", "wrong_span"),
    (3, "のこと", "reject", "too_common"),
    (3, "類似度", "reject", None),
    (4, "検索", "reject", "too_near"),
    (5, "検索", "reject", "too_near"),
)


def undecided(lists: Lists) -> Lists:
    """The lists without what the ten verdicts decide themselves."""
    decided = {(AWKWARD_TITLES[page], target) for page, target, _, _ in TEN}
    return {title: [each for each in found if (title, each.target) not in decided] for title, found in lists.items()}


def test_ten_verdicts_change_the_right_suggestions_and_nothing_else(garden: Garden) -> None:
    before, kept = undecided(garden.shown()), garden.kept()
    for verdict in TEN:
        garden.decide(*verdict)
    after = garden.shown()
    assert changes(before, after) == {
        "道具": "lower",  # rejected on two pages
        "みどり": "higher",  # accepted on two pages
        "知識": "lower",  # wrong sense, where the text alone speaks for it
        "発想法": "other words",  # the wrong span is not offered, the right one is
        "のこと": "gone",  # too common for a new link
        "検索": "lower",  # too near, twice ...
        "記法の見本": "lower",  # ... which goes for all that rests on similar pages
    }  # 類似度, rejected on one page, stays as it is on the others, and so does what nobody spoke of
    for title, was in before.items():
        untouched = [each for each in was if each.target in ("類似度", f"{title}のうら", "KJ法", "書き方", "つながり")]
        assert [each for each in after[title] if each in untouched] == untouched
        assert [each.probability for each in after[title]] == sorted(
            (each.probability for each in after[title]), reverse=True
        )
    last = {each.target: each for each in after[AWKWARD_TITLES[9]]}
    assert last["みどり"].probability > 0.62 and last["道具"].probability < 0.25
    assert 0.38 < last["検索"].probability < 0.4, "too near weighs little"
    assert [mention.surface for mention in last["発想法"].mentions] == ["発想法"]
    assert garden.kept() == kept, "the lists are kept as the ranker found them"


@pytest.mark.parametrize("order", ["as given", "last first"])
def test_undone_the_ten_verdicts_leave_no_trace(garden: Garden, order: str) -> None:
    before, gains, kept = garden.shown(), garden.gains(), garden.kept()
    for verdict in TEN:
        garden.decide(*verdict)
    follow_verdicts(garden.library, garden.project_id)
    assert garden.gains() != gains
    for page, target, _, _ in TEN if order == "as given" else reversed(TEN):
        garden.undo(page, target)
    follow_verdicts(garden.library, garden.project_id)
    assert lessons_of(garden.library, garden.project_id) == Lessons()
    assert (garden.shown(), garden.gains(), garden.kept()) == (before, gains, kept)


def test_the_gain_of_the_decided_page_follows_at_once_and_the_others_at_the_next_reindex(garden: Garden) -> None:
    before = garden.gains()
    first, second, third = AWKWARD_TITLES[:3]
    garden.decide(0, "道具", "reject")
    garden.decide(1, "道具", "reject")
    now = garden.gains()
    assert now[second] == pytest.approx((7, before[second][1] - 0.25)) and now[third] == before[third]
    follow_verdicts(garden.library, garden.project_id)
    lowered = next(each for each in garden.shown()[third] if each.target == "道具")
    assert 0.1 <= lowered.probability < 0.2 and lowered.is_below_floor
    assert garden.gains()[third] == pytest.approx((7, before[third][1] - 0.25))
    assert garden.gains()[first] == now[first]


def test_where_nothing_new_was_learnt_nothing_is_written(garden: Garden) -> None:
    garden.decide(0, "道具", "reject")
    n_changes = garden.library.connection.total_changes
    follow_verdicts(garden.library, garden.project_id)
    assert garden.library.connection.total_changes == n_changes
    garden.decide(1, "道具", "reject")
    follow_verdicts(garden.library, garden.project_id)
    n_changes = garden.library.connection.total_changes
    follow_verdicts(garden.library, garden.project_id)
    assert garden.library.connection.total_changes == n_changes


def test_an_objection_can_be_changed_and_taken_back_and_one_undo_takes_all(garden: Garden) -> None:
    title = AWKWARD_TITLES[0]
    garden.decide(0, "道具", "reject", "too_common")
    assert set(lessons_of(garden.library, garden.project_id).targets) == {"道具"}
    object_to(garden.library, garden.project_id, garden.ids[title], "道具", "too_near")
    object_to(garden.library, garden.project_id, garden.ids[title], "道具", None)
    assert lessons_of(garden.library, garden.project_id) == Lessons()
    garden.undo(0, "道具")
    assert garden.shown()[title] == suggestions(title)
    with pytest.raises(NotFoundError, match="not rejected on this page"):
        object_to(garden.library, garden.project_id, garden.ids[title], "道具", "too_near")


def test_an_accepted_target_takes_no_objection(garden: Garden) -> None:
    garden.decide(0, "道具", "accept")
    with pytest.raises(NotFoundError, match="not rejected on this page"):
        garden.decide(1, "道具", "accept", "too_near")


def test_decided_suggestions_are_shown_as_they_were_found(garden: Garden) -> None:
    for page in range(3):
        garden.decide(page, "道具", "reject")
    lessons = lessons_of(garden.library, garden.project_id)
    page_id = garden.ids[AWKWARD_TITLES[0]]
    shown = shown_suggestions(garden.library, page_id, lessons, with_decided=True)
    assert [each.suggestion for each in shown] == [
        each.suggestion for each in page_suggestions(garden.library, page_id, with_decided=True)
    ]


def test_verdicts_of_one_project_teach_no_other(garden: Garden) -> None:
    garden.decide(0, "道具", "reject", "too_common")
    assert lessons_of(garden.library, garden.project_id + 1) == Lessons()


def test_a_decision_that_fails_teaches_nothing(garden: Garden, monkeypatch: pytest.MonkeyPatch) -> None:
    garden.decide(0, "道具", "reject")

    def fails(*_: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patched, pytest.raises(OSError, match="full"):
        patched.setattr("linkassist.store.suggestion_lists.decided_keys", fails)
        garden.decide(1, "道具", "reject")
    assert lessons_of(garden.library, garden.project_id) == Lessons()
    garden.decide(1, "みどり", "reject")
    assert lessons_of(garden.library, garden.project_id) == Lessons(), "though its entry in the log has the same number"


def test_a_rename_takes_its_lessons_along(garden: Garden) -> None:
    renamed = [Page(title, (Line(title),), page_id=title) for title in ("甲", "乙", "丙")]
    import_pages(garden.library, "hatake", "畑", 1, renamed, lambda _: [])
    library, project_id = garden.library, project(garden.library, "hatake").id
    for page in list_pages(library, project_id)[0][:2]:
        decide(library, project_id, page.id, Verdict("丙", "reject", 5, "page", 0.5))
    assert set(lessons_of(library, project_id).targets) == {"丙"}
    again = [*renamed[:2], Page("丁", (Line("丁"),), page_id="丙")]
    import_pages(library, "hatake", "畑", 2, again, lambda _: [])
    assert set(lessons_of(library, project_id).targets) == {"丁"}
