"""Pairs of lines that say alike, and the reasons that name them."""

from __future__ import annotations

import numpy as np
from support.wiki_by_hand import corpus_of, number_of

from linkassist.suggest.explain.similar_lines import LineExplainer, LineFinder, LinePair, read_linking_lines
from linkassist.suggest.folding import fold
from linkassist.suggest.statistics import Bigrams
from linkassist.suggestion import Reason

FILLER = {
    f"埋草{i}": f"{chr(0x3042 + i) * 3}について{chr(0x30A2 + i) * 4}と{chr(0x4E00 + 7 * i) * 3}を述べる"
    for i in range(30)
}
WIKI = {
    "夜更かし": "眠れない夜には古い本を静かに読む\n蛍光灯を替えた",
    "昼寝": "眠れない夜には古い本を静かに読むという [読書療法] がある\n[枕]",
    "読書療法": "図書館で聞いた話",
    "枕": "羽根のもの",
    "掃除": "窓を磨いてから床を掃く [雑巾]",
    **FILLER,
}


def finder(pages: dict[str, str]) -> tuple[LineFinder, LineExplainer, list[str]]:
    corpus = corpus_of(pages)
    bigrams = Bigrams([fold(reading.text) for reading in corpus.readings], [fold(name) for name in corpus.names])
    is_teacher = np.diff(corpus.links.indptr) > 0
    linking = read_linking_lines(corpus, bigrams, is_teacher)
    return LineFinder(corpus, bigrams, linking), LineExplainer(corpus, bigrams, linking), corpus.names


def most_alike(page: str, target: str, least: float = 0.3) -> LinePair | None:
    lines, _, names = finder(WIKI)
    lines.read([names.index(page)])
    (pair,) = lines.most_similar(names.index(page), [names.index(target)], least)
    return pair


def reasons(pages: dict[str, str], page: str, target: str, *, is_shown: bool) -> list[Reason]:
    _, explainer, names = finder(pages)
    explainer.read([names.index(page)])
    return list(explainer.reasons(names.index(page), [names.index(target)], [is_shown]).values())


def test_the_two_lines_that_are_most_alike_are_found_with_the_page_that_links() -> None:
    pair = most_alike("夜更かし", "読書療法")

    assert pair is not None
    assert pair.own == "眠れない夜には古い本を静かに読む"
    assert pair.other == "眠れない夜には古い本を静かに読むという 読書療法 がある"
    assert pair.page == number_of(corpus_of(WIKI), "昼寝")
    assert pair.similarity > 0.6


def test_lines_that_are_not_alike_make_no_pair() -> None:
    assert most_alike("夜更かし", "雑巾") is None


def test_a_line_of_nothing_but_the_link_is_like_no_line() -> None:
    assert most_alike("夜更かし", "枕", least=0.0) is None


def test_a_page_is_not_compared_with_itself() -> None:
    assert most_alike("昼寝", "読書療法") is None


def test_a_similar_line_is_a_reason_that_names_both_lines() -> None:
    (reason,) = reasons(WIKI, "夜更かし", "読書療法", is_shown=True)

    assert reason.signal == "similar_line"
    assert reason.quote == "眠れない夜には古い本を静かに読む"
    assert reason.names == ("昼寝", "眠れない夜には古い本を静かに読むという 読書療法 がある")


def test_what_is_not_worth_showing_is_far_where_no_two_links_lead_there() -> None:
    (reason,) = reasons(WIKI, "夜更かし", "読書療法", is_shown=False)
    joined = {**WIKI, "夜更かし": WIKI["夜更かし"] + "\n[昼寝]"}

    assert reason.signal == "far"
    assert reasons(joined, "夜更かし", "読書療法", is_shown=False) == []
