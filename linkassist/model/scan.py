"""What the texts of a wiki hold: mentions of titles, phrases, and vectors, found in one pass and used by every step."""

from __future__ import annotations

from dataclasses import dataclass, replace

from linkassist.embed.encoder import Encoder
from linkassist.progress import OnProgress, counting, no_progress
from linkassist.suggest.aliases import followed, leads_to
from linkassist.suggest.corpus import Corpus, FloatArray
from linkassist.suggest.holdout import Holdout
from linkassist.suggest.line_kinds import template_lines
from linkassist.suggest.mentions import Mentions, TitleFinder
from linkassist.suggest.phrases.extraction import PhraseCounts, Phrases, find_phrases
from linkassist.suggest.statistics import Texts, read_texts, reread_texts


@dataclass(frozen=True, slots=True)
class Scan:
    """Everything that is found in the texts of a corpus alone: once for training and for suggesting.

    templates: the lines that stand on many pages alike.
    """

    corpus: Corpus
    mentions: Mentions
    texts: Texts
    phrases: Phrases
    use: PhraseCounts
    templates: frozenset[str]


def scan_texts(corpus: Corpus, vectors: FloatArray, on_progress: OnProgress = no_progress) -> Scan:
    """vectors: (pages, width) unit rows."""
    on_progress("mentions", 0, corpus.n_pages)
    templates = template_lines(corpus.readings)
    finder = TitleFinder(corpus.names)
    found = finder.find(corpus.readings, counting(on_progress, "mentions"), templates=templates)
    mentions = followed(found, leads_to(corpus))
    on_progress("phrases", 0, corpus.n_pages)
    phrases, use = find_phrases(corpus.readings, counting(on_progress, "phrases"))
    on_progress("phrases", corpus.n_pages, corpus.n_pages)
    return Scan(corpus, mentions, read_texts(corpus, mentions, vectors), phrases, use, templates)


def scan_without_hidden_links(scan: Scan, holdout: Holdout, encoder: Encoder) -> Scan:
    """The scan as it would be had the hidden links never been made; only the held-out pages are read again."""
    corpus, pages = holdout.corpus, holdout.pages
    finder = TitleFinder(corpus.names, holdout.is_target)
    readings = [corpus.readings[page] for page in pages.tolist()]
    found = followed(finder.find(readings, templates=scan.templates), leads_to(scan.corpus))
    mentions = scan.mentions.with_pages(pages, found)
    blind = pages[holdout.is_blind[pages]]
    vectors = scan.texts.vectors.copy()
    if len(blind):
        vectors[blind] = encoder.encode([corpus.readings[page].text for page in blind.tolist()])
    texts = reread_texts(scan.texts, corpus, mentions, vectors, blind)
    return replace(scan, corpus=corpus, mentions=mentions, texts=texts)
