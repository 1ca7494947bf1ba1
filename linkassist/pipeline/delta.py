"""What has changed in a wiki since its model was fitted, and which pages' lists depend on it.

A list follows from the model, from the page's own text and from what its targets are now. So it changes for three
reasons: the page's text changed; the page says a title that is new, or its list has a new link that is now a title in
another spelling; or one of its targets was a page and is a red link, or the other way round, or is gone, or is spelt
otherwise. All other lists stay.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b

import numpy as np
import scipy.sparse as sp

from linkassist.model.grow import NewPage, NewTarget, grow
from linkassist.model.page_batch import PagePreparer
from linkassist.model.predict import Predictor
from linkassist.model.wiki_model import WikiModel, target_hash
from linkassist.spelling import letters_of
from linkassist.store.suggestions import ListState
from linkassist.suggest.corpus import FloatArray, IntArray
from linkassist.suggest.folding import fold_key
from linkassist.suggest.mentions import TitleFinder
from linkassist.suggest.phrases.hashing import hash_of
from linkassist.suggest.ranker import Ranker
from linkassist.suggest.same_titles import title_and_forms
from linkassist.suggestion import Kind, Suggestion
from linkassist.wiki import Reading, title_key

_TOGETHER = 2000  # pages whose lists are prepared at once


@dataclass(frozen=True, slots=True)
class _Target:
    """What a title is now: None for a kind that it no longer is."""

    name: str
    kind: Kind


class WikiDelta:
    """The difference between the pages that a wiki model was fitted on and the present ones."""

    def __init__(
        self,
        model: WikiModel,
        model_id: str,
        pages: Sequence[ListState],
        read: Callable[[Sequence[int]], list[Reading]],
    ) -> None:
        """model_id: of its file. pages: the present ones, in any order. read: the readings of pages by their ids."""
        self._model, self.model_id, self.pages, self._read = model, model_id, pages, read
        corpus = model.corpus
        number_of_hash = {text_hash: number for number, text_hash in enumerate(model.hashes)}
        self._number = {key: number for number, key in enumerate(corpus.keys)}
        self._keys = [title_key(page.title) for page in pages]
        at = [number_of_hash.get(page.text_hash, -1) for page in pages]
        self.changed = [i for i, number in enumerate(at) if number < 0]
        for i in self.changed:
            number = self._number.get(self._keys[i], -1)
            at[i] = number if number < corpus.n_pages else -1
        self._row = np.array(at, np.int64)
        is_gone = np.ones(corpus.n_pages, np.bool_)
        is_gone[self._row[self._row >= 0]] = False
        self.gone: IntArray = np.flatnonzero(is_gone)

    @property
    def share(self) -> float:
        """Of the pages that were learnt from, the share that has changed, come or gone; may be above 1."""
        return (len(self.changed) + len(self.gone)) / max(1, self._model.corpus.n_pages)

    @cached_property
    def _readings(self) -> dict[int, Reading]:
        """Of the changed pages, by place in `pages`."""
        return dict(zip(self.changed, self._read([self.pages[i].page_id for i in self.changed]), strict=True))

    @cached_property
    def _linking(self) -> dict[str, dict[str, set[int]]]:
        """Of the changed pages' links: by title key, by title as it is written, the places of the pages."""
        found: defaultdict[str, defaultdict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
        for place, reading in self._readings.items():
            for target in reading.links:
                found[title_key(target)][target].add(place)
        return {key: dict(spelt) for key, spelt in found.items()}

    @cached_property
    def became(self) -> dict[str, _Target | None]:
        """By title key, what the targets are now that are not what they were; None where nobody names them any more."""
        corpus = self._model.corpus
        title_of = {key: page.title for key, page in zip(self._keys, self.pages, strict=True)}
        is_other = np.zeros(corpus.n_pages, np.bool_)
        is_other[self.gone] = True
        is_other[[row for i in self.changed if (row := self._row[i]) >= 0]] = True
        still = np.asarray(sp.csr_matrix(corpus.links[np.flatnonzero(~is_other)]).sum(axis=0)).ravel() > 0
        found: dict[str, _Target | None] = {}
        for number, (key, name) in enumerate(zip(corpus.keys, corpus.names, strict=True)):
            title = title_of.get(key)
            was_page = number < corpus.n_pages
            if title is not None and (title != name or not was_page):
                found[key] = _Target(title, "page")
            elif title is None and not still[number] and key not in self._linking:
                found[key] = None
            elif title is None and was_page:
                found[key] = _Target(name, "red")
        return found

    @cached_property
    def _new_keys(self) -> list[str]:
        """The titles that were none, of pages and of red links."""
        return sorted({*(self._keys[i] for i in self.changed), *self._linking} - self._number.keys())

    @cached_property
    def _new_names(self) -> dict[str, str]:
        """What the new titles are called: a page as it is, a red link as it comes first in the alphabet."""
        title_of = {self._keys[i]: self.pages[i].title for i in self.changed}
        return {key: title_of[key] if key in title_of else min(self._linking[key]) for key in self._new_keys}

    @cached_property
    def _saying(self) -> dict[str, set[int]]:
        """By new title, the places of the pages that say or link it."""
        found: dict[str, set[int]] = {key: set() for key in self._new_keys}
        if not found:
            return found
        finder = TitleFinder([self._new_names[key] for key in self._new_keys])
        readings = self._model.corpus.readings
        texts = ((self._readings.get(i) or readings[int(row)]).text for i, row in enumerate(self._row))
        for place, member in finder.saying(texts):
            found[self._new_keys[member]].add(place)
        place_of = {int(self._row[i]): i for i in range(len(self.pages)) if i not in self._readings}
        hashes = hash_of([fold_key(key) for key in self._new_keys]).tolist()
        for key, key_hash in zip(self._new_keys, hashes, strict=True):
            found[key].update(place_of[page] for page in self._model.phrase_postings.of(key_hash) if page in place_of)
            found[key].update(*self._linking.get(key, {}).values())
        return found

    @cached_property
    def _suggesting(self) -> dict[str, set[int]]:
        """By new title, the places of the pages whose lists may hold a spelling or a form of it as a new link.

        Of unchanged pages these are the lists of when the model was fitted, of changed ones it is the text.
        """
        place_of = {int(row): place for place, row in enumerate(self._row) if row >= 0}
        letters = {place: letters_of(reading.text) for place, reading in self._readings.items()}
        found: dict[str, set[int]] = {}
        for key in self._new_keys:
            forms = {key, *title_and_forms(key)}
            rows = self._model.target_postings.pages_with([target_hash(form) for form in forms])
            wanted = {letters_of(form) for form in forms}
            found[key] = {place for place, text in letters.items() if any(form in text for form in wanted)}
            found[key].update(place_of[row] for row in rows if row in place_of)
        return found

    @cached_property
    def _new_targets(self) -> dict[str, NewTarget]:
        """By title key."""
        found = {}
        for key in self._new_keys:
            n_linked = len(set().union(*self._linking.get(key, {}).values()))
            found[key] = NewTarget(key, self._new_names[key], n_linked, len(self._saying[key]))
        return found

    @cached_property
    def origins(self) -> list[str]:
        """Per page, a digest of the changes that its list depends on: "" where none does."""
        place_of = {self._keys[i]: i for i in self.changed}
        said: defaultdict[int, list[object]] = defaultdict(list)
        for key, target in self._new_targets.items():
            page = self.pages[place_of[key]] if key in place_of else None
            figures = (key, target.name, target.n_linked, target.n_said, page and (page.text_hash, page.created))
            for place in self._saying[key] | self._suggesting[key]:
                said[place].append(figures)
        became = _digest(sorted((key, now and (now.name, now.kind)) for key, now in self.became.items()))
        holding = self._model.target_postings.pages_with([target_hash(key) for key in self.became])
        found = []
        for place, page in enumerate(self.pages):
            row = int(self._row[place])
            if place in self._readings:
                own: object = (page.text_hash, page.created if row < 0 else 0)
            elif place in said or row in holding:
                own = ""
            else:
                found.append("")
                continue
            found.append(_digest((own, became, said.get(place, []))))
        return found

    def stale(self) -> list[int]:
        """The places of the pages whose lists are not what they should be."""
        return [i for i, page in enumerate(self.pages) if page.made_of != self.origins[i]]

    def texts(self, places: Sequence[int]) -> list[str]:
        """The texts of these pages."""
        unread = [i for i in places if i not in self._readings]
        read = dict(zip(unread, self._read([self.pages[i].page_id for i in unread]), strict=True))
        return [(self._readings.get(i) or read[i]).text for i in places]

    def lists(
        self, places: Sequence[int], ranker: Ranker, vectors: FloatArray
    ) -> Iterator[tuple[int, list[Suggestion]]]:
        """(place, suggestions) of these pages. vectors: of all pages, (pages, width)."""
        if not places:
            return
        new = sorted((i for i in self.changed if self._row[i] < 0), key=lambda i: self._keys[i])
        n_kept = self._model.corpus.n_pages
        row_of = {**{i: int(row) for i, row in enumerate(self._row)}, **{i: n_kept + n for n, i in enumerate(new)}}
        is_page = {self._keys[i] for i in self.changed}
        pages = [
            NewPage(
                self._new_targets.get(self._keys[i]),
                self.pages[i].created,
                len(self._readings[i].text),
                vectors[i],
            )
            for i in new
        ]
        red = [target for key, target in self._new_targets.items() if key not in is_page]
        unread = [i for i in places if i not in self._readings]
        read = self._read([self.pages[i].page_id for i in unread])
        readings = {**self._readings, **dict(zip(unread, read, strict=True))}
        readings_by_row = {row_of[i]: reading for i, reading in readings.items()}
        wiki = grow(self._model, pages, red, readings_by_row)
        preparer = PagePreparer(wiki, ranker, n_kept, frozenset(self._new_keys), self.gone)
        predictor = Predictor(wiki, ranker, n_kept)
        place_of = {row: i for i, row in row_of.items()}
        rows = sorted(row_of[i] for i in places)
        changed = {row_of[i]: vectors[i] for i in self.changed}
        for start in range(0, len(rows), _TOGETHER):
            part = np.array(rows[start : start + _TOGETHER], np.int64)
            for row, suggestions in predictor.predict(preparer.prepare(part, changed)):
                yield place_of[row], [now for each in suggestions if (now := self._updated(each))]

    def _updated(self, suggestion: Suggestion) -> Suggestion | None:
        """The suggestion of what its target is now; None where it is nothing any more."""
        key = title_key(suggestion.target)
        if key not in self.became:
            return suggestion
        now = self.became[key]
        return replace(suggestion, target=now.name, kind=now.kind) if now else None


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, default=str)
    return blake2b(text.encode(), digest_size=8).hexdigest()
