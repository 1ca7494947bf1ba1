"""The interiors of characters, against the segmentation of the whole text at once."""

from __future__ import annotations

import regex
from hypothesis import given
from hypothesis import strategies as st

from linkassist.suggest.segmentation import cluster_interiors

CHARS = st.sampled_from("aé漢か가각각 \n\u0301\u3099ﾊﾞ👩\u200d🚀\U0001f3fb🇯🇵☂\ufe0fक\u094dष\u0e33\u0600葛\U000e0100")


@given(st.lists(st.one_of(CHARS, CHARS, st.characters(exclude_characters="\r")), max_size=30).map("".join))
def test_clusters_are_those_of_the_whole_text(text: str) -> None:
    """Cut from the whole text, line by line, as the library cuts it."""
    starts = {match.start() for match in regex.finditer(r"\X", text)} | {len(text)}

    assert [not each for each in cluster_interiors(text)] == [at in starts for at in range(len(text) + 1)]
