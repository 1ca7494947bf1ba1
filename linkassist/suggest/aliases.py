"""Titles of pages that only point to another page: where a text says them, the other page is meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from linkassist.suggest.corpus import Corpus, IntArray
from linkassist.suggest.mentions import Mentions


def resolved(pointing: Mapping[str, str], is_page: Mapping[str, object] | frozenset[str]) -> dict[str, str]:
    """By title key of a page that only points to another, the page that it leads to in the end.

    pointing: by title key, the title key that it points to. Left out are those in a circle and those that lead to no
    page.
    """
    found = {}
    for key in pointing:
        seen, at = {key}, pointing[key]
        while at in pointing and at not in seen:
            seen.add(at)
            at = pointing[at]
        if at not in seen and at in is_page:
            found[key] = at
    return found


def aliases_of(corpus: Corpus) -> dict[str, str]:
    """`resolved` of the pages of the corpus."""
    pointing = {key: target for key, target in zip(corpus.keys, corpus.points_to, strict=False) if target}
    return resolved(pointing, frozenset(corpus.keys[: corpus.n_pages])) if pointing else {}


def leads_to(corpus: Corpus) -> IntArray:
    """(targets,): the number of the target that each leads to, its own where it is no alias."""
    leads = np.arange(corpus.n_targets)
    aliases = aliases_of(corpus)
    number = {key: i for i, key in enumerate(corpus.keys)} if aliases else {}
    for key, target in aliases.items():
        leads[number[key]] = number[target]
    return leads


def followed(mentions: Mentions, leads: IntArray) -> Mentions:
    """The mentions, those of an alias as mentions of the target that it leads to. leads: from `leads_to`."""
    target = leads[mentions.target]
    return replace(mentions, target=target, is_exact=mentions.is_exact & (target == mentions.target))
