"""What is kept of a decision beside the decision: under which keys it is found, and the reader's objection."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from linkassist.errors import NotFoundError
from linkassist.store.imports import import_pages
from linkassist.store.library import Library
from linkassist.store.verdicts import decided, record_verdict, set_objection, undo_verdict, verdicts
from linkassist.suggestion import Decision, Verdict
from linkassist.wiki import Line, Page


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path) as opened:
        pages = [Page(title, (Line(title), Line("text")), title) for title in ("Page", "Alpha One")]
        import_pages(opened, "wiki", "Wiki", 1, pages, lambda texts: [])
        yield opened


def decide(library: Library, target: str, decision: Decision) -> None:
    record_verdict(library, 1, Verdict(target, decision, 1, "page", 0.5, None, ""))


def objections(library: Library) -> list[str]:
    return [verdict.why for verdict in verdicts(library, 1)]


def test_a_decision_is_found_by_its_title_key_alone(library: Library) -> None:
    decide(library, "Alpha One", "reject")
    assert set(decided(library, 1)) == {"alpha_one"}


def test_an_objection_takes_the_place_of_another_and_can_be_taken_away(library: Library) -> None:
    decide(library, "Alpha One", "reject")
    set_objection(library, 1, "alpha_one", "wrong_sense")
    assert objections(library) == ["wrong_sense"]
    set_objection(library, 1, "alpha_one", "too_common")
    assert objections(library) == ["too_common"]
    set_objection(library, 1, "alpha_one", None)
    assert objections(library) == [""]
    assert undo_verdict(library, 1, "alpha_one") is None and objections(library) == []


def test_only_a_rejection_has_an_objection(library: Library) -> None:
    decide(library, "Alpha One", "accept")
    with pytest.raises(NotFoundError, match='"alpha_one" is not rejected on this page'):
        set_objection(library, 1, "alpha_one", "wrong_sense")
    with pytest.raises(NotFoundError, match='"beta" is not rejected on this page'):
        set_objection(library, 1, "beta", "wrong_sense")
