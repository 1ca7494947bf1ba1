"""Titles that say the same: the spellings and inflected forms of titles, to find those that a page needs no link of.

No page is offered its own title in another spelling or form, nor another spelling of a title that it links, and no
phrase is a new link that is a spelling or a form of a title.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import scipy.sparse as sp

from linkassist.spelling import spelling_key
from linkassist.suggest.corpus import csr
from linkassist.suggest.search_text import search_key
from linkassist.suggest.title_variants import in_other_number, spellings
from linkassist.wiki import Reading, title_key


class SameTitles:
    """An index of targets by their spelling, and by the forms in which texts say them."""

    def __init__(self, keys: Sequence[str]) -> None:
        """keys: per target, its title key."""
        self._n_targets = len(keys)
        self._spelling = {key: spelling_key(key) for key in keys}
        self._by_spelling: defaultdict[str, list[int]] = defaultdict(list)
        self._by_form: defaultdict[str, list[int]] = defaultdict(list)
        for number, key in enumerate(keys):
            self._by_spelling[self._spelling[key]].append(number)
            for form in title_and_forms(key):
                self._by_form[form].append(number)

    def of_pages(self, readings: Sequence[Reading]) -> sp.csr_matrix:
        """(pages, targets), 1 where the target is a spelling of a title that the page links, or a spelling or a form of
        its own."""
        pairs = [(row, number) for row, reading in enumerate(readings) for number in self._of_page(reading)]
        return csr([row for row, _ in pairs], [number for _, number in pairs], (len(readings), self._n_targets))

    def _of_page(self, reading: Reading) -> set[int]:
        found = {number for spelling in self._linked(reading) for number in self._by_spelling.get(spelling, ())}
        for form in (*title_and_forms(reading.key), *in_other_number(search_key(reading.key))):
            found.update(self._by_form.get(form, ()))
        return found

    def _linked(self, reading: Reading) -> Iterator[str]:
        """The spelling keys of the page's title and of those that it links."""
        for title in (reading.title, *reading.links, *reading.also_linked):
            key = title_key(title)
            yield self._spelling[key] if key in self._spelling else spelling_key(key)

    def said_by(self, reading: Reading) -> PageTitles:
        """What is no new link on this page."""
        own = search_key(reading.key)
        return PageTitles(self, frozenset(self._linked(reading)), own, {own, *spellings(own), *in_other_number(own)})

    def has(self, phrase: str) -> bool:
        """Whether the phrase is a spelling or a form of a title."""
        return spelling_key(phrase) in self._by_spelling or search_key(title_key(phrase)) in self._by_form


class PageTitles:
    """The titles beside which a phrase is no new link on one page."""

    def __init__(self, titles: SameTitles, linked: frozenset[str], own: str, own_forms: set[str]) -> None:
        """linked: spelling keys. own: the page's title as `search_key` folds it."""
        self._titles, self._linked, self._own, self._own_forms = titles, linked, own, own_forms

    def has(self, phrase: str) -> bool:
        """Whether the phrase says a title that exists, that the page links, or its own."""
        folded = search_key(title_key(phrase))
        is_own = folded in self._own_forms or self._own in spellings(folded)
        return is_own or spelling_key(phrase) in self._linked or self._titles.has(phrase)


def title_and_forms(key: str) -> set[str]:
    """The forms in which texts say the title of this key, as `search_key` folds them."""
    folded = search_key(key)
    return {folded, *spellings(folded)} if folded else set()
