"""New links: what is learnt about phrases, and which of those that overlap are shown."""

from __future__ import annotations

import numpy as np
from support.wiki_by_hand import corpus_of

from linkassist.model.predict_phrases import apart, new_links, phrase_examples
from linkassist.suggest.holdout import hide_links
from linkassist.suggest.phrases.extraction import find_phrases, not_new
from linkassist.suggest.phrases.features import PHRASE_FEATURES, PhraseStatistics
from linkassist.suggest.ranker import starting_ranker
from linkassist.suggestion import Mention, Suggestion


def suggestion(target: str, *places: tuple[int, int]) -> Suggestion:
    """A suggestion with mentions of the target at these (line, start)."""
    mentions = tuple(Mention(line, start, start + len(target), target) for line, start in places)
    return Suggestion(target=target, kind="new", probability=0.5, mentions=mentions, reasons=(), evidence=b"")


def targets(*suggestions: Suggestion) -> list[str]:
    return [kept.target for kept in apart(suggestions)]


def test_of_overlapping_phrases_the_best_remains() -> None:
    assert targets(suggestion("知的生産", (1, 0)), suggestion("知的生産術", (1, 0))) == ["知的生産"]


def test_phrases_that_cross_are_not_both_shown() -> None:
    assert targets(suggestion("道具の改良", (1, 0)), suggestion("改良と検索", (1, 3))) == ["道具の改良"]


def test_a_phrase_that_also_stands_elsewhere_remains() -> None:
    assert targets(suggestion("知的生産", (1, 0)), suggestion("知的生産術", (1, 0), (2, 0))) == [
        "知的生産",
        "知的生産術",
    ]


def test_a_word_well_inside_a_sentence_remains() -> None:
    claim = "考えることと書くことは道具で変わる"

    assert targets(suggestion(claim, (1, 0)), suggestion("道具", (1, 11))) == [claim, "道具"]


def test_variants_of_a_phrase_are_one() -> None:
    better, worse = suggestion("サーバー", (1, 0)), suggestion("サーバ", (2, 0))

    assert targets(better, worse, suggestion("Ｓｅｒｖｅｒ", (3, 0)), suggestion("server", (4, 0))) == [
        "サーバー",
        "Ｓｅｒｖｅｒ",
    ]


WIKI = {f"頁{number}": f"これは[言葉{number}]である\n[共通]の道{number}だ" for number in range(40)}


def test_answers_are_links_that_nobody_else_makes() -> None:
    corpus = corpus_of(WIKI)
    phrases = find_phrases(corpus.readings)[0]
    holdout = hide_links(corpus, np.arange(30, 40), 0)

    features, is_answer, page = phrase_examples(corpus, holdout.corpus, phrases, holdout)

    assert features.shape == (len(page), len(PHRASE_FEATURES))
    assert is_answer.sum() > 0
    assert (np.bincount(page, weights=is_answer) <= 1).all()  # 共通 is linked by others too


def test_the_lessons_of_older_pages_come_from_what_stood_before() -> None:
    corpus = corpus_of(WIKI)
    holdout = hide_links(corpus, np.arange(30, 40), 0)

    _, _, page = phrase_examples(corpus, holdout.corpus, find_phrases(corpus.readings)[0], holdout)

    assert set(page.tolist()) - set(range(30, 40))


def test_every_new_link_is_mentioned_and_not_linked_yet() -> None:
    corpus = corpus_of(WIKI)

    phrases = find_phrases(corpus.readings)[0]
    habits = PhraseStatistics(corpus, phrases, not_new(corpus, phrases), np.diff(corpus.links.indptr) > 0)
    found = new_links(corpus, phrases, habits, corpus.links, starting_ranker(), limit=5)

    assert found
    for page, suggestions in found.items():
        assert len(suggestions) <= 5
        assert all(s.mentions and s.target not in corpus.readings[page].links for s in suggestions)
