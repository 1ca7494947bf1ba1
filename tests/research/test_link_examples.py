"""Examples of "linked or not": what is read of a page, who counts as linked, and what the test must not give away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from support.wiki_of_synonyms import wiki_of_synonyms

from linkassist.errors import LinkAssistError
from linkassist.research.finetune.link_examples import LinkedWiki, Part, build_linked_wiki, plain_text
from linkassist.research.finetune.pairs import Pair, asked_lists, balanced_pairs, hard_pairs, linked_pairs
from linkassist.wiki import Line, Page

NOTES = Page(
    "Notes",
    tuple(
        Line(text)
        for text in (
            "Notes",
            "written for [KJ法] and KJ法 again",
            "#card box",
            "see [Card Box], a card box",
            "`[code]`",
        )
    ),
)


def timeless(pages: list[Page]) -> list[Page]:
    return [
        replace(page, created=0, lines=tuple(replace(line, created=0, updated=0) for line in page.lines))
        for page in pages
    ]


def names(wiki: LinkedWiki, numbers: range) -> list[str]:
    return [wiki.titles[number] for number in numbers]


def test_the_newest_pages_are_the_test_and_those_before_them_the_dev_set() -> None:
    wiki = build_linked_wiki(reversed(wiki_of_synonyms(100)), is_blind=False)
    assert wiki.is_by_time
    assert names(wiki, wiki.train.pages) == [f"p{number}" for number in range(70)]
    assert names(wiki, wiki.dev.pages) == [f"p{number}" for number in range(70, 80)]
    assert names(wiki, wiki.test.pages) == [f"p{number}" for number in range(80, 100)]


def test_no_pair_of_the_test_is_trained_on() -> None:
    wiki = build_linked_wiki(wiki_of_synonyms(100), is_blind=False)
    trained = {(pair.page, pair.other) for pair in balanced_pairs(wiki, wiki.train)}
    tested = {(pair.page, pair.other) for pair in balanced_pairs(wiki, wiki.test)}
    assert trained and tested
    assert trained.isdisjoint(tested)
    assert max(page for page, _ in trained) < wiki.dev.pages.start
    assert min(page for page, _ in tested) >= wiki.test.pages.start


def test_a_line_written_later_is_not_read_but_its_link_is_asked_for_in_the_test() -> None:
    pages = wiki_of_synonyms(100)
    later = pages[95].created + 60
    pages[3] = replace(pages[3], lines=(*pages[3].lines, Line("added: [p95] and [p4]", later, later)))
    wiki = build_linked_wiki(pages, is_blind=False)
    assert "added" not in wiki.texts[3]
    assert 3 in wiki.test.linked_with(95)
    assert 3 not in wiki.train.linked_with(4)


def test_a_page_of_the_test_is_read_whole() -> None:
    pages = wiki_of_synonyms(100)
    later = pages[99].created + 60
    pages[95] = replace(pages[95], lines=(*pages[95].lines, Line("added", later, later)))
    assert build_linked_wiki(pages, is_blind=False).texts[95].endswith("\nadded")


def test_inline_the_words_of_links_stay_without_their_brackets() -> None:
    text = plain_text(NOTES, is_blind=False)
    assert text.split("\n")[1] == "written for KJ法 and KJ法 again"
    assert not set("[]#") & set(text)


def test_blind_the_words_of_links_are_gone_wherever_they_stand() -> None:
    text = plain_text(NOTES, is_blind=True)
    assert text.startswith("Notes\nwritten for")
    assert "KJ法" not in text
    assert "card" not in text.lower()


@pytest.mark.parametrize("is_blind", [False, True])
def test_a_pages_text_does_not_depend_on_which_pages_exist(is_blind: bool) -> None:
    pages = wiki_of_synonyms(100)
    whole = build_linked_wiki(pages, is_blind=is_blind)
    red = build_linked_wiki([page for page in pages if page.title != "p10"], is_blind=is_blind)
    linking = next(number for number in whole.train.pages if 10 in whole.train.linked_with(number))
    title = whole.titles[linking]
    assert whole.texts[linking] == red.texts[red.titles.index(title)]


def test_what_is_not_linked_shares_no_target_either() -> None:
    wiki = build_linked_wiki(wiki_of_synonyms(100), is_blind=False)
    pages = {page.title: page for page in wiki_of_synonyms(100)}
    targets = {title: {line.text.strip("[]") for line in page.lines[2:]} for title, page in pages.items()}
    for pair in balanced_pairs(wiki, wiki.test):
        one, other = wiki.titles[pair.page], wiki.titles[pair.other]
        is_linked = other in targets[one] or one in targets[other]
        assert is_linked == pair.is_linked
        assert is_linked or targets[one].isdisjoint(targets[other])


def test_a_target_that_most_pages_link_keeps_no_pair_from_being_an_example() -> None:
    pages = [replace(page, lines=(*page.lines, Line("[hub]", page.created))) for page in wiki_of_synonyms(100)]
    wiki = build_linked_wiki(pages, is_blind=False)
    assert any(not pair.is_linked for pair in balanced_pairs(wiki, wiki.train))


@pytest.mark.parametrize(("pairs_of", "least_near", "most_near"), [(balanced_pairs, 0.0, 0.5), (hard_pairs, 0.95, 1.0)])
def test_half_of_the_pairs_are_not_linked_and_of_the_hard_ones_these_are_near_by_their_words(
    pairs_of: Callable[[LinkedWiki, Part], list[Pair]], least_near: float, most_near: float
) -> None:
    wiki = build_linked_wiki(wiki_of_synonyms(100), is_blind=True)
    pairs = pairs_of(wiki, wiki.test)
    linked = [pair for pair in pairs if pair.is_linked]
    others = [pair for pair in pairs if not pair.is_linked]
    assert linked == linked_pairs(wiki.test)
    assert len(linked) * 0.9 <= len(others) <= len(linked)
    assert len(set(others)) == len(others)

    def n_shared(pair_page: int, pair_other: int) -> int:
        return len(set(wiki.texts[pair_page].split()) & set(wiki.texts[pair_other].split()))

    n_near = sum(n_shared(pair.page, pair.other) >= 4 for pair in others)
    assert least_near * len(others) <= n_near <= most_near * len(others)


def test_the_partner_of_what_is_not_linked_is_linked_elsewhere() -> None:
    wiki = build_linked_wiki(wiki_of_synonyms(100), is_blind=True)
    partners = {pair.other for pair in linked_pairs(wiki.test)}
    assert {pair.other for pair in balanced_pairs(wiki, wiki.test)} == partners


def test_without_times_a_hash_of_seed_and_title_splits_the_wiki() -> None:
    pages = timeless(wiki_of_synonyms(100))
    one, again, other = (build_linked_wiki(pages, is_blind=False, seed=seed) for seed in (0, 0, 1))
    assert not one.is_by_time
    assert one == again
    assert set(names(one, one.test.pages)) != set(names(other, other.test.pages))


def test_lines_that_an_import_gave_one_time_do_not_split_the_wiki() -> None:
    pages = [
        replace(page, lines=tuple(replace(line, created=1_800_000_000) for line in page.lines))
        for page in wiki_of_synonyms(100)
    ]
    assert not build_linked_wiki(pages, is_blind=False).is_by_time


def test_diary_pages_are_no_examples() -> None:
    pages = wiki_of_synonyms(100)
    pages[99] = replace(pages[99], title="2026-05-01")
    assert "2026-05-01" not in build_linked_wiki(pages, is_blind=False).titles


def test_a_list_holds_what_the_page_is_linked_with_and_other_older_pages() -> None:
    wiki = build_linked_wiki(wiki_of_synonyms(100), is_blind=False)
    lists = asked_lists(wiki, wiki.test, n_candidates=20)
    assert [each.page for each in lists] == list(wiki.test.pages)
    for each in lists:
        assert len(set(each.candidates)) == len(each.candidates) == 20
        assert max(each.candidates) < each.page
        gold = {other for other, is_gold in zip(each.candidates, each.is_gold, strict=True) if is_gold}
        assert gold == wiki.test.linked_with(each.page)
    assert any(not each.is_gold[0] for each in lists)


def test_a_wiki_with_too_few_links_is_refused_with_what_it_has() -> None:
    with pytest.raises(LinkAssistError, match=r"12 pages hold 5 links .* 10, 2, 2 .* Take a wiki whose pages link"):
        build_linked_wiki(wiki_of_synonyms(12), is_blind=False)
