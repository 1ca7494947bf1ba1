"""How good the suggestions are, on a sample of a project's pages: a figure to be had in half a minute, for every night.

The newest pages are asked about, as `linkassist evaluate` does it, within a small wiki of the pages around them. Among
fewer pages the right ones are found more easily, so it is to be compared with other samples, and with nothing else.
"""

from __future__ import annotations

import time
from collections import defaultdict
from typing import Final

from linkassist.errors import LinkAssistError
from linkassist.evaluate.scoring import answers_of, score
from linkassist.evaluate.single_wiki import build_one_wiki_test
from linkassist.progress import OnProgress
from linkassist.scrapbox.page_text import read_page
from linkassist.settings import OWN_ENCODER
from linkassist.store.library import Library
from linkassist.store.pages import Project, links, list_pages, stored_page
from linkassist.store.summaries.quality_samples import QualitySample
from linkassist.wiki import Page

MOST_PAGES: Final = 800
_N_ASKED: Final = 120
_GROUP: Final = "page or red"


def measure_sample(library: Library, project: Project, on_progress: OnProgress) -> QualitySample | None:
    """What the wiki's own encoder and a ranker that are learnt from the sample find of the newest pages' links.

    The same pages give the same figures. None where the newest link nothing that the others know,
    or the others are too few to learn from.
    """
    try:
        test = build_one_wiki_test(sample_pages(library, project), is_blind=False, n_asked=_N_ASKED)
    except LinkAssistError:  # the test is made of pages alone: nothing else can fail
        return None
    if not any(page.gold for page in test.asked):
        return None
    from linkassist.model.fit import suggest_wiki  # brings PyTorch and LightGBM, which a wiki without a test can spare

    readings = [read_page(page) for page in test.pages]
    suggestions = suggest_wiki(readings, encoder_name=OWN_ENCODER, on_progress=on_progress)
    figures = score("", test.asked, [answers_of(suggestions[page.number]) for page in test.asked])
    ranking = next((each.ranking for each in figures.groups if each.group == _GROUP), None)
    if ranking is None:
        return None
    return QualitySample(
        measured_at=int(time.time()),
        n_asked=len(test.asked),
        n_links=ranking.n_right,
        found_in_10=ranking.recall_at_10,
        first_right=ranking.precision_at_1,
    )


def sample_pages(library: Library, project: Project) -> list[Page]:
    """The newest pages, those that they link, those that link the same, and more of the newest: `MOST_PAGES` in all."""
    everything, _ = list_pages(library, project.id, sort="title", limit=project.n_pages)
    newest = sorted(everything, key=lambda page: (-page.created, page.key))
    linked: dict[int, set[str]] = defaultdict(set)
    for page_id, key, _ in links(library, project.id):
        linked[page_id].add(key)
    chosen = {page.id for page in newest[:_N_ASKED]}
    keys = set().union(*(linked[page_id] for page_id in chosen))
    around = [page.id for page in newest if page.key in keys] + [p.id for p in newest if linked[p.id] & keys]
    for page_id in (*around, *(page.id for page in newest)):
        if len(chosen) >= MOST_PAGES:
            break
        chosen.add(page_id)
    return [stored_page(library, page_id).page for page_id in sorted(chosen)]
