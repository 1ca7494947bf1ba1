"""A linear probe: logistic regression over the frozen vectors of a BERT."""

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
    """([CLS] of the last layer, its pooled output), both (sequences, width)."""
    cls, pooled = (np.zeros((len(sequences), model.config.hidden_size)) for _ in range(2))
    for batch in batches_by_length([len(each.ids) for each in sequences], token_budget):
        ids, types, is_token = (each.to(model.device) for each in padded([sequences[at] for at in batch]))
        found = model(input_ids=ids, attention_mask=is_token.long(), token_type_ids=types)
        cls[batch] = found.last_hidden_state[:, 0].double().cpu().numpy()
        pooled[batch] = found.pooler_output.double().cpu().numpy()
    return cls, pooled


class LogisticRegression:
    """Multinomial logistic regression over standardised features, fitted by L-BFGS.

    The loss is the sum of cross-entropies plus half the squared norm of the weights without the intercepts.
    """

    def __init__(self, features: FloatArray, labels: Sequence[int], n_labels: int) -> None:
        """features: (examples, features)."""
        self._mean, self._scale = features.mean(axis=0), features.std(axis=0) + 1e-9
        scaled = self._scaled(features)
        is_label = np.eye(n_labels)[np.asarray(labels)]

        def loss(flat: FloatArray) -> tuple[float, FloatArray]:
            weights = flat.reshape(-1, n_labels)
            log_odds = log_softmax(scaled @ weights, axis=1)
            decayed = np.vstack([weights[:-1], np.zeros(n_labels)])  # the last row is the intercepts
            value = -(log_odds * is_label).sum() + (decayed * decayed).sum() / 2
            return float(value), (scaled.T @ (np.exp(log_odds) - is_label) + decayed).ravel()

        start = np.zeros(scaled.shape[1] * n_labels)
        self.weights: FloatArray = minimize(loss, start, jac=True, method="L-BFGS-B").x.reshape(-1, n_labels)

    def accuracy(self, features: FloatArray, labels: Sequence[int]) -> float:
        """The share of examples whose most likely class is their label."""
        return float((self.log_odds(features).argmax(axis=1) == np.asarray(labels)).mean())

    def log_odds(self, features: FloatArray) -> FloatArray:
        """(examples, classes), up to a constant per example."""
        return self._scaled(features) @ self.weights

    def _scaled(self, features: FloatArray) -> FloatArray:
        return np.column_stack([(features - self._mean) / self._scale, np.ones(len(features))])
