"""A reindex on a real library: what it learns, encodes, keeps, leaves alone, and how it fails."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from linkassist.errors import LinkAssistError, ModelError
from linkassist.model.vector_index import PageIndex
from linkassist.pipeline.ingest import ingest
from linkassist.pipeline.model_store import ModelStore
from linkassist.pipeline.reindex import reindex
from linkassist.pipeline.reindex_run import ReindexReport
from linkassist.scrapbox.notation import page_links
from linkassist.settings import Settings
from linkassist.store.embeddings import matrix
from linkassist.store.imports import ImportReport, import_pages
from linkassist.store.library import DATABASE_NAME, Library
from linkassist.store.locks import work_lock
from linkassist.store.pages import Project, find_page, list_pages, project
from linkassist.store.runs import artefact, last_run, put_artefact
from linkassist.store.suggestions import page_suggestions
from linkassist.store.verdicts import decided, record_verdict
from linkassist.suggestion import Decision, Floors, Suggestion, Verdict
from linkassist.wiki import Line, Page, title_key

THINGS = ("庭仕事", "万年筆", "索引カード", "付箋", "散歩道", "図書館", "読書会", "年表", "地図帳", "観察記録")
MODEL_FILES = ("encoder.json", "pieces.model", "vectors.npz", "ranker.json", "learnt.json")


def a_page(title: str, *texts: str, created: int) -> Page:
    lines = tuple(Line(text) for text in (title, *texts))
    return Page(title, lines, page_id=f"id of {title}", created=created, updated=created)


def little_wiki() -> list[Page]:
    """Ten things and forty notes about them; every fourth note names its thing and does not link it."""
    pages = [a_page(thing, "道具のひとつ", created=1 + n) for n, thing in enumerate(THINGS)]
    for n in range(40):
        thing, beside = THINGS[n % 10], THINGS[(n + 1) % 10]
        named = f"{thing}について書いた" if n % 4 == 3 else f"[{thing}]について書いた"
        pages.append(a_page(f"覚え書き {n}", named, f"[{beside}]と[まだない頁{n % 3}]も", created=100 + n))
    return pages


def changed(pages: Sequence[Page], title: str, *texts: str) -> list[Page]:
    """The pages with other lines below that title."""
    return [
        replace(page, lines=tuple(Line(text) for text in (title, *texts))) if page.title == title else page
        for page in pages
    ]


@dataclass(frozen=True, slots=True)
class Wiki:
    """A library with one project, and what is done with it in these tests."""

    library: Library
    settings: Settings

    @property
    def project(self) -> Project:
        return project(self.library, None)

    @property
    def models(self) -> Path:
        return ModelStore(self.library, self.project.id).folder

    def take_in(self, pages: Sequence[Page]) -> ImportReport:
        return import_pages(self.library, "niwa", "庭", 1000, pages, page_links)

    def reindex(self, *, is_full: bool = False) -> ReindexReport:
        return reindex(self.library, self.project, self.settings, lambda *_: None, is_full=is_full)

    def page_id(self, title: str) -> int:
        return find_page(self.library, self.project.id, title_key(title)).id

    def suggested(self, title: str) -> list[str]:
        return [each.suggestion.target for each in page_suggestions(self.library, self.page_id(title))]

    def decide(self, title: str, decision: Decision) -> str:
        """Decides about the first suggestion of the page, and tells which that was."""
        first = page_suggestions(self.library, self.page_id(title))[0].suggestion
        record_verdict(
            self.library, self.page_id(title), Verdict(first.target, decision, 5, first.kind, first.probability)
        )
        return first.target

    def everything(self) -> dict[str, list[Suggestion]]:
        found, _ = list_pages(self.library, self.project.id, sort="title", limit=1000)
        return {page.title: [each.suggestion for each in page_suggestions(self.library, page.id)] for page in found}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with the little wiki, reindexed once; each test works on a copy of it."""
    folder = tmp_path_factory.mktemp("prepared")
    with Library.open(folder) as library:
        wiki = Wiki(library, Settings(library=folder))
        wiki.take_in(little_wiki())
        report = wiki.reindex()
        assert (report.n_pages, report.n_encoded, report.was_needed, report.notes) == (50, 50, True, ())
    return folder


@pytest.fixture
def wiki(prepared: Path, tmp_path: Path) -> Iterator[Wiki]:
    folder = tmp_path / "library"
    shutil.copytree(prepared, folder)
    with Library.open(folder) as library:
        yield Wiki(library, Settings(library=folder))


def dump(folder: Path) -> list[str]:
    connection = sqlite3.connect(folder / DATABASE_NAME)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def files(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Each file's time and content, but for those in which SQLite keeps its own accounts while a library is open."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }


def test_what_a_note_names_and_does_not_link_is_suggested(wiki: Wiki) -> None:
    assert wiki.suggested("覚え書き 3")[0] == "付箋"
    assert "索引カード" not in wiki.suggested("覚え書き 2")  # it links that already


def test_with_nothing_changed_nothing_is_written(wiki: Wiki) -> None:
    before, kept = dump(wiki.library.folder), files(wiki.library.folder)
    report = wiki.reindex()
    assert not report.was_needed
    assert (report.n_encoded, report.n_pages_rewritten, report.encoder[:5]) == (0, 0, "wiki-")
    assert dump(wiki.library.folder) == before
    assert files(wiki.library.folder) == kept


def test_what_the_reader_taught_since_is_added_up_without_a_model_and_then_there_is_nothing_to_do(wiki: Wiki) -> None:
    found = wiki.everything()
    likely: dict[str, list[str]] = {}
    for title, suggestions in found.items():
        for each in suggestions:
            if each.probability >= Floors().of(each.kind):
                likely.setdefault(each.target, []).append(title)
    target, (first, second, *others) = max(likely.items(), key=lambda item: len(item[1]))
    assert others, "a target that is likely on a third page too"
    for title in (first, second):
        record_verdict(wiki.library, wiki.page_id(title), Verdict(target, "reject", 5, "page", 0.9))
    before, found = dict(gains(wiki)), wiki.everything()
    assert not wiki.reindex().was_needed
    after = dict(gains(wiki))
    assert {title for title in after if after[title] < before[title]} == set(others)
    assert wiki.everything() == found
    kept = dump(wiki.library.folder)
    assert not wiki.reindex().was_needed
    assert dump(wiki.library.folder) == kept
    wiki.reindex(is_full=True)
    assert dict(gains(wiki)) == after, "as it would have been from scratch"


def gains(wiki: Wiki) -> list[tuple[str, float]]:
    found, _ = list_pages(wiki.library, wiki.project.id, sort="title", limit=1000)
    return [(page.title, page.gain) for page in found]


def test_the_same_export_again_leaves_nothing_to_do(wiki: Wiki) -> None:
    wiki.library.connection.execute("UPDATE artefacts SET made_at = made_at - 60")
    wiki.take_in(little_wiki())
    assert ModelStore(wiki.library, wiki.project.id).is_older_than_pages()
    assert not wiki.reindex().was_needed
    assert not ModelStore(wiki.library, wiki.project.id).is_older_than_pages()
    before = dump(wiki.library.folder)
    assert not wiki.reindex().was_needed
    assert dump(wiki.library.folder) == before


def test_of_a_changed_page_that_page_alone_is_encoded(wiki: Wiki) -> None:
    before = artefact(wiki.library, wiki.project.id, "encoder")
    learnt = {name: (wiki.models / name).read_bytes() for name in MODEL_FILES}
    wiki.take_in(changed(little_wiki(), "覚え書き 3", "付箋を貼り替えた"))
    report = wiki.reindex()
    assert report.n_encoded == 1
    assert artefact(wiki.library, wiki.project.id, "encoder") == before
    assert {name: (wiki.models / name).read_bytes() for name in MODEL_FILES} == learnt
    assert not wiki.reindex().was_needed


def test_an_incremental_reindex_equals_one_from_scratch_with_the_same_model(wiki: Wiki, tmp_path: Path) -> None:
    pages = [
        *changed(little_wiki(), "覚え書き 3", "付箋を貼り替えた", "[年表]のそばに")[:-1],
        a_page("あとから来た頁", "図書館で[地図帳]を", created=500),
    ]
    wiki.take_in(pages)
    assert wiki.reindex().n_encoded == 2
    with Library.open(tmp_path / "scratch") as library:
        scratch = Wiki(library, Settings(library=library.folder))
        scratch.take_in(pages)
        shutil.copytree(wiki.models, scratch.models)
        learnt = artefact(wiki.library, wiki.project.id, "learnt")
        assert learnt is not None
        put_artefact(library, scratch.project.id, "learnt", learnt.fingerprint)
        report = scratch.reindex()
        assert (report.n_encoded, report.notes) == (50, ())
        assert scratch.everything() == wiki.everything()


def test_when_a_fifth_of_the_texts_is_new_the_wiki_is_learnt_again(wiki: Wiki) -> None:
    before = artefact(wiki.library, wiki.project.id, "encoder")
    pieces = (wiki.models / "pieces.model").read_bytes()
    more = [a_page(f"新しい頁 {n}", f"[{THINGS[n % 10]}]の続き", created=600 + n) for n in range(12)]
    wiki.take_in([*little_wiki(), *more])
    report = wiki.reindex()
    assert (report.n_encoded, report.notes) == (62, ())
    assert artefact(wiki.library, wiki.project.id, "encoder") != before
    assert (wiki.models / "pieces.model").read_bytes() == pieces  # learnt on from, and not from nothing


def test_a_full_reindex_learns_and_encodes_everything_and_finds_the_same(wiki: Wiki) -> None:
    before = wiki.everything()
    run = last_run(wiki.library)
    report = wiki.reindex(is_full=True)
    assert (report.was_needed, report.n_encoded, report.n_pages_rewritten) == (True, 50, 0)
    assert wiki.everything() == before
    assert last_run(wiki.library) != run


@pytest.mark.parametrize("decision", ["accept", "reject"])
def test_what_was_decided_is_not_suggested_again_whatever_happens(wiki: Wiki, decision: Decision) -> None:
    target = wiki.decide("覚え書き 3", decision)
    page_id = wiki.page_id("覚え書き 3")
    assert target not in wiki.suggested("覚え書き 3")

    wiki.take_in(changed(little_wiki(), "覚え書き 3", "付箋について書いた", "そして付箋の続き"))
    wiki.reindex()
    assert target not in wiki.suggested("覚え書き 3")
    assert wiki.suggested("覚え書き 3")

    wiki.take_in([page for page in little_wiki() if page.title != "覚え書き 3"])
    wiki.reindex()
    wiki.take_in(little_wiki())
    wiki.reindex()
    assert wiki.page_id("覚え書き 3") == page_id
    assert target not in wiki.suggested("覚え書き 3")

    renamed = [replace(page, title="改めた題") if page.title == "覚え書き 3" else page for page in little_wiki()]
    wiki.take_in([replace(page, lines=(Line(page.title), *page.lines[1:])) for page in renamed])
    wiki.reindex()
    assert wiki.page_id("改めた題") == page_id
    assert target not in wiki.suggested("改めた題")
    with_decided = page_suggestions(wiki.library, page_id, with_decided=True)
    assert [each.verdict.decision for each in with_decided if each.verdict] == [decision]
    assert decided(wiki.library, page_id)[title_key(target)].decision == decision


def test_a_rejected_target_stays_away_under_its_new_title(wiki: Wiki) -> None:
    assert wiki.decide("覚え書き 3", "reject") == "付箋"
    pages = [
        replace(page, title="貼り紙", lines=(Line("貼り紙"), *page.lines[1:])) if page.title == "付箋" else page
        for page in changed(little_wiki(), "覚え書き 3", "貼り紙について書いた", "付箋について書いた")
    ]
    assert wiki.take_in(pages).renamed == (("付箋", "貼り紙"),)
    wiki.reindex()
    assert not {"付箋", "貼り紙"} & set(wiki.suggested("覚え書き 3"))
    assert wiki.suggested("覚え書き 3")


def test_a_page_gone_and_back_between_two_reindexes_has_its_suggestions_again(wiki: Wiki) -> None:
    before = wiki.suggested("覚え書き 3")
    wiki.take_in([page for page in little_wiki() if page.title != "覚え書き 3"])
    wiki.take_in(little_wiki())
    assert wiki.suggested("覚え書き 3") == []  # the import dropped the list of the page that was gone
    assert wiki.reindex().was_needed
    assert wiki.suggested("覚え書き 3") == before


def test_a_second_reindex_at_the_same_time_says_so(wiki: Wiki) -> None:
    before = dump(wiki.library.folder)
    with (
        work_lock(wiki.library.folder),
        pytest.raises(LinkAssistError, match="another import or reindex is under way. Wait until it has finished"),
    ):
        wiki.reindex(is_full=True)
    assert dump(wiki.library.folder) == before
    assert not wiki.reindex().was_needed


def test_a_second_reindex_is_turned_away_while_the_first_works(wiki: Wiki) -> None:
    refusals: list[str] = []

    def meanwhile(step: str, done: int, total: int) -> None:
        if step == "encode" and not refusals:
            with pytest.raises(LinkAssistError, match="is under way") as refusal:
                wiki.reindex()
            refusals.append(str(refusal.value))

    wiki.take_in(changed(little_wiki(), "覚え書き 3", "付箋を貼り替えた"))
    assert reindex(wiki.library, wiki.project, wiki.settings, meanwhile).was_needed
    assert len(refusals) == 1


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("encoder.json", "missing"),
        ("pieces.model", "another's"),
        ("vectors.npz", "cut short"),
        ("ranker.json", "missing"),
        ("learnt.json", "cut short"),
    ],
)
def test_a_damaged_file_is_learnt_anew_and_told(wiki: Wiki, name: str, damage: str) -> None:
    """From nothing, as the first time, so what is suggested is what it was."""
    models, before = wiki.models, wiki.everything()
    data = (models / name).read_bytes()
    (models / name).unlink()
    if damage != "missing":
        (models / name).write_bytes(data[: len(data) // 2] if damage == "cut short" else b"of another wiki")
    report = wiki.reindex()
    assert len(report.notes) == 1
    assert "what was learnt before is damaged or incomplete, so it was learnt anew" in report.notes[0]
    assert str(models) in report.notes[0]
    assert wiki.everything() == before
    assert not wiki.reindex().was_needed


def test_a_damaged_index_is_built_again_from_what_was_learnt(wiki: Wiki) -> None:
    path, fingerprint = wiki.models / "pages.faiss", wiki.reindex().encoder
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ModelError, match="Run `linkassist reindex` to rebuild it"):
        PageIndex.load(path, fingerprint)
    report = wiki.reindex()
    assert (report.was_needed, report.n_encoded, report.notes) == (True, 0, ())
    assert len(PageIndex.load(wiki.models / "pages.faiss", fingerprint)) == 50


def test_the_index_file_holds_the_vectors_of_the_store(wiki: Wiki) -> None:
    wiki.take_in(changed(little_wiki(), "覚え書き 3", "付箋を貼り替えた")[1:])
    report = wiki.reindex()
    ids, vectors = matrix(wiki.library, wiki.project.id, report.encoder)
    index = PageIndex.load(wiki.models / "pages.faiss", report.encoder)
    assert index.page_ids.tolist() == ids.tolist()
    assert len(ids) == 49
    found = index.nearest(vectors, 49)
    witness = vectors @ vectors.T
    rows = np.searchsorted(ids, found.page_ids)
    assert found.similarities == pytest.approx(np.take_along_axis(witness, rows, axis=1), abs=1e-5)
    assert found.similarities == pytest.approx(-np.sort(-witness, axis=1), abs=1e-5)


def test_a_failure_marks_the_run_and_leaves_the_old_suggestions_to_be_read(wiki: Wiki) -> None:
    class PowerCut(Exception):
        pass

    def fails(step: str, done: int, total: int) -> None:
        if step == "mentions":
            raise PowerCut("no more power")

    before = wiki.everything()
    wiki.take_in(changed(little_wiki(), "覚え書き 3", "付箋を貼り替えた"))
    with pytest.raises(PowerCut):
        reindex(wiki.library, wiki.project, wiki.settings, fails)
    run = last_run(wiki.library, "reindex")
    assert run is not None
    assert (run.status, run.message, run.step) == ("failed", "no more power", "mentions")
    after = wiki.everything()
    assert after.pop("覚え書き 3") == []  # its text is another one: the old spans would not fit it
    assert after == {title: found for title, found in before.items() if title != "覚え書き 3"}
    report = wiki.reindex()
    assert (report.was_needed, report.n_encoded) == (True, 0)  # what was encoded before the failure is not lost
    assert wiki.suggested("覚え書き 3")


def test_after_a_failure_while_writing_going_back_to_the_old_export_is_not_taken_for_up_to_date(wiki: Wiki) -> None:
    def interrupted(step: str, done: int, total: int) -> None:
        if step == "suggest" and done:
            raise KeyboardInterrupt

    before = wiki.everything()
    wiki.take_in(changed(little_wiki(), "付箋", "もう道具ではない", "[観察記録]"))
    with pytest.raises(KeyboardInterrupt):
        reindex(wiki.library, wiki.project, wiki.settings, interrupted)
    run = last_run(wiki.library, "reindex")
    assert run is not None and run.status == "broken_off"
    wiki.take_in(little_wiki())
    assert wiki.reindex().was_needed
    assert wiki.everything() == before


def test_every_step_is_told_from_its_start(wiki: Wiki) -> None:
    told: list[tuple[str, int]] = []
    reindex(wiki.library, wiki.project, wiki.settings, lambda step, done, _: told.append((step, done)), is_full=True)
    steps = list(dict.fromkeys(step for step, _ in told))
    assert {"read", "learn", "encode", "mentions", "examine", "index", "suggest"} <= set(steps)
    assert steps[:3] == ["read", "learn", "encode"]
    for step in steps:
        assert next(done for each, done in told if each == step) == 0, step
    in_order = [step for n, (step, _) in enumerate(told) if n == 0 or told[n - 1][0] != step]
    assert in_order == steps  # none begins a second time


def test_an_import_is_turned_away_while_a_reindex_works(wiki: Wiki, tmp_path: Path) -> None:
    export = tmp_path / "niwa.json"
    export.write_text('{"name": "niwa", "pages": [{"title": "頁", "lines": ["頁"]}]}', "utf-8")
    before = dump(wiki.library.folder)
    with work_lock(wiki.library.folder), pytest.raises(LinkAssistError, match="another import or reindex is under"):
        ingest(wiki.library.folder, export, None, lambda *_: None)
    assert dump(wiki.library.folder) == before
    assert ingest(wiki.library.folder, export, None, lambda *_: None).imported.new == 1


def test_finding_nothing_to_do_loads_no_model(wiki: Wiki) -> None:
    program = f"""
import sys
from pathlib import Path
from linkassist.pipeline.reindex import reindex
from linkassist.settings import Settings
from linkassist.store.library import Library
from linkassist.store.pages import project
folder = Path({str(wiki.library.folder)!r})
with Library.open(folder) as library:
    report = reindex(library, project(library, None), Settings(library=folder), lambda *_: None)
print(report.was_needed, [name for name in ("torch", "faiss", "lightgbm", "numpy") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == "False []\n"


@pytest.mark.parametrize("n_pages", [0, 1, 3])
def test_a_tiny_wiki_can_be_reindexed(tmp_path: Path, n_pages: int) -> None:
    with Library.open(tmp_path) as library:
        tiny = Wiki(library, Settings(library=tmp_path))
        tiny.take_in([a_page(f"頁{n}", f"[頁{n + 1}]へ" if n else "", created=n) for n in range(n_pages)])
        report = tiny.reindex()
        assert (report.n_pages, report.n_encoded, report.was_needed) == (n_pages, n_pages, True)
        assert not tiny.reindex().was_needed
        tiny.take_in([a_page("頁0", "増えた", created=1), a_page("頁9", "[頁0]", created=2)])
        assert tiny.reindex().n_pages == 2
