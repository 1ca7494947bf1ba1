"""Texts and pairs to BERT's token sequences: truncation, [CLS], [SEP] and token types.

As in `convert_examples_to_features` of https://github.com/yoheikikuta/bert-japanese (src/extract_features.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from linkassist.bert.tokenize.sentencepiece import Tokenizer

_PAIR = re.compile(r"^(.*) \|\|\| (.*)$")


@dataclass(frozen=True, slots=True)
class TokenSequence:
    """BERT's input for a text or a pair, [CLS] and [SEP] included: three lists of equal length, without padding.

    types: 0 for the first text with its [CLS] and [SEP], 1 for the second with its [SEP].
    """

    ids: list[int]
    types: list[int]
    pieces: list[str]


def split_pair(line: str) -> tuple[str, str | None]:
    """The two texts of a line with ` ||| `, stripped; the line and None where it has none.

    >>> split_pair("a ||| b ||| c")
    ('a ||| b', 'c')
    """
    line = line.strip()
    match = _PAIR.match(line)
    return (match[1], match[2]) if match else (line, None)


def token_sequence(tokenizer: Tokenizer, text_a: str, text_b: str | None, max_seq_length: int) -> TokenSequence:
    """The sequence of a text or a pair, of `max_seq_length` (at least 3) tokens at most.

    A pair is truncated from the end of the longer text, one token at a time; of equal lengths, from the second.
    A second text without pieces is ignored.
    """
    if max_seq_length < 3:
        raise ValueError(f"max_seq_length is {max_seq_length}; expected at least 3")
    first = tokenizer.pieces(text_a)
    second = tokenizer.pieces(text_b) if text_b else []
    first, second = _truncated(first, second, max_seq_length - (3 if second else 2))
    pieces = ["[CLS]", *first, "[SEP]"]
    ids = [tokenizer.cls_id, *tokenizer.ids(first), tokenizer.sep_id]
    types = [0] * len(ids)
    if second:
        pieces += [*second, "[SEP]"]
        ids += [*tokenizer.ids(second), tokenizer.sep_id]
        types += [1] * (len(second) + 1)
    return TokenSequence(ids, types, pieces)


def _truncated(first: list[str], second: list[str], n_tokens: int) -> tuple[list[str], list[str]]:
    n_first, n_second = len(first), len(second)
    while n_first + n_second > n_tokens:
        if n_first > n_second:
            n_first -= 1
        else:
            n_second -= 1
    return first[:n_first], second[:n_second]
