"""Text from elsewhere as a terminal can show it: signs that steer it or turn the writing around become visible."""

from __future__ import annotations

from typing import Final

_ESCAPE = 0x2400  # of a control character's picture: https://www.unicode.org/charts/PDF/U2400.pdf
_DELETE = 0x2421
# Marks, embeddings, overrides and isolates: https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
_TURNING: Final = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_SEPARATORS: Final = (0x2028, 0x2029)
_PICTURES: Final = {
    **{code: chr(_ESCAPE + code) for code in range(0x20)},
    0x7F: chr(_DELETE),
    **{code: f"<U+{code:04X}>" for code in (*range(0x80, 0xA0), *_TURNING, *_SEPARATORS)},
}


def visible(line: str) -> str:
    """The line with every such sign as a picture or a code point: `visible("a\\x1b[2J") == "a␛[2J"`."""
    return line.translate(_PICTURES)
