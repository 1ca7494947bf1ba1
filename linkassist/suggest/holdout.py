"""A holdout set of pages: their links are hidden, and the ranker is trained to find them again.

These are the newest pages where the export tells times, else a seeded sample, so that the ranker is trained on pages as
they looked before their links were made. Some pages lose all links and some lose half; most keep the linked words
(inline) and some lose the words too (blind). Nothing that is learnt from links, neither the statistics nor the encoder,
may see the links of a page that is held out.

Most links to the held-out pages are hidden too: a page that is being written is linked by few, while half of the older
ones are. A ranker trained with all backlinks would wait for backlinks that do not exist yet.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from linkassist.suggest.corpus import BoolArray, Corpus, FloatArray, IntArray, csr, keep_rows
from linkassist.wiki import Passage, Reading, Segment, title_key

_MOST_PAGES = 2000
_SHARE = 0.25
_SHARE_BLIND = 0.5
_SHARE_PARTIAL = 0.3
_SHARE_LINKED = 0.1  # of the held-out pages keep the links to them: in two wikis 6 and 9 % of the new pages had any


@dataclass(frozen=True, slots=True)
class Holdout:
    """pages: those held out, ascending. corpus: the wiki with their links hidden; its targets keep their numbers.

    answers: (pages, targets), the hidden links. is_teacher: per page, True where it has links, none of them hidden.
    is_target: per target, False for a red link that only hidden links name, which nobody could have suggested.
    is_blind: per page, True where the words of the hidden links are removed too. is_lesson: False where the pages show
    how many links are made, and no more. is_typical: False where they show which links are made, but not how many.
    """

    pages: IntArray
    corpus: Corpus
    answers: sp.csr_matrix
    is_teacher: BoolArray
    is_target: BoolArray
    is_blind: BoolArray
    is_lesson: bool = True
    is_typical: bool = True


def pages_to_hold_out(corpus: Corpus, seed: int = 0) -> IntArray:
    """The pages to hold out: a quarter of those that link something, at most 2,000."""
    counted = corpus.links @ (~corpus.is_template).astype(np.float32)
    linking = np.flatnonzero((counted > 0) & ~corpus.is_template[: corpus.n_pages])
    n = min(_MOST_PAGES, int(len(linking) * _SHARE))
    created = corpus.created[linking]
    if len(np.unique(created[created > 0])) > len(linking) // 2:
        return np.sort(linking[np.argsort(created, kind="stable")[len(linking) - n :]])
    return np.sort(np.random.default_rng(seed).choice(linking, n, replace=False)) if n else linking[:0]


def links_beside(corpus: Corpus, pages: IntArray) -> sp.csr_matrix:
    """(pages, targets): the links to learn from, with none of the held-out pages' own and few to them."""
    links = keep_rows(corpus.links, _teachers_beside(corpus, pages)) @ sp.diags(_is_visible(corpus, pages))
    links = sp.csr_matrix(links)
    links.eliminate_zeros()
    return links


def _teachers_beside(corpus: Corpus, pages: IntArray) -> BoolArray:
    is_teacher: BoolArray = np.diff(corpus.links.indptr) > 0
    is_teacher[pages] = False
    return is_teacher


def _is_visible(corpus: Corpus, pages: IntArray) -> FloatArray:
    """Per target, 1 where the links to it stay and 0 for most of the held-out pages; equal at every call."""
    visible = np.ones(corpus.n_targets, np.float32)
    visible[pages] = np.random.default_rng(len(pages)).random(len(pages)) < _SHARE_LINKED
    return visible


def hide_links(corpus: Corpus, pages: IntArray, seed: int = 0) -> Holdout:
    """The holdout of these pages."""
    random = np.random.default_rng(seed)
    readings = list(corpus.readings)
    is_blind = np.zeros(corpus.n_pages, np.bool_)
    number = {key: i for i, key in enumerate(corpus.keys)}
    rows: list[int] = []
    columns: list[int] = []
    for page in pages.tolist():
        reading = readings[page]
        is_partial, is_blind[page] = random.random(2) < (_SHARE_PARTIAL, _SHARE_BLIND)
        keys = [title_key(target) for target in reading.links if not is_partial or random.random() < 0.5]
        hidden = set(keys) - {reading.key}
        readings[page] = hide_targets(reading, hidden, is_blind=bool(is_blind[page]))
        rows += [page] * len(hidden)
        columns += sorted(number[key] for key in hidden)
    answers = csr(rows, columns, corpus.links.shape)
    is_held_out = np.zeros(corpus.n_pages, np.bool_)
    is_held_out[pages] = True
    visible = sp.csr_matrix(links_beside(corpus, pages) + keep_rows(corpus.links, is_held_out) - answers)
    visible.eliminate_zeros()
    is_target = np.asarray(visible.sum(axis=0)).ravel() > 0
    is_target[: corpus.n_pages] = True
    return Holdout(
        pages=pages,
        corpus=replace(corpus, readings=readings, links=visible),
        answers=answers,
        is_teacher=_teachers_beside(corpus, pages),
        is_target=is_target,
        is_blind=is_blind,
    )


def hide_targets(reading: Reading, hidden: set[str], *, is_blind: bool) -> Reading:
    """The page as if it did not link these title keys: their words are plain prose, or removed where `is_blind`."""
    return replace(
        reading,
        passages=tuple(_without(passage, hidden, is_blind=is_blind) for passage in reading.passages),
        links=tuple(target for target in reading.links if title_key(target) not in hidden),
    )


def _without(passage: Passage, hidden: set[str], *, is_blind: bool) -> Passage:
    hidden_segments = {segment for key, segment in passage.links() if key in hidden}
    if not hidden_segments:
        return passage
    pieces: list[str] = []
    parts: list[Segment] = []
    at = length = 0
    for part in passage.segments:
        between = part.start - at
        pieces.append(passage.text[at : part.start])
        at, length = part.start + part.length, length + between
        if is_blind and part in hidden_segments:
            continue
        parts.append(replace(part, start=length, is_prose=part.is_prose or part in hidden_segments))
        pieces.append(passage.text[part.start : at])
        length += part.length
    return replace(passage, text="".join(pieces) + passage.text[at:], segments=tuple(parts))
