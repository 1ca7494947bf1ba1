"""What existing links tell, against values worked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.wiki_by_hand import corpus_of, number_of

from linkassist.suggest.corpus import BoolArray, Corpus
from linkassist.suggest.mentions import TitleFinder
from linkassist.suggest.statistics import Statistics, Texts, learn_statistics, read_texts, reread_texts

# 甲 and 乙 link 道具; 丙 only says it; 丁 links 検索 and 道具 without saying either elsewhere
WIKI = {
    "甲": "[道具]と[検索]",
    "乙": "[道具]",
    "丙": "道具、また道具",
    "丁": "[検索]\n[道具]\n[甲]",
    "戊": "ほかのこと",
}
VECTORS = np.array([[1, 0], [0, 1], [0.6, 0.8], [0.8, 0.6], [1, 0]], np.float32)
ALL = np.ones(5, np.bool_)


def learnt(is_teacher: BoolArray = ALL, corpus: Corpus | None = None) -> tuple[Corpus, Texts, Statistics]:
    corpus = corpus or corpus_of(WIKI)
    mentions = TitleFinder(corpus.names).find(corpus.readings)
    texts = read_texts(corpus, mentions, VECTORS)
    return corpus, texts, learn_statistics(corpus, texts, is_teacher)


def test_link_probability_is_the_share_of_the_pages_that_say_a_target_and_link_it() -> None:
    corpus, _, statistics = learnt()
    tool, search = number_of(corpus, "道具"), number_of(corpus, "検索")

    assert statistics.n_linked[[tool, search]].tolist() == [3, 2]
    assert statistics.n_mentioned[[tool, search]].tolist() == [4, 2]
    # shrunk towards 0 by one and a half pages that say it and do not link it
    assert statistics.link_probability[[tool, search]] == pytest.approx([3 / 5.5, 2 / 3.5])


def test_a_target_that_no_one_links_has_link_probability_0() -> None:
    corpus, _, statistics = learnt()

    assert statistics.link_probability[number_of(corpus, "戊")] == 0


def test_co_citation_is_the_cosine_of_columns_weighted_by_how_much_a_page_links() -> None:
    corpus, _, statistics = learnt()
    tool, search, first = (number_of(corpus, name) for name in ("道具", "検索", "甲"))
    shared_by_first = 1 / (2 + 1)  # 甲 links two targets
    shared_by_last = 1 / (3 + 1)  # 丁 links three

    assert statistics.co_cited[tool, search] == pytest.approx(
        (shared_by_first + shared_by_last) / np.sqrt((3 + 1) * (2 + 1))
    )
    assert statistics.co_cited[search, tool] == statistics.co_cited[tool, search]
    assert statistics.co_cited[tool, first] == pytest.approx(shared_by_last / np.sqrt((3 + 1) * (1 + 1)))
    assert statistics.co_cited[tool, tool] == 0
    assert statistics.co_cited[tool, number_of(corpus, "乙")] == 0


def test_a_profile_is_the_mean_direction_of_the_pages_that_link_a_target() -> None:
    corpus, _, statistics = learnt()
    mean = VECTORS[[0, 3]].sum(axis=0)

    assert statistics.profiles[number_of(corpus, "検索")] == pytest.approx(mean / np.linalg.norm(mean))
    assert statistics.profiles[number_of(corpus, "戊")].tolist() == [0, 0]


def test_a_term_profile_sums_up_the_bigrams_of_the_pages_that_link_a_target() -> None:
    corpus, texts, statistics = learnt()
    bigrams = texts.page_bigrams.toarray()
    for name, pages in {"検索": ["甲", "丁"], "道具": ["甲", "乙", "丁"], "甲": ["丁"]}.items():
        total = sum(bigrams[number_of(corpus, page)] for page in pages)
        profile = statistics.term_profiles[number_of(corpus, name)].toarray().ravel()
        assert profile == pytest.approx(total / np.linalg.norm(total), abs=1e-6), name

    assert statistics.term_profiles[number_of(corpus, "戊")].nnz == 0


def test_a_term_profile_is_told_apart_by_what_only_its_pages_say() -> None:
    corpus = corpus_of({"甲": "[道具]を磨く", "乙": "[検索]が遅い", "丙": "磨くことにする", "丁": "x", "戊": "y"})
    _, texts, statistics = learnt(corpus=corpus)
    likeness = (texts.page_bigrams @ statistics.term_profiles.T).toarray()[number_of(corpus, "丙")]

    assert likeness[number_of(corpus, "道具")] > 0.05
    assert likeness[number_of(corpus, "検索")] == 0


MARKED = {
    "甲": "[絵.icon] [道具]",
    "乙": "[絵.icon] [道具] [検索]",
    "丙": "[絵.icon] https://a.example",
    "丁": "[道具] https://a.example",
    "戊": "[/p/q]",
}


def marked(is_teacher: BoolArray = ALL) -> dict[str, float]:
    """Per target, how strongly the pages with the icon link it."""
    corpus, _, statistics = learnt(is_teacher, corpus_of(MARKED))
    (icon,) = np.flatnonzero(corpus.marks[number_of(corpus, "甲")].toarray().ravel())
    return dict(zip(corpus.names, statistics.marked[icon].toarray().ravel().tolist(), strict=True))


def test_marked_is_the_cosine_of_the_pages_that_show_a_mark_and_those_that_link_a_target() -> None:
    found = marked()

    assert found["道具"] == pytest.approx(2 / np.sqrt((3 + 1) * (3 + 1)))  # 甲 and 乙, of three pages each
    assert found["検索"] == pytest.approx(1 / np.sqrt((3 + 1) * (1 + 1)))
    assert found["丙"] == 0


def test_the_marks_of_a_page_that_is_no_teacher_do_not_count() -> None:
    found = marked(np.array([True, False, True, True, True]))

    assert found["道具"] == pytest.approx(1 / np.sqrt((2 + 1) * (2 + 1)))
    assert found["検索"] == 0


def test_n_linked_lately_counts_the_newest_tenth_of_the_teachers() -> None:
    """Twenty pages, a day apart: the last two are the newest tenth."""
    pages = {f"頁{number}": "[昔]" for number in range(18)} | {"頁18": "[今]", "頁19": "[今]と[昔]"}
    vectors = np.ones((20, 1), np.float32)
    corpus = corpus_of(pages)
    texts = read_texts(corpus, TitleFinder(corpus.names).find(corpus.readings), vectors)

    statistics = learn_statistics(corpus, texts, np.ones(20, np.bool_))

    assert statistics.n_linked_lately[[number_of(corpus, name) for name in ("今", "昔", "頁0")]].tolist() == [2, 1, 0]
    without = learn_statistics(corpus, texts, np.arange(20) < 10)  # of these the last is the newest tenth
    assert without.n_linked_lately[number_of(corpus, "昔")] == 1


def test_without_times_n_linked_lately_is_unknown() -> None:
    corpus = corpus_of(WIKI)
    timeless = replace(corpus, created=np.zeros(5, np.int64))

    assert np.isnan(learnt(corpus=timeless)[2].n_linked_lately).all()
    assert not np.isnan(learnt()[2].n_linked_lately).any()


def test_last_linked_is_when_the_youngest_page_that_links_it_was_made() -> None:
    corpus, _, statistics = learnt()

    assert statistics.last_linked[number_of(corpus, "道具")] == 4 * 86_400
    assert statistics.last_linked[number_of(corpus, "戊")] == 0


def test_a_page_that_is_no_teacher_changes_nothing() -> None:
    """Whatever 丁 links, and whether it links at all, nothing learnt from the others differs."""
    teachers = np.array([True, True, True, False, True])
    corpus, texts, with_links = learnt(teachers)
    silent = corpus.links.copy().tolil()
    silent[number_of(corpus, "丁")] = 0
    without = learn_statistics(
        replace(corpus, links=silent.tocsr()),
        texts,
        teachers,
    )

    assert with_links.n_linked[number_of(corpus, "道具")] == 2
    assert with_links.n_mentioned[number_of(corpus, "道具")] == 3
    for name in ("n_linked", "n_mentioned", "link_probability", "profiles", "n_linked_lately", "last_linked"):
        assert np.array_equal(getattr(with_links, name), getattr(without, name)), name
    for name in ("links", "co_cited", "term_profiles", "marked"):
        assert np.array_equal(getattr(with_links, name).toarray(), getattr(without, name).toarray()), name


def test_texts_count_mentions_and_weigh_bigrams_in_unit_rows() -> None:
    corpus, texts, _ = learnt()
    norms = np.sqrt(texts.page_bigrams.multiply(texts.page_bigrams).sum(axis=1))

    assert texts.mentioned[number_of(corpus, "丙"), number_of(corpus, "道具")] == 2
    assert np.asarray(norms).ravel() == pytest.approx(np.ones(5), abs=1e-5)
    assert texts.n_characters.tolist() == [len(reading.text) for reading in corpus.readings]


def test_titles_that_share_words_are_alike_and_others_are_not() -> None:
    corpus = corpus_of({"検索の歴史": "x", "検索の道具": "x", "散歩": "x", "a": "x", "b": "x"})
    _, texts, _ = learnt(corpus=corpus)
    alike = (texts.bigrams.titles @ texts.bigrams.titles.T).toarray()

    assert alike[0, 1] > 0.2
    assert alike[0, 2] == 0
    assert alike[0, 0] == pytest.approx(1, abs=1e-5)


def test_a_page_read_anew_is_as_if_it_had_always_been_so() -> None:
    corpus, texts, _ = learnt()
    changed = corpus_of({**WIKI, "戊": "道具と検索"})
    mentions = TitleFinder(changed.names).find(changed.readings)
    vectors = VECTORS.copy()
    vectors[4] = [0, 1]

    again = reread_texts(texts, changed, mentions, vectors, np.array([4]))

    assert again.mentioned[4].toarray().sum() == 3  # its title, 道具, 検索
    assert again.n_characters[4] == len(changed.readings[4].text)
    assert again.vectors[4].tolist() == [0, 1]
    assert np.array_equal(again.page_bigrams[:4].toarray(), texts.page_bigrams[:4].toarray())
    assert not np.array_equal(again.page_bigrams[4].toarray(), texts.page_bigrams[4].toarray())
