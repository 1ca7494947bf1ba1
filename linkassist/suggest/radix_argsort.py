"""Sorting large arrays of whole numbers: sorting values is many times faster than sorting their places."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from linkassist.suggest.corpus import IntArray


def stable_order(keys: npt.NDArray[np.integer]) -> IntArray:
    """As `np.argsort(keys, kind="stable")`; no key may be negative.

    Each key is sorted with its place in its low bits. Keys too large for that leave their own low bits out, and the
    few that look equal then are sorted once more.
    """
    wide = keys.astype(np.uint64)
    n_bits = np.uint64(len(wide).bit_length())
    place = np.arange(len(wide), dtype=np.uint64)
    is_cut = len(wide) > 0 and int(wide.max()) >> (64 - int(n_bits)) > 0
    packed = (wide >> n_bits << n_bits if is_cut else wide << n_bits) | place
    packed.sort()
    order = (packed & ((np.uint64(1) << n_bits) - np.uint64(1))).astype(np.int64)
    return _repaired(order, packed >> n_bits, wide) if is_cut else order


def _repaired(order: IntArray, cut: npt.NDArray[np.uint64], keys: npt.NDArray[np.uint64]) -> IntArray:
    """The order with the places of different keys that are alike when cut put right."""
    in_order = keys[order]
    is_mixed = (cut[1:] == cut[:-1]) & (in_order[1:] != in_order[:-1])
    rows = np.flatnonzero(np.isin(cut, np.unique(cut[1:][is_mixed]))) if is_mixed.any() else order[:0]
    places = order[rows]
    order[rows] = places[np.lexsort((places, keys[places]))]
    return order
