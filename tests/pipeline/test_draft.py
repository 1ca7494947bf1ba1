"""Suggestions for a text beside the wiki, held against what a reindex gives for the same text as a page."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.drafted_wiki import a_page, import_into, pages_of_a_wiki, reindexed
from typer.testing import CliRunner

from linkassist.cli.app import app
from linkassist.errors import ModelError
from linkassist.pipeline.draft import LONGEST, Drafting, draft_page, load_search, prepare
from linkassist.store.library import Library
from linkassist.store.pages import find_page, project
from linkassist.store.suggestions import page_suggestions
from linkassist.suggestion import Suggestion
from linkassist.wiki import title_key

# A new page, the page of a red link, and one in the place of a page that is there.
DRAFTS = {
    "あたらしい覚え書き": "雨の日には万年筆と索引カードで観察記録をつける\n 図書館の地図帳も「ためし書き」に使う",
    "まだない頁1": "静かな午後に[付箋]を貼って年表を作った\nhttps://example.com/a のこと",
    "覚え書き 7": "友人と読書会をひらく。庭仕事の話もした",
}


@pytest.fixture(scope="module")
def drafting(drafted: Path) -> Iterator[Drafting]:
    with Library.open(drafted) as library:
        yield prepare(library, project(library, None))


@pytest.fixture(scope="module")
def as_pages(drafted: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Suggestion]]:
    """By title, what a reindex gives for the drafts, each taken in alone."""
    found = {}
    for number, (title, text) in enumerate(DRAFTS.items()):
        folder = tmp_path_factory.mktemp("with") / str(number)
        shutil.copytree(drafted, folder)
        with Library.open(folder) as library:
            others = [page for page in pages_of_a_wiki() if page.title != title]
            before = [page for page in pages_of_a_wiki() if page.title == title]
            import_into(library, [*others, a_page(title, text, before[0].created if before else 159)])
        reindexed(folder)
        with Library.open(folder) as library:
            page = find_page(library, project(library, None).id, title_key(title))
            found[title] = [stored.suggestion for stored in page_suggestions(library, page.id, with_decided=False)]
    return found


@pytest.mark.parametrize(("title", "tolerance"), [*zip(DRAFTS, (0.03, 0.25, 0.1), strict=True)])
def test_a_draft_is_told_what_a_reindex_tells_a_page(
    drafting: Drafting, as_pages: dict[str, list[Suggestion]], title: str, tolerance: float
) -> None:
    """Near equal. The second has links of its own, and a reindex counts what else it says as words that it does not
    link; the third's old links are still the wiki's. In a wiki of seventy pages one page weighs much."""
    expected = {(found.kind, found.target): found for found in as_pages[title]}
    found = {(each.kind, each.target): each for each in drafting.suggest(draft_page(title, DRAFTS[title]))}

    likely = {key for key, each in expected.items() if each.is_worth_showing}
    assert likely
    assert likely <= found.keys()
    assert {key for key, each in found.items() if each.probability >= 0.2} <= expected.keys()
    for key in expected.keys() & found.keys():
        assert found[key].mentions == expected[key].mentions
        assert found[key].probability == pytest.approx(expected[key].probability, abs=tolerance)
    same = [found[key].reasons[0].signal == expected[key].reasons[0].signal for key in likely]
    assert np.mean(same) >= 0.8


def test_a_draft_without_links_has_the_evidence_of_a_page(
    drafting: Drafting, as_pages: dict[str, list[Suggestion]]
) -> None:
    """All but a few of the numbers that speak for a link are the same to three digits."""
    title = "あたらしい覚え書き"
    found = {(each.kind, each.target): each for each in drafting.suggest(draft_page(title, DRAFTS[title]))}
    shares = []
    for each in as_pages[title]:
        if (each.kind, each.target) in found:
            mine = np.frombuffer(found[each.kind, each.target].evidence, np.float16).astype(np.float64)
            theirs = np.frombuffer(each.evidence, np.float16).astype(np.float64)
            shares.append(np.isclose(mine, theirs, rtol=0.02, atol=0.02, equal_nan=True).mean())
    assert len(shares) >= 5
    assert np.mean(shares) > 0.9


def test_drafts_do_not_change_each_other(drafting: Drafting) -> None:
    first, second = (draft_page(title, text) for title, text in list(DRAFTS.items())[:2])
    before = drafting.suggest(first)
    drafting.suggest(second)

    assert drafting.suggest(first) == before


def test_the_mentions_are_spans_of_the_lines(drafting: Drafting) -> None:
    page = draft_page("題", DRAFTS["あたらしい覚え書き"])
    mentions = [mention for found in drafting.suggest(page) for mention in found.mentions]

    assert mentions
    assert all(page.texts[each.line][each.start : each.end] == each.surface for each in mentions)


def test_a_draft_is_not_told_to_link_itself_or_what_it_links(drafting: Drafting) -> None:
    found = drafting.suggest(
        draft_page("図書館", "図書館で[万年筆]と[[付箋]]と[はじめての言葉]とはじめての言葉、散歩道")
    )
    targets = {title_key(each.target) for each in found}

    assert "散歩道" in targets
    assert not targets & {"図書館", "万年筆", "はじめての言葉"}


@pytest.mark.parametrize("text", ["", "\n \n", "code:x.py\n pass"])
def test_a_draft_without_words_is_told_nothing(drafting: Drafting, text: str) -> None:
    assert drafting.suggest(draft_page("", text)) == []


def test_windows_line_ends_count_as_line_ends() -> None:
    assert draft_page("題", "あ\r\nい\rう").texts == ["題", "あ", "い", "う"]


def test_a_text_that_is_too_long_is_refused_with_advice(drafting: Drafting) -> None:
    with pytest.raises(ModelError, match="Give it in parts"):
        drafting.suggest(draft_page("題", "あ" * (LONGEST + 1)))


def test_a_text_in_a_file_and_one_on_standard_input_are_told_the_same(drafted: Path, tmp_path: Path) -> None:
    draft = tmp_path / "draft.txt"
    draft.write_text("題\n雨の日には万年筆と索引カード\n", "utf-8")
    options = ["suggest", "--library", str(drafted), "--format", "jsonl", "--text"]
    of_file = CliRunner().invoke(app, [*options, str(draft)])
    of_input = CliRunner().invoke(app, [*options, "-"], input=draft.read_text("utf-8"))

    found = json.loads(of_file.stdout)
    assert found["page"] == "題"
    assert {"target": "万年筆", "line": 1, "surface": "万年筆"}.items() <= {
        (name, value)
        for each in found["suggestions"]
        for name, value in [("target", each["target"]), *(m for mention in each["mentions"] for m in mention.items())]
    }
    assert of_input.stdout == of_file.stdout

    draft.write_text(draft.read_text("utf-8"), "utf-8-sig")  # with a byte-order mark, as Windows writes it
    marked = CliRunner().invoke(app, [*options, str(draft)])
    assert marked.stdout == of_file.stdout
    assert CliRunner().invoke(app, [*options, "-"], input=draft.read_bytes()).stdout == of_file.stdout


@pytest.mark.parametrize(
    ("name", "advice"), [("nowhere.txt", "Check the path"), ("latin.txt", "Name a file of UTF-8 text")]
)
def test_a_text_that_cannot_be_read_is_said_to_be_so(drafted: Path, tmp_path: Path, name: str, advice: str) -> None:
    (tmp_path / "latin.txt").write_bytes(b"\xe4")
    told = CliRunner().invoke(app, ["suggest", "--library", str(drafted), "--text", str(tmp_path / name)])

    assert told.exit_code == 1
    assert advice in told.stderr


def test_progress_is_told_from_reading_to_phrases(drafted: Path) -> None:
    told: list[str] = []
    with Library.open(drafted) as library:
        prepare(library, project(library, None), lambda step, *_: told.append(step))

    assert list(dict.fromkeys(told)) == ["read", "mentions", "phrases", "statistics"]


def test_a_project_that_was_never_reindexed_says_what_to_do(tmp_path: Path) -> None:
    with Library.open(tmp_path) as library:
        import_into(library, pages_of_a_wiki()[:3])
        with pytest.raises(ModelError, match="Run `linkassist reindex`"):
            prepare(library, project(library, None))
        with pytest.raises(ModelError, match="Run `linkassist reindex`"):
            load_search(library, project(library, None))


def test_pages_that_changed_since_the_reindex_are_read_as_they_are(drafted: Path, tmp_path: Path) -> None:
    shutil.copytree(drafted, tmp_path / "L")
    with Library.open(tmp_path / "L") as library:
        pages = pages_of_a_wiki()
        extra = replace(a_page("新しい題名", "あとから来た頁 [庭仕事]", 300))
        import_into(library, [*pages, extra])
        found = prepare(library, project(library, None)).suggest(draft_page("題", "きょうは新しい題名のこと"))

    assert "新しい題名" in {each.target for each in found}


def test_search_by_meaning_finds_the_pages_that_say_alike(drafted: Path) -> None:
    with Library.open(drafted) as library:
        of = project(library, None)
        search = load_search(library, of)
        found = search.nearest("万年筆について書いた", 5)
        vectors = search.encoder.encode(["万年筆について書いた"])
        page = find_page(library, of.id, title_key("万年筆"))

    assert len(found) == 5
    assert [near for _, near in found] == sorted((near for _, near in found), reverse=True)
    own = search.index.nearest(vectors, len(search.index))
    assert dict(found)[found[0][0]] == pytest.approx(float(own.similarities[0, 0]), abs=1e-6)
    assert page.id in own.page_ids[0].tolist()
    assert search.nearest("\x00", 5) == []
