"""The kind of line that a mention stands in: prose, a quotation, a table, code or output, a source, a list of links.

Whether links are made in such lines is learnt from the wiki (`link_contexts.py`). A template line is one that stands on
many pages alike, such as a heading or "END".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from enum import IntEnum
from itertools import chain
from typing import Final

from linkassist.wiki import Passage, Reading

_ON_MANY: Final = 8  # pages that a template line stands on
_MOST_SIGNS: Final = 0.12  # of the characters of a line of prose, blanks aside
_FEWEST_SIGNS: Final = 3
_SIGNS: Final = re.compile(r"//|[A-Za-z_][\[(]|[{}<>=;|\\$&^%+`]")
_STARTS_OUTPUT: Final = re.compile(r"Traceback \(|\s*at \S+ ?\(|\s*[$%] \w")
_WITH_COLON: Final = re.compile(
    r'(?:Error|Exception)\b ?:|"[^"]+"\s*:\s*["\d\[{]'
    r"|\w\.(?:c|cpp|cs|css|go|h|html|java|js|json|kt|php|py|rb|rs|sh|sql|swift|ts|tsx|vue|xml|ya?ml):\d"
)
_IN_OUTPUT: Final = ("command not found", "No such file or directory")
_SOURCE: Final = re.compile(r"(?<=\S[ \u3000])(?:[|｜–—-]|::?)[ \u3000]\S")  # noqa: RUF001 - "title | site"


class LineKind(IntEnum):
    """What a line is to someone who looks for words to link."""

    PROSE = 0
    QUOTE = 1
    TABLE = 2
    CODE = 3  # or the output of a program
    SOURCE = 4  # the title of a page elsewhere, with its site
    LINKS = 5  # more of the line is links than not
    TEMPLATE = 6


def template_lines(readings: Iterable[Reading]) -> frozenset[str]:
    """The lines that stand on eight pages or more without a link; a link alone in its line is no template."""
    of_pages = ({each.text.strip() for each in reading.passages if _is_unlinked(each)} for reading in readings)
    return frozenset(text for text, n_pages in Counter(chain.from_iterable(of_pages)).items() if n_pages >= _ON_MANY)


def _is_unlinked(passage: Passage) -> bool:
    return all(segment.is_prose for segment in passage.segments)


def line_kind(passage: Passage, templates: frozenset[str]) -> LineKind:
    """The kind of the passage's line, whatever it links; LINKS is for the caller to tell."""
    text = passage.text
    if text.strip() in templates:
        return LineKind.TEMPLATE
    if passage.kind in _KIND_OF:
        return _KIND_OF[passage.kind]
    if _is_code(text):
        return LineKind.CODE
    if _SOURCE.search(text):
        return LineKind.SOURCE
    return LineKind.PROSE


_KIND_OF: Final = {"quote": LineKind.QUOTE, "table": LineKind.TABLE, "table_title": LineKind.TABLE}


def _is_code(text: str) -> bool:
    n_signs = len(_SIGNS.findall(text))
    if n_signs >= _FEWEST_SIGNS and n_signs >= _MOST_SIGNS * len("".join(text.split())):
        return True
    if _STARTS_OUTPUT.match(text) or any(words in text for words in _IN_OUTPUT):
        return True
    # looked for only where it can be, since most lines have none
    return (":" in text and _WITH_COLON.search(text) is not None) or (
        "ERR!" in text and re.search(r"\bERR!", text) is not None
    )


def line_kinds(readings: Sequence[Reading], templates: frozenset[str]) -> list[int]:
    """Per page its title, which counts as prose, and its passages."""
    return [
        int(kind)
        for reading in readings
        for kind in (LineKind.PROSE, *(line_kind(passage, templates) for passage in reading.passages))
    ]
