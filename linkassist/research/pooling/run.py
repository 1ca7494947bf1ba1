"""The comparison of poolings: hide links, encode the pages in one pass, score every row.

The wiki and the links to find are those of the future-links test of `evaluate/`, in which the pages asked about have
lost their links. The wiki's own encoder, centring and whitening are learnt without them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
import torch

from linkassist.bert.checkpoint.open import Bert
from linkassist.bert.encoder_options import Precision
from linkassist.bert.forward import BertForward
from linkassist.bert.layer_pooling import LayerPooling, usual_poolings
from linkassist.bert.limits import check_layers, check_length
from linkassist.embed.encoder import Encoder
from linkassist.embed.model_name import Treatment
from linkassist.embed.whitening import treated
from linkassist.errors import LinkAssistError
from linkassist.evaluate.single_wiki import build_one_wiki_test
from linkassist.model.fit import choose_encoder
from linkassist.progress import OnProgress, counting
from linkassist.research.pooling.report import PoolingReport, Scored, compared
from linkassist.research.pooling.scores import score_vectors
from linkassist.research.pooling.vectors import PageTokens, page_vectors
from linkassist.scrapbox.page_text import read_page
from linkassist.settings import OWN_ENCODER
from linkassist.suggest.corpus import Corpus, FloatArray, build_corpus
from linkassist.suggest.holdout import pages_to_hold_out
from linkassist.wiki import Page

_TREATMENTS: tuple[Treatment, ...] = get_args(Treatment)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What to compare. layers: those to read, -1 being the last. is_blind, n_asked, seed: of the future-links test."""

    layers: tuple[int, ...]
    how: PageTokens
    precision: Precision
    is_blind: bool
    n_asked: int | None = None
    seed: int = 0


def compare_pooling(
    pages: Sequence[Page], wiki: str, bert: Bert, asked_for: Comparison, on_progress: OnProgress
) -> PoolingReport:
    """Every pooling of these layers, raw, centred and whitened, on the links of the wiki; the text is encoded once.

    Raises LinkAssistError for a layer or a length that the BERT does not have, and for a wiki that makes no test.
    """
    poolings = _poolings(bert, asked_for)
    test = build_one_wiki_test(pages, is_blind=asked_for.is_blind, n_asked=asked_for.n_asked, seed=asked_for.seed)
    asked = [page for page in test.asked if page.gold]
    corpus = build_corpus([read_page(page) for page in test.pages])
    texts = [reading.text for reading in corpus.readings]
    began_at = time.perf_counter()
    on_progress("encode", 0, len(texts))
    forward = BertForward(bert.model, asked_for.precision)
    on_text = counting(on_progress, "encode")
    vectors = page_vectors(texts, bert.tokenizer, forward, poolings, asked_for.how, on_text)
    encoding_s = time.perf_counter() - began_at
    n_rows = len(poolings) * len(_TREATMENTS)
    scored = []
    for name, treatment, rows in _rows(vectors, poolings):
        scored.append(Scored(name, treatment, score_vectors(rows, corpus, asked)))
        on_progress("score poolings", len(scored), n_rows)
    own = score_vectors(_own_vectors(corpus, texts, on_progress), corpus, asked)
    best_first, beside = compared(scored, Scored("linkassist's own encoder", "raw", own))
    return PoolingReport(
        wiki=wiki,
        model=bert.name,
        fingerprint=bert.fingerprint,
        precision=forward.precision,
        max_seq_length=asked_for.how.max_seq_length,
        overlap=asked_for.how.overlap,
        is_blind=asked_for.is_blind,
        origin=test.origin,
        n_pages=len(texts),
        width=vectors.shape[2],
        n_nearest=len(own.nearest_recall_at_10),
        n_links=len(own.links_recall_at_10),
        encoding_s=encoding_s,
        rows=best_first,
        beside=beside,
    )


def _poolings(bert: Bert, asked_for: Comparison) -> list[LayerPooling]:
    n_layers, how = int(bert.model.config.num_hidden_layers), asked_for.how
    check_layers(bert, asked_for.layers)
    check_length(bert, how.max_seq_length)
    if how.overlap is not None and how.overlap >= how.max_seq_length - 2:
        raise LinkAssistError(
            f"The overlap is {how.overlap} tokens, but a window holds {how.max_seq_length - 2} beside [CLS] and [SEP]."
            " Ask for less, as for a quarter of it."
        )
    return usual_poolings(n_layers, asked_for.layers)


def _rows(vectors: FloatArray, poolings: Sequence[LayerPooling]) -> Iterator[tuple[str, Treatment, FloatArray]]:
    for layer_pooling, raw in zip(poolings, vectors, strict=True):
        tensor = torch.from_numpy(np.array(raw))
        for treatment in _TREATMENTS:
            yield layer_pooling.name, treatment, treated(tensor, treatment).numpy()


def _own_vectors(corpus: Corpus, texts: Sequence[str], on_progress: OnProgress) -> FloatArray:
    """The vectors of the encoder that linkassist learns from this wiki."""

    def vectors_of(encoder: Encoder) -> FloatArray:
        return encoder.encode(texts)

    return choose_encoder(OWN_ENCODER, corpus, pages_to_hold_out(corpus), vectors_of, on_progress=on_progress)[1]
