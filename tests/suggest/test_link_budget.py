"""What a page's list holds back, and what it does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.wiki_by_hand import corpus_of

from linkassist.suggest.corpus import Corpus, IntArray
from linkassist.suggest.link_budget import LinkBudgets, mark_held_back
from linkassist.suggestion import Kind, Mention, Reason, Suggestion

PLENTY = 99


def proposed(target: str, at: tuple[int, int] | None = None, kind: Kind = "page", p: float = 0.5) -> Suggestion:
    """The suggestion of the target, with one mention in line 1 where a span is given."""
    mentions = (Mention(1, *at, surface="x" * (at[1] - at[0])),) if at else ()
    return Suggestion(target, kind, p, mentions, (Reason("related"),))


def shown(*suggestions: Suggestion, most: int = PLENTY) -> list[str]:
    return [suggestion.target for suggestion in mark_held_back(suggestions, most) if suggestion.is_worth_showing]


@pytest.mark.parametrize("other", ["サーバ", "ｻｰﾊﾞｰ", "サー・バー", "サー バー"])
def test_of_titles_that_differ_in_spelling_alone_the_best_is_shown(other: str) -> None:
    assert shown(proposed("サーバー"), proposed(other)) == ["サーバー"]


@pytest.mark.parametrize("other", ["ビル", "ビールの本", "ビ"])
def test_titles_of_other_words_are_both_shown(other: str) -> None:
    assert shown(proposed("ビール"), proposed(other)) == ["ビール", other]


def test_of_two_for_the_same_words_the_better_is_shown_be_it_longer_or_shorter() -> None:
    assert shown(proposed("ニッチトップ戦略", (0, 8)), proposed("ニッチ", (0, 3))) == ["ニッチトップ戦略"]
    assert shown(proposed("ニッチ", (0, 3)), proposed("ニッチトップ戦略", (0, 8))) == ["ニッチ"]


def test_one_that_is_said_elsewhere_too_is_shown() -> None:
    both = Suggestion("ニッチ", "page", 0.4, (Mention(1, 0, 3, "ニッチ"), Mention(2, 0, 3, "ニッチ")))

    assert shown(proposed("ニッチトップ戦略", (0, 8)), both) == ["ニッチトップ戦略", "ニッチ"]


def test_a_new_link_may_stand_inside_another_new_one() -> None:
    assert shown(proposed("雨の日に本を読む", (0, 8), "new"), proposed("雨", (0, 1), "new")) == [
        "雨の日に本を読む",
        "雨",
    ]


def test_what_the_text_does_not_say_is_for_no_words() -> None:
    assert shown(proposed("庭"), proposed("道具")) == ["庭", "道具"]


def test_beyond_the_budget_suggestions_are_held_back_but_kept_as_likely_as_they_are() -> None:
    found = mark_held_back([proposed("庭"), proposed("道具"), proposed("栞", p=0.4)], 2)

    assert [suggestion.is_worth_showing for suggestion in found] == [True, True, False]
    assert [(suggestion.target, suggestion.probability) for suggestion in found][-1] == ("栞", 0.4)
    assert [reason.signal for reason in found[-1].reasons] == ["related", "enough"]


def test_one_below_its_floor_holds_nothing_back_that_reaches_its_own() -> None:
    waiting = proposed("ニッチトップ戦略", (0, 8), "new", p=0.25)

    assert shown(waiting, proposed("ニッチ", (0, 3), p=0.22)) == ["ニッチトップ戦略", "ニッチ"]
    assert shown(waiting, proposed("庭", p=0.22), most=1) == ["ニッチトップ戦略", "庭"]
    assert shown(waiting, proposed("ニッチ", (0, 3), p=0.15)) == ["ニッチトップ戦略"]
    assert shown(replace(waiting, probability=0.3), proposed("ニッチ", (0, 3), p=0.22)) == ["ニッチトップ戦略"]


def test_what_is_not_likely_enough_is_left_as_it_is() -> None:
    unlikely = proposed("庭", p=0.05)

    assert mark_held_back([unlikely], 0) == [unlikely]


def budgets_of(corpus: Corpus) -> IntArray:
    lengths = np.array([len(reading.text) for reading in corpus.readings], np.int64)
    n_links = np.diff(corpus.links.indptr).astype(np.int64)
    return LinkBudgets(lengths, n_links).of(lengths, n_links)


def test_the_budget_grows_with_the_page_and_shrinks_with_the_links_it_has() -> None:
    """Pages of n lines link n things, but two: one of 30 lines without a link, one of 30 lines that has 25."""
    pages = {f"頁{n}の{i}": "\n".join(f"[題{j}]のある行" for j in range(n)) for n in range(1, 31) for i in range(10)}
    pages["白紙"] = "題のある行です\n" * 30
    pages["途中"] = "\n".join(f"[題{j}]のある行" if j < 25 else "題のある行です" for j in range(30))
    corpus = corpus_of(pages)
    budget = dict(zip(corpus.names, budgets_of(corpus).tolist(), strict=False))

    assert 27 <= budget["白紙"] <= 31
    assert 3 <= budget["途中"] <= 6
    assert budget["頁1の0"] <= 5


def test_a_wiki_of_few_pages_sets_no_bound() -> None:
    assert budgets_of(corpus_of({"庭": "[道具]", "道具": "[庭]"})).min() > np.iinfo(np.int32).max


def test_what_only_other_links_say_is_held_back_unless_more_speaks_for_it() -> None:
    only = Suggestion("検索", "page", 0.4, reasons=(Reason("in_link"), Reason("neighbours", names=("庭",))))
    more = Suggestion("道具", "page", 0.3, reasons=(Reason("neighbours", names=("庭",)), Reason("in_link")))

    first, second = mark_held_back([only, more], 10)

    assert first.reasons[-1] == Reason("taken") and not first.is_worth_showing
    assert second == more and second.is_worth_showing


def test_a_mention_at_the_end_of_another_is_in_the_same_place() -> None:
    assert shown(proposed("ニッチトップ戦略", (0, 8)), proposed("戦略", (6, 8))) == ["ニッチトップ戦略"]
    assert shown(proposed("戦略", (6, 8)), proposed("ニッチトップ戦略", (0, 8))) == ["戦略"]
    assert shown(proposed("ニッチトップ", (0, 6)), proposed("トップ戦略", (3, 8))) == ["ニッチトップ", "トップ戦略"]
