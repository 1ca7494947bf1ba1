"""Two towers: the loss by hand, the gradient by a second way, and that they learn, go on, and serve as an encoder."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from support.wiki_of_synonyms import wiki_of_synonyms
from torch import Tensor

from linkassist.bert.checkpoint.open import Bert, open_bert
from linkassist.bert.tokenize.sequences import token_sequence
from linkassist.errors import ModelError
from linkassist.research.finetune.judging import judge, questions_of
from linkassist.research.finetune.link_examples import LinkedWiki, build_linked_wiki
from linkassist.research.finetune.link_training import LinkTraining
from linkassist.research.finetune.pairs import Pair, linked_pairs
from linkassist.research.finetune.small_bert import write_small_bert
from linkassist.research.finetune.towers import contrastive_loss, false_negative_mask, tower_vectors
from linkassist.research.finetune.two_towers import Towers

HOW = LinkTraining(max_seq_length=24, batch_size=24, n_epochs=10, learning_rate=5e-3, patience=30, save_every=5)


@pytest.fixture(scope="module")
def wiki() -> LinkedWiki:
    return build_linked_wiki(wiki_of_synonyms(80), is_blind=True)


@pytest.fixture(scope="module")
def folder(wiki: LinkedWiki, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bert") / "small"
    write_small_bert(folder, wiki.texts, n_layers=1, width=32)
    return folder


def none_related(page: int, other: int) -> bool:
    return False


def test_the_loss_of_two_orthogonal_pairs_is_ln_of_1_and_1_over_e() -> None:
    rows = torch.eye(2)
    loss = contrastive_loss(rows, rows, torch.zeros(2, 2, dtype=torch.bool), temperature=1.0)
    assert loss.item() == pytest.approx(math.log(1 + 1 / math.e))


def test_a_related_page_is_no_wrong_answer() -> None:
    rows = torch.eye(2)
    is_masked = torch.tensor([[False, True], [True, False]])
    assert contrastive_loss(rows, rows.flip(0), is_masked, temperature=1.0).item() == 0


def test_pages_that_are_linked_too_or_the_same_are_left_out() -> None:
    pairs = [Pair(5, 1, True), Pair(6, 2, True), Pair(7, 1, True)]
    found = false_negative_mask(pairs, lambda page, other: (page, other) == (5, 2))
    assert found.tolist() == [[False, True, False], [False, False, False], [False, False, False]]
    same = false_negative_mask([Pair(5, 1, True), Pair(6, 5, True)], none_related)
    assert same.tolist() == [[False, True], [False, False]]


def test_a_batch_in_parts_has_the_vectors_and_the_gradient_of_the_whole(folder: Path, wiki: LinkedWiki) -> None:
    bert = open_bert(folder)
    sequences = [token_sequence(bert.tokenizer, text, None, 40) for text in wiki.texts[:9]]

    def run(token_budget: int) -> tuple[Tensor, Tensor]:
        bert.model.zero_grad()
        vectors = tower_vectors(bert.model, sequences, token_budget)
        nothing = torch.zeros(4, 4, dtype=torch.bool)
        contrastive_loss(vectors[:4], vectors[4:8], nothing).backward()
        weight = bert.model.encoder.layer[0].attention.self.query.weight
        assert weight.grad is not None
        return vectors.detach(), weight.grad.clone()

    whole, parts = run(10_000), run(50)
    torch.testing.assert_close(parts[0], whole[0], atol=1e-5, rtol=0)
    torch.testing.assert_close(parts[1], whole[1], atol=1e-5, rtol=1e-4)


def test_dropout_is_the_same_on_the_way_back(folder: Path, wiki: LinkedWiki) -> None:
    bert = open_bert(folder)
    bert.model.train()
    sequences = [token_sequence(bert.tokenizer, text, None, 40) for text in wiki.texts[:4]]
    ids = torch.tensor([each.ids + [0] * (40 - len(each.ids)) for each in sequences])
    is_token = torch.tensor([[1] * len(each.ids) + [0] * (40 - len(each.ids)) for each in sequences])
    lengths = [len(each.ids) for each in sequences]
    order = sorted(range(4), key=lambda at: -lengths[at])
    weight = bert.model.embeddings.word_embeddings.weight

    torch.manual_seed(3)
    tower_vectors(bert.model, sequences, 10_000)[:, 0].sum().backward()
    assert weight.grad is not None
    found = weight.grad.clone()

    bert.model.zero_grad()
    torch.manual_seed(3)
    n = max(lengths)
    hidden = bert.model(input_ids=ids[order][:, :n], attention_mask=is_token[order][:, :n]).last_hidden_state
    mask = is_token[order][:, :n, None].float()
    mean = (hidden * mask).sum(1) / mask.sum(1)
    (mean / mean.norm(dim=1, keepdim=True))[:, 0].sum().backward()
    assert weight.grad is not None
    torch.testing.assert_close(found, weight.grad, atol=1e-6, rtol=1e-4)


def test_towers_learn_which_words_belong_together(folder: Path, wiki: LinkedWiki, tmp_path: Path) -> None:
    towers, questions = Towers(open_bert(folder), wiki, HOW), questions_of(wiki)
    frozen = judge(questions, towers.scores)
    report = towers.train(questions, tmp_path)
    learnt = judge(questions, towers.scores)
    assert frozen.hard_auc < 0.1  # the words of what is linked differ, those of the hard examples are alike
    assert learnt.hard_auc > frozen.hard_auc + 0.5
    assert learnt.auc > frozen.auc + 0.25
    assert learnt.mrr > 2 * frozen.mrr
    assert report.losses[-1] < report.losses[0]
    assert report.n_steps <= len(report.losses)


class Killed(Exception):
    pass


def test_a_killed_training_goes_on_to_the_same_weights(folder: Path, wiki: LinkedWiki, tmp_path: Path) -> None:
    how = replace(HOW, n_epochs=2, save_every=2)
    questions = questions_of(wiki)

    def trained(checkpoints: Path, kill_at: int | None) -> Bert:
        bert = open_bert(folder)

        def on_step(n_done: int, n_steps: int, loss: float) -> None:
            if n_done == kill_at:
                raise Killed

        Towers(bert, wiki, how).train(questions, checkpoints, on_step)
        return bert

    whole = trained(tmp_path / "whole", None)
    with pytest.raises(Killed):
        trained(tmp_path / "killed", 5)
    resumed = trained(tmp_path / "killed", None)
    for name, weight in whole.model.state_dict().items():
        assert torch.equal(weight, resumed.model.state_dict()[name]), name


def test_a_checkpoint_of_other_links_is_refused(folder: Path, wiki: LinkedWiki, tmp_path: Path) -> None:
    how = replace(HOW, n_epochs=0.5)
    questions = questions_of(wiki)
    Towers(open_bert(folder), wiki, how).train(questions, tmp_path)
    other = build_linked_wiki(wiki_of_synonyms(80, seed=1), is_blind=True)
    assert linked_pairs(other.train) != linked_pairs(wiki.train)
    with pytest.raises(ModelError, match="is of another training: identity was"):
        Towers(open_bert(folder), other, how).train(questions_of(other), tmp_path)
