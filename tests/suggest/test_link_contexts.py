"""Where links stand: what a hand-made wiki's people bracket, and one value worked out a second time."""

from __future__ import annotations

import math

import numpy as np
import pytest
from support.wiki_by_hand import corpus_of

from linkassist.suggest.corpus import BoolArray, Corpus
from linkassist.suggest.link_contexts import ContextLogOdds
from linkassist.suggest.mentions import Mentions, TitleFinder

# People bracket 道具 and 検索 behind an arrow and alone on a line, and never within a sentence.
SENTENCES = "よく使う道具を磨く\nあの検索が遅い\nまた使う道具を買う"
WIKI = {
    **{f"甲{number}": f"→[道具]など\n→[検索]のこと\n[道具]\n[検索]\n{SENTENCES}" for number in range(8)},
    "新しい頁": "→道具など\n道具\nよく使う道具を磨く",
}


def found_in(corpus: Corpus) -> Mentions:
    return TitleFinder(corpus.names).find(corpus.readings)


def odds_of_the_last_page(corpus: Corpus, is_teacher: BoolArray | None = None) -> list[float]:
    """The odds of its mentions below its title, in order."""
    mentions = found_in(corpus)
    teachers = np.diff(corpus.links.indptr) > 0 if is_teacher is None else is_teacher
    is_asked = (mentions.page == corpus.n_pages - 1) & (mentions.passage >= 0)
    odds: list[float] = ContextLogOdds(mentions, teachers).of(mentions)[is_asked].tolist()
    return odds


def test_places_where_people_put_links_have_higher_odds() -> None:
    behind_an_arrow, alone, in_a_sentence = odds_of_the_last_page(corpus_of(WIKI))

    assert behind_an_arrow > 1
    assert alone > 1
    assert in_a_sentence < -1


def test_the_odds_follow_the_wikis_own_habit() -> None:
    """The same places in a wiki that brackets within its sentences instead."""
    sentences = "よく使う[道具]を磨く\nあの[検索]が遅い\nまた使う[道具]を買う"
    other = {f"甲{number}": f"→道具など\n→検索のこと\n道具\n検索\n{sentences}" for number in range(8)}
    behind_an_arrow, alone, in_a_sentence = odds_of_the_last_page(corpus_of({**other, "新しい頁": WIKI["新しい頁"]}))

    assert in_a_sentence > 1
    assert behind_an_arrow < -1
    assert alone < -1


def test_a_mentions_odds_are_those_counted_by_hand() -> None:
    """Eight pages: 32 links and 24 mentions that are none, whose 16 道具 and 8 検索 stand within sentences."""
    share = 32 / 56

    def odds(linked: int, others: int) -> float:
        ratio = (linked + 5 * share) / (others + 5 * (1 - share))
        return math.log(ratio / (32 / 24))

    # "→道具など": the arrow before 16 links, な after 8; 2 of 5 characters and 2 of 6 are both in the bin from 4/12 on
    arrow = odds(16, 0) + odds(8, 0) + odds(16, 0)
    # "道具": line ends before and after 16 links, and it is all of its line
    alone = 3 * odds(16, 0)
    # "よく使う道具を磨く": う before and を after 16 others; 2 of 9 characters, as in "また使う道具を買う"
    sentence = 3 * odds(0, 16)

    assert odds_of_the_last_page(corpus_of(WIKI)) == pytest.approx([arrow, alone, sentence], rel=1e-5)


def test_a_place_never_seen_tells_nothing() -> None:
    corpus = corpus_of({**WIKI, "新しい頁": "「道具」もしくはそれに似たものを持つ人"})
    (context,) = odds_of_the_last_page(corpus)

    assert context == pytest.approx(0, abs=1e-6)


SILENT = {
    "where the teachers link nothing": ({"甲": "道具と検索", "道具": "検索", "検索": "x"}, [True, True, True]),
    "where all that they say is linked": ({"甲": "[検索]", "道具": "[検索]", "検索": "x"}, [True, True, True]),
    "where the pages that link are no teachers": (
        {"甲": "[検索]と道具", "道具": "検索", "検索": "道具"},
        [False, True, True],
    ),
    "where nobody teaches": ({"甲": "[検索]と道具", "道具": "検索", "検索": "道具"}, [False, False, False]),
}


@pytest.mark.parametrize(("pages", "is_teacher"), SILENT.values(), ids=SILENT)
def test_the_odds_are_0(pages: dict[str, str], is_teacher: list[bool]) -> None:
    corpus = corpus_of(pages)
    mentions = found_in(corpus)

    odds = ContextLogOdds(mentions, np.array(is_teacher)).of(mentions)

    assert odds.tolist() == [0] * len(mentions)
    assert len(mentions) > 0


def test_what_a_page_that_is_no_teacher_links_changes_nothing() -> None:
    mine = "→道具など\n[道具]\nよく使う[道具]を磨く"
    corpus, silent = corpus_of({**WIKI, "新しい頁": mine}), corpus_of(WIKI)
    teachers = np.arange(corpus.n_pages) < corpus.n_pages - 1

    assert odds_of_the_last_page(corpus, teachers) == odds_of_the_last_page(silent, teachers)


def test_a_mention_inside_a_longer_one_is_not_learnt_from() -> None:
    """The link 道具 within 道具箱 tells nothing of its own context."""
    with_boxes = {title: text.replace("[検索]\n", "[検索]\n[道具]箱の中\n") for title, text in WIKI.items()}
    with_boxes["道具箱"] = "x"
    corpus = corpus_of(with_boxes)
    mentions = found_in(corpus)
    teachers = np.diff(corpus.links.indptr) > 0
    inner = ~mentions.is_free

    assert inner.sum() == 9  # one of them in a title
    kept = Mentions(*(getattr(mentions, name)[~inner] for name in Mentions.__slots__))
    assert np.array_equal(
        ContextLogOdds(mentions, teachers).of(mentions)[~inner], ContextLogOdds(kept, teachers).of(kept)
    )


def test_a_wiki_without_mentions_has_no_odds() -> None:
    corpus = corpus_of({"ア": "x"})

    mentions = found_in(corpus)
    assert ContextLogOdds(mentions, np.array([True])).of(mentions).shape == (0,)
