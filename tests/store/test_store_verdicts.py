"""Suggestions are replaced, verdicts stay: what a reader decided holds, whatever is suggested or renamed later."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkassist.errors import NotFoundError, StoreError
from linkassist.store.imports import import_pages
from linkassist.store.library import Library
from linkassist.store.pages import list_pages
from linkassist.store.suggestion_lists import decode_list, encode_list
from linkassist.store.suggestions import open_suggestion, page_suggestions, replace_suggestions
from linkassist.store.verdicts import decided, project_verdicts, record_verdict, undo_verdict, verdicts
from linkassist.suggestion import Decision, Floors, Mention, Reason, Suggestion, Verdict
from linkassist.wiki import Line, Page

ALPHA = Suggestion(
    "Alpha One",
    "page",
    0.5,
    (Mention(1, 0, 5, "alpha"), Mention(2, 3, 8, "ALPHA")),
    (Reason("link_probability", 3, 4, ("A", "B"), "a quote\0", 0.1), Reason("similar")),
    b"\x00\xff",
)
BETA = Suggestion("Beta", "red", 0.75)
GAMMA = Suggestion("Gamma", "red", 0.25, (), (Reason("joins", 2),), b"evidence")


def bring(library: Library, *titles: str) -> None:
    pages = [Page(title, (Line(title), Line("text")), str(number)) for number, title in enumerate(titles) if title]
    import_pages(library, "wiki", "Wiki", 1, pages, lambda texts: [])


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path) as opened:
        bring(opened, "Page", "Alpha One")
        replace_suggestions(opened, 1, 0, [(1, [ALPHA, BETA, GAMMA])])
        yield opened


def verdict(target: str, decision: Decision, decided_at: int = 1) -> Verdict:
    return Verdict(target, decision, decided_at, "page", 0.5, Mention(1, 0, 4, "text"), "because")


def open_targets(library: Library, page_id: int = 1) -> list[str]:
    return [stored.suggestion.target for stored in page_suggestions(library, page_id)]


def gain(library: Library) -> tuple[int, float]:
    found, _ = list_pages(library, 1, search="page")
    return found[0].n_suggestions, found[0].gain


def test_suggestions_come_back_whole_and_best_first(library: Library) -> None:
    stored = page_suggestions(library, 1)
    assert [found.suggestion for found in stored] == [BETA, ALPHA, GAMMA]
    assert [found.rank for found in stored] == [1, 2, 3]
    assert len({found.id for found in stored}) == 3
    assert gain(library) == (3, 1.5)


def test_only_pages_whose_list_differs_are_written(library: Library) -> None:
    assert replace_suggestions(library, 1, 1, [(1, [GAMMA, BETA, ALPHA]), (2, [])]) == 0
    assert replace_suggestions(library, 1, 1, [(1, [GAMMA, BETA]), (2, [GAMMA])]) == 2
    assert replace_suggestions(library, 1, 1, [(2, [])]) == 1
    assert open_targets(library) == ["Beta", "Gamma"]
    assert open_targets(library, 2) == []
    assert list(library.rows("SELECT n_suggestions, gain FROM pages ORDER BY id")) == [(2, 1.0), (0, 0.0)]


def test_what_is_below_the_floor_is_kept_but_counts_for_nothing(library: Library) -> None:
    just, below = Suggestion("Just", "red", Floors().red), Suggestion("Below", "red", Floors().red - 0.001)
    replace_suggestions(library, 1, 1, [(1, [just, below])])
    assert open_targets(library) == ["Just", "Below"]
    assert gain(library) == (1, Floors().red)
    record_verdict(library, 1, verdict("Just", "reject"))
    assert gain(library) == (0, 0.0)


def test_probabilities_may_be_numpy_numbers_but_not_nonsense(library: Library) -> None:
    replace_suggestions(library, 1, 1, [(1, [Suggestion("T", "new", float(np.float32(0.5)))])])
    replace_suggestions(library, 1, 1, [(1, [Suggestion("T", "new", np.float32(0.5))])])  # type: ignore[arg-type]
    assert gain(library) == (1, 0.5)
    with pytest.raises(ValueError, match="outside 0 to 1"):
        replace_suggestions(library, 1, 1, [(1, [Suggestion("T", "new", float("nan"))])])


def test_a_page_of_another_project_is_refused(library: Library) -> None:
    with pytest.raises(StoreError, match="no page 77"):
        replace_suggestions(library, 1, 1, [(77, [BETA])])


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
SUGGESTIONS = st.builds(
    Suggestion,
    TEXTS,
    st.sampled_from(["page", "red", "new"]),
    st.floats(0, 1),
    st.lists(st.builds(Mention, st.integers(0, 2**40), st.integers(0, 9), st.integers(0, 9), TEXTS), max_size=3).map(
        tuple
    ),
    st.lists(
        st.builds(
            Reason,
            TEXTS,
            st.integers(0, 99),
            st.integers(0, 99),
            st.lists(TEXTS, max_size=3).map(tuple),
            TEXTS,
            st.floats(allow_nan=False),
        ),
        max_size=3,
    ).map(tuple),
    st.binary(max_size=5),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(SUGGESTIONS, max_size=5))
def test_any_list_comes_back_as_it_was_ranked(suggestions: list[Suggestion]) -> None:
    encoded = encode_list(suggestions)
    assert decode_list(encoded.blob, encoded.list_hash) == tuple(
        sorted(suggestions, key=lambda suggestion: -suggestion.probability)
    )


@pytest.mark.parametrize("decision", ["accept", "reject"])
def test_a_decided_target_is_not_suggested_again(library: Library, decision: Decision) -> None:
    record_verdict(library, 1, verdict("alpha_one", decision))
    assert open_targets(library) == ["Beta", "Gamma"]
    assert gain(library) == (2, 1.0)
    replace_suggestions(library, 1, 2, [(1, [ALPHA, GAMMA])])
    assert open_targets(library) == ["Gamma"]
    assert gain(library) == (1, 0.25)
    (shown,) = [found for found in page_suggestions(library, 1, with_decided=True) if found.verdict]
    assert shown.suggestion == ALPHA
    assert shown.verdict == verdict("alpha_one", decision)


def decisions(library: Library) -> dict[str, str]:
    """What holds for the page, by target key."""
    return {key: found.decision for key, found in decided(library, 1).items()}


def test_a_verdict_comes_back_whole(library: Library) -> None:
    plain = Verdict("Gamma", "accept", 2, "new", 0.25)
    record_verdict(library, 1, verdict("Beta", "reject"))
    record_verdict(library, 1, plain)
    assert verdicts(library, 1) == [plain, verdict("Beta", "reject")]
    assert project_verdicts(library, 1) == [(1, verdict("Beta", "reject")), (1, plain)]
    assert decisions(library) == {"beta": "reject", "gamma": "accept"}


def test_of_two_decisions_the_last_counts_and_undo_goes_back_one_by_one(library: Library) -> None:
    record_verdict(library, 1, verdict("Beta", "reject", 1))
    record_verdict(library, 1, verdict("Beta", "accept", 2))
    assert verdicts(library, 1) == [verdict("Beta", "accept", 2)]
    assert undo_verdict(library, 1, "beta") == verdict("Beta", "reject", 1)
    assert gain(library) == (2, 0.75)
    assert undo_verdict(library, 1, "beta") is None
    assert gain(library) == (3, 1.5)
    assert open_targets(library) == ["Beta", "Alpha One", "Gamma"]
    with pytest.raises(NotFoundError, match="nothing to undo"):
        undo_verdict(library, 1, "beta")


def test_the_log_keeps_every_step_and_cannot_be_changed(library: Library) -> None:
    record_verdict(library, 1, verdict("Beta", "reject"))
    undo_verdict(library, 1, "beta")
    record_verdict(library, 1, verdict("Beta", "accept"))
    assert list(library.rows("SELECT action, decision FROM verdict_log ORDER BY id")) == [
        ("decide", "reject"),
        ("undo", "reject"),
        ("decide", "accept"),
    ]
    for change in ("UPDATE verdict_log SET why = ''", "DELETE FROM verdict_log"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            library.connection.execute(change)


def test_a_renamed_target_stays_decided_under_both_titles(library: Library) -> None:
    record_verdict(library, 1, verdict("Alpha One", "reject"))
    bring(library, "Page", "Alpha Two")
    assert decisions(library) == {"alpha_one": "reject", "alpha_two": "reject"}
    assert [found.target for found in verdicts(library, 1)] == ["Alpha Two"]
    replace_suggestions(library, 1, 1, [(1, [Suggestion("Alpha Two", "page", 0.5), BETA])])
    assert open_targets(library) == ["Beta"]
    assert gain(library) == (1, 0.75)
    record_verdict(library, 1, verdict("Alpha Two", "accept", 9))
    assert [found.decision for found in verdicts(library, 1)] == ["accept"]
    assert undo_verdict(library, 1, "alpha_two") == verdict("Alpha Two", "reject")
    assert undo_verdict(library, 1, "alpha_two") is None
    assert open_targets(library) == ["Beta", "Alpha Two"]


def test_a_red_link_that_became_a_page_and_was_renamed_stays_decided(library: Library) -> None:
    record_verdict(library, 1, verdict("Beta", "reject"))
    bring(library, "Page", "Alpha One", "Beta")
    bring(library, "Page", "Alpha One", "Beta Renamed")
    assert decisions(library)["beta_renamed"] == "reject"


def test_a_renamed_page_keeps_its_verdicts(library: Library) -> None:
    record_verdict(library, 1, verdict("Beta", "reject"))
    bring(library, "Another Title", "Alpha One")
    assert [found.target for found in verdicts(library, 1)] == ["Beta"]


def test_a_verdict_is_there_for_the_next_reader_at_once(library: Library) -> None:
    record_verdict(library, 1, verdict("Beta", "reject"))
    with Library.open(library.folder) as other:
        assert decisions(other) == {"beta": "reject"}


def test_a_verdict_on_a_page_that_is_not_there_is_refused(library: Library) -> None:
    with pytest.raises(NotFoundError, match="number 77"):
        record_verdict(library, 77, verdict("Beta", "reject"))


def test_an_open_suggestion_is_found_by_its_target(library: Library) -> None:
    assert open_suggestion(library, 1, "alpha_one").suggestion == ALPHA
    with pytest.raises(NotFoundError, match="no longer suggested"):
        open_suggestion(library, 1, "delta")
    record_verdict(library, 1, verdict("Beta", "reject"))
    with pytest.raises(NotFoundError, match="decided already"):
        open_suggestion(library, 1, "beta")
