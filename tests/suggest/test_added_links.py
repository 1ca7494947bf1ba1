"""Pages that have links, set aside to learn from: what was added late is hidden, what was there before stays."""

from __future__ import annotations

import numpy as np

from linkassist.scrapbox.page_text import read_page
from linkassist.suggest.added_links import added_link_holdouts
from linkassist.suggest.corpus import Corpus, build_corpus
from linkassist.wiki import Line, Page

DAY = 86_400


def worked_on(*, has_times: bool) -> Corpus:
    """250 pages of two lines that link: the first as it was written, the second changed two days later."""

    def page(number: int) -> Page:
        title = f"手記{number}"
        lines = [(title, 0), ("[道具]と[検索]、散歩", 0), ("[散歩]と[検索]", 2 * DAY)]
        at = 1_600_000_000 if has_times else 0
        timed = tuple(Line(text, at, at + later if at else 0) for text, later in lines)
        return Page(title, timed, created=at + number)

    return build_corpus([read_page(page(number)) for number in range(250)])


def test_of_a_page_that_was_worked_on_only_the_links_added_late_are_hidden() -> None:
    corpus = worked_on(has_times=True)
    found = added_link_holdouts(corpus)[0]

    assert found.pages.tolist() == list(range(250))
    hidden = {corpus.names[target] for target in found.answers.indices.tolist()}
    assert hidden == {"散歩"}  # what the first line links too was there before
    assert found.answers.nnz == 250
    assert found.corpus.readings[0].links == ("道具", "検索")


def test_pages_that_keep_links_stay_teachers_and_their_words() -> None:
    corpus = worked_on(has_times=True)
    found = added_link_holdouts(corpus)[0]

    assert found.is_teacher.all()
    assert [reading.text for reading in found.corpus.readings] == [reading.text for reading in corpus.readings]


def test_without_times_some_links_of_each_page_are_hidden_and_some_stay() -> None:
    corpus = worked_on(has_times=False)
    found = added_link_holdouts(corpus)[0]
    n_hidden, n_left = np.diff(found.answers.indptr), np.diff(found.corpus.links.indptr)

    assert (n_hidden > 0).all()
    assert (n_left > 0).all()
    assert (n_hidden + n_left).tolist() == [3] * 250


def test_a_second_call_hides_the_same_links() -> None:
    for has_times in (True, False):
        corpus = worked_on(has_times=has_times)
        one, other = added_link_holdouts(corpus)[-1], added_link_holdouts(corpus)[-1]
        assert (one.answers != other.answers).nnz == 0


def test_half_way_the_wiki_has_no_link_that_was_made_since() -> None:
    """Of 250 pages, one a day, half are there by then; only the newest two of these had a line changed since."""
    start = 1_600_000_000

    def page(number: int) -> Page:
        at = start + number * DAY
        texts = [(f"手記{number}", 0), ("[道具]と[検索]", 0), ("[散歩]と道具", 2 * DAY), ("[検索]と[日誌]", 0)]
        return Page(texts[0][0], tuple(Line(text, at, at + later) for text, later in texts), created=at)

    corpus = build_corpus([read_page(page(number)) for number in range(251)])
    found = added_link_holdouts(corpus)[1]

    assert found.pages.tolist() == [124, 125]
    assert {corpus.names[target] for target in found.answers.indices.tolist()} == {"散歩"}
    assert found.is_teacher.tolist() == [True] * 126 + [False] * 125
    is_target = dict(zip(corpus.names, found.is_target.tolist(), strict=True))
    assert is_target["手記125"]
    assert not is_target["手記126"]  # it was not there to be linked


def test_late_links_are_learnt_from_and_the_wiki_as_it_was_half_way_calibrates() -> None:
    for has_times, expected in ((True, [(True, False), (False, True)]), (False, [(True, True)])):
        found = added_link_holdouts(worked_on(has_times=has_times))
        assert [(each.is_lesson, each.is_typical) for each in found] == expected
