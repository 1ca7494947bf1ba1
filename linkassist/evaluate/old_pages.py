"""The other half of the test: the links that pages which stood already gained later, to words that stood on them.

New prose brings its own links, which nobody could have proposed; a word that stood there and was linked later is what a
reader of an old page is asked for. The pages keep all other links. Two exports show the gains exactly; in a single wiki
the times of its lines do: a link counts as gained if it stands only in lines that were written before half of the pages
were made, and changed after.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from statistics import median_low
from typing import Final

from linkassist.evaluate.futures import AskedPage, FuturesTest, distinct_pages, without_links
from linkassist.evaluate.single_wiki import as_it_stood, has_times
from linkassist.scrapbox.notation import page_links
from linkassist.scrapbox.page_text import read_page
from linkassist.suggest.date_titles import is_date_title
from linkassist.wiki import Page

_LEAST_LINKS: Final = 20  # with fewer to find, the figures would be chance
_SPACES: Final = re.compile(r"[ \t_]+")


def old_pages_test(earlier: Iterable[Page], later: Iterable[Page], *, by_id: bool | None = None) -> FuturesTest | None:
    """The test from two exports of one project; None where old pages gained too few links.

    by_id: as in `build_futures_test`.
    """
    before, after = distinct_pages(earlier), distinct_pages(later)
    is_by_id = all(page.page_id for page in [*before, *after]) if by_id is None else by_id
    of = {(page.page_id if is_by_id else page.key): page for page in after}
    gained = {}
    for page in before:
        now = of.get(page.page_id if is_by_id else page.key)
        if now is not None:
            gained[page.key] = _links(now) - _links(page)
    return _asked(before, gained, is_by_id=is_by_id)


def old_pages_by_times(pages: Iterable[Page]) -> FuturesTest | None:
    """The test from one wiki by the times of its lines; None where these are not usable, or tell of too few links."""
    wiki = distinct_pages(pages)
    times = [page.created for page in wiki if page.created]
    if not times or not has_times(wiki):
        return None
    cutoff = median_low(times)
    before, gained = [], {}
    for page in wiki:
        if page.created <= cutoff:
            old = as_it_stood(page, cutoff)
            changed = {number for number, line in enumerate(old.lines) if number and line.updated > cutoff}
            links = page_links(old.texts)
            keys = {link.key for link in links if link.line in changed}
            keys -= {link.key for link in links if link.line not in changed}
            gained[page.key] = keys - {page.key}
            before.append(without_links(old, keys) if keys else old)
    found = _asked(before, gained, is_by_id=False)
    return found and replace(found, origin="line times", cutoff=cutoff)


def _asked(before: Sequence[Page], gained: Mapping[str, AbstractSet[str]], *, is_by_id: bool) -> FuturesTest | None:
    """The test on the earlier wiki. gained: by title key of a page, the title keys that it linked later."""
    titles = {page.key for page in before}
    known = titles.union(*map(_links, before))
    asked = []
    for number, page in enumerate(before):
        later = {key for key in gained.get(page.key, ()) if not is_date_title(key)} - {page.key}
        if not later or is_date_title(page.title):
            continue
        said = _SPACES.sub("_", read_page(page).text[len(page.title) :]).lower()
        keys = frozenset(key for key in later if any(map(str.isalnum, key)) and key in said)
        if keys:
            asked.append(AskedPage(number, page.title, keys & titles, (keys & known) - titles, keys - known))
    if sum(len(page.gold) for page in asked) < _LEAST_LINKS:
        return None
    return FuturesTest(tuple(before), tuple(asked), len(before), is_blind=False, is_by_id=is_by_id)


def _links(page: Page) -> set[str]:
    return {link.key for link in page_links(page.texts)}
