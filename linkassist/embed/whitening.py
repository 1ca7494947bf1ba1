"""Centring and whitening of vectors, against anisotropy: a BERT's vectors share a direction, which blurs cosines.

Both are affine maps learnt from a set of vectors, such as those of all pages: centring subtracts the mean, whitening
also makes the covariance the identity.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from linkassist.embed.model_name import Treatment

# Directions with less than this share of the largest variance are rounding noise and are dropped.
_LEAST_SHARE = 1e-6


@dataclass(frozen=True, slots=True)
class Affine:
    """The affine map (x - mean) W. mean: (width,). kernel: W, (width, k), None for the identity."""

    mean: Tensor
    kernel: Tensor | None = None

    def __call__(self, vectors: Tensor) -> Tensor:
        """(texts, k) of (texts, width)."""
        centred = vectors - self.mean
        return centred if self.kernel is None else centred @ self.kernel


def learn_centring(vectors: Tensor) -> Affine:
    """The map that subtracts the mean. vectors: (texts, width).

    Source: Mu and Viswanath 2018, section 2 (its first step), https://arxiv.org/abs/1702.01417

    >>> learn_centring(torch.tensor([[1.0, 0.0], [3.0, 4.0]]))(torch.tensor([[2.0, 3.0]]))
    tensor([[0., 1.]])
    """
    return Affine(vectors.mean(dim=0))


def learn_whitening(vectors: Tensor) -> Affine:
    """The map that gives the vectors it is learnt from mean 0 and identity covariance.

    vectors: (texts, width). W = U sqrt(1 / L) where U L U' is the covariance (over n texts, not n - 1), the largest
    variance first. Directions without variance, as with fewer texts than dimensions, are dropped.
    Source: Su et al. 2021, section 3.2 and algorithm 1, https://arxiv.org/abs/2103.15316

    >>> learn_whitening(torch.tensor([[3.0, 0.0], [-3.0, 0.0], [0.0, 1.0], [0.0, -1.0]])).kernel.abs().round(decimals=3)
    tensor([[0.4710, 0.0000],
            [0.0000, 1.4140]])
    """
    wide = vectors.double()
    mean = wide.mean(dim=0)
    centred = wide - mean
    variances, directions = torch.linalg.eigh(centred.T @ centred / max(1, len(wide)))
    variances, directions = variances.flip(0), directions.flip(1)
    is_kept = variances > _LEAST_SHARE * variances[0].clamp(min=torch.finfo(torch.float32).tiny)
    kernel = directions[:, is_kept] / variances[is_kept].sqrt()
    return Affine(mean.to(vectors.dtype), kernel.to(vectors.dtype))


def treated(vectors: Tensor, treatment: Treatment) -> Tensor:
    """The vectors as they are, centred, or whitened, each learnt from themselves."""
    match treatment:
        case "raw":
            return vectors
        case "centred":
            return learn_centring(vectors)(vectors)
        case "whitened":
            return learn_whitening(vectors)(vectors)
