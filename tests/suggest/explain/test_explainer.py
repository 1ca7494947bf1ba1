"""Scored pairs to suggestions: the mentions that are shown, the reasons that are given, and how many rows are kept."""

from __future__ import annotations

import numpy as np
import pytest
from support.wiki_by_hand import Found, corpus_of, features_of, find, number_of, numbers_of

from linkassist.suggest.corpus import mark_numbers
from linkassist.suggest.explain.attribution import Contributions
from linkassist.suggest.explain.explainer import MOST_MENTIONS, LinkExplainer, MentionFinder, best_rows
from linkassist.suggest.explain.similar_lines import LineExplainer, read_linking_lines
from linkassist.suggest.explain.supporting_pages import SupportingPages
from linkassist.suggest.ranker import starting_ranker
from linkassist.suggestion import Reason, Suggestion

WIKI = {
    "索引カード": "[手帖]に挟む",
    "検索": "[BERT]と[赤い糸]と[索引カード]",
    "読書": "[赤い糸]と索引カード",
    "BERT": "[検索]",
    "手帖": "[検索]と、ＢＥＲＴ、索引カード\n[BERT.icon]",
}


BY_RULE, BY_SCORE = 0.05, 0.5  # how likely suggestions are whose reasons are a rule's, and those whose are the score's


def suggestion(title: str, target: str, probability: float = BY_RULE, pages: dict[str, str] = WIKI) -> Suggestion:
    """The suggestion of this target for this page of the wiki, its score that of the ranker that ships."""
    found = find(corpus_of(pages))
    corpus, pairs = found.corpus, found.pairs
    features = features_of(found)
    is_row = (pairs.page == number_of(corpus, title)) & (pairs.target == number_of(corpus, target))
    rows = np.flatnonzero(is_row)
    contributions = Contributions(starting_ranker())
    bigrams, statistics = found.texts.bigrams, found.statistics
    witnesses = SupportingPages(corpus, bigrams.titles, list(mark_numbers(corpus.readings)), statistics)
    lines = LineExplainer(corpus, bigrams, read_linking_lines(corpus, bigrams, statistics.is_teacher))
    explainer = LinkExplainer(corpus, statistics, found.mentions, witnesses, lines, contributions)
    (suggestion,) = explainer.suggestions(pairs, rows, features[rows], np.array([probability], np.float32))
    return suggestion


def reasons(title: str, target: str, probability: float = BY_RULE) -> dict[str, Reason]:
    return {reason.signal: reason for reason in suggestion(title, target, probability).reasons}


def test_a_link_probability_names_its_two_figures() -> None:
    """検索 links it; 読書, 手帖 and its own title say it too."""
    reason = reasons("手帖", "索引カード")["link_probability"]

    assert (reason.count, reason.total) == (1, 4)


def test_a_link_back_is_a_reason() -> None:
    assert "backlink" in reasons("手帖", "索引カード")


def test_another_spelling_is_a_reason_that_quotes_it() -> None:
    for probability in (BY_RULE, BY_SCORE):
        assert reasons("手帖", "BERT", probability)["variant"].quote == "ＢＥＲＴ"


INFLECTED = {
    "an adjective": ("風が強い", "今日は風が強かった"),
    "a verb": ("書き出す", "頭の中を書き出した"),
    "a noun of a verb": ("振り返り", "週末に振り返る"),
    "a plural": ("wiki page", "two wiki pages"),
    "a singular": ("Notebooks", "a notebook"),
    "other okurigana": ("読み込み", "設定の読込が遅い"),
    "Korean": ("글쓰기", "글쓰는 방법"),
}


def test_every_spelling_of_a_title_is_a_mention() -> None:
    corpus = corpus_of({"サーバー": "", "検索": "[サーバー]", "手帖": "サーバを立てる\nサーバーとｻｰﾊﾞｰ"})
    finder = MentionFinder(corpus, find(corpus).mentions)
    (found,) = finder.mentions_of(numbers_of(corpus, "手帖"), numbers_of(corpus, "サーバー"))

    assert {each.surface for each in found} == {"サーバ", "サーバー", "ｻｰﾊﾞｰ"}


@pytest.mark.parametrize(("target", "text"), INFLECTED.values(), ids=INFLECTED)
@pytest.mark.parametrize("probability", [BY_RULE, BY_SCORE])
def test_a_target_that_the_text_says_in_another_form_has_no_mention_and_says_so(
    target: str, text: str, probability: float
) -> None:
    pages = {**WIKI, target: "[検索]", "読書": f"[{target}]", "日々": text}
    found = suggestion("日々", target, probability, pages)

    assert found.mentions == ()
    (reason,) = (each for each in found.reasons if each.signal == "inflected")
    assert reason.quote in text and reason.quote != target
    assert found.is_worth_showing == (probability == BY_SCORE)


def test_the_title_itself_elsewhere_on_the_page_is_the_mention() -> None:
    pages = {**WIKI, "書き出す": "", "日々": "頭の中を書き出した\n紙に書き出す"}
    found = suggestion("日々", "書き出す", BY_SCORE, pages)

    assert [(each.line, each.surface) for each in found.mentions] == [(2, "書き出す")]
    assert not {"inflected", "variant"} & {reason.signal for reason in found.reasons}


def test_what_spoke_against_a_suggestion_is_no_reason() -> None:
    assert all(reason.weight > 0 for reason in suggestion("手帖", "索引カード", BY_SCORE).reasons)


def test_a_red_link_names_the_pages_that_it_joins() -> None:
    reason = reasons("手帖", "赤い糸")["joins"]

    assert (reason.total, set(reason.names)) == (2, {"検索", "読書"})


@pytest.mark.parametrize("probability", [BY_RULE, BY_SCORE])
def test_the_heaviest_reasons_come_first_and_are_three_at_most(probability: float) -> None:
    found = suggestion("手帖", "索引カード", probability).reasons
    weights = [reason.weight for reason in found]

    assert 1 <= len(found) <= 3
    assert weights == sorted(weights, reverse=True)


@pytest.mark.parametrize(("probability", "shown"), [(0.0, 0.0001), (1e-5, 0.0001), (0.123456, 0.1235), (1.0, 0.9999)])
def test_a_probability_is_rounded_but_never_certain(probability: float, shown: float) -> None:
    assert suggestion("手帖", "BERT", probability).probability == shown


def mentions_of(text: str, target: str) -> list[tuple[int, int, int]]:
    found: Found = find(corpus_of({"道具": "x", "道具箱": "[道具]", target: "x", "頁": text}))
    corpus = found.corpus
    finder = MentionFinder(corpus, found.mentions)
    (mentions,) = finder.mentions_of(numbers_of(corpus, "頁"), numbers_of(corpus, target))
    return [(mention.line, mention.start, mention.end) for mention in mentions]


# text of a page, target, its mentions in order
BEST_FIRST = {
    "a whole word before a piece of one": ("東京都へ引越した\n京都へ行く", "京都", [(2, 0, 2), (1, 1, 3)]),
    "between two of them": ("東京都と\n大京都\n京都へ", "京都", [(3, 0, 2), (1, 1, 3), (2, 1, 3)]),
    "whole words in the order of the page": ("京都へ\n京都を", "京都", [(1, 0, 2), (2, 0, 2)]),
    "the title's own spelling": ("ＬＡＮＤ\nland", "Land", [(2, 0, 4), (1, 0, 4)]),
    "the title's own case": ("the api\nのapiと\nAPIを", "API", [(3, 0, 3), (2, 1, 4)]),
    "in prose before a quotation": ("> 道具を\n道具を", "道具", [(2, 0, 2), (1, 2, 4)]),
    "not within a longer title": ("道具箱\n道具", "道具", [(2, 0, 2)]),
    "nor where that is a link": ("[道具箱]と道具箱", "道具", []),
    "and none at all": ("道具箱の中", "道具", []),
}


@pytest.mark.parametrize(("text", "target", "expected"), BEST_FIRST.values(), ids=BEST_FIRST)
def test_the_best_mention_comes_first(text: str, target: str, expected: list[tuple[int, int, int]]) -> None:
    assert mentions_of(text, target) == expected


def test_a_target_said_only_inside_links_has_no_mention() -> None:
    assert mentions_of("[道具の話]と[道具 https://a.example]", "道具") == []


def test_the_first_mentions_are_enough() -> None:
    assert len(mentions_of("道具\n" * 9, "道具")) == MOST_MENTIONS


ROWS = {
    "those above the floor": ({"limit": 9, "floor": 0.4, "at_least": 0}, [[1, 0], [3]]),
    "at least so many": ({"limit": 9, "floor": 0.4, "at_least": 3}, [[1, 0, 2], [3]]),
    "at most the limit": ({"limit": 1, "floor": 0.0, "at_least": 3}, [[1], [3]]),
}


@pytest.mark.parametrize(("bounds", "expected"), ROWS.values(), ids=ROWS)
def test_the_best_rows_of_each_page_are_kept(bounds: dict[str, int], expected: list[list[int]]) -> None:
    page, probability = np.array([2, 2, 2, 5]), np.array([0.5, 0.9, 0.1, 0.6], np.float32)

    kept = best_rows(page, probability, limit=bounds["limit"], floor=bounds["floor"], at_least=bounds["at_least"])

    assert [rows.tolist() for rows in kept] == expected


def test_each_page_may_have_a_floor_of_its_own() -> None:
    page, probability = np.array([2, 2, 5, 5]), np.array([0.1, 0.3, 0.1, 0.3], np.float32)
    floor = np.array([0.2, 0.2, 0.05, 0.05], np.float32)

    kept = best_rows(page, probability, limit=9, floor=floor, at_least=0)

    assert [rows.tolist() for rows in kept] == [[1], [3, 2]]


def test_no_rows_are_kept_of_none() -> None:
    assert best_rows(np.zeros(0, np.int64), np.zeros(0, np.float32), limit=5, floor=0.0, at_least=3) == []
