r"""The regular expressions of Scrapbox notation, in the order in which they are matched.

An earlier rule takes precedence over the whole line: a code span wins over a bracket that begins before it. Each
pattern here is that of the reference implementation (npm `@progfay/scrapbox-parser`), in its order, with groups for the
parts we need. JavaScript's `\s` and `.` are spelled out, because Python's differ (U+FEFF, U+001C, CR).

Every pattern reads a line in linear time. One that could look far ahead from each of many openings, in vain, has a
second alternative without groups, a *skip*: it takes the stretch that was looked at, in which no later opening can
match either, so that the search goes on behind it. Where the engine could try one opening in many ways, all but one of
them hopeless, the repeats are possessive (`++`) or atomic (`(?>`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
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
    "icon",
    "location",
    "link",
    "hashtag",
]

# Quick tests for a rule: an opening bracket with a sign after it, "://", ".icon", ",E" or ",W", "]", "#".
Look = Literal["sign", "address", "icon", "place", "bracket", "tag"]

# The white space of JavaScript regular expressions, ready for a character class and for `str.lstrip`.
WHITE = "\t\n\v\f\r \u00a0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000\ufeff"
_BREAKS = r"\n\r\u2028\u2029"
_ANY = rf"[^{_BREAKS}]"
_IMAGE = r"\.(?:png|jpe?g|gif|svg|webp)"
_GYAZO = r"https?://(?:[0-9a-z-]+\.)?gyazo\.com/[0-9a-f]{32}"
_URL = rf"https?://[^{WHITE}\]]++"
_SOURCE = rf"https?://[^{WHITE}\]]+{_IMAGE}(?:\?[^\]{WHITE}]+)?"
# The whole address up to white space or a bracket; the last name of a picture in it that will do.
_WHOLE_SOURCE = rf"(?>{_SOURCE}(?=[{WHITE}\]]))"
_PLACE = r"[NS][0-9]+(?:\.[0-9]+)?,[EW][0-9]+(?:\.[0-9]+)?(?:,Z[0-9]+)?"


@dataclass(frozen=True, slots=True)
class Rule:
    """One form of one notation.

    look: the quick test that a text with a match passes; `rules_for` leaves out the other rules.
    closing: text that every match ends with, so that nothing after its last occurrence is searched.
    nests: whether it is valid inside decorations and bold. in_tables: whether it is valid in a table cell, which
    otherwise shows it verbatim.
    """

    kind: RuleKind
    look: Look
    pattern: re.Pattern[str]
    closing: str = ""
    nests: bool = False
    in_tables: bool = False


def _compiled(pattern: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    # ASCII keeps the folding of JavaScript, where ſ is no s.
    return re.compile(pattern, re.ASCII | re.IGNORECASE if ignore_case else re.ASCII)


_BLANK = _compiled(rf"\[([{WHITE}]+)\]")
# A pair of brackets inside is taken whole where that is possible, a lone [ is a character like any other.
_DECORATION = _compiled(r"""\[([!"#%&'()*+,\-./{|}<>_~]+) ((?:[^\[\]]++|\[[^\[\]]+\]|\[)+)\]""")
# Skip: where the line breaks before any " ]", it does so for every opening up to the break.
_SPACED_MATH = _compiled(rf"\[\$ (?:({_ANY}+?) \]|{_ANY}*+)")
_MATH = _compiled(r"\[\$ ([^\]]+)\]")
_BOLD_IMAGE = _compiled(rf"\[\[(?:(https?://[^{WHITE}\]]+{_IMAGE})\]\]|{_URL})", ignore_case=True)
_BOLD_GYAZO = _compiled(rf"\[\[({_GYAZO})\]\]")
_BOLD_ICON = _compiled(r"\[\[([^\[\]]*)\.icon(?:\*([0-9]+))?\]\]")
# Skip: where the line breaks before any "]]", it does so for every opening but one right at the break, since the first
# character of what is bold may be the break itself.
_BOLD_BEGINS = r"(?:[^\[]|\[[^\[])"
_BOLD = _compiled(
    rf"\[\[(?:({_BOLD_BEGINS}{_ANY}*?\]*)\]\]|{_BOLD_BEGINS}(?:[^\[{_BREAKS}]++|\[(?!\[?\[?[{_BREAKS}]))*+)"
)
_PICTURE = _compiled(rf"\[(?:({_WHOLE_SOURCE})(?:[{WHITE}]++({_URL}))?\]|{_URL})", ignore_case=True)
# The address behind the first is known to end at a bracket before it is looked through for the name of a picture.
_LINKED_PICTURE = _compiled(
    rf"\[(?:({_URL})[{WHITE}]++(?=[^{WHITE}\]]++\])({_WHOLE_SOURCE})\]|{_URL})", ignore_case=True
)
_GYAZO_PICTURE = _compiled(rf"\[({_GYAZO}(?:/raw)?)(?:[{WHITE}]+({_URL}))?\]")
_LINKED_GYAZO = _compiled(rf"\[(?:({_URL})[{WHITE}]++({_GYAZO}(?:/raw)?)\]|{_URL})")
# Skip: what decides stands before the next ], and is the same for every opening up to there.
_URL_LABEL = _compiled(rf"\[(?:({_URL})[{WHITE}]++([^\]]*[^{WHITE}])\]|{_URL}(?:[{WHITE}][^\]]*+)?)")
_LABELLED_URL = _compiled(rf"\[([^\[\]]*[^{WHITE}])[{WHITE}]+({_URL})\]")
_BRACKETED_URL = _compiled(rf"\[(?:({_URL})\]|{_URL})")
_BARE_URL = _compiled(rf"(https?://[^{WHITE}]+)")
_ICON = _compiled(r"\[([^\[\]]*)\.icon(?:\*([1-9][0-9]*))?\]")
_NAMED_PLACE = _compiled(rf"\[(?:([^\]]*[^{WHITE}])[{WHITE}]+({_PLACE})\]|[^\]]*+)")
_PLACE_NAMED = _compiled(rf"\[(?:({_PLACE})(?:[{WHITE}]++([^\]]*[^{WHITE}]))?\]|{_PLACE}[{WHITE}][^\]]*+)")
_LINK = _compiled(r"\[([^\[\]]+)\]")
_HASHTAG = _compiled(rf"(?<=[{WHITE}])#([^{WHITE}]+)")

# The code rule stands apart: a command line is looked for between it and the others.
CODE = Rule("code", "sign", _compiled(r"`([^`\n\r\u2028\u2029]*)`"))
LINK = Rule("link", "bracket", _LINK, "]", nests=True, in_tables=True)
RULES: tuple[Rule, ...] = (
    Rule("blank", "sign", _BLANK, "]", nests=True),
    Rule("decoration", "sign", _DECORATION, "]"),
    Rule("math", "sign", _SPACED_MATH, " ]"),
    Rule("math", "sign", _MATH, "]"),
    Rule("bold_image", "sign", _BOLD_IMAGE, "]]"),
    Rule("bold_image", "sign", _BOLD_GYAZO, "]]"),
    Rule("bold_icon", "sign", _BOLD_ICON, "]]"),
    Rule("bold", "sign", _BOLD, "]]"),
    Rule("image", "address", _PICTURE, "]", nests=True),
    Rule("linked_image", "address", _LINKED_PICTURE, "]", nests=True),
    Rule("image", "address", _GYAZO_PICTURE, "]", nests=True),
    Rule("linked_image", "address", _LINKED_GYAZO, "]", nests=True),
    Rule("url_label", "address", _URL_LABEL, "]", nests=True),
    Rule("labelled_url", "address", _LABELLED_URL, "]", nests=True),
    Rule("url", "address", _BRACKETED_URL, "]", nests=True),
    Rule("url", "address", _BARE_URL, nests=True),
    Rule("icon", "icon", _ICON, "]", nests=True, in_tables=True),
    Rule("location", "place", _NAMED_PLACE, "]"),
    Rule("location", "place", _PLACE_NAMED, "]"),
    LINK,
    Rule("hashtag", "tag", _HASHTAG, nests=True),
)


def rules_for(piece: str, *, is_nested: bool) -> tuple[Rule, ...]:
    """The rules that can match in a piece of a line, in their order."""
    return _rules_for(
        _SIGN.search(piece) is not None,
        "://" in piece,
        ".icon" in piece,
        _PLACE_MARK.search(piece) is not None,
        "]" in piece,
        "#" in piece,
        is_nested,
    )


@lru_cache(maxsize=128)
def _rules_for(
    sign: bool, address: bool, icon: bool, place: bool, bracket: bool, tag: bool, is_nested: bool
) -> tuple[Rule, ...]:
    shown: dict[Look, bool] = {
        "sign": sign,
        "address": address,
        "icon": icon,
        "place": place,
        "bracket": bracket,
        "tag": tag,
    }
    return tuple(rule for rule in RULES if shown[rule.look] and (rule.nests or not is_nested))


_SIGN = _compiled(rf"""\[[!"#%&'()*+,\-./{{|}}<>_~$\[{WHITE}]""")
_PLACE_MARK = _compiled(r",[EW]")
HELPFEEL = _compiled(rf"\? ({_ANY}+)\Z")
NUMBER = _compiled(r"([0-9]+)\. ")  # begins a numbered line where no BREAK follows
BREAK = _compiled(rf"[{_BREAKS}]")
COMMAND = _compiled(rf"[$%] ({_ANY}+)\Z")
IMAGE_URL = _compiled(rf"(?:{_SOURCE}|{_GYAZO}(?:/raw)?)\Z", ignore_case=True)
GYAZO_PAGE = _compiled(rf"{_GYAZO}\Z")
HASHTAG = _compiled(rf"#([^{WHITE}]+)")
# A line of a page that a link points into, behind the title.
LINE_ID = _compiled(r"#[0-9a-f]{24,32}\Z")
