"""Features as the original writes them: one JSON object per line, values rounded to 6 decimals.

NumPy writes the digits of whole rows at once, since rounding and printing number by number would take most of the time.
Rows with very small or large numbers, or one near a rounding boundary, are left to Python's json.
Source: `main` of https://github.com/yoheikikuta/bert-japanese (src/extract_features.py).
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from linkassist.bert.features.extract import LineFeatures

# Positions of the characters of a number: sign, three digits, the point, six digits, and ", ".
_SIGN, _HUNDREDS, _TENS, _ONES, _POINT, _DECIMALS, _COMMA, _WIDTH = 0, 1, 2, 3, 4, 5, 11, 13
_SMALLEST, _LARGEST = 100, 10**9  # in millionths: Python writes 9.9e-05 below 0.0001, and 1000 has four digits
_NEAR_HALF = 1e-6  # the error of x * 1e6 is smaller, so only values this near to a half may round otherwise


def json_line(features: LineFeatures, layers: Sequence[int]) -> str:
    """The line of the output, without line feed. layers: the indexes of the layers in `features.vectors`."""
    n_layers, n_tokens, width = features.vectors.shape
    rows = rounded_rows(features.vectors.transpose(1, 0, 2).reshape(n_tokens * n_layers, width))
    parts = []
    for position, piece in enumerate(features.pieces):
        own = rows[position * n_layers : (position + 1) * n_layers]
        of_layers = ", ".join(
            f'{{"index": {index}, "values": {values}}}' for index, values in zip(layers, own, strict=True)
        )
        parts.append(f'{{"token": {json.dumps(piece)}, "layers": [{of_layers}]}}')
    return f'{{"linex_index": {features.line}, "features": [{", ".join(parts)}]}}'


def rounded_rows(vectors: NDArray[np.float32]) -> list[str]:
    """For each row what `json.dumps([round(float(x), 6) for x in row])` gives. vectors: (rows, width), width 1 or more.

    >>> rounded_rows(np.array([[-0.5, 12.25], [0.0, 1e-5]], np.float32))
    ['[-0.5, 12.25]', '[0.0, 1e-05]']
    """
    millionths = vectors.astype(np.float64) * 1e6
    rounded = np.abs(np.rint(millionths))
    is_plain = (rounded >= _SMALLEST) & (rounded < _LARGEST)
    is_plain &= np.abs(np.abs(millionths) - np.floor(np.abs(millionths)) - 0.5) > _NEAR_HALF
    number = np.where(is_plain, rounded, 0).astype(np.int32)
    characters = np.empty((*vectors.shape, _WIDTH), np.uint8)
    is_written = np.ones(characters.shape, np.bool_)
    characters[..., _SIGN], characters[..., _POINT] = ord("-"), ord(".")
    characters[..., _COMMA], characters[..., _COMMA + 1] = ord(","), ord(" ")
    is_written[..., _SIGN] = vectors < 0
    is_written[:, -1, _COMMA:] = False
    left = number
    for place in range(_DECIMALS + 5, _HUNDREDS - 1, -1):
        if place == _POINT:
            continue
        above = left // 10
        characters[..., place] = left - 10 * above + ord("0")
        if place in (_HUNDREDS, _TENS):
            is_written[..., place] = left > 0
        elif place > _DECIMALS:  # trailing zeros are dropped, but for the first decimal
            is_written[..., place] = number % 10 ** (_DECIMALS + 6 - place) > 0
        left = above
    ends = np.cumsum(is_written.sum(axis=(1, 2)))
    text = characters[is_written].tobytes().decode("ascii")
    starts = [0, *ends[:-1].tolist()]
    is_plain_row: list[bool] = np.all(is_plain, axis=1).tolist()
    return [
        f"[{text[start:end]}]" if plain else json.dumps([round(float(x), 6) for x in row])
        for start, end, plain, row in zip(starts, ends.tolist(), is_plain_row, vectors, strict=True)
    ]
