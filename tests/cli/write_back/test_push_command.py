"""`push` and `undo` from the command line: the diff, the question, the JSON, and what they never show."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.little_scrapbox import CSRF, KEY, SERVICE_KEY, TOKEN, Answer, LittleScrapbox, little_scrapbox
from support.pushed_wiki import PushedWiki, as_json
from typer.testing import CliRunner, Result

from linkassist.cli.app import app
from linkassist.scrapbox.client import throttle
from linkassist.store.library import Library

TEA, CUP = "a" * 24, "b" * 24


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("LINKASSIST_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LINKASSIST_SCRAPBOX_KEY", TOKEN)
    monkeypatch.setattr(throttle, "_sleep", lambda seconds: None)


@pytest.fixture
def scrapbox() -> Iterator[LittleScrapbox]:
    with little_scrapbox() as found:
        found.put(TEA, "Tea", "green tea in a cup")
        found.put(CUP, "Cup", "made of clay")
        yield found


@pytest.fixture
def wiki(tmp_path: Path, scrapbox: LittleScrapbox) -> PushedWiki:
    found = PushedWiki(tmp_path, scrapbox)
    found.fetch()
    found.accept("Tea", "Cup", "cup", 1)
    found.accept("Cup", "Tea")
    return found


def run(wiki: PushedWiki, *arguments: object, typed: str = "", code: int = 0, has_base: bool = True) -> Result:
    options = ["--library", wiki.folder, *(["--base-url", wiki.scrapbox.address] if has_base else [])]
    words = [str(each) for each in (*arguments, *options)]
    result = CliRunner().invoke(app, words, prog_name="linkassist", input=typed)
    assert result.exit_code == code, result.output
    assert not any(secret in result.stdout + result.stderr for secret in (TOKEN, KEY, SERVICE_KEY, CSRF))
    return result


def run_json(wiki: PushedWiki, *arguments: object, code: int = 0) -> Any:
    return json.loads(run(wiki, *arguments, "--json", code=code).stdout)


def test_a_push_is_reported_listed_and_undone(wiki: PushedWiki) -> None:
    before = as_json(wiki.scrapbox)
    said = run_json(wiki, "push", "niwa", "--yes")
    assert (said["project"], said["dry_run"], said["written"], said["left"], said["stopped"]) == (
        *("niwa", False, 2, 0),
        None,
    )
    (page,) = [page for page in said["pages"] if page["page"] == "Tea"]
    assert page == {
        "page": "Tea",
        "page_id": TEA,
        "changes": [
            {"line": 1, "line_id": f"{TEA}-1", "before": "green tea in a cup", "after": "green tea in a [cup]"}
        ],
        "links": [{"target": "Cup", "state": "written", "reason": None}],
    }
    (listed,) = json.loads(run(wiki, "push", "--list", "--json").stdout)
    assert {name: listed[name] for name in ("batch", "project", "pages", "links", "undone_at")} == {
        "batch": said["batch"],
        "project": "niwa",
        "pages": 2,
        "links": 2,
        "undone_at": None,
    }
    assert listed["at"] > 1_700_000_000
    undone = run_json(wiki, "undo", said["batch"], "--yes")
    assert (undone["batch"], undone["undone"], undone["left"]) == (said["batch"], 2, 0)
    assert as_json(wiki.scrapbox) == before
    assert json.loads(run(wiki, "push", "--list", "--json").stdout)[0]["undone_at"] > 1_700_000_000


def test_an_undo_goes_to_where_the_push_went(wiki: PushedWiki) -> None:
    batch = run_json(wiki, "push", "--yes")["batch"]
    assert "links taken out 2" in run(wiki, "undo", batch, "--yes", has_base=False).stdout


def test_a_dry_run_shows_the_diff_and_leaves_everything(wiki: PushedWiki) -> None:
    before = as_json(wiki.scrapbox)
    said = run(wiki, "push", "--dry-run").stdout
    assert "  line 1\n    - green tea in a cup\n    + green tea in a [cup]\n" in said
    assert "niwa: links 2 would be written" in said
    assert as_json(wiki.scrapbox) == before
    assert run_json(wiki, "push", "--list") == []


@pytest.mark.parametrize(
    ("typed", "written"),
    [("y\nn\n", 1), ("n\nn\n", 0), ("a\n", 2), ("what?\ny\ny\n", 2)],
)
def test_each_page_is_asked_about(wiki: PushedWiki, typed: str, written: int) -> None:
    said = run(wiki, "push", typed=typed)
    assert (
        "Cup (page 1 of 2)" in said.stderr and "+ [Tea]" in said.stderr and "[y]es, [n]o, [a]ll, [q]uit" in said.stderr
    )
    assert wiki.n_waiting() == 2 - written


@pytest.mark.parametrize(("typed", "words"), [("q\n", "You ended it"), ("", "nobody answers. --yes writes without")])
def test_without_a_yes_nothing_is_written(wiki: PushedWiki, typed: str, words: str) -> None:
    before = as_json(wiki.scrapbox)
    assert words in run(wiki, "push", typed=typed, code=1).stderr
    assert as_json(wiki.scrapbox) == before and wiki.n_waiting() == 2


def test_what_is_left_is_said_with_its_reason(wiki: PushedWiki) -> None:
    wiki.scrapbox.write(TEA, 1, "black tea in a cup")
    said = run(wiki, "push", "--yes").stdout
    assert 'Cup: left. The line has changed since it was accepted. It was "green tea in a cup"' in said
    assert "links 1 written, 1 left; `linkassist undo" in said


def test_the_pages_can_be_named_and_limited(wiki: PushedWiki) -> None:
    assert run_json(wiki, "push", "--yes", "--page", "Tea")["written"] == 1
    assert wiki.n_waiting() == 1
    assert run_json(wiki, "push", "--dry-run", "--limit", 1)["previewed"] == 1
    assert "No page has the title" in run(wiki, "push", "--yes", "--page", "none", code=1).stderr


def test_with_nothing_to_write_it_says_so(wiki: PushedWiki) -> None:
    run(wiki, "push", "--yes")
    wiki.scrapbox.asked.clear()
    assert "no accepted link waits to be written" in run(wiki, "push", "--yes").stdout
    assert wiki.scrapbox.asked == []


def test_the_source_of_the_project_names_the_server(wiki: PushedWiki) -> None:
    (wiki.folder / "linkassist.toml").write_text(f'[sources]\nniwa = "{wiki.scrapbox.project}"\n')
    assert "links 2 written" in run(wiki, "push", "--yes", has_base=False).stdout


def test_the_project_can_be_named_by_its_address(wiki: PushedWiki) -> None:
    assert "links 2 written" in run(wiki, "push", wiki.scrapbox.project, "--yes", has_base=False).stdout


def test_a_server_that_fails_ends_it_with_code_1(wiki: PushedWiki) -> None:
    wiki.scrapbox.failures = [Answer(503)] * 5
    said = run(wiki, "push", "--yes", "--json", code=1)
    assert "status 503" in json.loads(said.stdout)["stopped"] and "5 tries have failed" in said.stderr


def test_without_a_key_it_says_how_to_get_one(wiki: PushedWiki, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LINKASSIST_SCRAPBOX_KEY")
    assert "Run `linkassist login`" in run(wiki, "push", "--yes", code=1).stderr


def test_a_key_is_never_sent_unencrypted_to_another_machine(wiki: PushedWiki) -> None:
    options = ["push", "--yes", "--library", str(wiki.folder), "--base-url", "http://example.com"]
    result = CliRunner().invoke(app, options, prog_name="linkassist")
    assert result.exit_code == 1 and "is not encrypted. Write https://" in result.stderr


def test_what_is_no_push_cannot_be_undone(wiki: PushedWiki) -> None:
    assert "There is no push 9 in this library" in run(wiki, "undo", 9, "--yes", code=1).stderr
    assert "no pushes yet" in run(wiki, "push", "--list").stdout


def test_the_key_is_in_no_file_but_the_settings_and_in_no_backup(wiki: PushedWiki) -> None:
    run(wiki, "push", "--yes")
    with Library.open(wiki.folder) as library:
        library.row("PRAGMA wal_checkpoint")
    backup = CliRunner().invoke(app, ["backup", "--library", str(wiki.folder)], prog_name="linkassist")
    assert backup.exit_code == 0
    held = b"".join(path.read_bytes() for path in wiki.folder.rglob("*") if path.is_file())
    assert len(held) > 100_000 and not re.search(rb"5e5e5e|the-secret|csrf-token", held)
