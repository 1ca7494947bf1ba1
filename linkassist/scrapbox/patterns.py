r"""How each notation of a line is recognised, and in which order.

Scrapbox gives the earlier rule the right of way over the whole line: a code span wins over a bracket that begins before
it. Each pattern here is that of the reference implementation (npm `@progfay/scrapbox-parser`), in its order, with
groups for the parts we need. JavaScript's `\s` and `.` are spelled out, because Python's differ (U+FEFF, U+001C, CR).
What the parts become is left to `notation.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

RuleKind = Literal[
    "code",
    "blank",
    "decoration",
    "math",
    "bold_image",
    "bold_icon",
    "bold",
    "image",
    "linked_image",
    "labelled_url",
    "url_label",
    "url",
    "bare_url",
    "icon",
    "location",
    "link",
    "hashtag",
]

# The white space of JavaScript regular expressions, for use inside a character class.
WHITE = r"\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_ANY = r"[^\n\r\u2028\u2029]"
_IMAGE = r"\.(?:png|jpe?g|gif|svg|webp)"
_GYAZO = r"https?://(?:[0-9a-z-]+\.)?gyazo\.com/[0-9a-f]{32}"
_URL = rf"https?://[^{WHITE}\]]+"
_PLACE = r"[NS][0-9]+(?:\.[0-9]+)?,[EW][0-9]+(?:\.[0-9]+)?(?:,Z[0-9]+)?"


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to write one notation.

    `needle`: text that every match holds, for a cheap first look. `closing`: text that every match ends with, so that
    nothing behind its last occurrence is searched. `nests`: whether it is known inside decorations and bold.
    `in_tables`: whether a table cell shows it as notation; where not, the cell shows it as written.
    """

    kind: RuleKind
    pattern: re.Pattern[str]
    needle: str
    closing: str = ""
    nests: bool = False
    in_tables: bool = False


def _compiled(pattern: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    # ASCII keeps the folding of JavaScript, where ſ is no s.
    return re.compile(pattern, re.ASCII | re.IGNORECASE if ignore_case else re.ASCII)


_IMAGE_SOURCE = rf"{_URL}{_IMAGE}(?:\?[^\]{WHITE}]+)?"

# The code rule stands alone: a command line is looked for between it and the others.
CODE = Rule("code", _compiled(r"`([^`\n\r\u2028\u2029]*)`"), "`")
RULES: tuple[Rule, ...] = (
    Rule("blank", _compiled(rf"\[([{WHITE}]+)\]"), "]", "]"),
    # A pair of brackets inside is taken whole where that is possible, a lone [ is a character like any other.
    Rule(
        "decoration",
        _compiled(r"""\[([!"#%&'()*+,\-./{|}<>_~]+) ((?:[^\[\]]++|\[[^\[\]]+\]|\[)+)\]"""),
        " ",
        "]",
    ),
    Rule("math", _compiled(rf"\[\$ ({_ANY}+?) \]"), "[$ ", " ]"),
    Rule("math", _compiled(r"\[\$ ([^\]]+)\]"), "[$ ", "]"),
    Rule("bold_image", _compiled(rf"\[\[({_URL}{_IMAGE})\]\]", ignore_case=True), "://", "]]"),
    Rule("bold_image", _compiled(rf"\[\[({_GYAZO})\]\]"), "[[http", "]]"),
    Rule("bold_icon", _compiled(r"\[\[([^\[\]]*)\.icon(?:\*([0-9]+))?\]\]"), ".icon", "]]"),
    Rule("bold", _compiled(rf"\[\[((?:[^\[]|\[[^\[]){_ANY}*?\]*)\]\]"), "[[", "]]"),
    Rule(
        "image",
        _compiled(rf"\[({_IMAGE_SOURCE})(?:[{WHITE}]+({_URL}))?\]", ignore_case=True),
        "://",
        "]",
        nests=True,
    ),
    Rule(
        "linked_image",
        _compiled(rf"\[({_URL})[{WHITE}]+({_IMAGE_SOURCE})\]", ignore_case=True),
        "://",
        "]",
        nests=True,
    ),
    Rule("image", _compiled(rf"\[({_GYAZO}(?:/raw)?)(?:[{WHITE}]+({_URL}))?\]"), "gyazo.com/", "]", nests=True),
    Rule("linked_image", _compiled(rf"\[({_URL})[{WHITE}]+({_GYAZO}(?:/raw)?)\]"), "gyazo.com/", "]", nests=True),
    Rule("url_label", _compiled(rf"\[({_URL})[{WHITE}]+([^\]]*[^{WHITE}])\]"), "[http", "]", nests=True),
    Rule(
        "labelled_url", _compiled(rf"\[([^\[\]]*[^{WHITE}])[{WHITE}]+({_URL})\]"), "http", "]", nests=True
    ),
    Rule("url", _compiled(rf"\[({_URL})\]"), "[http", "]", nests=True),
    Rule("bare_url", _compiled(rf"(https?://[^{WHITE}]+)"), "http", nests=True),
    Rule("icon", _compiled(r"\[([^\[\]]*)\.icon(?:\*([1-9][0-9]*))?\]"), ".icon", "]", nests=True, in_tables=True),
    Rule("location", _compiled(rf"\[([^\]]*[^{WHITE}])[{WHITE}]+({_PLACE})\]"), ",", "]"),
    Rule("location", _compiled(rf"\[({_PLACE})(?:[{WHITE}]+([^\]]*[^{WHITE}]))?\]"), ",", "]"),
    Rule("link", _compiled(r"\[([^\[\]]+)\]"), "]", "]", nests=True, in_tables=True),
    Rule("hashtag", _compiled(rf"(?<=[{WHITE}])#([^{WHITE}]+)"), "#", nests=True),
)

INDENT = _compiled(rf"[{WHITE}]*")
HELPFEEL = _compiled(rf"\? ({_ANY}+)\Z")
NUMBER = _compiled(rf"([0-9]+)\. (?={_ANY}*\Z)")
COMMAND = _compiled(rf"[$%] ({_ANY}+)\Z")
COORDINATES = _compiled(_PLACE)
IMAGE_URL = _compiled(rf"(?:{_IMAGE_SOURCE}|{_GYAZO}(?:/raw)?)\Z", ignore_case=True)
GYAZO_PAGE = _compiled(rf"{_GYAZO}\Z")
HASHTAG = _compiled(rf"#([^{WHITE}]+)")
# A line of a page that a link points into, behind the title.
LINE_ID = _compiled(r"#[0-9a-f]{24,32}\Z")
