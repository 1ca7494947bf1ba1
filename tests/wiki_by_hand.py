"""Pages written in a test, as what the suggesting modules read of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from linkassist.scrapbox.reading import read_page
from linkassist.suggest.corpus import Corpus, IntArray, build_corpus
from linkassist.wiki import Line, Page, Reading

DAY_S = 86_400
MARKER = "___BELOW_IS_LESS_INTERESTING___"


def reading(title: str, *lines: str, created: int = 0) -> Reading:
    """The reading of a page with these lines below its title line."""
    return read_page(Page(title, tuple(Line(text) for text in (title, *lines)), created=created))


def readings(pages: Mapping[str, str]) -> list[Reading]:
    """Title and text to readings; the pages are a day apart, the first one the oldest."""
    return [
        reading(title, *text.strip("\n").split("\n"), created=DAY_S * number)
        for number, (title, text) in enumerate(pages.items(), start=1)
    ]


def corpus_of(pages: Mapping[str, str]) -> Corpus:
    """The corpus of these pages."""
    return build_corpus(readings(pages))


def number_of(corpus: Corpus, name: str) -> int:
    """The number of the target of that name."""
    return corpus.names.index(name)


def numbers_of(corpus: Corpus, *names: str) -> IntArray:
    """The numbers of these targets."""
    return np.array([number_of(corpus, name) for name in names], np.int64)
