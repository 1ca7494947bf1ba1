"""Data augmentation: a random sample of a page's lines in each training step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch

from linkassist.research.finetune.link_examples import LinkedWiki
from linkassist.research.finetune.pairs import Pair

_MIN_LINES: Final = 4
_DROPOUT: Final = 0.3  # the share of a page's lines


def is_long(wiki: LinkedWiki, page: int) -> bool:
    """Whether the page has enough lines to sample; a shorter one is read whole."""
    return len(_lines(wiki, page)) >= _MIN_LINES


def sampled_texts(wiki: LinkedWiki, pair: Pair) -> tuple[str, str]:
    """The sampled texts of a pair, by torch's random generator.

    Of two pages the title and most other lines of each, so that no single line decides; of a page paired with itself
    two disjoint halves of its lines.
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
    if len(lines) < _MIN_LINES:
        return "\n".join(lines)
    is_kept = torch.rand(len(lines)) >= _DROPOUT
    is_kept[0] = True
    return "\n".join(line for line, kept in zip(lines, is_kept.tolist(), strict=True) if kept)


def _lines(wiki: LinkedWiki, page: int) -> list[str]:
    return wiki.texts[page].split("\n")
