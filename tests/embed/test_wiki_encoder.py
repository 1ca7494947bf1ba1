"""The encoder that a wiki teaches: repeatable, taught by links, blind to the links it must not see, and small wikis."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from linkassist.embed.wiki_encoder import FloatArray, WikiEncoder, learn_encoder
from linkassist.errors import ModelError

FILES = ("encoder.json", "pieces.model", "vectors.npz")
SYLLABLES = [first + second for first in "かさたなはまやら" for second in "いうえおんりくし"]


@dataclass(frozen=True, slots=True)
class Wiki:
    """texts: one a page. links: (pages, targets), the first targets being the pages."""

    texts: list[str]
    links: sp.csr_matrix


def linked(pairs: list[tuple[int, int]], n_pages: int, n_targets: int | None = None) -> sp.csr_matrix:
    rows, columns = [page for page, _ in pairs], [target for _, target in pairs]
    return sp.csr_matrix((np.ones(len(pairs), np.float32), (rows, columns)), shape=(n_pages, n_targets or n_pages))


def vocabulary(n_words: int, seed: int) -> list[str]:
    draw = random.Random(seed)
    return ["".join(draw.choices(SYLLABLES, k=3)) for _ in range(n_words)]


def two_tongues() -> Wiki:
    """Forty pages on two subjects, each in two tongues that share no word. A page links those of the other tongue.

    Pages 0-9 and 10-19 are the first subject, 20-29 and 30-39 the second. The words alone say that 0 is like 1 and
    unlike 10; only the links can tell that 0 and 10 are of one subject, and 0 and 30 are not.
    """
    draw = random.Random(1)
    texts = []
    for tongue in range(4):
        words = vocabulary(12, seed=tongue)
        texts += [" ".join(draw.choices(words, k=8)) for _ in range(10)]
    pairs = [(page, 10 + other) for page in range(10) for other in draw.sample(range(10), 4)]
    pairs += [(20 + page, 30 + other) for page in range(10) for other in draw.sample(range(10), 4)]
    return Wiki(texts, linked(pairs, 40))


@pytest.fixture(scope="module")
def wiki() -> Wiki:
    return two_tongues()


@pytest.fixture(scope="module")
def encoder(wiki: Wiki) -> WikiEncoder:
    return learn_encoder(wiki.texts, wiki.links)


def mean_similarity(vectors: FloatArray, some: slice, others: slice) -> float:
    return float((vectors[some] @ vectors[others].T).mean())


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Everything here is small: threads would only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def another(wiki: Wiki) -> WikiEncoder:
    """The encoder of another seed."""
    return learn_encoder(wiki.texts, wiki.links, seed=1)


@pytest.mark.parametrize("n_threads", [1, 2])
def test_the_same_wiki_and_seed_give_the_same_encoder(wiki: Wiki, n_threads: int) -> None:
    """With as many threads: on some processors more of them add up a product in another order."""
    told: list[tuple[int, int]] = []
    torch.set_num_threads(n_threads)
    try:
        encoder = learn_encoder(wiki.texts, wiki.links)
        again = learn_encoder(wiki.texts, wiki.links, on_progress=lambda done, total: told.append((done, total)))
    finally:
        torch.set_num_threads(1)
    assert again.fingerprint == encoder.fingerprint
    assert np.array_equal(again.encode(wiki.texts), encoder.encode(wiki.texts))
    assert told == [(step, told[-1][1]) for step in range(1, told[-1][1] + 1)]


def test_another_seed_gives_another_encoder(encoder: WikiEncoder, another: WikiEncoder) -> None:
    assert another.fingerprint != encoder.fingerprint


def test_every_text_gets_a_vector_of_length_one(wiki: Wiki, encoder: WikiEncoder) -> None:
    vectors = encoder.encode(wiki.texts)
    assert vectors.shape == (40, encoder.width)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(40), abs=1e-5)


@pytest.mark.parametrize("text", ["", " ", "\n\n", "☃", "ж"])
def test_a_text_without_a_known_piece_gets_the_zero_vector(encoder: WikiEncoder, text: str) -> None:
    vectors = encoder.encode(["かい", text])
    assert not vectors[1].any()


def test_no_texts_give_no_vectors(encoder: WikiEncoder) -> None:
    assert encoder.encode([]).shape == (0, encoder.width)


def test_a_text_gets_the_same_vector_in_any_company(wiki: Wiki, encoder: WikiEncoder) -> None:
    together = encoder.encode(wiki.texts)
    for page in (0, 17, 39):
        assert encoder.encode([wiki.texts[page]])[0] == pytest.approx(together[page], abs=1e-6)


def test_progress_counts_the_texts_encoded(encoder: WikiEncoder) -> None:
    counts: list[tuple[int, int]] = []
    encoder.encode(["かい"] * 2500, lambda done, total: counts.append((done, total)))
    assert counts == [(2000, 2500), (2500, 2500)]


def test_pages_that_link_each_other_come_near_each_other(wiki: Wiki, encoder: WikiEncoder) -> None:
    untaught = learn_encoder(wiki.texts, linked([], 40)).encode(wiki.texts)
    taught = encoder.encode(wiki.texts)
    for some, others, strangers in ((0, 10, 30), (20, 30, 10)):
        pages, partners, rest = (slice(start, start + 10) for start in (some, others, strangers))
        before = mean_similarity(untaught, pages, partners)
        after = mean_similarity(taught, pages, partners)
        assert before < 0.3
        assert after > before + 0.3
        assert after > mean_similarity(taught, pages, rest) + 0.3


def test_pages_that_link_the_same_red_link_come_near_each_other(wiki: Wiki) -> None:
    """The two tongues of a subject have a target in common (40 and 41), and no page is linked."""
    pairs = [(page, 40 + page // 20) for page in range(40)]
    taught = learn_encoder(wiki.texts, linked(pairs, 40, 42)).encode(wiki.texts)
    assert mean_similarity(taught, slice(0, 10), slice(10, 20)) > mean_similarity(taught, slice(0, 10), slice(20, 40))


def test_of_a_page_whose_row_is_empty_no_link_is_looked_at(wiki: Wiki, encoder: WikiEncoder) -> None:
    """A page is examined later: its row is left empty, whether by never filling it or by taking its links out."""
    hidden = wiki.links.copy()
    hidden.data[hidden.indptr[3] : hidden.indptr[4]] = 0
    hidden.eliminate_zeros()
    never = wiki.links.tolil()
    never[3] = 0
    never = sp.csr_matrix(never)
    never.eliminate_zeros()
    assert hidden.indptr[3] == hidden.indptr[4]
    found = learn_encoder(wiki.texts, hidden).fingerprint
    assert found == learn_encoder(wiki.texts, never).fingerprint
    assert found != encoder.fingerprint  # so the row was looked at while it was full


def test_learning_on_keeps_the_pieces_and_moves_little(wiki: Wiki, encoder: WikiEncoder, another: WikiEncoder) -> None:
    earlier = encoder.fingerprint
    texts = [*wiki.texts[:-1], wiki.texts[-1] + " " + wiki.texts[0][:20]]
    warm = learn_encoder(texts, wiki.links, start=encoder)
    assert warm.pieces == encoder.pieces
    assert warm.fingerprint != encoder.fingerprint == earlier
    before, after = encoder.encode(wiki.texts), warm.encode(wiki.texts)
    stayed = (before * after).sum(axis=1)
    assert stayed.min() > 0.9
    assert stayed.mean() > (before * another.encode(wiki.texts)).sum(axis=1).mean() + 0.3


def test_a_saved_encoder_is_loaded_as_it_was(tmp_path: Path, wiki: Wiki, encoder: WikiEncoder) -> None:
    encoder.save(tmp_path / "made" / "for it")
    loaded = WikiEncoder.load(tmp_path / "made" / "for it")
    assert loaded.fingerprint == encoder.fingerprint
    assert np.array_equal(loaded.encode(wiki.texts), encoder.encode(wiki.texts))
    assert sorted(path.name for path in (tmp_path / "made" / "for it").iterdir()) == list(FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_told_with_advice(tmp_path: Path, encoder: WikiEncoder, name: str) -> None:
    encoder.save(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(ModelError, match="reindex --full` to learn it anew"):
        WikiEncoder.load(tmp_path)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["empty", "cut short", "another kind of file", "a byte of the middle"])
def test_a_damaged_file_is_told_with_advice(tmp_path: Path, encoder: WikiEncoder, name: str, damage: str) -> None:
    encoder.save(tmp_path)
    data = (tmp_path / name).read_bytes()
    middle = len(data) // 2
    (tmp_path / name).write_bytes(
        {
            "empty": b"",
            "cut short": data[: len(data) * 2 // 3],
            "another kind of file": b"\xff\xd8 no such thing",
            "a byte of the middle": data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 :],
        }[damage]
    )
    with pytest.raises(ModelError, match="reindex --full` to learn it anew"):
        WikiEncoder.load(tmp_path)


@pytest.mark.parametrize("about", ["[]", "5", '"wiki"', "{}", '{"fingerprint": 3}', "null"])
def test_a_description_of_another_shape_is_told_with_advice(tmp_path: Path, encoder: WikiEncoder, about: str) -> None:
    encoder.save(tmp_path)
    (tmp_path / "encoder.json").write_text(about)
    with pytest.raises(ModelError, match="reindex --full` to learn it anew"):
        WikiEncoder.load(tmp_path)


@pytest.mark.parametrize("name", FILES)
def test_files_of_two_encoders_are_not_mixed(tmp_path: Path, wiki: Wiki, encoder: WikiEncoder, name: str) -> None:
    encoder.save(tmp_path)
    learn_encoder(wiki.texts[:30], linked([], 30)).save(tmp_path / "other")
    (tmp_path / "other" / name).replace(tmp_path / name)
    with pytest.raises(ModelError, match="but encoder.json names wiki-"):
        WikiEncoder.load(tmp_path)


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param([], id="no page"),
        pytest.param([""], id="an empty page"),
        pytest.param(["庭"], id="a page of one letter"),
        pytest.param(["庭としてのWikiを手入れする"], id="one page"),
        pytest.param(["庭の手入れ", "道具の手入れ", "検索"], id="three pages"),
        pytest.param(["", "", "", ""], id="nothing but empty pages"),
        pytest.param(["\n\n", " ", "\t"], id="nothing but blanks"),
        pytest.param(["同じ文"] * 5, id="one text five times"),
    ],
)
def test_a_tiny_wiki_has_an_encoder(texts: list[str]) -> None:
    links = linked([(page, 0) for page in range(1, len(texts))], len(texts))
    encoder = learn_encoder(texts, links)
    lengths = np.linalg.norm(encoder.encode([*texts, "まだ見ぬ庭"]), axis=1)
    assert np.isfinite(lengths).all()
    assert ((np.abs(lengths - 1) < 1e-4) | (lengths == 0)).all()
    assert learn_encoder(texts, links).fingerprint == encoder.fingerprint
    warm = learn_encoder([*texts, "あとから来たページ"], linked([], len(texts) + 1), start=encoder)
    assert warm.pieces == encoder.pieces


def test_an_empty_page_among_others_hurts_nobody(wiki: Wiki) -> None:
    texts = ["", *wiki.texts[1:]]
    vectors = learn_encoder(texts, wiki.links).encode(texts)
    assert not vectors[0].any()
    assert np.isfinite(vectors).all()
    assert np.linalg.norm(vectors[1:], axis=1) == pytest.approx(np.ones(39), abs=1e-4)
