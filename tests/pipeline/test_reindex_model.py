"""A reindex with a transformers model: it joins the wiki's own encoder where it helps, and nothing is encoded twice."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.small_models import minilm_folder, write_tiny_bert

from linkassist.model.vector_index import PageIndex
from linkassist.pipeline.model_store import ModelStore
from linkassist.pipeline.reindex import reindex
from linkassist.pipeline.reindex_run import ReindexReport
from linkassist.scrapbox.notation import page_links
from linkassist.settings import OWN_ENCODER, Settings
from linkassist.store.imports import import_pages
from linkassist.store.library import Library
from linkassist.store.pages import list_pages, project
from linkassist.store.suggestions import page_suggestions
from linkassist.suggestion import Suggestion
from linkassist.wiki import Line, Page

SHELVES = (
    "lion tiger wolf bear fox deer horse rabbit monkey elephant camel goat",
    "apple pear cherry plum peach banana mango grape lemon melon orange strawberry",
    "violin piano flute trumpet drum guitar harp cello clarinet trombone banjo oboe",
    "iron copper gold silver zinc lead nickel aluminium mercury platinum titanium cobalt",
    "shirt trousers jacket socks gloves scarf sweater skirt coat boots belt hat",
    "rain snow thunder fog hail drizzle storm frost wind sunshine lightning blizzard",
    "hammer screwdriver wrench saw chisel pliers drill axe shovel file crowbar clamp",
    "doctor teacher lawyer nurse plumber carpenter baker pilot judge clerk tailor butcher",
)


def storehouse() -> list[Page]:
    """A page for each thing, with a link to its shelf among numbers that say nothing.

    What the things have in common no word on the pages tells: that has to be known from elsewhere.
    """
    draw = random.Random(0)
    things = [(thing, shelf) for shelf, line in enumerate(SHELVES) for thing in line.split()]
    draw.shuffle(things)
    return [
        a_page(
            thing, f"[shelf {shelf}]", f"row {draw.randrange(8)}, box {draw.randrange(8)} and {draw.randrange(8)}", n
        )
        for n, (thing, shelf) in enumerate(things, start=1)
    ]


def a_page(title: str, first: str, second: str, created: int) -> Page:
    lines = (Line(title), Line(first), Line(second))
    return Page(title, lines, page_id=f"id of {title}", created=created, updated=created)


@dataclass(frozen=True, slots=True)
class Storehouse:
    """A library with the storehouse as its project."""

    library: Library

    @property
    def models(self) -> Path:
        return ModelStore(self.library, project(self.library, None).id).folder

    def take_in(self, pages: list[Page]) -> None:
        import_pages(self.library, "store", "Store", 1000, pages, page_links)

    def reindex(self, encoder: str | Path, *, is_full: bool = False) -> ReindexReport:
        settings = Settings(library=self.library.folder, encoder=str(encoder))
        return reindex(self.library, project(self.library, None), settings, lambda *_: None, is_full=is_full)

    def everything(self) -> dict[str, list[Suggestion]]:
        found, _ = list_pages(self.library, project(self.library, None).id, sort="title", limit=1000)
        return {page.title: [each.suggestion for each in page_suggestions(self.library, page.id)] for page in found}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with the storehouse, reindexed with MiniLM once; each test works on a copy of it."""
    folder = tmp_path_factory.mktemp("prepared")
    with Library.open(folder) as library:
        wiki = Storehouse(library)
        wiki.take_in(storehouse())
        report = wiki.reindex(minilm_folder())
        assert (report.n_encoded, report.notes) == (96, ())
    return folder


@pytest.fixture
def joined(prepared: Path, tmp_path: Path) -> Iterator[Storehouse]:
    shutil.copytree(prepared, tmp_path / "library")
    with Library.open(tmp_path / "library") as library:
        yield Storehouse(library)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A model that knows nothing."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    write_tiny_bert(folder)
    return folder


def test_a_model_that_knows_what_things_are_joins_the_own_encoder(joined: Storehouse) -> None:
    report = joined.reindex(minilm_folder())
    assert (report.was_needed, report.encoder[:5], report.encoder[17]) == (False, "wiki-", "+")
    index = PageIndex.load(joined.models / "pages.faiss", report.encoder)
    assert (len(index), index.width) == (96, 192 + 384)


def test_going_to_the_own_encoder_and_back_encodes_nothing_and_gives_the_same(joined: Storehouse) -> None:
    with_model, fingerprint = joined.everything(), joined.reindex(minilm_folder()).encoder
    report = joined.reindex(OWN_ENCODER)
    assert (report.was_needed, report.n_encoded, report.encoder) == (True, 0, fingerprint.split("+")[0])
    assert not (joined.models / "join.npz").exists()
    report = joined.reindex(minilm_folder())
    assert (report.was_needed, report.n_encoded, report.encoder) == (True, 0, fingerprint)
    assert joined.everything() == with_model


def test_of_a_changed_page_that_page_alone_is_encoded(joined: Storehouse) -> None:
    before = joined.reindex(minilm_folder()).encoder
    pages = storehouse()
    joined.take_in([a_page(pages[0].title, "moved away", "", 1), *pages[1:]])
    report = joined.reindex(minilm_folder())
    assert (report.n_encoded, report.encoder, report.notes) == (1, before, ())


def test_a_damaged_join_is_learnt_anew_and_told(joined: Storehouse) -> None:
    before, path = joined.everything(), joined.models / "join.npz"
    path.write_bytes(path.read_bytes()[:100])
    report = joined.reindex(minilm_folder())
    assert "what was learnt before is damaged or incomplete, so it was learnt anew" in report.notes[0]
    assert joined.everything() == before
    assert not joined.reindex(minilm_folder()).was_needed


def test_a_model_that_knows_nothing_costs_nothing_and_that_is_told(joined: Storehouse, tiny: Path) -> None:
    own = joined.reindex(OWN_ENCODER).encoder
    alone = joined.everything()
    report = joined.reindex(tiny)
    assert (report.was_needed, report.n_encoded, report.encoder) == (True, 96, own)
    assert report.notes == (
        f"{tiny} finds no pages that people link better than the wiki's own encoder does, so that one is used alone.",
    )
    assert joined.everything() == alone
    assert not joined.reindex(tiny).was_needed


def test_another_model_in_the_same_folder_is_noticed(joined: Storehouse, tiny: Path) -> None:
    joined.reindex(tiny)
    write_tiny_bert(tiny, seed=1)
    report = joined.reindex(tiny)
    assert (report.was_needed, report.n_encoded) == (True, 96)
    assert not joined.reindex(tiny).was_needed


def test_the_same_model_with_new_file_times_is_not_asked_again(joined: Storehouse, tiny: Path) -> None:
    joined.reindex(tiny)
    os.utime(tiny / "model.safetensors", (1, 1))
    report = joined.reindex(tiny)
    assert (report.was_needed, report.n_encoded, report.n_pages_rewritten) == (True, 0, 0)
