"""Candidates: where they come from, and the product's rules, one row a rule."""

from __future__ import annotations

import numpy as np
import pytest
from support.wiki_by_hand import MARKER, corpus_of, find, number_of, vectors_of

from linkassist.model.fit import suggest_pages
from linkassist.model.scan import scan_texts
from linkassist.model.wiki_model import fit_wiki_model
from linkassist.suggest.ranker import starting_ranker
from linkassist.suggestion import Suggestion

# What the rules are held against: 道具 and 検索 are pages, 赤い糸 is a red link, and others link them all.
AROUND = {
    "道具": "[検索]の[道具箱]、[赤い糸]",
    "検索": "[道具]と[赤い糸]と[2026-05-02]",
    "2026-05-02": "[道具]を[検索]",
    "日記": "[道具]を[検索]",
    "読書": "[道具]と[検索]と[赤い糸]と[2026-05-02]",
}

# the page's text, and which of 道具, 検索, 赤い糸 its words can still be linked to
RULES = {
    "what the text says can be linked": ("道具と検索と赤い糸", {"道具", "検索", "赤い糸"}),
    "never a target already linked": ("[道具]と検索と赤い糸、また道具", {"検索", "赤い糸"}),
    "never a target linked in another spelling of its key": ("[道具]\n#検索 と検索", set()),
    "never a target linked in a decoration": ("[* [道具]] 道具", set()),
    "never a target linked in a table": ("table:表\n [道具]\tx\n道具", set()),
    "never a target linked below a marker": (f"道具と検索\n{MARKER}\n[道具]", {"検索"}),
    "never a target linked in a diary's line of dates": ("[道具]←今日→[赤い糸]\n道具と検索と赤い糸", {"検索"}),
    "text below a marker is left out": (f"検索\n{MARKER}\n道具", {"検索"}),
    "text below generated text is left out": ("検索\n__BELOW_IS_AI_GENERATED__\n道具", {"検索"}),
    "nothing in a code block": ("code:a.py\n 道具\n検索", {"検索"}),
    "nothing in inline code": ("`道具` 検索", {"検索"}),
    "nothing in a URL": ("https://a.example/道具 検索", {"検索"}),
    "nothing in an outside link": ("[道具 https://a.example] 検索", {"検索"}),
    "nothing in math": ("[$ 道具] 検索", {"検索"}),
    "nothing in an icon": ("[道具.icon] 検索", {"検索"}),
    "nothing in an image": ("[https://a.example/道具.png] 検索", {"検索"}),
    "nothing in a link to another project": ("[/other/道具] 検索", {"検索"}),
    "nothing in another link": ("[道具の手入れ] 検索", {"検索"}),
    "nothing in a command": ("$ 道具\n検索", {"検索"}),
    "nothing in the title line": ("検索", {"検索"}),
}


def suggestions_for(title: str, text: str) -> list[Suggestion]:
    """What is suggested for this page among the others."""
    corpus = corpus_of({**AROUND, title: text})
    scan = scan_texts(corpus, vectors_of(corpus))
    found = dict(suggest_pages(fit_wiki_model(scan), scan, starting_ranker()))
    return found[number_of(corpus, title)]


@pytest.mark.parametrize(("text", "expected"), RULES.values(), ids=RULES)
def test_the_rules_hold_for_what_is_suggested(text: str, expected: set[str]) -> None:
    found = suggestions_for("手帖", text)

    assert {s.target for s in found if s.mentions} & {"道具", "検索", "赤い糸"} == expected
    assert len({s.target for s in found}) == len(found)


LINKED = {
    "on the page": "[道具]と[赤い糸]",
    "below a marker": f"検索\n{MARKER}\n[道具]と[赤い糸]",
    "in a diary's line of dates": "[道具]←今日→[赤い糸]\n検索と道具",
    "in bold and a quote": "[[太い [道具]]]\n> [赤い糸]",
}


@pytest.mark.parametrize("text", LINKED.values(), ids=LINKED)
def test_what_is_linked_is_not_suggested_for_the_end_of_the_page_either(text: str) -> None:
    assert not {s.target for s in suggestions_for("手帖", text)} & {"道具", "赤い糸"}


def test_a_phrase_linked_only_below_a_marker_is_not_suggested_as_new() -> None:
    found = {s.target for s in suggestions_for("手帖", f"散歩道と近道\n{MARKER}\n[散歩道]")}

    assert "近道" in found
    assert "散歩道" not in found


def test_dates_and_diaries_are_never_suggested() -> None:
    found = {s.target for s in suggestions_for("手帖", "2026-05-02 の日記に道具")}

    assert found >= {"道具"}
    assert not found & {"2026-05-02", "日記"}


@pytest.mark.parametrize("title", ["道具箱", "手 帖", "Sample Text"])
def test_a_page_is_never_suggested_to_itself(title: str) -> None:
    found = suggestions_for(title, f"{title}と{title.lower().replace(' ', '_')}と検索。「{title}」")

    assert title not in {s.target for s in found}
    assert "検索" in {s.target for s in found}


def test_one_suggestion_a_target_however_often_it_is_said() -> None:
    (tool,) = (s for s in suggestions_for("手帖", "道具\n道具と道具\n> 道具") if s.target == "道具")

    assert [(m.line, m.start, m.end, m.surface) for m in tool.mentions] == [
        (1, 0, 2, "道具"),
        (2, 0, 2, "道具"),
        (2, 3, 5, "道具"),
        (3, 2, 4, "道具"),
    ]


def test_the_kind_is_that_of_the_target() -> None:
    kinds = {s.target: s.kind for s in suggestions_for("手帖", "道具と赤い糸と散歩道")}

    assert (kinds["道具"], kinds["赤い糸"], kinds["散歩道"]) == ("page", "red", "new")


def test_candidates_hold_no_pair_twice_and_are_ordered_by_page() -> None:
    pairs = find(corpus_of({**AROUND, "手帖": "道具と検索、道具"})).pairs
    seen = list(zip(pairs.page.tolist(), pairs.target.tolist(), strict=True))

    assert len(set(seen)) == len(seen)
    assert [page for page, _ in seen] == sorted(page for page, _ in seen)


def test_a_target_can_be_found_without_being_said() -> None:
    found = find(corpus_of({**AROUND, "手帖": "[道具]"}))

    assert "検索" in found.targets_of("手帖")  # linked together with 道具
    assert found.pairs.scores["mentions"].max() == 0


# Titles of one character and a link a line make no bigrams and no mentions, and vectors at right angles no neighbours:
# a page is reached by nothing but the source in question. ア is asked, and ウ is what it is to find.
ICONS = {"ア": "[絵.icon]", "イ": "[絵.icon]\n[ウ]", "ウ": "", "エ": "[オ]", "オ": ""}
COMMON = {f"{chr(0x4E80 + number)}": "山彦" for number in range(25)}  # so many say it that a text tells nothing by it
ALONE = {
    "links_back": {"ア": "", "ウ": "[ア]", "エ": "[オ]", "オ": ""},
    "seeds_link": {"ア": "[イ]", "イ": "[ウ]", "ウ": "", "エ": "[オ]", "オ": ""},
    "co_cited": {"ア": "[イ]", "イ": "", "ウ": "", "エ": "[イ]\n[ウ]", "オ": ""},
    "co_cited_self": {"ア": "", "イ": "[ア]\n[ウ]", "ウ": "", "エ": "[オ]", "オ": ""},
    "marked": ICONS,
    "namesakes": {"山彦一": "", "山彦二": "[ウ]", "ウ": "", **COMMON},
}
ASKED = {"namesakes": "山彦一"}


@pytest.mark.parametrize("source", ALONE)
def test_each_source_brings_a_target_that_no_other_brings(source: str) -> None:
    corpus = corpus_of(ALONE[source])
    found = find(corpus, vectors=np.eye(corpus.n_pages, dtype=np.float32))
    pairs = found.pairs
    page = number_of(corpus, ASKED.get(source, "ア"))
    (row,) = np.flatnonzero((pairs.page == page) & (pairs.target == number_of(corpus, "ウ"))).tolist()

    assert {name for name, scores in pairs.scores.items() if scores[row] > 0} == {source}


def test_what_likely_links_are_linked_with_is_found() -> None:
    """The page most like ア links イ, so ア is likely to; イ is linked together with ウ, by a page unlike ア."""
    corpus = corpus_of({"ア": "", "イ": "", "ウ": "", "エ": "[イ]", "オ": "[イ]\n[ウ]"})
    vectors = np.eye(5, dtype=np.float32)
    vectors[3] = [0.6, 0, 0, 0.8, 0]
    pairs = find(corpus, vectors=vectors).pairs
    (row,) = np.flatnonzero((pairs.page == 0) & (pairs.target == 2)).tolist()

    assert {name for name, scores in pairs.scores.items() if scores[row] > 0} == {"co_cited_likely"}
    # エ is the only neighbour, so イ is as likely as can be
    assert pairs.scores["co_cited_likely"][row] == pytest.approx((1 / 3) / np.sqrt((2 + 1) * (1 + 1)))


def test_a_text_like_those_of_the_pages_that_link_a_target_brings_it() -> None:
    """By the term profile, and by the page itself, which is alike."""
    corpus = corpus_of({"ア": "山彦", "イ": "山彦\n[ウ]", "ウ": "", "エ": "[オ]", "オ": ""})
    pairs = find(corpus, vectors=np.eye(5, dtype=np.float32)).pairs
    (row,) = np.flatnonzero((pairs.page == 0) & (pairs.target == 2)).tolist()

    assert {name for name, scores in pairs.scores.items() if scores[row] > 0} == {
        *("term_profile", "alike", "closest"),
    }


def test_no_source_brings_anything_where_nothing_connects_the_pages() -> None:
    corpus = corpus_of({"ア": "", "イ": "[ウ]", "ウ": "", "エ": "[オ]", "オ": ""})
    found = find(corpus, vectors=np.eye(5, dtype=np.float32))

    assert found.targets_of("ア") == []


def test_the_new_sources_scores_are_those_worked_by_hand() -> None:
    def score(source: str) -> float:
        corpus = corpus_of(ALONE[source])
        pairs = find(corpus, vectors=np.eye(corpus.n_pages, dtype=np.float32)).pairs
        page = number_of(corpus, ASKED.get(source, "ア"))
        is_asked = (pairs.page == page) & (pairs.target == number_of(corpus, "ウ"))
        return float(pairs.scores[source][is_asked][0])

    assert score("links_back") == 1
    assert score("seeds_link") == 1  # the seed is a link that the page has
    assert score("co_cited") == pytest.approx((1 / 3) / np.sqrt((2 + 1) * (1 + 1)))
    assert score("co_cited_self") == pytest.approx((1 / 3) / np.sqrt((1 + 1) * (1 + 1)))
    assert score("marked") == pytest.approx(1 / np.sqrt((1 + 1) * (1 + 1)))  # ア links nothing: イ alone teaches


def test_the_closest_page_counts_for_almost_all() -> None:
    """Two pages link ウ, at cosines of 0.8 and 0.6: the root of the sum of powers is a little over 0.8."""
    corpus = corpus_of({"ア": "", "イ": "[ウ]", "ウ": "", "エ": "[ウ]"})
    vectors = np.array([[1, 0, 0, 0], [0.8, 0.6, 0, 0], [0, 0, 1, 0], [0.6, 0, 0, 0.8]], np.float32)
    pairs = find(corpus, vectors=vectors).pairs
    (row,) = np.flatnonzero((pairs.page == 0) & (pairs.target == 2)).tolist()

    assert pairs.scores["closest"][row] == pytest.approx((0.8**8 + 0.6**8) ** (1 / 8))
    assert pairs.scores["neighbours"][row] == pytest.approx(0.8**2 + 0.6**2)


def test_what_is_no_target_is_no_candidate() -> None:
    corpus = corpus_of({**AROUND, "手帖": "道具と赤い糸"})
    is_target = np.ones(corpus.n_targets, np.bool_)
    is_target[number_of(corpus, "赤い糸")] = False

    assert "赤い糸" in find(corpus).targets_of("手帖")
    assert "赤い糸" not in find(corpus, is_target=is_target).targets_of("手帖")


def test_the_sources_scores_are_those_worked_by_hand() -> None:
    found = find(corpus_of({**AROUND, "手帖": "検索と検索"}))
    corpus, pairs = found.corpus, found.pairs
    here = number_of(corpus, "手帖")
    row = {int(target): i for i, target in enumerate(pairs.target) if pairs.page[i] == here}
    search, tool = row[number_of(corpus, "検索")], row[number_of(corpus, "道具")]
    cosines = found.texts.vectors @ found.texts.vectors[here]
    teachers = found.statistics.is_teacher.copy()
    teachers[here] = False
    linking = corpus.links[:, number_of(corpus, "検索")].toarray().ravel() > 0

    assert pairs.scores["mentions"][[search, tool]].tolist() == [2, 0]
    assert pairs.scores["page_similarity"][search] == pytest.approx(cosines[number_of(corpus, "検索")], abs=1e-6)
    assert pairs.scores["neighbours"][search] == pytest.approx((cosines[teachers & linking] ** 2).sum(), rel=1e-5)
    # the seed 検索 weighs as much as its link probability, for the page says it
    probability = found.statistics.link_probability[number_of(corpus, "検索")] + 1e-3
    co_cited = found.statistics.co_cited[number_of(corpus, "検索"), number_of(corpus, "道具")]
    assert pairs.scores["co_cited"][tool] == pytest.approx(probability * co_cited, rel=1e-5)


def test_a_link_back_is_told() -> None:
    found = find(corpus_of({**AROUND, "手帖": "道具", "机": "[手帖]"}))
    corpus, pairs = found.corpus, found.pairs
    back = {
        corpus.names[target]: float(score)
        for page, target, score in zip(pairs.page, pairs.target, pairs.scores["links_back"], strict=True)
        if page == number_of(corpus, "手帖")
    }

    assert back["机"] == 1
    assert back["道具"] == 0
