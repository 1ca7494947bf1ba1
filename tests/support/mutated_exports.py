"""Exports that were damaged at random: in their values, in their bytes, or in both."""

from __future__ import annotations

import gzip
import json
import lzma
import random
from functools import partial

SEEDS = [
    {
        "name": "wiki",
        "displayName": "ウィキ",
        "exported": 1_700_000_000,
        "users": [{"id": "u1", "name": "a", "email": "a@example.com"}],
        "pages": [
            {"title": "リンク", "id": "1", "created": 1, "updated": 2, "views": 3, "lines": ["リンク", "[目次] #tag"]},
            {
                "title": "b",
                "id": "2",
                "lines": [{"text": "b", "created": 5, "userId": "u1"}, {"text": "\t[* [x]] `c`"}],
            },
            {"title": "c\u0000\u202e", "lines": ["c\u0000\u202e", "code:a.py", " [not a link]", "table:t", " [t]\t2"]},
        ],
    },
    {"pages": [{"title": "x", "lines": ["x", "[https://example.com a] [/p/q] [$ x^2] [a.icon] [[bold]]"]}]},
    [{"title": "只", "lines": ["只", "한국어 [연결]", "\ud83d\ude00 [🙂]"]}, {"title": "y", "lines": ["y", ""]}],
]
VALUES = [None, True, -1, 0, 1e308, 10**30, "", "x", "\u202e<script>", "\ud800", "[" * 50, [], [[]], {}, {"text": 1}]
SIGNS = [b"{", b"}", b"[", b"]", b'"', b"\\", b",", b":", b"\x00", b"\xff", b"\xe3\x81", b"\\ud800", b"1e999", b"null"]


def mutated(random_: random.Random) -> bytes:
    """An export that was damaged in its values, in its bytes, or in both, and sometimes packed."""
    tree = json.loads(json.dumps(random_.choice(SEEDS)))
    if random_.random() < 0.6:
        for _ in range(random_.randint(1, 3)):
            tree = _with_a_value_changed(tree, random_)
    data = json.dumps(tree, ensure_ascii=random_.random() < 0.5).encode("utf-8", "surrogatepass")
    if random_.random() < 0.6:
        data = _with_bytes_changed(data, random_)
    if random_.random() < 0.1:
        data = random_.choice([partial(gzip.compress, mtime=0), lzma.compress])(data)
        data = _with_bytes_changed(data, random_) if random_.random() < 0.5 else data
    return data


def _with_a_value_changed(tree: object, random_: random.Random) -> object:
    if not isinstance(tree, dict | list) or not tree or random_.random() < 0.15:
        return random_.choice(VALUES)
    if isinstance(tree, dict):
        key = random_.choice(list(tree))
        if random_.random() < 0.2:
            return {k: v for k, v in tree.items() if k != key}
        return tree | {key: _with_a_value_changed(tree[key], random_)}
    at = random_.randrange(len(tree))
    if random_.random() < 0.2:
        return [*tree, tree[at]] if random_.random() < 0.5 else tree[:at] + tree[at + 1 :]
    return [*tree[:at], _with_a_value_changed(tree[at], random_), *tree[at + 1 :]]


def _with_bytes_changed(data: bytes, random_: random.Random) -> bytes:
    for _ in range(random_.randint(1, 4)):
        at, end = sorted((random_.randint(0, len(data)), random_.randint(0, len(data))))
        end = min(end, at + random_.choice((1, 4, 40, 10_000)))
        how = random_.random()
        if how < 0.3:
            data = data[:at] + random_.choice(SIGNS) + data[at:]
        elif how < 0.6:
            data = data[:at] + bytes([random_.randrange(256)]) + data[at + 1 :]
        elif how < 0.7:
            data = data[:at] + data[end:]
        elif how < 0.8:
            data = data[:end] + data[at:end] + data[end:]
        elif how < 0.85:
            data = data[:at]
    return data
