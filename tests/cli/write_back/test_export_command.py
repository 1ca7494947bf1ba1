"""The edits of accepted links as a file: the same in all three formats, and those that a push makes."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.little_scrapbox import LittleScrapbox, little_scrapbox
from support.pushed_wiki import PushedWiki
from typer.testing import CliRunner, Result

from linkassist.cli.app import app

TEA, CUP = "a" * 24, "b" * 24


@pytest.fixture
def scrapbox() -> Iterator[LittleScrapbox]:
    with little_scrapbox() as found:
        found.put(TEA, "Tea", "green tea in a cup", "see the [pot]", "> a quoted cup")
        found.put(CUP, "Cup", "made of clay")
        yield found


@pytest.fixture
def wiki(tmp_path: Path, scrapbox: LittleScrapbox) -> PushedWiki:
    found = PushedWiki(tmp_path, scrapbox)
    found.fetch()
    found.accept("Tea", "Ｃup", "cup", 1)
    found.accept("Tea", "Quoted", "quoted", 3)
    found.accept("Cup", "Tea")
    return found


def export(wiki: PushedWiki, *arguments: object, code: int = 0) -> Result:
    words = ["export", *map(str, arguments), "--library", str(wiki.folder)]
    result = CliRunner().invoke(app, words, prog_name="linkassist")
    assert result.exit_code == code, result.output
    return result


def test_an_import_file_has_the_changed_pages_whole_and_a_warning(wiki: PushedWiki) -> None:
    said = export(wiki)
    assert json.loads(said.stdout) == {
        "pages": [
            {"title": "Cup", "lines": ["Cup", "made of clay", "[Tea]"]},
            {"title": "Tea", "lines": ["Tea", "green tea in a [Ｃup]", "see the [pot]", "> a quoted cup"]},
        ]
    }
    assert "overwrites whole pages of the same title" in said.stderr
    assert "Tea: Quoted is left. The line is a quote" in said.stderr


@pytest.mark.skipif(shutil.which("patch") is None, reason="the program patch is not installed")
def test_a_diff_can_be_applied(wiki: PushedWiki, tmp_path: Path) -> None:
    diff = export(wiki, "--format", "diff", "--page", "tea").stdout
    assert "\n-green tea in a cup\n+green tea in a [Ｃup]\n" in diff and diff.startswith("--- a/Tea\n+++ b/Tea\n")
    page = tmp_path / "Tea"
    page.write_text("\n".join(wiki.scrapbox.texts(TEA)) + "\n")
    subprocess.run(["patch", str(page)], input=diff, text=True, check=True, capture_output=True)
    assert page.read_text().splitlines()[1] == "green tea in a [Ｃup]"


def test_json_lines_have_an_object_for_each_changed_line(wiki: PushedWiki) -> None:
    said = export(wiki, "niwa", "--format", "jsonl")
    assert [json.loads(line) for line in said.stdout.splitlines()] == [
        {"project": "niwa", "page": "Cup", "page_id": CUP, "line": 2, "before": None, "after": "[Tea]"},
        {
            "project": "niwa",
            "page": "Tea",
            "page_id": TEA,
            "line": 1,
            "before": "green tea in a cup",
            "after": "green tea in a [Ｃup]",
        },
    ]
    assert "overwrites" not in said.stderr


def test_they_are_the_edits_that_a_push_makes(wiki: PushedWiki) -> None:
    lines = [json.loads(line) for line in export(wiki, "--format", "jsonl").stdout.splitlines()]
    exported = {(line["page"], line["line"], line["before"], line["after"]) for line in lines}
    report = wiki.push()
    assert {(p.title, c.number, c.before, c.after) for p in report.pages for c in p.changes} == exported


def test_a_file_is_written_where_it_is_named_and_the_links_go_on_waiting(wiki: PushedWiki, tmp_path: Path) -> None:
    said = export(wiki, "--output", tmp_path / "edits.json")
    assert said.stdout == "" and len(json.loads((tmp_path / "edits.json").read_text())["pages"]) == 2
    assert wiki.n_waiting() == 3
    assert "cannot be written" in export(wiki, "-o", tmp_path / "none" / "x", code=1).stderr


def test_with_nothing_accepted_it_says_so(wiki: PushedWiki) -> None:
    wiki.push()
    said = export(wiki, "--page", "Cup")
    assert json.loads(said.stdout) == {"pages": []} and "no accepted link changes a page" in said.stderr
