"""What a project can be called: all that an address can hold, and a clear refusal of the rest."""

from __future__ import annotations

from pathlib import Path
from urllib.request import urlopen

import pytest
from support.little_server import running_server
from support.small_export import export_of

from linkassist.errors import ExportError
from linkassist.pipeline.ingest import ingest
from linkassist.server.jobs.import_process import project_name_of_file
from linkassist.server.urls import page_address, project_address
from linkassist.wiki import Line, Page

PAGES = [Page("庭", (Line("庭"), Line("水やり"))), Page("a/b", (Line("a/b"),))]
HELD = ["a b", "a\\b", "%2e%2e", "a%2Fb", "...", "?q=1#x", "<b>&\"'", "庭🌱", "x" * 100]
NOT_HELD = ["a/b", "/", ".", "..", "a\nb", "a\0b", "\u202egpj", "x" * 101]


def take_in(folder: Path, name: str) -> None:
    source = folder / "export.json"
    source.write_bytes(export_of(PAGES, name, name))
    ingest(folder / "library", source, None, lambda *_: None)


@pytest.mark.parametrize("name", NOT_HELD)
def test_an_export_whose_project_no_address_can_hold_is_refused_with_advice(tmp_path: Path, name: str) -> None:
    with pytest.raises(ExportError, match='no address can hold.*another name without "/".*--project NAME'):
        take_in(tmp_path, name)
    assert not (tmp_path / "library").exists()
    ingest(tmp_path / "library", tmp_path / "export.json", "niwa", lambda *_: None)


def test_every_other_name_works_in_every_address(tmp_path: Path) -> None:
    for name in HELD:
        take_in(tmp_path, name)
    with running_server(tmp_path / "library") as origin:
        for name in HELD:
            for address in [project_address(name), *(page_address(name, page.title) for page in PAGES)]:
                with urlopen(origin + address) as response:
                    assert response.status == 200, address


def test_a_file_of_any_name_gives_its_project_one_that_can_be_held() -> None:
    assert project_name_of_file("x" * 300 + ".json.gz") == "x" * 100
    assert project_name_of_file("..json") == "wiki"
