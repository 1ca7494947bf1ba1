"""Long texts as windows that a model can take, each with its span, and the way back: a text's vector from its windows'.

Windows begin and end where lines and sentences do, as far as these fit. What counts tokens is passed in.
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

# What ends a line or a sentence.
_END = re.compile(r"[\n。．！？!?]+|\.\s+")


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a text that fits into the model. span: in code points of the text. n_tokens: of what it cuts out."""

    span: Span
    n_tokens: int


def windows(text: str, count_tokens: CountTokens, max_tokens: int, overlap: int = 0) -> list[Window]:
    """The text as windows of at most `max_tokens` tokens, the special ones not counted, in order; one if it fits.

    overlap: about how many tokens at the end of a window the next one begins with again; less where sentences are
    longer, and below `max_tokens`. Together the windows cover the text. count_tokens: of a stretch by itself.

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
        while window.n_tokens > max_tokens and after - first > 1:  # joined, they may be cut into more tokens than apart
            first, after = (first + 1, after) if first < done else (first, after - 1)
            window = _joined(text, units[first:after], count_tokens)
        found.append(window)
        done = after
    return found


def weighted_means(vectors: Tensor, texts: Sequence[int], weights: Sequence[float], n_texts: int) -> Tensor:
    """(n_texts, width): of each text, the mean of its windows' vectors by their weights, such as their tokens.

    vectors: (windows, width). texts, weights: a number per window. A text whose weights are all 0 has the zero vector.

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
    """One past the last of the units from `first` on that fit into a window together; at least one does."""
    after, n_tokens = first + 1, units[first].n_tokens
    while after < len(units) and n_tokens + units[after].n_tokens <= max_tokens:
        n_tokens += units[after].n_tokens
        after += 1
    return after


def _reach_back(units: Sequence[Window], after: int, overlap: int) -> int:
    """The first of the units before `after` that hold `overlap` tokens or fewer together."""
    first, n_tokens = after, 0
    while first > 0 and n_tokens + units[first - 1].n_tokens <= overlap:
        first -= 1
        n_tokens += units[first].n_tokens
    return first


def _units(text: str, count_tokens: CountTokens, max_tokens: int) -> Iterator[Window]:
    """The sentences of the text, and of those that are too long the halves, as often as needed."""
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
    """Where to cut: after the blank that is nearest to the middle, in the middle half; else in the middle."""
    middle, reach = (span.start + span.end) // 2, (span.end - span.start) // 4
    cuts = [at + 1 for at in range(middle - reach, middle + reach) if text[at].isspace()]
    return min(cuts, key=lambda at: abs(at - middle), default=middle)
