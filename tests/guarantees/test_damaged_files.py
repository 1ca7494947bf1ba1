"""Files that are derived, and come to harm: nobody is answered from them, and they are made anew."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from linkassist.errors import ModelError
from linkassist.pipeline.draft import load_search, prepare
from linkassist.pipeline.model_store import INDEX_FILE, TRAINED_FILES, ModelStore
from linkassist.pipeline.reindex import reindex
from linkassist.pipeline.reindex_run import ReindexReport
from linkassist.settings import Settings
from linkassist.store.library import Library
from linkassist.store.pages import project
from linkassist.store.search.by_target import suggested_on


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    """One bit in the middle, where many a file is none the worse to look at."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def empty(path: Path) -> None:
    path.write_bytes(b"")


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "of somebody else").write_text("")


DAMAGES = (cut, flip, empty, make_folder, Path.unlink)
FILES = tuple(name for name in (*TRAINED_FILES, INDEX_FILE) if name != "join.npz")  # this wiki has no second model


@pytest.fixture
def library(drafted: Path, tmp_path: Path) -> Iterator[Library]:
    shutil.copytree(drafted, tmp_path / "library")
    with Library.open(tmp_path / "library") as opened:
        yield opened


def bring_up(library: Library) -> ReindexReport:
    return reindex(library, project(library, None), Settings(library.folder), lambda *_: None)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", FILES)
def test_nobody_is_answered_from_a_damaged_file_and_the_way_out_is_told(
    library: Library, name: str, damage: Callable[[Path], None]
) -> None:
    of = project(library, None)
    damage(ModelStore(library, of.id).folder / name)
    for load in (load_search, prepare):
        with pytest.raises(ModelError, match=r"damaged or incomplete. Run `linkassist reindex`"):
            load(library, of)


@pytest.mark.parametrize("damage", [flip, make_folder])
def test_a_damaged_index_is_built_anew_at_once_from_what_was_learnt(
    library: Library, damage: Callable[[Path], None]
) -> None:
    of = project(library, None)
    before = load_search(library, of).nearest("付箋", 5)
    damage(ModelStore(library, of.id).folder / INDEX_FILE)
    assert bring_up(library).n_encoded == 0
    assert load_search(library, of).nearest("付箋", 5) == before


def test_a_model_whose_place_a_folder_takes_is_learnt_anew_and_that_is_told(library: Library) -> None:
    of = project(library, None)
    make_folder(ModelStore(library, of.id).folder / "vectors.npz")
    (note,) = bring_up(library).notes
    assert "damaged or incomplete, so it was learnt anew" in note
    assert load_search(library, of).nearest("付箋", 5)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_index_of_targets_is_written_anew_when_it_is_asked(
    library: Library, damage: Callable[[Path], None]
) -> None:
    of = project(library, None)
    before = suggested_on(library, of.id, "付箋")
    assert before
    (path,) = library.folder.glob("targets-*.index")
    damage(path)
    assert suggested_on(library, of.id, "付箋") == before
    assert path.is_file()


def test_what_readers_loaded_stays_until_they_have_read_it(library: Library) -> None:
    """The files of before a reindex lie there until the next: who has begun to read them can finish."""
    of = project(library, None)
    before = ModelStore(library, of.id).folder
    (before / INDEX_FILE).write_bytes(b"")  # so that there is something to do
    bring_up(library)
    assert ModelStore(library, of.id).folder != before
    assert (before / "vectors.npz").is_file()
