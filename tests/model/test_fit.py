"""From readings to suggestions, end to end: the rules hold over everything suggested for a whole wiki."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from support.wiki_by_hand import readings

from linkassist.files.assets import shipped_folder
from linkassist.model.fit import suggest_wiki
from linkassist.scrapbox.export import read_export
from linkassist.scrapbox.notation import parse_page
from linkassist.scrapbox.page_text import read_page
from linkassist.scrapbox.tokens import walk
from linkassist.suggest.date_titles import is_date_title
from linkassist.suggest.explain.reasons import reason_text
from linkassist.suggestion import Mention, Suggestion
from linkassist.wiki import Page, Reading, title_key

SAMPLE = "sample-2026-05-01.json"


@dataclass(frozen=True, slots=True)
class Run:
    pages: list[Page]
    readings: list[Reading]
    suggested: list[list[Suggestion]]
    steps: list[tuple[str, int, int]]

    def all(self) -> Iterator[tuple[Page, Reading, Suggestion]]:
        for page, reading, suggestions in zip(self.pages, self.readings, self.suggested, strict=True):
            for suggestion in suggestions:
                yield page, reading, suggestion

    def all_mentions(self) -> Iterator[tuple[Page, Mention]]:
        for page, _, suggestion in self.all():
            for mention in suggestion.mentions:
                yield page, mention


@pytest.fixture(scope="module")
def run() -> Run:
    """The sample wiki, suggested for once."""
    with read_export(shipped_folder("data") / SAMPLE) as export:
        pages = list(export)
    read = [read_page(page) for page in pages]
    steps: list[tuple[str, int, int]] = []
    suggested = suggest_wiki(read, limit=20, on_progress=lambda *step: steps.append(step))
    return Run(pages, read, suggested, steps)


def test_every_page_is_answered_and_most_have_suggestions_of_each_kind(run: Run) -> None:
    assert len(run.suggested) == len(run.pages)
    assert {suggestion.kind for _, _, suggestion in run.all()} == {"page", "red", "new"}
    assert sum(bool(suggestions) for suggestions in run.suggested) > 0.9 * len(run.pages)


def test_a_mentions_span_cuts_out_its_surface_from_the_raw_line(run: Run) -> None:
    found = list(run.all_mentions())

    assert len(found) > 500
    for page, mention in found:
        assert page.texts[mention.line][mention.start : mention.end] == mention.surface != ""


def test_a_mention_stands_in_prose(run: Run) -> None:
    """By the notation's own account: never in links, code, URLs, math, icons, nor in the title line."""
    prose = {
        page.title: [
            [token.span for token in walk(line.tokens) if token.kind == "text"] for line in parse_page(page.texts)
        ]
        for page in run.pages
    }
    for page, mention in run.all_mentions():
        spans = prose[page.title][mention.line]
        assert any(span.start <= mention.start and mention.end <= span.end for span in spans), (page.title, mention)
        assert mention.line > 0


def test_a_suggestions_mentions_do_not_overlap(run: Run) -> None:
    for _, _, suggestion in run.all():
        by_line: defaultdict[int, list[Mention]] = defaultdict(list)
        for mention in suggestion.mentions:
            by_line[mention.line].append(mention)
        for mentions in by_line.values():
            mentions.sort()
            assert all(one.end <= next_.start for one, next_ in zip(mentions, mentions[1:], strict=False))


def test_no_page_is_suggested_to_itself_nor_what_it_links_anywhere(run: Run) -> None:
    for page, reading, suggestion in run.all():
        key = title_key(suggestion.target)
        assert key != page.key
        assert key not in {title_key(target) for target in (*reading.links, *reading.also_linked)}


def test_no_date_or_diary_is_suggested(run: Run) -> None:
    assert not [suggestion.target for _, _, suggestion in run.all() if is_date_title(suggestion.target)]


def test_a_target_is_suggested_once_a_page(run: Run) -> None:
    for suggestions in run.suggested:
        keys = [title_key(suggestion.target) for suggestion in suggestions]
        assert len(set(keys)) == len(keys)


def test_nothing_below_a_marker_is_bracketed(run: Run) -> None:
    for page, mention in run.all_mentions():
        assert not any("BELOW_IS_" in text for text in page.texts[: mention.line])


def test_kinds_tell_pages_from_red_links_from_new_ones(run: Run) -> None:
    pages = {page.key for page in run.pages}
    linked = {title_key(target) for reading in run.readings for target in reading.links}
    for _, _, suggestion in run.all():
        key = title_key(suggestion.target)
        expected = "page" if key in pages else "red" if key in linked else "new"
        assert suggestion.kind == expected, suggestion.target


def test_probabilities_lie_between_0_and_1_and_the_best_comes_first(run: Run) -> None:
    for suggestions in run.suggested:
        probabilities = [suggestion.probability for suggestion in suggestions]
        assert all(0 < probability < 1 for probability in probabilities)
        assert probabilities == sorted(probabilities, reverse=True)


def test_there_are_at_most_limit_of_each_kind(run: Run) -> None:
    for suggestions in run.suggested:
        for kind in ("page", "red", "new"):
            assert sum(suggestion.kind == kind for suggestion in suggestions) <= 20


def test_new_links_have_a_mention(run: Run) -> None:
    assert all(suggestion.mentions for _, _, suggestion in run.all() if suggestion.kind == "new")


def test_reasons_have_words_and_name_no_page_as_its_own_reason(run: Run) -> None:
    for page, _, suggestion in run.all():
        assert suggestion.reasons
        for reason in suggestion.reasons:
            assert reason_text(reason, "ja") != reason.signal
            assert page.title not in reason.names
            assert reason.count <= max(reason.count, reason.total)
            assert all(part not in reason_text(reason, "en") for part in ("{", "}"))


def test_progress_is_told_step_by_step_to_the_end(run: Run) -> None:
    last = {step: (done, total) for step, done, total in run.steps}

    assert list(last)[-1] == "suggest"
    assert all(done == total for done, total in last.values())


SMALL = {
    "道具": "[検索]のための[索引カード]",
    "検索": "[道具]のひとつ。全文検索と[埋め込み]",
    "索引カード": "[道具]。一枚に一つのことを書く",
    "読書": "[索引カード]に書き、検索する",
    "散歩": "索引カードを持って歩く。全文検索はいらない",
    "手帖": "道具としての手帖と索引カード。埋め込みは使わない",
}


def test_equal_seeds_give_equal_suggestions() -> None:
    first, second = (suggest_wiki(readings(SMALL), seed=3) for _ in range(2))

    assert first == second


def test_a_small_wiki_gets_the_suggestions_that_its_text_asks_for() -> None:
    found = dict(zip(SMALL, suggest_wiki(readings(SMALL)), strict=True))

    assert "索引カード" in {suggestion.target for suggestion in found["散歩"]}
    assert {"道具", "索引カード", "埋め込み"} <= {suggestion.target for suggestion in found["手帖"]}


@pytest.mark.parametrize("pages", [{}, {"猫": ""}, {"猫": "犬と猫", "犬": "[猫]"}], ids=["empty", "one", "two"])
def test_the_smallest_wikis_are_no_trouble(pages: dict[str, str]) -> None:
    assert len(suggest_wiki(readings(pages))) == len(pages)


def test_pages_with_links_keep_what_is_less_likely_only_because_few_are_made_there(run: Run) -> None:
    """Beyond ten a page keeps what is 2 % likely, and beside links what is 0.5 % likely."""
    rest: dict[bool, list[float]] = {True: [], False: []}
    for reading, suggestions in zip(run.readings, run.suggested, strict=True):
        rest[bool(reading.links)] += [s.probability for s in suggestions if s.kind != "new"][10:]

    assert all(probability >= 0.0199 for probability in rest[False])
    assert all(probability >= 0.00499 for probability in rest[True])
    assert any(probability < 0.02 for probability in rest[True])
