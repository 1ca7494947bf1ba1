"""A transformers model beside the wiki's own encoder: how the two become one, and how much the model is listened to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
import torch
from numpy.typing import NDArray

from linkassist.embed.encoder import normalised
from linkassist.embed.joined import JOIN_FILE, Join, JoinedEncoder, learn_join
from linkassist.embed.model_name import Treatment
from linkassist.embed.whitening import learn_whitening, treated
from linkassist.embed.wiki_encoder import FloatArray, WikiEncoder, learn_encoder
from linkassist.errors import ModelError
from linkassist.progress import OnCount, no_count

SUBJECTS = 12
PER_SUBJECT = 10
N_PAGES = SUBJECTS * PER_SUBJECT
ASKED = np.arange(0, N_PAGES, 2)


@dataclass(frozen=True, slots=True)
class ByLetters:
    """An encoder of another kind: how often each of ten letters stands in a text."""

    letters: str = "abcdefghij"

    @property
    def fingerprint(self) -> str:
        return f"letters {self.letters}"

    @property
    def width(self) -> int:
        return len(self.letters)

    def encode(self, texts: Sequence[str], on_progress: OnCount = no_count) -> NDArray[np.float32]:
        counts = [[text.count(letter) for letter in self.letters] for text in texts]
        on_progress(len(texts), len(texts))
        return normalised(np.array(counts, np.float32).reshape(len(texts), self.width))


def unit(x: float, y: float) -> list[float]:
    return [x / math.hypot(x, y), y / math.hypot(x, y)]


def rows(*vectors: list[float]) -> FloatArray:
    return np.array(vectors, np.float32)


def random_vectors(seed: int, width: int = 16) -> FloatArray:
    return normalised(np.random.default_rng(seed).normal(size=(N_PAGES, width)).astype(np.float32))


def by_subject(seed: int, noise: float) -> FloatArray:
    """Vectors in which pages of one subject are near each other, the less noise the nearer; all lean one way."""
    random = np.random.default_rng(seed)
    centres = np.repeat(random.normal(size=(SUBJECTS, 16)), PER_SUBJECT, axis=0)
    lean = 3 * np.eye(1, 16)
    return normalised((centres + noise * random.normal(size=(N_PAGES, 16)) + lean).astype(np.float32))


def links_by_subject() -> sp.csr_matrix:
    """Each page links its subject, a red link."""
    targets = N_PAGES + np.arange(N_PAGES) // PER_SUBJECT
    return sp.csr_matrix(
        (np.ones(N_PAGES, np.float32), (np.arange(N_PAGES), targets)), shape=(N_PAGES, N_PAGES + SUBJECTS)
    )


def test_the_inner_product_is_the_weighted_mean_of_both_cosines() -> None:
    own, other, centre = random_vectors(1), random_vectors(2), np.full(16, 0.1, np.float32)
    joined = Join(centre, 0.35).join(own, other)
    apart = other - centre
    apart /= np.linalg.norm(apart, axis=1, keepdims=True)
    assert joined.shape == (N_PAGES, 32)
    assert joined.dtype == np.float32
    np.testing.assert_allclose(joined @ joined.T, 0.65 * own @ own.T + 0.35 * apart @ apart.T, atol=1e-5)


def test_what_all_texts_have_in_common_is_taken_away() -> None:
    """Three vectors, all within 6 degrees: seen from their middle, the first two are opposite."""
    other = rows(unit(10, 1), unit(10, -1), unit(10, 0.5))
    joined = Join(rows(unit(1, 0))[0], 1.0).join(np.zeros((3, 2), np.float32), other)
    similarities = joined @ joined.T
    assert similarities[0, 2] > 0.9 > 0 > similarities[0, 1]


@pytest.mark.parametrize(
    ("own", "other", "expected"),
    [
        pytest.param([1, 0], [0, 1], [0.8, 0, 0, 0.6], id="both speak"),
        pytest.param([0, 0], [0, 1], [0, 0, 0, 1], id="the other alone"),
        pytest.param([1, 0], [0.5, 0], [1, 0, 0, 0], id="the own alone"),
        pytest.param([0, 0], [0.5, 0], [0, 0, 0, 0], id="neither"),
    ],
)
def test_a_text_of_which_one_encoder_says_nothing_is_the_others_alone(
    own: list[float], other: list[float], expected: list[float]
) -> None:
    """Of a text that lies in the centre, the other says nothing."""
    joined = Join(np.array([0.5, 0], np.float32), 0.36).join(rows(own), rows([other[0] or 0.5, other[1]]))
    assert joined[0] == pytest.approx(expected)


def test_a_model_that_knows_the_subjects_gets_a_share_beside_one_that_half_knows_them() -> None:
    join = learn_join(by_subject(1, noise=2.0), by_subject(2, noise=1.0), links_by_subject(), ASKED)
    assert 0.35 <= join.share < 1
    np.testing.assert_allclose(join.centre, by_subject(2, noise=1.0).mean(axis=0))


def test_a_model_that_alone_knows_the_subjects_gets_all() -> None:
    assert learn_join(random_vectors(1), by_subject(2, noise=0.3), links_by_subject(), ASKED).share >= 0.8


@pytest.mark.parametrize("seed", range(8))
def test_noise_gets_no_share(seed: int) -> None:
    assert learn_join(by_subject(1, noise=1.0), random_vectors(seed), links_by_subject(), ASKED).share == 0


def test_a_model_that_finds_all_pages_alike_gets_no_share() -> None:
    alike = np.tile(np.eye(2, 16, dtype=np.float32), (N_PAGES // 2, 1))
    assert learn_join(by_subject(1, noise=1.0), alike, links_by_subject(), ASKED).share == 0


def test_the_same_pages_are_asked_at_every_call() -> None:
    own, other, links = by_subject(1, noise=2.0), by_subject(2, noise=1.0), links_by_subject()
    assert learn_join(own, other, links, ASKED).share == learn_join(own, other, links, ASKED).share


@pytest.mark.parametrize("n_pages", [0, 1, 2])
def test_with_nobody_to_ask_the_own_encoder_is_used_alone(n_pages: int) -> None:
    vectors = random_vectors(1)[:n_pages]
    links = sp.csr_matrix((n_pages, n_pages + 1), dtype=np.float32)
    join = learn_join(vectors, vectors, links, np.arange(n_pages))
    assert (join.share, join.centre.shape) == (0, (16,))
    assert join.join(vectors, vectors).shape == (n_pages, 32)


@pytest.mark.parametrize("treatment", ["raw", "centred", "whitened"])
def test_the_vectors_are_treated_as_asked_before_they_are_joined(treatment: Treatment) -> None:
    """The second witness is what `treated` makes of the same vectors."""
    own, other = by_subject(1, noise=2.0), by_subject(2, noise=1.0)
    how = learn_join(own, other, links_by_subject(), ASKED, treatment=treatment)
    found = Join(how.centre, 1.0, how.kernel).join(np.zeros_like(own), other)[:, own.shape[1] :]
    expected = normalised(treated(torch.from_numpy(other), treatment).numpy())
    np.testing.assert_allclose(found @ found.T, expected @ expected.T, atol=1e-4)


TEXTS = [
    f"{letter * 3} {other * 2} page {n}" for n, (letter, other) in enumerate(zip("abcdefgh", "bcdefghi", strict=True))
]


@pytest.fixture(scope="module")
def encoder() -> JoinedEncoder:
    own = learn_encoder(TEXTS, sp.csr_matrix((8, 8), dtype=np.float32))
    other = ByLetters()
    return JoinedEncoder(own, other, Join(other.encode(TEXTS).mean(axis=0), 0.35))


def test_texts_are_encoded_by_both(encoder: JoinedEncoder) -> None:
    counts: list[tuple[int, int]] = []
    found = encoder.encode([*TEXTS, "", "漢"], lambda done, total: counts.append((done, total)))
    assert counts[-1] == (10, 10)
    assert found.shape == (10, encoder.width) == (10, encoder.own.width + 10)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(found[:8], encoder.how.join(encoder.own.encode(TEXTS), encoder.other.encode(TEXTS)))


def test_the_fingerprint_tells_every_part(encoder: JoinedEncoder) -> None:
    centre, share = encoder.how.centre, encoder.how.share
    anew = WikiEncoder(encoder.own.pieces, encoder.own.table * 2, encoder.own.weights)
    others = [
        JoinedEncoder(anew, encoder.other, encoder.how),
        JoinedEncoder(encoder.own, ByLetters("jihgfedcba"), encoder.how),
        JoinedEncoder(encoder.own, encoder.other, Join(centre, 0.5)),
        JoinedEncoder(encoder.own, encoder.other, Join(centre + np.float32(0.1), share)),
    ]
    assert len({each.fingerprint for each in [encoder, *others]}) == 5
    assert JoinedEncoder(encoder.own, ByLetters(), Join(centre, share)).fingerprint == encoder.fingerprint
    assert encoder.fingerprint.startswith(f"{encoder.own.fingerprint}+")


def test_a_whitened_encoder_that_was_saved_encodes_the_same(encoder: JoinedEncoder, tmp_path: Path) -> None:
    other = encoder.other.encode(TEXTS)
    learnt = learn_whitening(torch.from_numpy(other))
    assert learnt.kernel is not None
    how = Join(learnt.mean.numpy(), 0.5, learnt.kernel.numpy())
    whitened = JoinedEncoder(encoder.own, encoder.other, how)
    whitened.save(tmp_path)
    again = JoinedEncoder.load(tmp_path, ByLetters())
    assert again.fingerprint == whitened.fingerprint != encoder.fingerprint
    assert again.encode(TEXTS).shape == (len(TEXTS), again.width)
    np.testing.assert_array_equal(again.encode(TEXTS), whitened.encode(TEXTS))


def test_what_was_saved_encodes_the_same(encoder: JoinedEncoder, tmp_path: Path) -> None:
    encoder.save(tmp_path)
    loaded = JoinedEncoder.load(tmp_path, ByLetters())
    assert loaded.fingerprint == encoder.fingerprint
    np.testing.assert_array_equal(loaded.encode(TEXTS), encoder.encode(TEXTS))


def test_a_damaged_file_is_refused(encoder: JoinedEncoder, tmp_path: Path) -> None:
    encoder.save(tmp_path)
    data = (tmp_path / JOIN_FILE).read_bytes()
    (tmp_path / JOIN_FILE).write_bytes(data[: len(data) // 2])
    with pytest.raises(ModelError, match=r"join\.npz cannot be read .*Run `linkassist reindex --full`"):
        JoinedEncoder.load(tmp_path, ByLetters())


def test_another_model_than_the_one_that_was_joined_is_refused(encoder: JoinedEncoder, tmp_path: Path) -> None:
    encoder.save(tmp_path)
    with pytest.raises(ModelError, match=r"join\.npz was written for wiki-.*but the encoders are now wiki-"):
        JoinedEncoder.load(tmp_path, ByLetters("jihgfedcba"))
