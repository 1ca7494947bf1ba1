"""A verdict from the command line is the one that the screen gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.little_wiki import PROJECT, write_little_wiki
from typer.testing import CliRunner

from linkassist.cli.app import app
from linkassist.store.library import Library
from linkassist.store.pages import find_page, project
from linkassist.store.suggestions import page_suggestions
from linkassist.store.verdicts import last_decision, verdicts
from linkassist.store.write_back.outbox import n_waiting
from linkassist.wiki import title_key

PAGE = "庭としてのWiki"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_little_wiki(tmp_path)
    return tmp_path


def decide(folder: Path, *arguments: str, target: str = "KJ法", page: str = PAGE, code: int = 0) -> str:
    options = ["--library", str(folder), "--project", PROJECT, "--page", page, "--target", target, *arguments]
    result = CliRunner().invoke(app, ["decide", *options], prog_name="linkassist")
    assert result.exit_code == code, result.output
    return result.stdout if code == 0 else result.stderr


def decide_json(folder: Path, *arguments: str, target: str = "KJ法") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(decide(folder, *arguments, "--json", target=target))
    return found


def in_force(folder: Path) -> list[tuple[str, str, str]]:
    with Library.open(folder) as library:
        page = find_page(library, project(library, PROJECT).id, title_key(PAGE))
        return [(each.target, each.decision, each.why) for each in verdicts(library, page.id)]


def n_logged(folder: Path) -> int:
    with Library.open(folder) as library:
        return last_decision(library)


def test_an_accepted_link_waits_in_the_outbox_with_its_place_in_the_text(folder: Path) -> None:
    said = decide_json(folder, "--accept")
    assert (said["project"], said["page"], said["target"], said["decision"]) == (PROJECT, PAGE, "KJ法", "accept")
    assert said["mention"]["surface"] == "KJ法" and said["reason"] is None
    with Library.open(folder) as library:
        page = find_page(library, project(library, PROJECT).id, title_key(PAGE)).page
        assert page.texts[said["mention"]["line"]][said["mention"]["start"] : said["mention"]["end"]] == "KJ法"
        assert n_waiting(library, 1) == 1


def test_the_target_is_found_by_its_title_key(folder: Path) -> None:
    assert decide(folder, "--accept", target="kj法") == f'"KJ法" on page "{PAGE}" is accepted\n'


def test_a_rejection_has_its_reason_and_can_get_another_one(folder: Path) -> None:
    assert decide_json(folder, "--reject", "--reason", "too_common")["reason"] == "too_common"
    assert decide_json(folder, "--reject", "--reason", "wrong_span")["reason"] == "wrong_span"
    assert in_force(folder) == [("KJ法", "reject", "wrong_span")]
    assert decide_json(folder, "--reject")["reason"] == "wrong_span"


def test_a_later_decision_replaces_the_earlier_one_and_one_undo_brings_it_back(folder: Path) -> None:
    decide(folder, "--accept")
    assert decide_json(folder, "--reject")["decision"] == "reject"
    assert decide_json(folder, "--undo")["decision"] == "accept"
    assert decide_json(folder, "--undo")["decision"] is None
    assert in_force(folder) == []


def test_the_same_decision_again_changes_nothing(folder: Path) -> None:
    decide(folder, "--accept")
    before = n_logged(folder)
    decide(folder, "--accept")
    assert n_logged(folder) == before


def test_what_the_screen_keeps_behind_its_floor_can_be_decided(folder: Path) -> None:
    with Library.open(folder) as library:
        page = find_page(library, project(library, PROJECT).id, title_key(PAGE))
        last = page_suggestions(library, page.id)[-1].suggestion.target
    assert decide_json(folder, "--accept", target=last)["decision"] == "accept"


@pytest.mark.parametrize(
    ("arguments", "target", "page", "code", "words"),
    [
        (["--accept"], "none such", PAGE, 1, '"none such" is not suggested for page'),
        (["--accept"], "KJ法", "庭", 1, "No page has the title"),
        (["--undo"], "KJ法", PAGE, 1, "nothing to undo"),
        ([], "KJ法", PAGE, 2, "Choose one of --accept, --reject and --undo"),
        (["--accept", "--reject"], "KJ法", PAGE, 2, "Choose one of"),
        (["--accept", "--reason", "too_near"], "KJ法", PAGE, 2, "--reason is for --reject"),
        (["--reject", "--reason", "dull"], "KJ法", PAGE, 2, "dull"),
    ],
)
def test_what_cannot_be_decided_is_said_and_changes_nothing(
    folder: Path, arguments: list[str], target: str, page: str, code: int, words: str
) -> None:
    before = n_logged(folder)
    assert words in " ".join(decide(folder, *arguments, target=target, page=page, code=code).split())
    assert n_logged(folder) == before
