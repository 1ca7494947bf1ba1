"""A BERT that reads two pages at once and compares what it read of each: `[CLS] a [SEP] b [SEP]` to "linked or not".

run_classifier's head sees [CLS] alone. In a pretrained BERT, [CLS] represents both pages; with random weights its
attention has to be learnt from the links, and a small wiki has too few: in 200 steps of 32 pairs the loss stayed at
ln 2. So this head pools the tokens of each page. It has the features of the logistic regression over frozen vectors,
but with attention across both pages, and it is initialised to their cosine.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertConfig, BertForSequenceClassification, BertModel
from transformers.modeling_outputs import SequenceClassifierOutput

from linkassist.embed.pooling import mean_pool

LABELS = ("not linked", "linked")
_INITIAL_SCALE = 2.5  # the initial log-odds are 5 times the cosine


class PairBert(BertForSequenceClassification):
    """A BERT and a linear layer over u * v and |u - v|, where u and v are the mean of each page's last layer.

    u and v are scaled to length √width, so that the features are of order 1.
    Source: Reimers and Gurevych 2019, section 3, without u and v themselves, https://arxiv.org/abs/1908.10084
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__(config)
        self.classifier = nn.Linear(2 * config.hidden_size, len(LABELS))

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> SequenceClassifierOutput:
        """Logits (pairs, 2). token_type_ids: 0 on [CLS] and the first page, 1 on the second."""
        hidden = self.bert(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)[0]
        is_second = token_type_ids.bool()
        is_token = attention_mask.bool()
        scale = hidden.shape[2] ** 0.5
        one, other = (
            scale * functional.normalize(mean_pool(hidden, is_token & side), dim=1) for side in (~is_second, is_second)
        )
        return SequenceClassifierOutput(logits=self.classifier(torch.cat([one * other, (one - other).abs()], dim=1)))


def with_pair_head(model: BertModel) -> PairBert:
    """The network in evaluation mode, its log-odds at first `5 * cosine(u, v)`; `model` is used, and not copied."""
    config = copy.deepcopy(model.config)
    config.id2label = dict(enumerate(LABELS))
    config.label2id = {label: place for place, label in enumerate(LABELS)}
    with torch.device("meta"):
        network = PairBert(config)
    network.bert = model
    network.classifier.to_empty(device="cpu")
    width = config.hidden_size
    with torch.no_grad():
        network.classifier.weight.zero_()
        network.classifier.bias.zero_()
        for sign, row in zip((-1, 1), network.classifier.weight, strict=True):
            row[:width] = sign * _INITIAL_SCALE / width
    network.eval()  # type: ignore[no-untyped-call]
    return network
