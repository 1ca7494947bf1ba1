"""The nearest pages, with a NumPy matrix product as the second witness."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from linkassist.embed.encoder import normalised
from linkassist.errors import ModelError
from linkassist.model.vector_index import PageIndex


def random_vectors(n: int, width: int = 16, seed: int = 0) -> NDArray[np.float32]:
    return normalised(np.random.default_rng(seed).normal(size=(n, width)).astype(np.float32))


def page_ids(n: int) -> NDArray[np.int64]:
    """Ids that are not the rows, so that a mix-up shows."""
    return 1000 - 3 * np.arange(n, dtype=np.int64)


@pytest.mark.parametrize("batch_size", [1, 7, 1000])
def test_the_nearest_pages_are_those_of_a_matrix_product(batch_size: int) -> None:
    vectors, queries = random_vectors(200), random_vectors(50, seed=1)
    found = PageIndex(page_ids(200), vectors, "f").nearest(queries, 10, batch_size=batch_size)
    cosines = queries.astype(np.float64) @ vectors.astype(np.float64).T
    best = np.argsort(-cosines, axis=1)[:, :10]
    assert (found.page_ids == page_ids(200)[best]).all()
    np.testing.assert_allclose(found.similarities, np.take_along_axis(cosines, best, axis=1), atol=1e-6)


def test_a_page_is_nearest_to_itself() -> None:
    vectors = random_vectors(50)
    found = PageIndex(page_ids(50), vectors, "f").nearest(vectors, 1)
    assert (found.page_ids[:, 0] == page_ids(50)).all()
    np.testing.assert_allclose(found.similarities, 1, atol=1e-6)


def test_equally_near_pages_come_in_the_order_of_their_ids() -> None:
    same = np.tile(random_vectors(1), (5, 1))
    assert PageIndex(page_ids(5), same, "f").nearest(same[:1], 5).page_ids[0].tolist() == sorted(page_ids(5))


def test_what_a_query_finds_is_the_same_to_the_last_bit_whatever_queries_stand_beside_it() -> None:
    vectors = random_vectors(3000, 192)
    vectors[40:80] = vectors[0]  # more equal ones than are asked for
    vectors[80:90] = 0
    index, asked = PageIndex(page_ids(3000), vectors, "f"), np.arange(120)
    together = index.nearest(vectors[asked], 20)
    for n_beside in (1, 7, 33):
        parts = [index.nearest(vectors[asked[start : start + n_beside]], 20) for start in range(0, 120, n_beside)]
        assert np.array_equal(np.concatenate([part.page_ids for part in parts]), together.page_ids)
        assert np.array_equal(np.concatenate([part.similarities for part in parts]), together.similarities)
    best = np.lexsort((page_ids(3000), -np.einsum("nw,w->n", vectors, vectors[0])))[:20]
    assert together.page_ids[0].tolist() == page_ids(3000)[best].tolist()


def test_a_small_wiki_gives_all_its_pages() -> None:
    vectors = random_vectors(3)
    assert PageIndex(page_ids(3), vectors, "f").nearest(vectors, 10).page_ids.shape == (3, 3)


def test_an_empty_wiki_gives_no_page() -> None:
    empty = PageIndex(np.empty(0, dtype=np.int64), np.empty((0, 16), dtype=np.float32), "f")
    assert len(empty) == 0
    assert empty.nearest(random_vectors(2), 10).page_ids.shape == (2, 0)


def test_a_page_without_text_is_near_to_nothing() -> None:
    vectors = np.vstack([random_vectors(3), np.zeros((1, 16), dtype=np.float32)])
    assert PageIndex(page_ids(4), vectors, "f").nearest(vectors[3:], 4).similarities.tolist() == [[0, 0, 0, 0]]


@pytest.mark.parametrize("bad", [2.0, np.nan, np.inf])
def test_a_vector_that_is_not_of_length_1_is_refused(bad: float) -> None:
    vectors = random_vectors(3)
    vectors[1] *= bad
    with pytest.raises(ValueError, match="vector 1 has length .*; expected 1"):
        PageIndex(page_ids(3), vectors, "f")


def test_a_saved_index_finds_the_same_pages(tmp_path: Path) -> None:
    vectors = random_vectors(60)
    built = PageIndex(page_ids(60), vectors, "3fa1c2")
    built.save(tmp_path / "pages.faiss")
    loaded = PageIndex.load(tmp_path / "pages.faiss", "3fa1c2")
    assert (len(loaded), loaded.width, loaded.fingerprint) == (60, 16, "3fa1c2")
    assert (loaded.nearest(vectors, 5).page_ids == built.nearest(vectors, 5).page_ids).all()
    assert [path.name for path in tmp_path.iterdir()] == ["pages.faiss"]


def test_saving_that_fails_leaves_the_old_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "pages.faiss"
    PageIndex(page_ids(3), random_vectors(3), "old").save(path)

    def full_disk(descriptor: int) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        PageIndex(page_ids(5), random_vectors(5), "new").save(path)
    assert len(PageIndex.load(path, "old")) == 3
    assert [found.name for found in tmp_path.iterdir()] == ["pages.faiss"]


def test_an_index_of_another_encoder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pages.faiss"
    PageIndex(page_ids(3), random_vectors(3), "3fa1c2").save(path)
    expected = (
        f"^{path} was built with encoder 3fa1c2, but the settings name 9c02d7. Run `linkassist reindex` to rebuild it.$"
    )
    with pytest.raises(ModelError, match=expected):
        PageIndex.load(path, "9c02d7")


def test_a_missing_index_says_how_to_build_it(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not exist yet. Run `linkassist reindex`"):
        PageIndex.load(tmp_path / "pages.faiss", "f")


@pytest.mark.parametrize("damage", ["empty", "cut", "one byte", "other file", "other array"])
def test_a_damaged_index_says_how_to_rebuild_it(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "pages.faiss"
    PageIndex(page_ids(30), random_vectors(30), "f").save(path)
    whole = path.read_bytes()
    match damage:
        case "empty":
            path.write_bytes(b"")
        case "cut":
            path.write_bytes(whole[: len(whole) // 2])
        case "one byte":
            middle = len(whole) // 2
            path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
        case "other file":
            path.write_text("{}")
        case "other array":
            with path.open("wb") as file:
                np.savez(file, something=np.arange(3))
    with pytest.raises(ModelError, match="is not an index that linkassist can read.*linkassist reindex"):
        PageIndex.load(path, "f")
