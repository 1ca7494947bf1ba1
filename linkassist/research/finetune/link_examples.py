"""A wiki as a link prediction data set: the texts of its pages, the linked pairs, and a split by time.

Pages are ordered by age: the oldest are the training part, then the dev set, and the newest are the test. A linked pair
belongs to the part of its newer page, so training sees none of the test's pages and links. The text of a page is as it
stood at the end of its part: lines written after the first page of the next part are left out. No text has brackets.
*Inline* keeps the words of the links; *blind* removes them everywhere in the page, so that only its topic is left.

Without usable times, a hash of seed and title takes their place. The pairs of the questions are chosen in `pairs.py`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from linkassist.errors import LinkAssistError
from linkassist.evaluate.futures import distinct_pages, without_links
from linkassist.evaluate.single_wiki import as_it_stood, has_times
from linkassist.scrapbox.page_text import SEPARATOR, read_page
from linkassist.suggest.date_titles import is_date_title
from linkassist.wiki import Page, title_key

_SHARE_DEV: Final = 0.1
_SHARE_TEST: Final = 0.2
_LEAST_KEPT: Final = 0.5  # of the training pages' lines; fewer are left if an import gave all lines one time
_LEAST_PAIRS: Final = (10, 2, 2)  # to train on, to stop by, to test with
_HUB_SHARE: Final = 0.05  # a target linked by a larger share of the pages is a hub


@dataclass(frozen=True, slots=True)
class Part:
    """The pages of one part of the split, and the links at its end.

    pages: their numbers. linked: for each of them, the older pages that it links or that link it.
    outlinks: for each page up to the last of them, its own title key and those it links, without hubs.
    """

    pages: range
    linked: tuple[frozenset[int], ...]
    outlinks: tuple[frozenset[str], ...]

    @property
    def n_linked(self) -> int:
        """How many pairs of linked pages there are."""
        return sum(map(len, self.linked))

    def linked_with(self, page: int) -> frozenset[int]:
        """The older pages that `page`, one of `pages`, is linked with."""
        return self.linked[page - self.pages.start]

    def are_related(self, page: int, other: int) -> bool:
        """Whether they are linked or share an outlink, so that they are no clear negative. One is in `pages`."""
        is_linked = min(page, other) in self.linked_with(max(page, other))
        return is_linked or not self.outlinks[page].isdisjoint(self.outlinks[other])


@dataclass(frozen=True, slots=True)
class LinkedWiki:
    """Titles and texts by number, oldest first, and the three parts. seed: of the order without times."""

    titles: tuple[str, ...]
    texts: tuple[str, ...]
    train: Part
    dev: Part
    test: Part
    is_blind: bool
    is_by_time: bool
    seed: int


def build_linked_wiki(pages: Iterable[Page], *, is_blind: bool, seed: int = 0) -> LinkedWiki:
    """The examples of a wiki, diary pages left out.

    Raises LinkAssistError where it has too few linked pages to learn from or to test with.
    """
    wiki = [page for page in distinct_pages(pages) if not is_date_title(page.title)]
    by_time = sorted(wiki, key=lambda page: (page.created, page.key))
    cutoffs = _cutoffs(by_time)
    if cutoffs:
        wiki = by_time
        bounds = [sum(page.created <= cutoff for page in wiki) for cutoff in cutoffs]
    else:
        wiki = sorted(wiki, key=lambda page: hashlib.sha256(f"{seed} {page.key}".encode()).digest())
        bounds = _bounds(len(wiki))
    ranges = [range(bounds[0]), range(bounds[0], bounds[1]), range(bounds[1], len(wiki))]
    parts: list[Part] = []
    texts: list[str] = []
    for number, numbers in enumerate(ranges):
        known = wiki[: numbers.stop]
        if cutoffs and number < len(cutoffs):
            known = [as_it_stood(page, cutoffs[number]) for page in known]
        parts.append(_part(known, numbers))
        texts += [plain_text(page, is_blind=is_blind) for page in known[numbers.start :]]
    n_pairs = [part.n_linked for part in parts]
    if any(n < least for n, least in zip(n_pairs, _LEAST_PAIRS, strict=True)):
        raise LinkAssistError(
            f"The wiki's {len(wiki):,} pages hold {n_pairs[0]:,} links between pages to learn from, {n_pairs[1]:,} to "
            f"stop by and {n_pairs[2]:,} to test with; expected {', '.join(map(str, _LEAST_PAIRS))} at least. "
            "Take a wiki whose pages link each other more."
        )
    train, dev, test = parts
    return LinkedWiki(
        titles=tuple(page.title for page in wiki),
        texts=tuple(texts),
        train=train,
        dev=dev,
        test=test,
        is_blind=is_blind,
        is_by_time=cutoffs is not None,
        seed=seed,
    )


def plain_text(page: Page, *, is_blind: bool) -> str:
    """The title and visible text of a page, line by line, without link notation.

    Blind, the titles of the linked pages are removed too, wherever the page says them except in its own title.
    """
    if not is_blind:
        return read_page(page).text.replace(SEPARATOR, " ")
    targets = sorted(read_page(page).links, key=len, reverse=True)
    title, *lines = read_page(without_links(page, is_blind=True)).text.replace(SEPARATOR, " ").split("\n")
    if targets:
        spelt = re.compile("|".join(re.escape(target) for target in targets), re.IGNORECASE)
        lines = [spelt.sub(" ", line) for line in lines]
    return "\n".join([title, *lines])


def _part(known: Sequence[Page], numbers: range) -> Part:
    """The part of the pages `known[numbers.start:]`, with the links of all `known` pages."""
    number = {page.key: at for at, page in enumerate(known)}
    n_linking: dict[str, int] = {}
    targets: list[set[str]] = []
    linked: list[set[int]] = [set() for _ in known]
    for at, page in enumerate(known):
        reading = read_page(page)
        keys = {title_key(target) for target in (*reading.links, *reading.also_linked)} - {page.key}
        targets.append(keys)
        for key in keys:
            n_linking[key] = n_linking.get(key, 0) + 1
            other = number.get(key)
            if other is not None:
                linked[max(at, other)].add(min(at, other))
    hubs = {key for key, n in n_linking.items() if n > max(10, _HUB_SHARE * len(known))}
    return Part(
        pages=numbers,
        linked=tuple(frozenset(others) for others in linked[numbers.start :]),
        outlinks=tuple(
            frozenset({page.key} | {key for key in keys if key not in hubs})
            for page, keys in zip(known, targets, strict=True)
        ),
    )


def _bounds(n_pages: int) -> list[int]:
    """The page numbers at which the dev set and the test begin."""
    n_test, n_dev = round(_SHARE_TEST * n_pages), round(_SHARE_DEV * n_pages)
    return [n_pages - n_test - n_dev, n_pages - n_test]


def _cutoffs(by_time: Sequence[Page]) -> tuple[int, int] | None:
    """The Unix seconds just before the first page of the dev set and of the test; None if the times are not usable."""
    if len(by_time) < 10 or not has_times(by_time):
        return None
    bounds = _bounds(len(by_time))
    before_dev, before_test = (by_time[bound].created - 1 for bound in bounds)
    older = [page for page in by_time if page.created <= before_dev]
    # An import gives many pages one time, which does not order them.
    if before_dev == before_test or len(older) < len(by_time) // 2:
        return None
    n_lines = sum(len(page.lines) for page in older)
    n_kept = sum(len(as_it_stood(page, before_dev).lines) for page in older)
    return (before_dev, before_test) if n_kept >= _LEAST_KEPT * n_lines else None
