"""Pages set aside to learn from: a hidden link leaves no trace, as if it had never been made."""

from __future__ import annotations

import numpy as np
import pytest
from support.wiki_by_hand import Found, corpus_of, find, number_of, numbers_of, reading

from linkassist.suggest.corpus import Corpus, build_corpus, keep_rows
from linkassist.suggest.holdout import (
    Holdout,
    hide_links,
    hide_targets,
    links_beside,
    pages_to_hold_out,
)

WIKI = {
    "道具": "[検索]の[道具箱]",
    "検索": "[道具]と[赤い糸]",
    "読書": "[道具]と[検索]と[赤い糸]、道具箱",
    "散歩": "[道具箱]まで検索",
    "手帖": "[道具]と[検索]と[赤い糸]と[秘密]を[* [道具]へ] #検索",
    "机": "秘密と道具と[手帖]、[検索]",
}
AS_IF_NEVER_LINKED = {
    **WIKI,
    "手帖": "道具と検索と赤い糸と秘密を[* 道具へ] 検索",
    "机": "秘密と道具と手帖、[検索]",
}


def examined_wholly(corpus: Corpus, *titles: str, is_blind: bool = False) -> Holdout:
    """The first examination, by seed, in which these pages lose all their links."""
    pages = numbers_of(corpus, *titles)
    for seed in range(200):
        found = hide_links(corpus, pages, seed)
        is_whole = found.corpus.links[pages].nnz == 0
        if is_whole and (found.is_blind[pages] == is_blind).all():
            return found
    raise AssertionError("no seed hides all the links of these pages")


def by_name(found: Found, title: str) -> dict[str, dict[str, float]]:
    """Per candidate of the page, what its sources say, rounded."""
    corpus, pairs = found.corpus, found.pairs
    return {
        corpus.names[int(pairs.target[row])]: {
            name: round(float(score[row]), 4) for name, score in pairs.scores.items() if name != "titles"
        }
        for row in np.flatnonzero(pairs.page == number_of(corpus, title)).tolist()
    }


def test_hidden_links_leave_no_trace_in_the_candidates() -> None:
    """Only `titles` may differ: how common a word is among titles is counted over red links that are no targets too."""
    examination = examined_wholly(corpus_of(WIKI), "手帖")
    page = numbers_of(examination.corpus, "手帖")
    hidden = find(examination.corpus, is_teacher=examination.is_teacher, is_target=examination.is_target, pages=page)
    never = corpus_of(AS_IF_NEVER_LINKED)
    expected = find(never, pages=numbers_of(never, "手帖"))

    assert by_name(hidden, "手帖").keys() > {"道具", "検索", "赤い糸", "机"}
    assert by_name(hidden, "手帖") == by_name(expected, "手帖")


def test_hidden_links_leave_no_trace_in_the_statistics() -> None:
    examination = examined_wholly(corpus_of(WIKI), "手帖")
    hidden = find(examination.corpus, is_teacher=examination.is_teacher, is_target=examination.is_target).statistics
    never = corpus_of(AS_IF_NEVER_LINKED)
    expected = find(never).statistics
    at, there = numbers_of(examination.corpus, *never.names), numbers_of(never, *never.names)

    for name in ("n_linked", "n_mentioned", "link_probability", "profiles", "last_linked"):
        assert getattr(hidden, name)[at] == pytest.approx(getattr(expected, name)[there], abs=1e-6), name
    assert hidden.co_cited[at][:, at].toarray() == pytest.approx(expected.co_cited[there][:, there].toarray())
    assert hidden.is_teacher.tolist() == expected.is_teacher.tolist()


def test_an_examined_pages_text_reads_as_if_the_links_had_never_been_made() -> None:
    corpus = corpus_of(WIKI)
    page = number_of(corpus, "手帖")

    inline = examined_wholly(corpus, "手帖").corpus.readings[page]
    blind = examined_wholly(corpus, "手帖", is_blind=True).corpus.readings[page]

    assert inline.text == corpus.readings[page].text == "手帖\n道具と検索と赤い糸と秘密を道具へ 検索"
    assert blind.text == "手帖\nとととをへ "
    assert inline.links == blind.links == ()


def test_a_red_link_named_only_by_hidden_links_is_no_target() -> None:
    corpus = corpus_of(WIKI)
    examination = examined_wholly(corpus, "手帖")
    is_target = dict(zip(corpus.names, examination.is_target.tolist(), strict=True))

    assert is_target == {name: name != "秘密" for name in corpus.names}
    found = find(examination.corpus, is_teacher=examination.is_teacher, is_target=examination.is_target)
    assert "秘密" not in {corpus.names[target] for target in found.pairs.target.tolist()}


def test_the_answers_are_the_hidden_links_and_the_rest_stays_known() -> None:
    corpus = corpus_of(WIKI)
    for seed in range(20):
        examination = hide_links(corpus, numbers_of(corpus, "手帖", "読書"), seed)
        both = (examination.answers + examination.corpus.links).toarray()[examination.pages]

        assert np.array_equal(both, corpus.links[examination.pages].toarray())
        assert set(np.unique(examination.answers.nonzero()[0])) <= set(examination.pages.tolist())
        for page in examination.pages.tolist():
            left = {corpus.keys[target] for target in examination.corpus.links[page].indices.tolist()}
            assert set(examination.corpus.readings[page].links) == left


def test_some_pages_lose_only_a_part_of_their_links() -> None:
    corpus = corpus_of(WIKI)
    page = numbers_of(corpus, "手帖")
    left = {hide_links(corpus, page, seed).corpus.links[page].nnz for seed in range(40)}

    assert 0 in left
    assert left & {1, 2, 3}


def test_examined_pages_and_pages_without_links_are_no_teachers() -> None:
    corpus = corpus_of({**WIKI, "空": "道具"})

    assert hide_links(corpus, numbers_of(corpus, "手帖")).is_teacher.tolist() == [*[True] * 4, False, True, False]


def test_the_same_seed_hides_the_same_links() -> None:
    corpus = corpus_of(WIKI)
    one, other = (hide_links(corpus, numbers_of(corpus, "手帖", "読書"), 7) for _ in range(2))

    assert np.array_equal(one.answers.toarray(), other.answers.toarray())
    assert one.corpus.readings == other.corpus.readings


def test_hiding_nothing_changes_nothing() -> None:
    corpus = corpus_of(WIKI)
    examination = hide_links(corpus, np.zeros(0, np.int64))

    assert examination.answers.nnz == 0
    assert examination.is_target.all()
    assert np.array_equal(examination.corpus.links.toarray(), corpus.links.toarray())


def wiki_of_old_and_new(n: int) -> Corpus:
    """n old pages and n new ones; each old page links a new one and an old one, each new page an old one."""
    old = {f"古{i}": f"[新{i}] [古{(i + 1) % n}]" for i in range(n)}
    return corpus_of(old | {f"新{i}": f"[古{i}]" for i in range(n)})


def test_of_the_pages_set_aside_about_a_tenth_keep_the_links_to_them() -> None:
    corpus = wiki_of_old_and_new(1000)
    new = np.arange(1000, 2000)

    links = links_beside(corpus, new)

    assert 70 <= links[:, new].nnz <= 130
    assert links[:, :1000].nnz == 1000  # each old page still links an old one
    assert links[new].nnz == 0


def test_which_pages_keep_the_links_to_them_is_the_same_at_every_call() -> None:
    """What the encoder is learnt from is what the ranker is learnt from, however the pages' own links are drawn."""
    corpus = wiki_of_old_and_new(60)
    new = np.arange(60, 120)
    links = links_beside(corpus, new)

    assert 0 < links[:, new].nnz < 60
    for seed in range(3):
        examination = hide_links(corpus, new, seed)
        taught = keep_rows(examination.corpus.links, examination.is_teacher)
        assert np.array_equal(taught.toarray(), links.toarray())
        assert np.array_equal(links_beside(corpus, new).toarray(), links.toarray())


def test_a_link_to_a_page_set_aside_stays_a_link_in_its_page_text() -> None:
    """Only what is learnt from links forgets it: the older page reads as it does."""
    corpus = corpus_of(WIKI)
    examination = hide_links(corpus, numbers_of(corpus, "手帖"))
    desk = number_of(corpus, "机")

    assert corpus.links[desk, number_of(corpus, "手帖")] == 1
    assert examination.corpus.links[desk, number_of(corpus, "手帖")] == 0
    assert examination.corpus.readings[desk] == corpus.readings[desk]


def test_no_link_is_learnt_from_twice_or_left_as_an_empty_cell() -> None:
    corpus = wiki_of_old_and_new(60)

    for links in (links_beside(corpus, np.arange(60, 120)), hide_links(corpus, np.arange(60, 120)).corpus.links):
        assert set(links.data.tolist()) == {1.0}


LINES = {
    "a link": ("見よ[道具]を", "見よ道具を", "見よを", ["見よ", "道具", "を"]),
    "a hashtag": ("見よ #道具 を", "見よ 道具 を", "見よ  を", ["見よ ", "道具", " を"]),
    "in another spelling": ("[Sample Text]x", "Sample Textx", "x", ["Sample Text", "x"]),
    "another link stays": ("[検索][道具]", "検索道具", "検索", ["道具"]),
    "beside a gap": ("`x`[道具]`y`", "\x1f道具\x1f", "\x1f\x1f", ["道具"]),
}


@pytest.mark.parametrize(("line", "inline", "blind", "prose"), LINES.values(), ids=LINES)
def test_the_words_of_a_hidden_link_are_prose_or_gone(line: str, inline: str, blind: str, prose: list[str]) -> None:
    page = reading("題", line)
    (kept,) = hide_targets(page, {"道具", "sample_text"}, is_blind=False).passages
    gone = hide_targets(page, {"道具", "sample_text"}, is_blind=True).passages[0]

    assert (kept.text, gone.text) == (inline, blind)
    assert [line[p.raw_start : p.raw_start + p.length] for p in kept.segments if p.is_prose] == prose
    for passage in (kept, gone):
        for part in passage.segments:
            cut = line[part.raw_start : part.raw_start + part.length]
            assert passage.text[part.start : part.start + part.length] == cut


def test_the_newest_quarter_of_the_linking_pages_is_examined() -> None:
    pages = {f"頁{number}": "[道具]" if number % 2 else "道具" for number in range(16)}
    corpus = corpus_of(pages)

    assert pages_to_hold_out(corpus).tolist() == [13, 15]


def test_without_times_a_seeded_sample_is_examined() -> None:
    corpus = build_corpus([reading(f"頁{number}", "[道具]") for number in range(40)])
    samples = {tuple(pages_to_hold_out(corpus, seed).tolist()) for seed in range(5)}

    assert len(samples) > 1
    assert all(len(sample) == 10 and sorted(sample) == list(sample) for sample in samples)
    assert pages_to_hold_out(corpus, 3).tolist() == pages_to_hold_out(corpus, 3).tolist()


def test_diaries_and_pages_that_link_only_dates_are_not_examined() -> None:
    pages = {f"2026-05-{day:02}": "[道具]" for day in range(1, 20)}
    pages |= {f"頁{number}": "[2026-05-01]" for number in range(20)}
    pages |= {f"本{number}": "[道具]" for number in range(4)}
    corpus = corpus_of(pages)

    assert [corpus.names[page] for page in pages_to_hold_out(corpus).tolist()] == ["本3"]
