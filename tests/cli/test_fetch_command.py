"""`fetch` by the name of a project: on a server that is named, and from the source that is remembered."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.little_scrapbox import TOKEN, LittleScrapbox, little_scrapbox
from typer.testing import CliRunner, Result

from linkassist.cli.app import app


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("LINKASSIST_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LINKASSIST_SCRAPBOX_KEY", TOKEN)


@pytest.fixture
def scrapbox() -> Iterator[LittleScrapbox]:
    with little_scrapbox() as found:
        found.put("a" * 24, "Tea", "green tea in a [cup]")
        yield found


def fetch(folder: Path, *arguments: str, code: int = 0) -> Result:
    words = ["fetch", *arguments, "--library", str(folder), "--no-reindex"]
    result = CliRunner().invoke(app, words, prog_name="linkassist")
    assert result.exit_code == code, result.output
    return result


def test_a_project_is_fetched_from_the_server_that_is_named_and_then_by_its_name_alone(
    tmp_path: Path, scrapbox: LittleScrapbox
) -> None:
    assert fetch(tmp_path, "niwa", "--base-url", scrapbox.address).stdout.startswith("niwa: 1 pages (1 new")
    assert set(scrapbox.keys) == {TOKEN}
    scrapbox.put("b" * 24, "Cup", updated=200)
    assert fetch(tmp_path, "niwa").stdout.startswith("niwa: 2 pages (1 new")
    assert fetch(tmp_path).stdout == "niwa: nothing has changed\n"


def test_a_server_without_a_project_is_wrong_usage(tmp_path: Path) -> None:
    assert "Name the project on the server" in fetch(tmp_path, "--base-url", "https://scrapbox.io", code=2).stderr
