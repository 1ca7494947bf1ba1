"""While one process imports or reindexes, everybody else goes on reading and deciding, and two do not work at once."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from linkassist.cli.app import app
from linkassist.pipeline.draft import load_search
from linkassist.pipeline.model_store import ModelStore
from linkassist.pipeline.reindex import reindex
from linkassist.scrapbox.notation import page_links
from linkassist.settings import Settings
from linkassist.store.imports import import_pages
from linkassist.store.library import _ASK_AGAIN_S, Library
from linkassist.store.locks import work_lock
from linkassist.store.pages import list_pages, project, read_pages
from linkassist.store.runs import artefact, put_artefact
from linkassist.store.suggestions import page_suggestions, replace_suggestions
from linkassist.store.verdicts import record_verdict, verdicts
from linkassist.suggestion import Suggestion, Verdict
from linkassist.wiki import Line, Page


def pages(n_pages: int, n_lines: int) -> list[Page]:
    return [
        Page(f"page {n}", tuple(Line(f"line {n} and {m} of the [garden]") for m in range(n_lines)))
        for n in range(n_pages)
    ]


def targets(library: Library) -> set[str]:
    found, _ = list_pages(library, 1, sort="title", limit=1000)
    return {each.suggestion.target for page in found for each in page_suggestions(library, page.id)}


def test_a_reader_meets_all_old_lists_or_all_new_ones(tmp_path: Path) -> None:
    with Library.open(tmp_path) as library, Library.open(tmp_path) as reader:
        import_pages(library, "p", "p", 0, pages(1100, 1), page_links)
        ids = [page.id for page in read_pages(library, 1)]
        replace_suggestions(library, 1, 1, [(page_id, [Suggestion("old", "new", 0.5)]) for page_id in ids])
        seen: list[set[str]] = []

        def lists() -> Iterator[tuple[int, list[Suggestion]]]:
            for number, page_id in enumerate(ids):
                if number % 500 == 499:
                    seen.append(targets(reader))
                    record_verdict(reader, ids[0], Verdict(f"meanwhile {number}", "reject", 1, "new", 0.5))
                yield page_id, [Suggestion("new", "new", 0.5)]

        replace_suggestions(library, 1, 2, lists())
        assert seen == [{"old"}, {"old"}]
        assert targets(reader) == {"new"}


def test_a_verdict_given_while_the_lists_come_counts_when_they_are_there(tmp_path: Path) -> None:
    with Library.open(tmp_path) as library, Library.open(tmp_path) as reader:
        import_pages(library, "p", "p", 0, pages(600, 1), page_links)
        ids = [page.id for page in read_pages(library, 1)]

        def lists() -> Iterator[tuple[int, list[Suggestion]]]:
            for number, page_id in enumerate(ids):
                if number == 550:  # the first page is put aside by now
                    record_verdict(reader, ids[0], Verdict("A", "accept", 1, "new", 0.5))
                yield page_id, [Suggestion("A", "new", 0.5), Suggestion("B", "red", 0.25)]

        replace_suggestions(library, 1, 1, lists())
        gains = "SELECT n_suggestions, gain FROM pages WHERE id IN (?, ?) ORDER BY id"
        assert list(reader.rows(gains, ids[:2])) == [(1, 0.25), (2, 0.75)]


def test_the_search_goes_on_with_the_old_files_until_the_new_ones_are_all_there(drafted: Path) -> None:
    with Library.open(drafted) as library, Library.open(drafted) as reader:
        of = project(library, None)
        before = ModelStore(library, of.id).folder
        found = load_search(reader, of).nearest("付箋", 5)
        put_artefact(library, of.id, "suggestions", "")  # so that there is something to do
        steps: list[str] = []

        def meanwhile(step: str, done: int, total: int) -> None:
            if step not in steps:
                steps.append(step)
                assert ModelStore(reader, of.id).folder == before
                assert load_search(reader, of).nearest("付箋", 5) == found

        reindex(library, of, Settings(drafted), meanwhile)
        assert {"read", "index", "suggest"} <= set(steps)
        assert ModelStore(reader, of.id).folder != before
        assert load_search(reader, of).nearest("付箋", 5) == found
        assert (note := artefact(library, of.id, "suggestions")) and note.fingerprint


def test_verdicts_come_in_between_while_a_large_export_is_taken_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Library.open(tmp_path) as library, Library.open(tmp_path, wait_s=0.0) as reader:
        import_pages(library, "p", "p", 0, pages(3, 1), page_links)
        gaps: list[float] = []

        def decide(gap_s: float) -> None:
            """Instead of the gap between two turns: a verdict that does not wait for anybody."""
            record_verdict(reader, 1, Verdict(f"word {len(gaps)}", "reject", 1, "new", 0.5))
            gaps.append(gap_s)

        monkeypatch.setattr(time, "sleep", decide)
        import_pages(library, "p", "p", 0, pages(300, 120), page_links)
        assert len(gaps) >= 5
        assert min(gaps) > 2 * _ASK_AGAIN_S  # so that who waits for its turn meets each of them
        assert len(verdicts(reader, 1)) == len(gaps)


@contextmanager
def at_work(folder: Path) -> Iterator[None]:
    """Another process imports or reindexes."""
    code = (
        "import sys; from pathlib import Path; from linkassist.store.locks import work_lock\n"
        "with work_lock(Path(sys.argv[1])): print('at work', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout and other.stdout.readline() == "at work\n"
        yield
        other.kill()


@pytest.mark.parametrize("command", ["import", "reindex"])
def test_beside_another_process_at_work_a_command_says_so_and_changes_nothing(tmp_path: Path, command: str) -> None:
    export = tmp_path / "export.json"
    export.write_text('{"name": "p", "displayName": "p", "exported": 1, "pages": [{"title": "A", "lines": ["A"]}]}')
    folder = tmp_path / "library"
    with Library.open(folder) as library:
        import_pages(library, "p", "p", 0, pages(3, 1), page_links)
    arguments = [command, *([str(export)] if command == "import" else []), "--library", str(folder)]
    with at_work(folder):
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 1
        assert "is under way. Wait until it has finished" in result.stderr
    with Library.open(folder) as library:
        assert project(library, "p").n_pages == 3
    with work_lock(folder):  # the lock went with the process
        pass
