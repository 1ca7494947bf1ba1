"""A clock that jumps, back by years even: what was done after what is still known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.clock import Clock

from linkassist.pipeline.model_store import ModelStore
from linkassist.review.verdicts import decide, undo
from linkassist.scrapbox.notation import page_links
from linkassist.server.messages.catalog import Wording
from linkassist.server.views.home import index_view
from linkassist.store.imports import import_pages
from linkassist.store.library import Library
from linkassist.store.navigation import project_name
from linkassist.store.pages import find_page
from linkassist.store.queue.snoozes import snooze, snoozed
from linkassist.store.runs import finish_run, last_run, start_run
from linkassist.store.verdicts import verdicts
from linkassist.store.write_back.outbox import waiting_pages
from linkassist.suggestion import Verdict
from linkassist.wiki import Line, Page

TODAY = 1_790_000_000
DAY_S = 86_400
IN_YEARS = TODAY + 5 * 365 * DAY_S


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(TODAY, monkeypatch)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path) as opened:
        yield opened


def take_in(library: Library) -> int:
    """The project's number; it has two pages."""
    pages = [Page(title, (Line(title),)) for title in ("A", "B")]
    return import_pages(library, "p", "p", 0, pages, page_links).project.id


@pytest.mark.parametrize(("first", "then"), [(IN_YEARS, TODAY), (TODAY, IN_YEARS)])
def test_suggestions_made_after_an_import_are_not_older_and_those_made_before_are(
    library: Library, clock: Clock, first: int, then: int
) -> None:
    clock.now = first
    here = take_in(library)
    assert ModelStore(library, here).is_older_than_pages()
    clock.now = then
    ModelStore(library, here).mark_current("wiki")
    assert not ModelStore(library, here).is_older_than_pages()
    clock.now = first
    take_in(library)
    assert ModelStore(library, here).is_older_than_pages()
    clock.now = then
    ModelStore(library, here).confirm()
    assert not ModelStore(library, here).is_older_than_pages()


def test_a_library_of_an_older_linkassist_goes_by_the_times_that_it_kept(library: Library, clock: Clock) -> None:
    here = take_in(library)
    clock.now += 60
    ModelStore(library, here).mark_current("wiki")
    with library.transaction() as connection:
        connection.execute("DELETE FROM artefacts WHERE name = 'import'")
    assert not ModelStore(library, here).is_older_than_pages()
    with library.transaction() as connection:
        connection.execute("UPDATE projects SET imported_at = ?", (clock.now + 1,))
    assert ModelStore(library, here).is_older_than_pages()


def test_an_index_from_the_future_that_misses_pages_is_told_as_missed(library: Library, clock: Clock) -> None:
    here = take_in(library)
    clock.now = IN_YEARS
    ModelStore(library, here).mark_current("wiki")
    finish_run(library, start_run(library, "reindex", here), "done")
    clock.now = TODAY
    take_in(library)
    assert index_view(library, project_name(library, "p"), TODAY, is_working=False).state == "missed"


def test_the_last_run_is_the_one_that_began_last(library: Library, clock: Clock) -> None:
    runs = []
    for clock.now in (IN_YEARS, TODAY):
        runs.append(start_run(library, "reindex"))
        finish_run(library, runs[-1], "done")
    last = last_run(library)
    assert last is not None and last.id == runs[-1]


def test_the_latest_decision_is_the_one_that_was_made_last(library: Library, clock: Clock) -> None:
    here = take_in(library)
    first, second = (find_page(library, here, title).id for title in ("a", "b"))
    for clock.now, page, target in ((IN_YEARS, first, "x"), (TODAY, second, "y"), (TODAY - 1, second, "z")):
        decide(library, here, page, Verdict(target, "accept", clock.now, "new", 0.5))
    assert [verdict.target for verdict in verdicts(library, second)] == ["z", "y"]
    assert [page.page_id for page in waiting_pages(library, here)] == [second, first]
    decide(library, here, first, Verdict("x", "reject", clock.now, "new", 0.5))
    undo(library, here, first, "x")
    assert [verdict.decision for verdict in verdicts(library, first)] == ["accept"]


def test_what_was_put_off_by_a_clock_in_the_future_comes_up_again(library: Library) -> None:
    here = take_in(library)
    page = find_page(library, here, "a").id
    snooze(library, page, "wrong clock", IN_YEARS, IN_YEARS + 7 * DAY_S)
    snooze(library, page, "a clock that is a little off", TODAY + 60, TODAY + 7 * DAY_S)
    assert snoozed(library, here, TODAY) == {(page, "a clock that is a little off")}


def test_what_lies_in_the_future_is_of_just_now() -> None:
    assert Wording("en").ago(IN_YEARS, TODAY) == "just now"
