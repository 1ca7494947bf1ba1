"""Whether a tokenizer drops the voicing marks of kana that its vocabulary holds: が is then read as か.

BERT's lowercasing also strips accents, and to Unicode a voicing mark is one. A vocabulary that was made without it has
whole words with が that such a tokenizer never finds, and nothing else tells.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Final

from linkassist.errors import ModelError

_VOICED: Final = (
    "がぎぐげござじずぜぞだぢづでどばびぶべぼぱぴぷぺぽガギグゲゴザジズゼゾダヂヅデドバビブベボパピプペポヴ"
)


def check_voiced_kana(folder: Path, vocabulary: Collection[str], pieces: Callable[[str], Sequence[str]]) -> None:
    """Raises ModelError where the vocabulary holds a voiced kana and the tokenizer makes an unvoiced one of it.

    pieces: what the tokenizer makes of a text.
    """
    for kana in _VOICED:
        if kana in vocabulary or f"##{kana}" in vocabulary:
            found = "".join(pieces(kana))
            plain = unicodedata.normalize("NFD", kana)[0]
            if kana not in found and plain in found:
                raise ModelError(
                    f"The vocabulary in {folder} holds {kana}, but texts lose their voicing marks before they are cut:"
                    f" {kana} becomes {plain}. Lowercasing does that, since it strips accents too. Keep the case: with"
                    " --no-lower-case (--do_lower_case=False in extract-features, --no-do_lower_case in finetune), or"
                    f' with {{"do_lower_case": false}} in {folder / "tokenizer_config.json"}.'
                )
