"""The places in a text that are inside a character or a token, where neither a mention nor a phrase begins or ends."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import regex

from linkassist.suggest.corpus import BoolArray
from linkassist.suggest.folding import LATIN, OTHER, scripts

_APOSTROPHES = "'’"
_BETWEEN_LETTERS = f"{_APOSTROPHES}@."
_BETWEEN_DIGITS = ",:"
_HYPHENS = "-‐−"
_UNDERSCORES = "_＿"  # in the raw text: folding makes "_" of a space

# "svg-hosting" in "svg-hosting.example.com": a part of a host, or of a file's name.
_HYPHENATED = regex.compile(r"[a-z0-9]+(?:-[a-z0-9]+)+(?=\.[a-z])")

_CLUSTER = regex.compile(r"\X")
# One of these is among any two code points of a cluster: a Hangul syllable extends by a vowel or a final consonant.
_JOINING = regex.compile(r"[^\p{GCB=Other}\p{GCB=Control}\p{GCB=CR}\p{GCB=LF}\p{GCB=LV}\p{GCB=LVT}]")


def interiors(raw: str, folded: str) -> BoolArray:
    """(len(raw) + 1,): whether the place before that code point is inside a grapheme cluster or a token.

    folded: `folding.fold` of the text.
    """
    return token_interiors(raw, folded) | cluster_interiors(raw)


def cluster_interiors(raw: str) -> BoolArray:
    """(len(raw) + 1,): whether the place before that code point is inside a grapheme cluster.

    Source: UAX #29, section 3, https://unicode.org/reports/tr29/; the pair of CR and LF aside.
    """
    inside = np.zeros(len(raw) + 1, np.bool_)
    # stretches of joining code points with a neighbour on both sides: no cluster reaches beyond
    near = np.concatenate([[False], those_with(raw, lambda char: _JOINING.match(char) is not None), [False]])
    near[1:-1] = near[1:-1] | near[:-2] | near[2:]
    change = np.flatnonzero(np.diff(np.concatenate([[False], near[1:-1], [False]])))
    for start, end in change.reshape(-1, 2).tolist():
        inside[start + 1 : end] = True
        for cluster in _CLUSTER.finditer(raw[start:end]):
            inside[start + cluster.start()] = False
    return inside


def token_interiors(raw: str, folded: str) -> BoolArray:
    """(len(raw) + 1,): whether the place before that code point is inside a token. folded: `folding.fold` of the text.

    Kept together are Latin letters or digits with an apostrophe, "@" or "." between them ("don't", "Node.js"), digits
    with "," or ":" between them, letters of any script with a tab between them or "_" beside them, a hyphen and the
    digit behind it ("TOP-10"), words with a hyphen where one is a single letter ("e-mail", "vitamin-C"), and words
    with hyphens before a dot ("my-site.example.com"). A token ends before a possessive "'s".
    """
    codes, script = _codes(folded), scripts(folded)
    inside = np.zeros(len(codes) + 1, np.bool_)
    if len(codes) < 2:
        return inside
    is_word, is_latin = script != OTHER, script == LATIN
    is_digit = (codes >= ord("0")) & (codes <= ord("9"))

    # a sign between two code points: the places before and behind it
    joins = _is_one_of(codes, _BETWEEN_LETTERS) & _between(is_latin)
    joins |= _is_one_of(codes, _BETWEEN_DIGITS) & _between(is_digit)
    joins |= (codes == ord("\t")) & _between(is_word)
    inside[:-1] |= joins & ~are_possessive(codes, is_latin)
    inside[1:] |= joins

    # a letter alone on one side of a hyphen: "e-mail", "vitamin-C"
    part = is_latin | _is_one_of(codes, _HYPHENS)
    beyond = np.concatenate([[False, False], part, [False, False]])
    alone = _is_one_of(codes, _HYPHENS) & _between(is_latin) & ~(beyond[:-4] & beyond[4:])
    inside[:-1] |= alone
    inside[1:] |= alone

    before_digit = np.flatnonzero(_is_one_of(codes[:-1], _HYPHENS) & is_digit[1:])
    inside[before_digit + 1] = True
    inside[before_digit[before_digit > 0]] |= is_word[before_digit[before_digit > 0] - 1]

    for part in _HYPHENATED.finditer(folded):
        inside[part.start() + 1 : part.end()] = True

    beside = _is_one_of(_codes(raw), _UNDERSCORES)
    inside[1:-1] |= (beside[:-1] & (beside | is_word)[1:]) | (beside[1:] & is_word[:-1])
    return inside


def are_possessive(codes: npt.NDArray[np.uint32], is_latin: BoolArray) -> BoolArray:
    """Per code point of a folded text, whether it is an apostrophe before the "s" that ends a Latin word."""
    is_final_s = (codes == ord("s")) & ~np.append(is_latin[1:], False)
    return np.asarray(_is_one_of(codes, _APOSTROPHES) & np.append(is_final_s[1:], False))


def those_with(text: str, holds: Callable[[str], bool]) -> BoolArray:
    """(len(text),): whether `holds` is true of each code point; it is asked once about each that occurs."""
    codes = _codes(text)
    if len(codes) == 0:
        return np.zeros(0, np.bool_)
    table = np.bincount(codes) > 0
    distinct = np.flatnonzero(table)
    table[distinct] = [holds(chr(code)) for code in distinct.tolist()]
    return np.asarray(table[codes])


def _codes(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _is_one_of(codes: npt.NDArray[np.uint32], chars: str) -> BoolArray:
    found = np.zeros(len(codes), np.bool_)
    for char in chars:
        found |= codes == ord(char)
    return found


def _between(flags: BoolArray) -> BoolArray:
    """Per code point, whether both its neighbours are flagged."""
    found = np.zeros(len(flags), np.bool_)
    found[1:-1] = flags[:-2] & flags[2:]
    return found
