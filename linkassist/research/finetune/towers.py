"""Two towers with shared weights: a vector for each text, trained so that linked pages are near.

The loss is contrastive with in-batch negatives: each page of a batch must find its partner among all partners, and each
partner its page. A related partner of another pair would be a false negative and is masked. A vector is the mean over
the tokens of the last layer, scaled to length 1; it does not depend on the other page, so it can be stored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.checkpoint import checkpoint
from transformers import BertModel

from linkassist.bert.tokenize.sequences import TokenSequence
from linkassist.bert.train.padding import padded
from linkassist.embed.encoder import batches_by_length
from linkassist.embed.pooling import mean_pool
from linkassist.research.finetune.pairs import Pair

TEMPERATURE = 0.05  # as in SimCSE, Gao et al. 2021, https://arxiv.org/abs/2104.08821


def tower_vectors(model: BertModel, sequences: Sequence[TokenSequence], token_budget: int) -> Tensor:
    """(texts, width) unit rows, in order, from batches of at most `token_budget` tokens.

    With gradients and several batches, the forward pass keeps only the vectors, and the backward pass runs each batch
    once more: memory holds the activations of one batch, however many texts a loss compares.
    Source: Gao et al. 2021, section 3.2 (gradient cache), https://arxiv.org/abs/2101.06983
    """
    batches = list(batches_by_length([len(each.ids) for each in sequences], token_budget))
    found = []
    for batch in batches:
        ids, _, is_token = padded([sequences[at] for at in batch])
        if torch.is_grad_enabled() and len(batches) > 1:
            found.append(checkpoint(_pooled, model, ids, is_token, use_reentrant=False))
        else:
            found.append(_pooled(model, ids, is_token))
    place = torch.tensor([at for batch in batches for at in batch]).argsort()
    return torch.cat(found)[place.to(found[0].device)]


def contrastive_loss(pages: Tensor, others: Tensor, is_masked: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """The mean over both directions of -log softmax of each pair's own similarity among the batch's.

    pages, others: (pairs, width) unit rows, row i of both being a pair. is_masked: (pairs, pairs) bool, True where
    page i and other j are related though they are not a pair of the batch; False on the diagonal.
    With two orthogonal pairs and temperature 1 each softmax is e / (e + 1), and the loss ln(1 + 1/e), about 0.313.
    Source: van den Oord et al. 2018, equation 4 (InfoNCE), https://arxiv.org/abs/1807.03748, in both directions as in
    Radford et al. 2021, figure 3, https://arxiv.org/abs/2103.00020
    """
    scores = (pages @ others.T / temperature).masked_fill(is_masked, -torch.inf)
    answer = torch.arange(len(pages), device=pages.device)
    return (functional.cross_entropy(scores, answer) + functional.cross_entropy(scores.T, answer)) / 2


def false_negative_mask(pairs: Sequence[Pair], are_related: Callable[[int, int], bool]) -> Tensor:
    """(pairs, pairs) bool, the `is_masked` of `contrastive_loss`."""
    is_related = [
        [at != to and (one.page == two.other or are_related(one.page, two.other)) for to, two in enumerate(pairs)]
        for at, one in enumerate(pairs)
    ]
    return torch.tensor(is_related, dtype=torch.bool)


def _pooled(model: BertModel, ids: Tensor, is_token: Tensor) -> Tensor:
    is_token = is_token.to(model.device)
    hidden = model(input_ids=ids.to(model.device), attention_mask=is_token.long()).last_hidden_state
    return functional.normalize(mean_pool(hidden, is_token), dim=1)
