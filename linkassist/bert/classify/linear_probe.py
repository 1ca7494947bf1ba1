"""What a BERT is worth for a task without being fine-tuned: its vectors as they are, and a logistic regression."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax
from transformers import BertModel

from linkassist.bert.tokenize.sequences import TokenSequence
from linkassist.bert.train.padding import padded
from linkassist.embed.encoder import batches_by_length

FloatArray = NDArray[np.float64]


@torch.inference_mode()
def frozen_vectors(
    model: BertModel, sequences: Sequence[TokenSequence], token_budget: int
) -> tuple[FloatArray, FloatArray]:
    """(sequences, width) of [CLS] in the last layer, and the same through the pooler."""
    cls, pooled = (np.zeros((len(sequences), model.config.hidden_size)) for _ in range(2))
    for batch in batches_by_length([len(each.ids) for each in sequences], token_budget):
        ids, types, is_token = (each.to(model.device) for each in padded([sequences[at] for at in batch]))
        found = model(input_ids=ids, attention_mask=is_token.long(), token_type_ids=types)
        cls[batch] = found.last_hidden_state[:, 0].double().cpu().numpy()
        pooled[batch] = found.pooler_output.double().cpu().numpy()
    return cls, pooled


class LogisticRegression:
    """Probabilities of several classes from features, each scaled to mean 0 and variance 1.

    Minimises the sum of cross-entropies and half the squared length of the weights (not of the constants), found by
    L-BFGS.
    """

    def __init__(self, features: FloatArray, labels: Sequence[int], n_labels: int) -> None:
        """features: (examples, features)."""
        self._mean, self._scale = features.mean(axis=0), features.std(axis=0) + 1e-9
        scaled = self._scaled(features)
        is_label = np.eye(n_labels)[np.asarray(labels)]

        def loss(flat: FloatArray) -> tuple[float, FloatArray]:
            weights = flat.reshape(-1, n_labels)
            log_odds = log_softmax(scaled @ weights, axis=1)
            decayed = np.vstack([weights[:-1], np.zeros(n_labels)])  # the last row is the constants
            value = -(log_odds * is_label).sum() + (decayed * decayed).sum() / 2
            return float(value), (scaled.T @ (np.exp(log_odds) - is_label) + decayed).ravel()

        start = np.zeros(scaled.shape[1] * n_labels)
        self.weights: FloatArray = minimize(loss, start, jac=True, method="L-BFGS-B").x.reshape(-1, n_labels)

    def accuracy(self, features: FloatArray, labels: Sequence[int]) -> float:
        """The share of examples whose likeliest class is theirs."""
        return float((self.log_odds(features).argmax(axis=1) == np.asarray(labels)).mean())

    def log_odds(self, features: FloatArray) -> FloatArray:
        """(examples, classes), up to a constant of each example."""
        return self._scaled(features) @ self.weights

    def _scaled(self, features: FloatArray) -> FloatArray:
        return np.column_stack([(features - self._mean) / self._scale, np.ones(len(features))])
