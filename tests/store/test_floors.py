"""The floors: what is below them waits, is in no count, and every way of counting says the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.garden import Garden
from support.little_wiki import AWKWARD_TITLES, write_little_wiki

from linkassist.review.verdicts import lessons_of, offer_at_most, rules_of, show_from, start_floors_at, worth_showing
from linkassist.store.floors import floors_of, starting_floors
from linkassist.store.library import Library
from linkassist.store.navigation import figures
from linkassist.store.suggestions import replace_suggestions
from linkassist.suggest.feedback.rules import apply_floors
from linkassist.suggestion import WORTH_SHOWING, Floors, Kind, Reason, Suggestion

FAR = Reason("far", names=("a page", "its line"), quote="a line")


def counted(garden: Garden, page_id: int) -> tuple[int, float]:
    """How many suggestions of the page are shown, read one by one, and the sum of their probabilities."""
    shown = worth_showing(garden.library, page_id, lessons_of(garden.library, garden.project_id))
    return len(shown), sum(each.suggestion.probability for each in shown)


def test_a_wiki_starts_with_twenty_per_cent_and_thirty_for_new_links(garden: Garden) -> None:
    assert astuple(floors_of(garden.library, garden.project_id)) == (0.2, 0.2, 0.3)
    page_id = garden.ids[AWKWARD_TITLES[0]]
    given_list = [
        Suggestion("on the floor", "page", 0.2),
        Suggestion("below it", "red", 0.19),
        Suggestion("new below its own", "new", 0.29),
        Suggestion("new on its own", "new", 0.3),
        Suggestion("far counts as a page", "red", 0.2, reasons=(FAR,)),
    ]
    replace_suggestions(garden.library, garden.project_id, 1, [(page_id, given_list)])
    shown = worth_showing(garden.library, page_id, lessons_of(garden.library, garden.project_id))
    assert {each.suggestion.target for each in shown} == {"on the floor", "new on its own", "far counts as a page"}
    assert garden.gains()[AWKWARD_TITLES[0]] == (3, pytest.approx(0.7))


def test_the_reader_moves_the_floors_and_every_count_follows_at_once(garden: Garden) -> None:
    kept, gains = garden.kept(), garden.gains()
    show_from(garden.library, garden.project_id, 50, None)
    assert astuple(floors_of(garden.library, garden.project_id)) == (0.5, 0.5, 0.3)
    assert garden.gains()[AWKWARD_TITLES[0]] == (3, pytest.approx(0.62 + 0.55 + 0.5))
    assert all(counted(garden, garden.ids[title])[0] == n for title, (n, _) in garden.gains().items())
    show_from(garden.library, garden.project_id, 30, 55)
    assert garden.gains()[AWKWARD_TITLES[0]] == (4, pytest.approx(0.62 + 0.55 + 0.45 + 0.4))
    show_from(garden.library, garden.project_id, None, None)
    assert (garden.gains(), garden.kept()) == (gains, kept)
    assert rules_of(garden.library, garden.project_id).as_text == ""


def test_a_measured_floor_stands_until_the_reader_sets_one(garden: Garden) -> None:
    library, project_id = garden.library, garden.project_id
    start_floors_at(library, project_id, 0.45, None)
    assert astuple(floors_of(library, project_id)) == (0.45, 0.45, 0.3)
    assert starting_floors(library, project_id) == (Floors(0.45, 0.45, 0.3), True)
    assert all(counted(garden, garden.ids[title])[0] == n for title, (n, _) in garden.gains().items())
    show_from(library, project_id, 20, 25)
    assert astuple(floors_of(library, project_id)) == (0.2, 0.2, 0.25)
    show_from(library, project_id, None, None)
    assert astuple(floors_of(library, project_id)) == (0.45, 0.45, 0.3)
    start_floors_at(library, project_id, None, None)
    assert starting_floors(library, project_id) == (Floors(), False)


@pytest.fixture(scope="module")
def garden_of_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Garden]:
    folder = tmp_path_factory.mktemp("floors")
    write_little_wiki(folder)
    with Library.open(folder) as library:
        yield Garden(library)


SUGGESTION = st.builds(
    Suggestion,
    st.uuids().map(str),
    st.sampled_from(("page", "red", "new")),
    st.integers(0, 100).map(lambda percent: percent / 100),
    reasons=st.sampled_from([(), (FAR,), (Reason("enough"),)]),
)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(SUGGESTION, max_size=8),
    st.integers(10, 95),
    st.integers(10, 95),
    st.none() | st.integers(1, 4),
    st.booleans(),
)
def test_what_is_counted_is_what_is_shown(
    garden_of_module: Garden, listed: list[Suggestion], known: int, new: int, most: int | None, is_set_before: bool
) -> None:
    """The database adds up offers; the screens read the lists. With budget and floors, set before or after."""
    garden, page_id = garden_of_module, garden_of_module.ids[AWKWARD_TITLES[0]]

    def choose() -> None:
        show_from(garden.library, garden.project_id, known, new)
        offer_at_most(garden.library, garden.project_id, most)

    if is_set_before:
        choose()
    replace_suggestions(garden.library, garden.project_id, 1, [(page_id, listed)])
    choose()
    assert garden.gains()[AWKWARD_TITLES[0]] == pytest.approx(counted(garden, page_id))
    assert figures(garden.library, garden.project_id).n_suggestions == sum(n for n, _ in garden.gains().values())


@pytest.mark.parametrize(
    ("kind", "probability", "is_shown"),
    [("page", 0.2, True), ("red", 0.1999, False), ("new", 0.2, False), ("new", 0.3, True), ("page", 0.05, False)],
)
def test_what_is_marked_is_what_could_be_shown_with_lower_floors(
    kind: Kind, probability: float, is_shown: bool
) -> None:
    (found,) = apply_floors(Floors(), [Suggestion("A", kind, probability)])
    assert found.is_worth_showing == is_shown
    assert found.is_below_floor == (probability >= WORTH_SHOWING and not is_shown)
