"""Splitting long texts into overlapping windows that fit into a model, and the weighted mean of the windows' vectors.

Windows end at line or sentence ends where these fit. The function that counts tokens is passed in.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from linkassist.wiki import Span

CountTokens = Callable[[str], int]

# The end of a line or a sentence.
_END = re.compile(r"[\n。．！？!?]+|\.\s+")


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a text that fits into the model. span: code points of the text. n_tokens: tokens of that part."""

    span: Span
    n_tokens: int


def windows(text: str, count_tokens: CountTokens, max_tokens: int, overlap: int = 0) -> list[Window]:
    """The text as windows of at most `max_tokens` tokens, special tokens not counted, in order; one if it fits.

    The windows cover the text. overlap: tokens, about, that a window repeats from the end of the one before; fewer
    where sentences are longer, and below `max_tokens`. count_tokens: the tokens of a part by itself.

    >>> [window.span.cut("ab. cd. ef.") for window in windows("ab. cd. ef.", len, 8, 4)]
    ['ab. cd. ', 'cd. ef.']
    """
    if not 0 <= overlap < max_tokens:
        raise ValueError(f"overlap is {overlap}; expected at least 0 and less than max_tokens, which is {max_tokens}")
    whole = Window(Span(0, len(text)), count_tokens(text))
    if whole.n_tokens <= max_tokens:
        return [whole]
    units = list(_units(text, count_tokens, max_tokens))
    found: list[Window] = []
    done = 0
    while done < len(units):
        first = _reach_back(units, done, min(overlap, max_tokens - units[done].n_tokens))
        after = _reach(units, first, max_tokens)
        window = _joined(text, units[first:after], count_tokens)
        while window.n_tokens > max_tokens and after - first > 1:  # joined sentences may have more tokens than apart
            first, after = (first + 1, after) if first < done else (first, after - 1)
            window = _joined(text, units[first:after], count_tokens)
        found.append(window)
        done = after
    return found


def weighted_means(vectors: Tensor, texts: Sequence[int], weights: Sequence[float], n_texts: int) -> Tensor:
    """(n_texts, width): per text, the weighted mean of its windows' vectors; zero where its weights are all 0.

    vectors: (windows, width). texts, weights: per window, its text's index and its weight, such as its tokens.

    >>> weighted_means(torch.tensor([[1.0], [4.0], [5.0]]), [0, 0, 1], [2, 1, 7], 2)
    tensor([[2.],
            [5.]])
    """
    owner = torch.tensor(list(texts), dtype=torch.int64)
    weight = torch.tensor(list(weights), dtype=vectors.dtype).unsqueeze(1)
    sums = vectors.new_zeros((n_texts, vectors.shape[1])).index_add_(0, owner, vectors * weight)
    totals = vectors.new_zeros((n_texts, 1)).index_add_(0, owner, weight)
    return sums / torch.where(totals > 0, totals, 1)


def _measured(text: str, span: Span, count_tokens: CountTokens) -> Window:
    return Window(span, count_tokens(span.cut(text)))


def _joined(text: str, units: Sequence[Window], count_tokens: CountTokens) -> Window:
    return _measured(text, Span(units[0].span.start, units[-1].span.end), count_tokens)


def _reach(units: Sequence[Window], first: int, max_tokens: int) -> int:
    """The end of the longest run of units from `first` on that fits into a window; at least one unit."""
    after, n_tokens = first + 1, units[first].n_tokens
    while after < len(units) and n_tokens + units[after].n_tokens <= max_tokens:
        n_tokens += units[after].n_tokens
        after += 1
    return after


def _reach_back(units: Sequence[Window], after: int, overlap: int) -> int:
    """The start of the longest run of units that ends before `after` and has at most `overlap` tokens."""
    first, n_tokens = after, 0
    while first > 0 and n_tokens + units[first - 1].n_tokens <= overlap:
        first -= 1
        n_tokens += units[first].n_tokens
    return first


def _units(text: str, count_tokens: CountTokens, max_tokens: int) -> Iterator[Window]:
    """The sentences of the text; those that are too long are halved until they fit."""
    cuts = sorted({0, *(match.end() for match in _END.finditer(text)), len(text)})
    for start, end in itertools.pairwise(cuts):
        yield from _halved(text, Span(start, end), count_tokens, max_tokens)


def _halved(text: str, span: Span, count_tokens: CountTokens, max_tokens: int) -> Iterator[Window]:
    window = _measured(text, span, count_tokens)
    if window.n_tokens <= max_tokens or span.end - span.start == 1:
        yield window
        return
    middle = _middle(text, span)
    yield from _halved(text, Span(span.start, middle), count_tokens, max_tokens)
    yield from _halved(text, Span(middle, span.end), count_tokens, max_tokens)


def _middle(text: str, span: Span) -> int:
    """Where to split: after the space nearest to the middle, within the middle half; else in the middle."""
    middle, reach = (span.start + span.end) // 2, (span.end - span.start) // 4
    cuts = [at + 1 for at in range(middle - reach, middle + reach) if text[at].isspace()]
    return min(cuts, key=lambda at: abs(at - middle), default=middle)
