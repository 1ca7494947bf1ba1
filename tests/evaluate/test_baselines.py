"""The baselines on a wiki of five pages, where what each must say can be seen."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from math import log, sqrt

import pytest

from linkassist.evaluate.baselines import BASELINES, baseline_answers
from linkassist.evaluate.scoring import Answer
from linkassist.scrapbox.page_text import read_page
from linkassist.wiki import Line, Page

WIKI = {
    "KJ method": "[Label] and [Circle] make a [KJ map], says [Kawakita]",
    "Label": "[KJ method] needs a card, written by hand. Label by label",
    "Circle": "[KJ method] after [Label], the map of a circle",
    "Zebra": "stripes: https://example.com/Label `Circle`",
    "Asked": "a kj_method with a label, for Kawakita, map",
}


@pytest.fixture(scope="module")
def answers() -> dict[str, list[Answer]]:
    pages = [Page(title, (Line(title), Line(text))) for title, text in WIKI.items()]
    return {name: lists[0] for name, lists in baseline_answers([read_page(page) for page in pages], [4]).items()}


def keys(found: list[Answer]) -> list[str]:
    return [answer.key for answer in found]


def test_there_are_six_and_none_proposes_the_page_itself(answers: dict[str, list[Answer]]) -> None:
    assert tuple(answers) == BASELINES
    assert all(found and "asked" not in keys(found) for found in answers.values())


def test_the_longest_title_in_the_text_comes_first(answers: dict[str, list[Answer]]) -> None:
    assert keys(answers["longest title first"]) == ["kj_method", "kawakita", "label"]


def test_red_links_are_told_from_pages(answers: dict[str, list[Answer]]) -> None:
    assert {answer.key: answer.kind for answer in answers["longest title first"]} == {
        "kj_method": "page",
        "kawakita": "red",
        "label": "page",
    }


def test_link_probability_is_pages_that_link_over_pages_that_say(answers: dict[str, list[Answer]]) -> None:
    # kj_method: linked by 2, said by 4 -> 2 / 5.5; label: 2, said by 4 -> 2 / 5.5; kawakita: 1, said by 2 -> 1 / 3.5
    # the longer of the equal ones goes first
    assert keys(answers["link probability"]) == ["kj_method", "label", "kawakita"]


def test_similar_pages_are_ranked_by_the_cosine_of_their_bigrams(answers: dict[str, list[Answer]]) -> None:
    texts = {
        "kj_method": "kj_method\nlabel_and_circle_make_a_kj_map,_says_kawakita",
        "label": "label\nkj_method_needs_a_card,_written_by_hand._label_by_label",
        "circle": "circle\nkj_method_after_label,_the_map_of_a_circle",
        "zebra": "zebra\nstripes:_\x1f_\x1f",
        "asked": "asked\na_kj_method_with_a_label,_for_kawakita,_map",
    }
    counts = {key: Counter(a + b for a, b in pairwise(text)) for key, text in texts.items()}
    n_saying = Counter(bigram for count in counts.values() for bigram in count)
    vectors = {
        key: {b: (1 + log(n)) * max(0, log(5 / (n_saying[b] + 1))) for b, n in count.items()}
        for key, count in counts.items()
    }

    def similarity(key: str) -> float:
        other, own = vectors[key], vectors["asked"]
        return sum(w * own.get(b, 0) for b, w in other.items()) / sqrt(sum(w * w for w in other.values()))

    found = answers["similar pages"]
    assert {answer.kind for answer in found} == {"page"}
    assert keys(found) == sorted(["kj_method", "label", "circle"], key=similarity, reverse=True)
    assert similarity("zebra") == 0  # and so it is not proposed


def test_neighbours_links_hold_what_no_word_says(answers: dict[str, list[Answer]]) -> None:
    assert "circle" in keys(answers["neighbours' links"])


def test_co_citation_proposes_what_is_linked_along_with_what_is_said(answers: dict[str, list[Answer]]) -> None:
    # KJ method links Label and Kawakita, which the page says; so its Circle and KJ map come along
    assert {"circle", "kj_map"} <= set(keys(answers["co-citation"]))
    assert "zebra" not in keys(answers["co-citation"])


def test_the_most_linked_come_first(answers: dict[str, list[Answer]]) -> None:
    assert keys(answers["most linked"]) == ["kj_method", "label", "circle", "kj_map", "kawakita"]


def test_progress_counts_the_asked_pages() -> None:
    pages = [read_page(Page(f"page {n}", (Line(f"page {n}"), Line(f"[page {n + 1}]")))) for n in range(70)]
    counted: list[tuple[int, int]] = []
    baseline_answers(pages, range(70), lambda done, total: counted.append((done, total)))
    assert counted == [(0, 70), (64, 70), (70, 70)]
