"""Pages that would keep a program for hours which compares all of a page's words, links or marks with each other."""

from __future__ import annotations

import json
from pathlib import Path

PROJECT = "long"
N_LINKS = 3_000
_WORDS = [f"word{number:05d}" for number in range(N_LINKS)]
PAGES = {
    "hedge": ["a hedge is a hedge [garden]"],
    "repeated words": ["hedge " * 30_000],
    "repeated lines": ["hedge " * 30] * 1_000,
    "many titles": [" ".join(_WORDS)],
    "many links": [" ".join(f"[{word}]" for word in _WORDS)],
    "many links in lines": [f"[{word}] and a little more" for word in _WORDS],
    "no spaces": ["x" * 100_000],
    "one script": ["漢字仮名交文" * 16_000, "あいうえおかきくけこ" * 10_000, "アイウエ・" * 20_000],
    "links without spaces": ["a[b]" * 25_000],
    "a repeated link": ["[hedge] " * 12_000],
    "nested titles": [" ".join(f"[{' '.join(['hedge'] * n)}]" for n in range(2, 60))],
    "icons": ["".join(f"[i{number}.icon]" for number in range(6_000))],
    "addresses": [" ".join(f"https://h{number}.example/a" for number in range(4_000))],
    "the same addresses": [" ".join(f"https://h{number}.example/a" for number in range(4_000))],
    "hashtags": [" ".join(f"#t{number}" for number in range(6_000))],
    "brackets": ["[[" * 40_000, "[http://a " * 10_000 + "]", "[[a" * 20_000 + "\u2028]]"],
    "tabs": ["table:x", " " + "\t" * 30_000],
    "many lines": ["hedge garden"] * 8_000,
    "quotes": ['"a" ' * 20_000],
    "marks upon letters": ["e\u0301" * 40_000],
    "T" * 5_000: ["a long title [hedge]"],
    "long links": [f"see [{'T' * 5_000}] and [{'U' * 5_000}]"],
    "code": ["code:x.py", *[" hedge = 1"] * 6_000],
    **{
        f"garden {number}": [f"[garden] hedge {_WORDS[number]} and [{_WORDS[number * 7 % 100]}]", "hedges and [hedge]"]
        for number in range(40)
    },
}


def write_hostile_export(file: Path) -> None:
    """The export of these pages, each made and changed a minute after the one before."""
    pages = [
        {"id": f"id{number}", "title": title, "created": 60 * number, "updated": 60 * number, "lines": [title, *lines]}
        for number, (title, lines) in enumerate(PAGES.items(), 1)
    ]
    file.write_text(json.dumps({"name": PROJECT, "displayName": PROJECT, "exported": 1, "users": [], "pages": pages}))
