"""From a suggestion to the page in Scrapbox: a link changes how a title is spelt, never what people wrote."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from support.little_scrapbox import TOKEN, LittleScrapbox, little_scrapbox
from typer.testing import CliRunner

from linkassist.cli.app import app
from linkassist.scrapbox.client import throttle
from linkassist.scrapbox.notation import page_links
from linkassist.wiki import title_key

# page: (its line, the target, the lines after a yes)
WALKS = {
    "an inflected form": ("今日は風が強かった", "風が強い", ["今日は風が強かった", "[風が強い]"]),
    "an English plural": ("I read two wiki pages", "wiki page", ["I read two wiki pages", "[wiki page]"]),
    "a Korean ending": ("나는 글쓰는 사람", "글쓰기", ["나는 글쓰는 사람", "[글쓰기]"]),
    "other okurigana": ("設定の読込が遅い", "読み込み", ["設定の読込が遅い", "[読み込み]"]),
    "a page that only points": ("昔のVS codeの話", "Visual Studio Code", ["昔のVS codeの話", "[Visual Studio Code]"]),
    "the title itself": ("昨日は急須を洗った", "急須", ["昨日は[急須]を洗った"]),
    "the better of two places": ("東京都へ引越した。京都へ行く", "京都", ["東京都へ引越した。[京都]へ行く"]),
    "half-width kana": ("古いﾃﾞｰﾀﾍﾞｰｽを移す", "データベース", ["古い[データベース]を移す"]),
    "a decomposed word": ("そのト\u3099ラマを見る", "ドラマ", ["その[ドラマ]を見る"]),
    "a long vowel": ("サーバを立てる", "サーバー", ["[サーバー]を立てる"]),
    "a long vowel inside": ("このインタフェースは古い", "インターフェース", ["この[インターフェース]は古い"]),
    "another case, which Scrapbox reads alike": ("we use GITHUB here", "GitHub", ["we use [GITHUB] here"]),
    "a possessive": ("this is Darwin's desk", "Darwin", ["this is [Darwin]'s desk"]),
}
TITLES = sorted({target for _, target, _ in WALKS.values()})


@pytest.fixture(scope="module")
def scrapbox() -> Iterator[LittleScrapbox]:
    """Each target is linked from eight pages in sentences of prose; the pages of the walks link none."""
    with little_scrapbox() as found:
        ids = (f"{number:024x}" for number in count(1))
        for title in TITLES:
            found.put(next(ids), title, f"第{title}章のための頁")
        found.put(next(ids), "VS code", "→ [Visual Studio Code]")
        for i in range(8 * len(TITLES)):
            linked = [TITLES[(i + shift) % len(TITLES)] for shift in (0, 3)]
            found.put(next(ids), f"手帖 {i}", *(f"{n}回目は [{title}] のこと" for n, title in enumerate(linked)))
        for name, (line, _, _) in WALKS.items():
            found.put(next(ids), name, line)
        yield found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, scrapbox: LittleScrapbox) -> Path:
    """The library after import, with the target of every walk accepted."""
    folder = tmp_path_factory.mktemp("library")
    export = folder / "export.json"
    pages = list(scrapbox.pages.values())
    export.write_text(json.dumps({"name": "niwa", "displayName": "庭", "exported": 1_790_000_000, "pages": pages}))
    run(folder, "import", export)
    for page, (_, target, _) in WALKS.items():
        run(folder, "decide", "--page", page, "--target", target, "--accept")
    return folder


def run(folder: Path, *arguments: object) -> str:
    result = CliRunner().invoke(app, [*map(str, arguments), "--library", str(folder)], prog_name="linkassist")
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize("page", WALKS)
def test_a_suggestion_marks_what_a_link_may_replace_and_nothing_else(folder: Path, page: str) -> None:
    line, target, after = WALKS[page]
    options = ("--page", page, "--target", target, "--json")
    run(folder, "decide", *options, "--undo")
    mention = json.loads(run(folder, "decide", *options, "--accept"))["mention"]

    if after == [line, f"[{target}]"]:
        assert mention is None
    else:
        (marked,) = after
        start, end = mention["start"], mention["end"]
        before, _, rest = marked.partition("[")
        assert (line[:start], line[end:]) == (before, rest.partition("]")[2])


@pytest.mark.parametrize("page", WALKS)
def test_the_page_after_has_every_word_and_the_link(folder: Path, page: str) -> None:
    line, target, after = WALKS[page]
    exported = json.loads(run(folder, "export", "--page", page))["pages"]

    assert exported == [{"title": page, "lines": [page, *after]}]
    links = page_links(exported[0]["lines"])
    assert [title_key(each.target) for each in links] == [title_key(target)]


def test_a_push_would_write_the_same_lines(
    folder: Path, scrapbox: LittleScrapbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("LINKASSIST_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LINKASSIST_SCRAPBOX_KEY", TOKEN)
    monkeypatch.setattr(throttle, "_sleep", lambda seconds: None)
    said = json.loads(run(folder, "push", "--dry-run", "--json", "--base-url", scrapbox.address))

    written = {each["page"]: [change["after"] for change in each["changes"]] for each in said["pages"]}
    assert written == {page: [text for text in after if text != line] for page, (line, _, after) in WALKS.items()}
