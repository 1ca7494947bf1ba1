"""What an import tells of accepted links: each counted once, whoever wrote it, and the pages that it joined."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from linkassist.scrapbox.notation import page_links
from linkassist.store.imports import import_pages
from linkassist.store.library import Library
from linkassist.store.pages import find_page
from linkassist.store.verdicts import record_verdict, undo_verdict
from linkassist.store.write_back.import_news import ImportNews, dismiss_news, news_of_last_import, unread_news
from linkassist.suggestion import Verdict
from linkassist.wiki import Line, Page

MONDAY = 1_790_000_000
DAY_S = 86_400


class Wiki:
    """A project of a library whose pages are texts by title; each change is an import."""

    def __init__(self, library: Library, clock: list[int]) -> None:
        self.library, self.clock = library, clock
        self.project_id = 0

    def take_in(self, **texts: str) -> ImportNews | None:
        """Imports the pages a day later than before; returns the unread news."""
        self.clock[0] += DAY_S
        pages = [Page(title, (Line(title), Line(text)), f"id-{title.lower()}") for title, text in texts.items()]
        return self.take_in_pages(pages)

    def take_in_pages(self, pages: list[Page]) -> ImportNews | None:
        self.project_id = import_pages(self.library, "p", "p", 0, pages, page_links).project.id
        return unread_news(self.library, self.project_id)

    def accept(self, title: str, target: str, decision: str = "accept", at: int = MONDAY) -> None:
        page = find_page(self.library, self.project_id, title.lower()).id
        record_verdict(self.library, page, Verdict(target, decision, at, "page", 0.5))  # type: ignore[arg-type]


@pytest.fixture
def wiki(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wiki]:
    clock = [MONDAY]
    monkeypatch.setattr("time.time", lambda: float(clock[0]))
    with Library.open(tmp_path) as library:
        yield Wiki(library, clock)


def test_accepted_links_that_an_import_brings_are_counted_with_the_pages_they_join(wiki: Wiki) -> None:
    wiki.take_in(A="tea", B="cup", C="[D]", D="", E="pot")
    wiki.accept("A", "B", at=MONDAY + 5)
    wiki.accept("C", "B", at=MONDAY + 9)
    wiki.accept("E", "B")  # not written yet
    news = wiki.take_in(A="tea [B]", B="cup", C="[D] [B]", D="", E="pot")
    assert news is not None
    # A and B were alone; C and D were not, and E still is.
    assert (news.n_links, news.n_joined) == (2, 2)
    assert (news.first_decided_at, news.last_decided_at) == (MONDAY + 5, MONDAY + 9)
    assert news.imported_at == MONDAY + 2 * DAY_S


def test_pages_that_other_links_joined_are_not_counted_as_the_readers(wiki: Wiki) -> None:
    wiki.take_in(A="tea", B="cup", C="", D="")
    wiki.accept("A", "B")
    news = wiki.take_in(A="tea [B]", B="cup", C="[D] [Someone]", D="")
    assert news is not None and (news.n_links, news.n_joined) == (1, 2)


def test_an_import_without_accepted_links_is_no_news_and_hides_none(wiki: Wiki) -> None:
    wiki.take_in(A="", B="", C="")
    wiki.accept("A", "B", "reject")
    assert wiki.take_in(A="[B]", B="[C]", C="") is None
    wiki.accept("B", "A")
    told = wiki.take_in(A="[B]", B="[C] [A]", C="")
    assert told is not None and (told.n_links, told.n_joined) == (1, 0)
    assert wiki.take_in(A="[B] more", B="[C] [A]", C="") == told


def test_a_link_counts_once_and_not_if_it_was_there_or_is_taken_back(wiki: Wiki) -> None:
    wiki.take_in(A="[B]", B="", C="", D="")
    wiki.accept("A", "B")  # is there
    wiki.accept("C", "B")
    wiki.accept("D", "B")
    undo_verdict(wiki.library, find_page(wiki.library, wiki.project_id, "d").id, "b")
    news = wiki.take_in(A="[B]", B="", C="[B]", D="[B]")
    assert news is not None and news.n_links == 1
    assert wiki.take_in(A="[B]", B="", C="[B] again", D="[B]") == news


def test_the_unread_news_of_a_week_of_nights_are_one_message_until_it_is_closed(wiki: Wiki) -> None:
    wiki.take_in(A="", B="", C="", D="")
    for title in "ABC":
        wiki.accept(title, "D")
    wiki.take_in(A="[D]", B="", C="", D="")
    news = wiki.take_in(A="[D]", B="[D]", C="", D="")
    assert news is not None and (news.n_links, news.n_joined) == (2, 3)
    dismiss_news(wiki.library, wiki.project_id, news.last_id, MONDAY)
    assert unread_news(wiki.library, wiki.project_id) is None
    later = wiki.take_in(A="[D]", B="[D]", C="[D]", D="")
    assert later is not None and (later.n_links, later.n_joined) == (1, 1)


def test_the_news_of_the_last_import_is_its_own_whether_closed_or_not(wiki: Wiki) -> None:
    wiki.take_in(A="", B="", C="")
    wiki.accept("A", "B")
    wiki.accept("C", "B")
    assert wiki.take_in(A="[B]", B="", C="") is not None
    unread = wiki.take_in(A="[B]", B="", C="[B]")
    last = news_of_last_import(wiki.library, wiki.project_id)
    assert unread is not None and last is not None
    assert (unread.n_links, last.n_links, last.n_joined) == (2, 1, 1)
    dismiss_news(wiki.library, wiki.project_id, last.last_id, MONDAY)
    assert news_of_last_import(wiki.library, wiki.project_id) == last
    wiki.take_in(A="[B]", B="new", C="[B]")
    assert news_of_last_import(wiki.library, wiki.project_id) is None


def test_news_older_than_a_week_before_the_latest_is_not_told_with_it(wiki: Wiki) -> None:
    wiki.take_in(A="", B="", C="")
    for title in "AB":
        wiki.accept(title, "C")
    wiki.take_in(A="[C]", B="", C="")
    wiki.clock[0] += 30 * DAY_S
    news = wiki.take_in(A="[C]", B="[C]", C="")
    assert news is not None and news.n_links == 1


def test_a_link_to_a_target_that_the_import_renames_counts_under_its_new_title(wiki: Wiki) -> None:
    wiki.take_in(A="tea", B="cup")
    wiki.accept("A", "B")
    renamed = [Page("A", (Line("A"), Line("[Mug]")), "id-a"), Page("Mug", (Line("Mug"), Line("cup")), "id-b")]
    news = wiki.take_in_pages(renamed)
    assert news is not None and (news.n_links, news.n_joined) == (1, 2)


def test_a_page_that_is_new_or_gone_did_not_stand_alone_before(wiki: Wiki) -> None:
    wiki.take_in(A="", B="", C="")
    wiki.accept("A", "B")
    news = wiki.take_in(A="[B]", B="", New="[B]")
    assert news is not None and (news.n_links, news.n_joined) == (1, 2)


def test_each_project_has_its_own_news(wiki: Wiki) -> None:
    wiki.take_in(A="", B="")
    wiki.accept("A", "B")
    other = import_pages(wiki.library, "other", "other", 0, [Page("A", (Line("A"),))], page_links).project.id
    news = wiki.take_in(A="[B]", B="")
    assert news is not None and unread_news(wiki.library, other) is None
    dismiss_news(wiki.library, other, news.last_id, MONDAY)
    assert unread_news(wiki.library, wiki.project_id) == replace(news)
