"""The head over two pages that were read at once: where it begins, what it reads, and that it learns its examples."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from support.paths import GOLDEN
from support.wiki_of_synonyms import wiki_of_synonyms

from linkassist.bert.checkpoint.open import open_bert
from linkassist.bert.tokenize.sequences import token_sequence
from linkassist.research.finetune.cross_encoder import CrossEncoder, cross_encoder
from linkassist.research.finetune.link_examples import LinkedWiki, build_linked_wiki
from linkassist.research.finetune.link_training import LinkTraining
from linkassist.research.finetune.pair_head import with_pair_head
from linkassist.research.finetune.pairs import Pair, linked_pairs
from linkassist.research.finetune.small_bert import write_small_bert


@pytest.fixture(scope="module")
def wiki() -> LinkedWiki:
    return build_linked_wiki(wiki_of_synonyms(60), is_blind=True)


@pytest.fixture(scope="module")
def folder(wiki: LinkedWiki, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bert") / "small"
    write_small_bert(folder, wiki.texts, n_layers=1, width=32)
    return folder


def loss_of(cross: CrossEncoder, pairs: Sequence[Pair]) -> float:
    with torch.no_grad():
        return sum(float(part) for part in cross.losses(pairs))


@torch.inference_mode()
def test_the_log_odds_begin_as_five_times_the_cosine_of_the_two_pages() -> None:
    bert = open_bert(GOLDEN)
    sequence = token_sequence(bert.tokenizer, "リンクを張る", "ノートをつなぐこと", 32)
    ids, types = torch.tensor([sequence.ids]), torch.tensor([sequence.types])
    hidden = bert.model(input_ids=ids, token_type_ids=types).last_hidden_state[0].numpy()
    n_first = sequence.types.index(1)
    one, other = hidden[:n_first].mean(axis=0), hidden[n_first:].mean(axis=0)
    cosine = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
    padding = torch.zeros(1, 3, dtype=torch.long)
    logits = with_pair_head(bert.model)(
        torch.cat([ids, padding], 1), torch.cat([torch.ones_like(ids), padding], 1), torch.cat([types, padding], 1)
    ).logits
    assert float(logits[0, 1] - logits[0, 0]) == pytest.approx(5 * cosine, abs=1e-4)


def test_a_batch_is_half_linked_pairs_and_half_pages_of_the_batch_that_are_not_related(
    folder: Path, wiki: LinkedWiki
) -> None:
    cross = cross_encoder(open_bert(folder), wiki, LinkTraining(max_seq_length=64))
    with torch.no_grad():
        cross.network.classifier.weight.zero_()
    pairs = linked_pairs(wiki.train)[:12]
    # With odds of one to one each example costs ln 2, and the sum is over the linked pairs and as many others.
    assert loss_of(cross, pairs) == pytest.approx(np.log(2), abs=1e-5)
    cross.network.classifier.bias.data = torch.tensor([-50.0, 50.0])
    # All are called linked: the linked ones cost nothing, the others 100 each.
    assert loss_of(cross, pairs) == pytest.approx(50, abs=1e-3)
    # Nobody else is in the batch.
    assert loss_of(cross, pairs[:1]) == pytest.approx(0, abs=1e-3)


def test_a_few_pairs_can_be_learnt_by_heart(folder: Path, wiki: LinkedWiki) -> None:
    bert = open_bert(folder)
    cross = cross_encoder(bert, wiki, LinkTraining(max_seq_length=64))
    pairs = linked_pairs(wiki.train)[:16]
    optimiser = torch.optim.Adam(cross.network.parameters(), lr=3e-3)
    first = loss_of(cross, pairs)
    for _ in range(25):
        optimiser.zero_grad()
        for part in cross.losses(pairs):
            part.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    assert first > 0.5 > 0.1 > loss_of(cross, pairs)


def test_a_small_bert_is_made_of_a_wiki_with_more_characters_than_sentences(tmp_path: Path) -> None:
    texts = ["".join(chr(0x4E00 + 40 * row + at) for at in range(40)) for row in range(25)]
    write_small_bert(tmp_path, texts, width=8)
    pieces = open_bert(tmp_path).tokenizer.pieces(texts[7])
    assert "".join(pieces).strip("▁") == texts[7]
    assert 0 not in open_bert(tmp_path).tokenizer.ids(pieces)
    assert not np.isnan(open_bert(tmp_path).model.embeddings.word_embeddings.weight.detach().numpy()).any()


def test_both_sides_of_a_pair_look_alike_at_first(folder: Path, wiki: LinkedWiki) -> None:
    cross = cross_encoder(open_bert(folder), wiki, LinkTraining(max_seq_length=64))
    same = cross.scores([Pair(page, page, True) for page in range(8)])
    others = cross.scores([Pair(page, page - 1, False) for page in range(1, 9)])
    assert same.min() > others.max()
