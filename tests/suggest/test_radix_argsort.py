"""Sorting large arrays of whole numbers."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from linkassist.suggest.radix_argsort import stable_order

SMALL = st.lists(st.integers(0, 5), max_size=40)
# whose low bits are all that tells them apart
LARGE = st.lists(st.builds(lambda high, low: high * 2**62 + low, st.integers(0, 3), st.integers(0, 3)), max_size=40)


@given(SMALL | LARGE)
def test_the_order_is_that_of_a_stable_sort(keys: list[int]) -> None:
    values = np.array(keys, np.uint64)

    assert stable_order(values).tolist() == np.argsort(values, kind="stable").tolist()
