"""The notation is read in linear time, whatever a line holds, and each pattern finds what its plain form finds."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from linkassist.scrapbox.notation import parse_page
from linkassist.scrapbox.patterns import RULES, WHITE

HEX = "0123456789abcdef" * 2
GYAZO = f"https://gyazo.com/{HEX}"
MILLION = 1_000_000

# What comes first, what is repeated, what comes last. Each makes an opening that closes nowhere, or nearly so.
HOSTILE = {
    "links": ("", "[a link]", ""),
    "openings": ("", "[", ""),
    "openings before a closing": ("", "[", "]"),
    "closings": ("", "]", ""),
    "bold before a break": ("", "[[a", "\u2028]]"),
    "bold before a carriage return": ("", "[[a", "\r]]"),
    "bold broken at once": ("", "[[[\r", "]]"),
    "bold with lone closings": ("", "[[a] ", "]]"),
    "bold without an end": ("[[", "[", "\r]]"),
    "bold pictures": ("", "[[http://a.png", " ]]"),
    "bold picture names": ("[[http://a", ".png", "x]]"),
    "bold Gyazo pictures": ("", f"[[{GYAZO}", "]]"),
    "bold icons": ("[[", ".icon*1", " ]]"),
    "math before a break": ("", "[$ ", "\u2028 ]"),
    "math with breaks": ("", "[$ a\r", " ]"),
    "empty math": ("", "[$ ]", ""),
    "places without coordinates": ("", "[a ", ",E]"),
    "places with half their coordinates": ("", "[a N1,E2 ", "x]"),
    "coordinates without a name": ("", "[N1,E2 ", " ]"),
    "coordinates with digits": ("[a N", "1", ",E]"),
    "addresses in capitals": ("", "[HTTP://a", "]"),
    "addresses": ("", "[http://a", " ]"),
    "addresses with names": ("", "[http://a b ", " ]"),
    "addresses before white space": ("", "[http://a ", " ]"),
    "an address before much white space": (f"[http://a{' ' * 60_000}", "x", " ]"),
    "names before addresses": ("", "[a http://b", " ]"),
    "names in brackets before addresses": ("", "[a] http://b", " ]"),
    "pictures in one address": ("[http://a", ".png?", " x]"),
    "pictures in a second address": ("[http://a http://b", ".png?", " ]"),
    "pictures in half links": ("", "[http://a.png? ", "]"),
    "pictures that lead to half links": ("", "[http://a.png http://b", " ]"),
    "Gyazo pictures": ("", f"[{GYAZO} ", " ]"),
    "addresses that lead to Gyazo": ("", f"[http://a {GYAZO}", " ]"),
    "a host without an end": ("[https://", "a-", ".gyazo.com]"),
    "icons": ("", "[.icon", "]"),
    "icons in one bracket": ("[", ".icon*1", " ]"),
    "decorations": ("", "[* ", "]"),
    "a decoration around pairs": ("[* ", "[a pair]", " x"),
    "a decoration around openings": ("[* ", "[http://a b ", " ]]"),
    "bold around openings": ("[[", "[http://a ", " x]]"),
    "signs": ("[", "*", "]"),
    "blanks": ("[", "\u3000", "x]"),
    "code before breaks": ("", "`a\r", "]"),
    "empty code": ("", "`` code ", "`"),
    "hashtags": ("", " #hashtag", ""),
    "line ids": ("[", f"#{HEX[:23]}", "]"),
    "numbers": ("", "1234567. ", ""),
    "numbers before a break": ("", "1. ", "\r"),
    "questions before a break": ("", "? ", "\r"),
    "commands before a break": ("", "$ ", "\r"),
    "quotes": ("", ">", "[a"),
    "white space": ("", " ", "[a"),
}
# On an idle machine the slowest takes 4. What is quadratic takes hundreds at the first length, and an hour at the last.
MICROSECONDS_A_CHARACTER = 60


def hostile_line(name: str, length: int) -> str:
    first, repeated, last = HOSTILE[name]
    return first + repeated * ((length - len(first) - len(last)) // len(repeated)) + last


@pytest.mark.parametrize("name", HOSTILE)
def test_a_line_of_a_million_characters_takes_no_longer_a_character_than_a_short_one(name: str) -> None:
    for length in (MILLION // 8, MILLION // 4, MILLION // 2, MILLION):
        line = hostile_line(name, length)
        before = time.process_time()
        (parsed,) = parse_page(["t", line])[1:]
        took_s = time.process_time() - before
        assert took_s * 1e6 < MICROSECONDS_A_CHARACTER * length
        assert sum(token.span.end - token.span.start for token in parsed.tokens) == len(line)


@pytest.mark.parametrize("cell", ["? a\r", "1. a", "[[a\r", "[http://a ", "$ a\r", "[N1,E2 "])
def test_a_table_row_of_a_million_characters_is_read_in_linear_time(cell: str) -> None:
    for between in ("", "\t"):
        row = " " + (cell + between) * (MILLION // len(cell + between)) + " ]]"
        before = time.process_time()
        (parsed,) = parse_page(["t", "table:x", row])[2:]
        assert (time.process_time() - before) * 1e6 < MICROSECONDS_A_CHARACTER * MILLION
        assert sum(token.kind == "separator" for token in parsed.tokens) == row.count("\t")


# The patterns as the reference implementation has them, in the order of RULES, without a thought to their cost.
_W = f"[{WHITE}]"
_ANY = r"[^\n\r\u2028\u2029]"
_IMAGE = r"\.(?:png|jpe?g|gif|svg|webp)"
_GYAZO = r"https?://(?:[0-9a-z-]+\.)?gyazo\.com/[0-9a-f]{32}"
_URL = rf"https?://[^{WHITE}\]]+"
_SOURCE = rf"{_URL}{_IMAGE}(?:\?[^\]{WHITE}]+)?"
_PLACE = r"[NS][0-9]+(?:\.[0-9]+)?,[EW][0-9]+(?:\.[0-9]+)?(?:,Z[0-9]+)?"
_SPELT = [
    rf"\[({_W}+)\]",
    r"""\[([!"#%&'()*+,\-./{|}<>_~]+) ((?:[^\[\]]++|\[[^\[\]]+\]|\[)+)\]""",  # ++ or it takes exponential time
    rf"\[\$ ({_ANY}+?) \]",
    r"\[\$ ([^\]]+)\]",
    rf"(?i:\[\[({_URL}{_IMAGE})\]\])",
    rf"\[\[({_GYAZO})\]\]",
    r"\[\[([^\[\]]*)\.icon(?:\*([0-9]+))?\]\]",
    rf"\[\[((?:[^\[]|\[[^\[]){_ANY}*?\]*)\]\]",
    rf"(?i:\[({_SOURCE})(?:{_W}+({_URL}))?\])",
    rf"(?i:\[({_URL}){_W}+({_SOURCE})\])",
    rf"\[({_GYAZO}(?:/raw)?)(?:{_W}+({_URL}))?\]",
    rf"\[({_URL}){_W}+({_GYAZO}(?:/raw)?)\]",
    rf"\[({_URL}){_W}+([^\]]*[^{WHITE}])\]",
    rf"\[([^\[\]]*[^{WHITE}]){_W}+({_URL})\]",
    rf"\[({_URL})\]",
    rf"(https?://[^{WHITE}]+)",
    r"\[([^\[\]]*)\.icon(?:\*([1-9][0-9]*))?\]",
    rf"\[([^\]]*[^{WHITE}]){_W}+({_PLACE})\]",
    rf"\[({_PLACE})(?:{_W}+([^\]]*[^{WHITE}]))?\]",
    r"\[([^\[\]]+)\]",
    rf"(?<={_W})#([^{WHITE}]+)",
]
PLAIN = [re.compile(pattern, re.ASCII) for pattern in _SPELT]
_PIECES = [
    ["[", "]", "[[", "]]", " ", "a", "\r"],
    [
        "[",
        "]",
        " ",
        "a",
        "\u3000",
        "[http://a",
        "[HTTP://a",
        "[https://",
        "http://b",
        "https://c.png",
        ".png",
        ".PNG?",
        "?",
    ],
    ["[", "]", " ", "a", "[N1,E2", "S1.5,W2,Z3", "N1,E2", "\r"],
    ["[", "]", " ", "a", "[$ ", " ]", "\u2028"],
    ["[", "]", " ", "a", f"[{GYAZO}", GYAZO, "/raw", "[http://a", "http://b.png"],
    ["[", "]", "[[", "]]", " ", "a", ".icon", "*1", "[* ", "[-", "#", "[http://a.gif"],
]
LINE = st.sampled_from(_PIECES).flatmap(lambda pieces: st.lists(st.sampled_from(pieces), max_size=16)).map("".join)


def found(pattern: re.Pattern[str], line: str) -> list[tuple[int, int, tuple[str | None, ...]]]:
    return [(*match.span(), match.groups()) for match in pattern.finditer(line) if match.start(1) >= 0]


@settings(max_examples=2_000)
@given(LINE)
@example("[[a\r[[b]]")
@example("[[[\r]]")
@example("[[a [[[\r]]")
@example("[http:// [http://a b]")
@example("[http://a  [http://b c]]")
@example("[http://a.png?b.pngc]")
@example("[http://a http://b.png?c.pngd]")
@example("[a [b N1,E2] N3,E4]")
@example("[N1,E2 [N1,E2 ]]")
def test_a_pattern_that_skips_finds_what_its_plain_form_finds(line: str) -> None:
    for rule, plain in zip(RULES, PLAIN, strict=True):
        assert found(rule.pattern, line) == found(plain, line), rule.kind
