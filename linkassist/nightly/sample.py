"""The quality of the suggestions on a sample of a project's pages, measured in half a minute.

The newest pages are asked about, as in `linkassist evaluate`, within a small wiki of the pages around them. Links are
easier to find among fewer pages, so these figures compare with those of other samples only.
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

_N_PAGES: Final = 800
_N_ASKED: Final = 120
_GROUP: Final = "page or red"


def measure_sample(library: Library, project: Project, on_progress: OnProgress) -> QualitySample | None:
    """How many links of the newest pages the wiki's own encoder and a ranker find, both learnt from the sample.

    Deterministic. None where the newest pages link nothing that others know, or there are too few others to learn from.
    """
    try:
        test = build_one_wiki_test(sample_pages(library, project), is_blind=False, n_asked=_N_ASKED)
    except LinkAssistError:  # too few links; building the test raises nothing else
        return None
    if not any(page.gold for page in test.asked):
        return None
    # Here and not above: it brings PyTorch and LightGBM, which the hourly `nightly --if-due` does without.
    from linkassist.model.fit import suggest_wiki

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


def sample_pages(library: Library, project: Project, n_asked: int = _N_ASKED, n_pages: int = _N_PAGES) -> list[Page]:
    """At most `n_pages` pages: the newest `n_asked`, what they link, what links the same, then more of the newest."""
    everything, _ = list_pages(library, project.id, sort="title", limit=project.n_pages)
    newest = sorted(everything, key=lambda page: (-page.created, page.key))
    linked: dict[int, set[str]] = defaultdict(set)
    for page_id, key, _ in links(library, project.id):
        linked[page_id].add(key)
    chosen = {page.id for page in newest[:n_asked]}
    keys = set().union(*(linked[page_id] for page_id in chosen))
    around = [page.id for page in newest if page.key in keys] + [p.id for p in newest if linked[p.id] & keys]
    for page_id in (*around, *(page.id for page in newest)):
        if len(chosen) >= n_pages:
            break
        chosen.add(page_id)
    return [stored_page(library, page_id).page for page_id in sorted(chosen)]
