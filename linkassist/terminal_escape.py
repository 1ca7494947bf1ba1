"""Escapes untrusted text (titles, ids, file names, contents of files) for messages, terminals and reports.

Control characters, bidirectional formatting characters and lone surrogates are replaced by visible ones. The result is
valid UTF-8 in one line, without effects on a terminal.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import Final

MOST_QUOTED: Final = 80  # characters of a title or an id
_ESCAPE = 0x2400  # of a control character's picture: https://www.unicode.org/charts/PDF/U2400.pdf
_DELETE = 0x2421
# Marks, embeddings, overrides and isolates: https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
_TURNING: Final = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_SEPARATORS: Final = (0x2028, 0x2029)
# JSON can spell lone surrogates, and Python decodes a byte of a path that is no UTF-8 to one.
_LONE_SURROGATES: Final = range(0xD800, 0xE000)
_PICTURES: Final = {
    **{code: chr(_ESCAPE + code) for code in range(0x20)},
    0x7F: chr(_DELETE),
    **{code: f"<U+{code:04X}>" for code in (*range(0x80, 0xA0), *_TURNING, *_SEPARATORS)},
    **{code: f"\\u{code:04x}" for code in _LONE_SURROGATES},
}


def visible(line: str) -> str:
    """The line with every such character as a symbol or a code point: `visible("a\\x1b[2J") == "a␛[2J"`."""
    return line.translate(_PICTURES)


def visible_lines(text: str) -> str:
    """Like `visible`, but line feeds stay."""
    return "\n".join(map(visible, text.split("\n")))


def quoted(text: str, most: int = MOST_QUOTED) -> str:
    """A title, an id or the like, escaped, in quotes, cut to `most` characters: `quoted("a\\nb") == '"a␊b"'`."""
    return f'"{visible(text if len(text) <= most else text[: most - 1] + "…")}"'


def shown(path: PurePath | str) -> str:
    """The escaped path; a byte in it that is no UTF-8 becomes `\\udcff`."""
    return visible(str(path))
