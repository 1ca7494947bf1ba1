"""The future-links test from a single export: its earlier state is reconstructed from the times of its lines.

The newest pages are asked about; of the older ones only the lines written before are kept, with their present text, so
a link put into an old line later is seen too early. Two exports avoid this. Without usable times, the links of random
pages are hidden instead. That is an easier test: other pages already link back to them, and those links stay.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from linkassist.errors import LinkAssistError
from linkassist.evaluate.futures import FuturesTest, ask_about, distinct_pages
from linkassist.scrapbox.notation import page_links
from linkassist.suggest.date_titles import is_date_title
from linkassist.wiki import Page

_SHARE_ASKED = 0.12
_LEAST_ASKED = 30
_MOST_ASKED = 500
_MIN_TIMED = 0.9  # the share of pages and of lines that must have a time
_LEAST_KEPT = 0.5  # of the older pages' lines; fewer are left if an import gave all lines one new time


def build_one_wiki_test(
    pages: Iterable[Page], *, is_blind: bool, n_asked: int | None = None, seed: int = 0
) -> FuturesTest:
    """The test from one wiki: by the times of its lines if they are usable, else by hiding links.

    n_asked: about how many pages to ask about; None: an eighth or so, 30 at least and 500 at most. Never more than
    half. seed: chooses the pages whose links are hidden. Raises LinkAssistError if there are no links to find.
    """
    wiki = distinct_pages(pages)
    n = n_asked or min(_MOST_ASKED, max(_LEAST_ASKED, round(_SHARE_ASKED * len(wiki))))
    test = _by_times(wiki, n, is_blind=is_blind) or _by_hiding(wiki, n, is_blind=is_blind, seed=seed)
    if not test.asks_anything:
        raise LinkAssistError(
            f"The wiki's {len(wiki):,} pages make no test: none of them links two things that other pages know too. "
            "Measure again when it has more links, or name two exports of another project."
        )
    return test


def _by_times(wiki: Sequence[Page], n_asked: int, *, is_blind: bool) -> FuturesTest | None:
    """The test by the times of the pages and lines; None if they are not usable."""
    created = sorted((page.created for page in wiki if not is_date_title(page.title)), reverse=True)
    n_asked = min(n_asked, len(created) // 2)
    if not n_asked or not has_times(wiki):
        return None
    cutoff = created[n_asked - 1] - 1  # just before the first of them
    older = [page for page in wiki if page.created <= cutoff]
    newer = [page for page in wiki if page.created > cutoff and not is_date_title(page.title)]
    before = [as_it_stood(page, cutoff) for page in older]
    has_one_time = len(newer) >= 2 * n_asked  # many pages share the time of the cutoff
    if has_one_time or _n_lines(before) < _LEAST_KEPT * _n_lines(older):
        return None
    test = ask_about(newer, before, {page.key for page in before}, is_blind=is_blind, is_by_id=False)
    return replace(test, origin="line times", cutoff=cutoff) if test.asks_anything else None


def has_times(wiki: Sequence[Page]) -> bool:
    """Whether at least nine in ten of the pages, and of the lines, have a time of creation."""
    pages = [page.created > 0 for page in wiki]
    lines = [line.created > 0 for page in wiki for line in page.lines[1:]]
    return sum(pages) >= _MIN_TIMED * len(pages) and sum(lines) >= _MIN_TIMED * len(lines)


def as_it_stood(page: Page, cutoff: int) -> Page:
    """The page with its title and only the lines written by the Unix second `cutoff`, with their present text."""
    return replace(page, lines=(*page.lines[:1], *(line for line in page.lines[1:] if line.created <= cutoff)))


def _by_hiding(wiki: Sequence[Page], n_asked: int, *, is_blind: bool, seed: int) -> FuturesTest:
    """The test that hides all links of random pages, of those with two or more links that other pages know."""
    titles = {page.key for page in wiki}
    links = [{link.key for link in page_links(page.texts) if not is_date_title(link.target)} for page in wiki]
    n_linking = Counter(key for keys in links for key in keys)
    eligible = [
        number
        for number, (page, keys) in enumerate(zip(wiki, links, strict=True))
        if not is_date_title(page.title) and sum(key in titles or n_linking[key] > 1 for key in keys - {page.key}) >= 2
    ]
    chosen = set(random.Random(seed).sample(eligible, min(n_asked, (len(eligible) + 1) // 2)))
    rest = [page for number, page in enumerate(wiki) if number not in chosen]
    hidden = [page for number, page in enumerate(wiki) if number in chosen]
    return replace(ask_about(hidden, rest, titles, is_blind=is_blind, is_by_id=False), origin="hidden links")


def _n_lines(pages: Sequence[Page]) -> int:
    """The number of lines, without titles."""
    return sum(len(page.lines) - 1 for page in pages)
