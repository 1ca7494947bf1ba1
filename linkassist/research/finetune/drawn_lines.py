"""Which lines of a page are read in one step of training: others each time, so that a few pages teach more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch

from linkassist.research.finetune.link_examples import LinkedWiki
from linkassist.research.finetune.pairs import Pair

_LEAST_LINES: Final = 4
_DROPPED: Final = 0.3  # of a page's lines


def is_long(wiki: LinkedWiki, page: int) -> bool:
    """Whether the page has lines to choose from; a shorter one is read whole."""
    return len(_lines(wiki, page)) >= _LEAST_LINES


def drawn_texts(wiki: LinkedWiki, pair: Pair) -> tuple[str, str]:
    """What of a pair is read in one step, drawn by torch's seed.

    Of two pages the title and most of the other lines, so that no single line decides; of a page with itself two
    halves of its lines.
    Source of the halves: Lee et al. 2019, section 4 (inverse cloze task), https://arxiv.org/abs/1906.00300
    """
    if pair.page == pair.other:
        return _halves(_lines(wiki, pair.page))
    return _most(_lines(wiki, pair.page)), _most(_lines(wiki, pair.other))


def _halves(lines: Sequence[str]) -> tuple[str, str]:
    order = torch.randperm(len(lines)).tolist()
    middle = len(lines) // 2
    first, second = sorted(order[:middle]), sorted(order[middle:])
    return "\n".join(lines[at] for at in first), "\n".join(lines[at] for at in second)


def _most(lines: Sequence[str]) -> str:
    if len(lines) < _LEAST_LINES:
        return "\n".join(lines)
    is_kept = torch.rand(len(lines)) >= _DROPPED
    is_kept[0] = True
    return "\n".join(line for line, kept in zip(lines, is_kept.tolist(), strict=True) if kept)


def _lines(wiki: LinkedWiki, page: int) -> list[str]:
    return wiki.texts[page].split("\n")
