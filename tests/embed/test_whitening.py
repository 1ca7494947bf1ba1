"""Centring and whitening, with NumPy's covariance as the second witness."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
import torch

from linkassist.bert.features import jsonl as feature_text
from linkassist.embed import pooling, whitening, windows
from linkassist.embed.whitening import learn_centring, learn_whitening, treated


def slanted(n_texts: int, width: int) -> torch.Tensor:
    """Vectors far from the origin whose dimensions hang together."""
    random = torch.Generator().manual_seed(0)
    return torch.randn(n_texts, width, generator=random) @ torch.randn(width, width, generator=random) + 7


def test_whitened_vectors_have_mean_0_and_covariance_1() -> None:
    whitened = treated(slanted(200, 5), "whitened").numpy()
    assert whitened.mean(axis=0) == pytest.approx(np.zeros(5), abs=1e-4)
    assert np.cov(whitened, rowvar=False, ddof=0) == pytest.approx(np.eye(5), abs=1e-3)


def test_each_direction_is_scaled_by_how_much_it_varies() -> None:
    vectors = torch.tensor([[3.0, 0.0], [-3.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    expected = [[2**0.5, 0.0], [2**0.5, 0.0], [0.0, 2**0.5], [0.0, 2**0.5]]  # variances 4.5 and 0.5
    assert learn_whitening(vectors)(vectors).abs().numpy() == pytest.approx(np.array(expected), abs=1e-6)


def test_directions_in_which_nothing_differs_are_left_out() -> None:
    vectors = slanted(4, 9)
    whitened = treated(vectors, "whitened")
    assert whitened.shape == (4, 3)  # four points differ in three directions at most
    assert whitened.isfinite().all()


def test_equal_vectors_come_to_nothing_rather_than_to_noise() -> None:
    assert learn_whitening(torch.full((3, 2), 0.1))(torch.ones(1, 2)).shape == (1, 0)


def test_centred_vectors_have_mean_0_and_keep_their_differences() -> None:
    vectors = slanted(20, 4)
    centred = learn_centring(vectors)(vectors)
    assert centred.mean(dim=0).abs().max() < 1e-5
    assert torch.allclose(centred[0] - centred[1], vectors[0] - vectors[1], atol=1e-5)


def test_the_map_serves_vectors_that_it_was_not_learnt_from() -> None:
    vectors = slanted(100, 3)
    assert torch.allclose(learn_whitening(vectors)(vectors)[:5], learn_whitening(vectors)(vectors[:5]), atol=1e-5)


@pytest.mark.parametrize("module", [whitening, windows, pooling, feature_text])
def test_the_examples_in_the_docstrings_hold(module: object) -> None:
    results = doctest.testmod(module)  # type: ignore[arg-type]
    assert results.attempted > 0
    assert results.failed == 0
