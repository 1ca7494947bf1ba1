"""The default encoder: SentencePiece pieces and vectors learnt from the wiki's text and links, without a download.

A text's vector is the weighted sum of the vectors of its SentencePiece pieces. The piece vectors start as latent
semantic analysis of the wiki (a truncated SVD of TF-IDF) and are then trained so that pages that link each other, or
link the same target, are similar (contrastive loss with in-batch negatives, as in SimCSE, Gao et al. 2021).
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
import sentencepiece
import torch
from torch.nn import functional

from linkassist.embed.encoder import normalised
from linkassist.errors import ModelError
from linkassist.progress import OnCount, no_count

FloatArray = npt.NDArray[np.float32]

WIDTH = 192
_MOST_PIECES = 16_000
_SAMPLED_LINES = 60_000
_PIECES_PER_PAGE = 96  # trained on: those of a page with the largest TF-IDF
_BATCH = 512
_TEMPERATURE = 0.05
_LEARNING_RATE = 4e-3
_DROPPED = 0.3  # dropout: share of a page's pieces left out at each step
_FORMAT = 1


@dataclass(frozen=True)
class WikiEncoder:
    """A weighted bag of piece vectors. pieces: the SentencePiece model. table: (pieces, width) float32, the vectors.
    weights: (pieces,) float32.
    """

    pieces: bytes
    table: FloatArray
    weights: FloatArray

    @property
    def width(self) -> int:
        """The length of a vector."""
        return int(self.table.shape[1])

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that differ for encoders whose vectors differ."""
        digest = hashlib.sha256(self.pieces)
        digest.update(self.table.tobytes())
        digest.update(self.weights.tobytes())
        return f"wiki-{digest.hexdigest()[:12]}"

    def encode(self, texts: Sequence[str], on_progress: OnCount = no_count) -> FloatArray:
        """(texts, width) float32, unit rows; a text without a known piece gives the zero vector."""
        tokenizer = _tokenizer(self.pieces)
        vectors = np.zeros((len(texts), self.width), np.float32)
        for start in range(0, len(texts), 2000):
            counts = _count_pieces(tokenizer, texts[start : start + 2000])
            counts.data = 1 + np.log(counts.data)
            vectors[start : start + 2000] = normalised(sp.csr_matrix(counts.multiply(self.weights)) @ self.table)
            on_progress(min(len(texts), start + 2000), len(texts))
        return vectors

    def save(self, folder: Path) -> None:
        """Writes `pieces.model`, `vectors.npz` and `encoder.json` into the folder, each atomically."""
        folder.mkdir(parents=True, exist_ok=True)
        buffer = io.BytesIO()
        np.savez(buffer, table=self.table, weights=self.weights)
        about = json.dumps({"format": _FORMAT, "kind": "wiki", "fingerprint": self.fingerprint, "width": self.width})
        replace_file(folder / "pieces.model", self.pieces)
        replace_file(folder / "vectors.npz", buffer.getvalue())
        replace_file(folder / "encoder.json", about.encode())

    @classmethod
    def load(cls, folder: Path) -> WikiEncoder:
        """The encoder that `save` wrote; ModelError where a file is missing, damaged or of another run."""
        try:
            about = json.loads((folder / "encoder.json").read_text())
            # Opened by us: np.load leaves a damaged file open.
            with (folder / "vectors.npz").open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                encoder = cls((folder / "pieces.model").read_bytes(), arrays["table"], arrays["weights"])
            expected = about["fingerprint"]
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise ModelError(
                f"{folder}: the encoder cannot be read ({error}). Run `linkassist reindex --full` to learn it anew."
            ) from error
        if encoder.fingerprint != expected:
            raise ModelError(
                f"{folder}: the encoder's files give {encoder.fingerprint}, but encoder.json names {expected}. "
                "Run `linkassist reindex --full` to learn it anew."
            )
        return encoder


def replace_file(path: Path, data: bytes) -> None:
    """Writes to a temporary file and renames it, so that the old or the new file is complete."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(data)
    os.replace(beside, path)


def learn_encoder(
    texts: Sequence[str],
    links: sp.csr_matrix,
    *,
    seed: int = 0,
    start: WikiEncoder | None = None,
    on_progress: OnCount = no_count,
) -> WikiEncoder:
    """An encoder trained on these pages. Deterministic for an input and seed, on one machine and number of threads.

    texts: one per page. links: (pages, targets), the first targets being the pages themselves; rows of held-out pages
    are empty. start: an encoder of an earlier state of the wiki; its pieces are kept and its vectors trained further.
    on_progress: called with (training steps done, all).
    """
    pieces = start.pieces if start else _learn_pieces(texts, seed)
    tokenizer = _tokenizer(pieces)
    counts = _count_pieces(tokenizer, texts)
    frequency = np.bincount(counts.indices, minlength=counts.shape[1])
    idf = np.log((len(texts) + 1) / (frequency + 1)).clip(0).astype(np.float32)
    counts.data = 1 + np.log(counts.data)
    if start:
        table, weights = start.table, start.weights
    else:
        table = _latent_semantic_table(_as_unit(sp.csr_matrix(counts.multiply(idf))), seed)
        weights = idf
    pairs = _LinkedPairs(links, len(texts))
    n_steps = _n_steps(pairs.n_links, is_warm=start is not None)
    if n_steps == 0:
        return WikiEncoder(pieces, table, weights)
    return WikiEncoder(pieces, *_train(table, weights, _Bags(counts, idf), pairs, n_steps, seed, on_progress))


def _n_steps(n_links: int, *, is_warm: bool) -> int:
    if n_links < 20:
        return 0
    steps = int(min(500, max(60, 4 * n_links / _BATCH)))
    return steps // 4 if is_warm else steps


def _learn_pieces(texts: Sequence[str], seed: int) -> bytes:
    """A BPE SentencePiece model of the texts' lines: as good here as unigram, and ten times as fast to train."""
    lines = [line for text in texts for line in text.split("\n") if len(line) > 1]
    if len(lines) > _SAMPLED_LINES:
        chosen = np.random.default_rng(seed).choice(len(lines), _SAMPLED_LINES, replace=False)
        lines = [lines[i] for i in np.sort(chosen)]
    model = io.BytesIO()
    size = min(_MOST_PIECES, max(400, sum(map(len, lines)) // 20))
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines or ["-"]),
        model_writer=model,
        vocab_size=size,
        hard_vocab_limit=False,
        model_type="bpe",
        character_coverage=0.9995,
        normalization_rule_name="nmt_nfkc_cf",
        max_sentence_length=1000,
        num_threads=1,
        minloglevel=2,
    )
    return model.getvalue()


def _tokenizer(pieces: bytes) -> sentencepiece.SentencePieceProcessor:
    return sentencepiece.SentencePieceProcessor(model_proto=pieces)


def _count_pieces(tokenizer: sentencepiece.SentencePieceProcessor, texts: Sequence[str]) -> sp.csr_matrix:
    """(texts, pieces) float32: the count of each piece in each text, without <unk> and the lone blank."""
    encoded = tokenizer.encode(list(texts), num_threads=2) if texts else []
    lengths = np.array([len(ids) for ids in encoded], np.int64)
    columns = np.fromiter((i for ids in encoded for i in ids), np.int64, int(lengths.sum()))
    rows = np.repeat(np.arange(len(texts)), lengths)
    is_counted = ~np.isin(columns, [tokenizer.unk_id(), tokenizer.piece_to_id("\u2581")])
    rows, columns = rows[is_counted], columns[is_counted]
    shape = (len(texts), tokenizer.get_piece_size())
    matrix = sp.csr_matrix((np.ones(len(columns), np.float32), (rows, columns)), shape=shape)
    matrix.sum_duplicates()
    return matrix


def _latent_semantic_table(matrix: sp.csr_matrix, seed: int) -> FloatArray:
    """(pieces, WIDTH): right singular vectors of the TF-IDF matrix by randomised SVD (Halko et al. 2011).

    Each is divided by the square root of its singular value; dimensions beyond the rank are small noise.
    """
    random = np.random.default_rng(seed)
    n_pages, n_pieces = matrix.shape
    width = min(WIDTH, n_pages, n_pieces)
    table = random.normal(0, 1e-3, (n_pieces, WIDTH)).astype(np.float32)
    basis = np.linalg.qr(matrix @ random.normal(size=(n_pieces, min(width + 10, n_pages))).astype(np.float32))[0]
    for _ in range(2):
        basis = np.linalg.qr(matrix @ np.linalg.qr(matrix.T @ basis)[0])[0]
    _, singular, right = np.linalg.svd((matrix.T @ basis).T, full_matrices=False)
    table[:, :width] += (right[:width] / np.sqrt(singular[:width, None] + 1e-6)).T.astype(np.float32)
    return np.ascontiguousarray(table * (0.1 / (table.std() + 1e-9)))


def _as_unit(matrix: sp.csr_matrix) -> sp.csr_matrix:
    norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel()) + 1e-9
    return sp.csr_matrix(sp.diags((1 / norms).astype(np.float32)) @ matrix)


class _Bags:
    """Each page's pieces of the largest TF-IDF as padded rows. numbers: piece ids; amounts: damped counts."""

    def __init__(self, counts: sp.csr_matrix, idf: FloatArray) -> None:
        lengths = np.diff(counts.indptr)
        rows = np.repeat(np.arange(counts.shape[0]), lengths)
        order = np.lexsort((counts.indices, -counts.data * idf[counts.indices], rows))
        rank = np.arange(len(order)) - np.repeat(counts.indptr[:-1], lengths)
        kept = order[rank < _PIECES_PER_PAGE]
        self.width = min(_PIECES_PER_PAGE, int(lengths.max(initial=1)))
        self.numbers = np.zeros((counts.shape[0], self.width), np.int64)
        self.amounts = np.zeros((counts.shape[0], self.width), np.float32)
        place = rank[rank < _PIECES_PER_PAGE]
        self.numbers[rows[kept], place] = counts.indices[kept]
        self.amounts[rows[kept], place] = counts.data[kept]


class _LinkedPairs:
    """Positive pairs for training: a page and one it links, or two pages that link the same target."""

    def __init__(self, links: sp.csr_matrix, n_pages: int) -> None:
        by_target = sp.csr_matrix(links.T)
        n_linking = np.diff(by_target.indptr)
        cells = links.tocoo()
        useful = (n_linking[cells.col] >= 2) | (cells.col < n_pages)
        self._pages, self._targets = cells.row[useful], cells.col[useful]
        self._by_target, self._n_linking, self._n_pages = by_target, n_linking, n_pages
        chance = 1 / np.sqrt(n_linking[self._targets])  # links to hubs are sampled less often
        self._chance = chance / chance.sum() if len(chance) else chance
        self.n_links = len(self._pages)

    def sample(
        self, random: np.random.Generator
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """(pages, their partners, the targets that they share), each (_BATCH,)."""
        chosen = random.choice(self.n_links, _BATCH, p=self._chance)
        pages, targets = self._pages[chosen], self._targets[chosen]
        other = (random.random(_BATCH) * self._n_linking[targets]).astype(np.int64)
        fellows = self._by_target.indices[self._by_target.indptr[targets] + other]
        takes_target = (targets < self._n_pages) & ((random.random(_BATCH) < 0.5) | (self._n_linking[targets] < 2))
        return pages, np.where(takes_target, targets, fellows), targets


def _train(
    table: FloatArray,
    weights: FloatArray,
    bags: _Bags,
    pairs: _LinkedPairs,
    n_steps: int,
    seed: int,
    on_progress: OnCount,
) -> tuple[FloatArray, FloatArray]:
    random = np.random.default_rng(seed)
    vectors = torch.tensor(table, requires_grad=True)
    amounts = torch.tensor(weights, requires_grad=True)
    optimizer = torch.optim.Adam([{"params": [vectors]}, {"params": [amounts]}], lr=_LEARNING_RATE)

    def encode(pages: npt.NDArray[np.int64]) -> torch.Tensor:
        kept = random.random((len(pages), _PIECES_PER_PAGE)) >= _DROPPED
        numbers = torch.from_numpy(bags.numbers[pages])
        # `embedding`, whose gradient is summed in a fixed order; that of `amounts[numbers]` depends on the threads.
        each = functional.embedding(numbers, functional.relu(amounts)[:, None])[..., 0]
        scale = torch.from_numpy(bags.amounts[pages] * kept[:, : bags.width]) * each
        return functional.normalize(
            functional.embedding_bag(numbers, vectors, mode="sum", per_sample_weights=scale), dim=1
        )

    for step in range(n_steps):
        for group in optimizer.param_groups:
            group["lr"] = _LEARNING_RATE * (1 - step / n_steps)
        pages, partners, targets = pairs.sample(random)
        scores = encode(pages) @ encode(partners).T / _TEMPERATURE
        is_false_negative = (
            (targets[:, None] == targets[None])
            | (pages[:, None] == partners[None])
            | (partners[:, None] == partners[None])
        )
        np.fill_diagonal(is_false_negative, False)
        scores = scores.masked_fill(torch.from_numpy(is_false_negative), -1e4)
        answer = torch.arange(len(pages))
        loss = (functional.cross_entropy(scores, answer) + functional.cross_entropy(scores.T, answer)) / 2
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        on_progress(step + 1, n_steps)
    return vectors.detach().numpy(), functional.relu(amounts).detach().numpy()
