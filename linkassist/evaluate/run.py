"""The evaluation from exports or a library to a report: build the test, ask ours and the peers, score.

The test's pages are built first, and all that is learnt is learnt from their readings: nothing has seen a hidden link.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from linkassist.errors import ExportError
from linkassist.evaluate.baselines import peer_answers
from linkassist.evaluate.figures import Shown, SuggesterFigures
from linkassist.evaluate.futures import FuturesTest, build_futures_test
from linkassist.evaluate.last_report import keep_report
from linkassist.evaluate.report import EvaluationReport
from linkassist.evaluate.scoring import answers_of, score, shown_to_readers
from linkassist.evaluate.single_wiki import build_one_wiki_test
from linkassist.model.fit import suggest_wiki
from linkassist.progress import OnProgress, no_progress
from linkassist.scrapbox.export import read_export
from linkassist.scrapbox.page_text import read_page
from linkassist.store.library import Library
from linkassist.store.pages import Project, read_pages
from linkassist.suggestion import Suggestion
from linkassist.wiki import Page, Reading

OURS = "linkassist"
READ_STEP = "read exports"
PAGES_STEP = "read pages"
PEERS_STEP = "ask simple peers"

Suggest = Callable[[Sequence[Reading]], Sequence[Sequence[Suggestion]]]


@dataclass(frozen=True, slots=True)
class Sample:
    """Which pages of a single wiki to ask about: how many (None: an eighth or so), and the seed of what is random."""

    n_asked: int | None = None
    seed: int = 0


def evaluate_files(
    old: Path,
    new: Path,
    *,
    is_blind: bool,
    by_id: bool | None = None,
    encoder: str = "wiki",
    on_progress: OnProgress | None = None,
) -> EvaluationReport:
    """The future-links test on two exports of one project, `old` the earlier one, for ours and for the simple peers.

    by_id: whether ids tell renamed pages from new ones; None: where every page of both files has one.
    on_progress: told the step, how much of it is done and how much there is; bytes while a file is read, then pages.
    Raises ExportError for files that cannot be read, that are in the wrong order or that leave nothing to ask for.
    """
    earlier = _read(old, on_progress)
    later = _read(new, on_progress)
    if 0 < later.exported_at < earlier.exported_at:
        raise ExportError(
            f"{old} was exported after {new}; expected the earlier export first. Name them the other way."
        )
    test = build_futures_test(earlier.pages, later.pages, is_blind=is_blind, by_id=by_id)
    return _report(test, old.name, new.name, encoder, on_progress)


def evaluate_file(
    export: Path, sample: Sample, *, is_blind: bool, encoder: str = "wiki", on_progress: OnProgress | None = None
) -> EvaluationReport:
    """The test that one export makes by itself. Raises LinkAssistError where it cannot be read or makes none."""
    pages = _read(export, on_progress).pages
    test = build_one_wiki_test(pages, is_blind=is_blind, n_asked=sample.n_asked, seed=sample.seed)
    return _report(test, export.name, "", encoder, on_progress)


def evaluate_project(
    library: Library,
    project: Project,
    sample: Sample,
    *,
    is_blind: bool,
    encoder: str = "wiki",
    on_progress: OnProgress | None = None,
) -> EvaluationReport:
    """The test that a project of the library makes by itself; the library keeps the report.

    Only the pages are read: neither what was learnt for the suggestions nor any verdict has a part in it.
    Raises LinkAssistError where the project makes no test.
    """
    pages = [stored.page for stored in read_pages(library, project.id)]
    test = build_one_wiki_test(pages, is_blind=is_blind, n_asked=sample.n_asked, seed=sample.seed)
    report = _report(test, project.name, "", encoder, on_progress)
    keep_report(library, project.id, report)
    return report


def _report(
    test: FuturesTest, earlier: str, later: str, encoder: str, on_progress: OnProgress | None
) -> EvaluationReport:
    def suggest(readings: Sequence[Reading]) -> Sequence[Sequence[Suggestion]]:
        return suggest_wiki(readings, encoder_name=encoder, on_progress=on_progress or no_progress)

    return report_of(test, ask_all(test, suggest, on_progress), earlier, later, encoder)


def report_of(test: FuturesTest, answers: Answers, earlier: str, later: str, encoder: str) -> EvaluationReport:
    """The report on those answers to the test. earlier, later, encoder: names, see `EvaluationReport`."""
    return EvaluationReport(
        earlier=earlier,
        later=later,
        is_blind=test.is_blind,
        is_by_id=test.is_by_id,
        encoder=encoder,
        n_pages_before=test.n_earlier,
        n_asked=len(test.asked),
        n_with_gold=sum(bool(page.gold) for page in test.asked),
        n_gold=sum(len(page.gold) for page in test.asked),
        n_coined=sum(len(page.coined) for page in test.asked),
        suggesters=answers.suggesters,
        shown=answers.shown,
        origin=test.origin,
        moment=test.moment,
        made_at=int(time.time()),
    )


@dataclass(frozen=True, slots=True)
class Answers:
    """The figures of ours and then of each peer, and what readers would have seen of ours."""

    suggesters: tuple[SuggesterFigures, ...]
    shown: Shown | None


def ask_all(test: FuturesTest, suggest: Suggest, on_progress: OnProgress | None = None) -> Answers:
    """What ours, which is `suggest`, and each peer answer. All see the same readings of the test's pages."""
    readings = _read_pages(test.pages, on_progress)
    suggestions = suggest(readings)
    of_asked = [suggestions[page.number] for page in test.asked]
    ours = score(OURS, test.asked, [answers_of(each) for each in of_asked])
    asked = [page for page in test.asked if page.gold]  # peers propose nothing new
    numbers = [page.number for page in asked]

    def tell(n_done: int) -> None:
        if on_progress:
            on_progress(PEERS_STEP, n_done, len(numbers))

    tell(0)
    peers = [score(name, asked, answers) for name, answers in peer_answers(readings, numbers, tell)]
    return Answers((ours, *peers), shown_to_readers(test.asked, of_asked, test.unknown))


def _read_pages(pages: Sequence[Page], on_progress: OnProgress | None) -> list[Reading]:
    readings: list[Reading] = []
    for page in pages:
        if on_progress and len(readings) % 100 == 0:
            on_progress(PAGES_STEP, len(readings), len(pages))
        readings.append(read_page(page))
    return readings


@dataclass(frozen=True, slots=True)
class _ReadExport:
    pages: list[Page]
    exported_at: int


def _read(path: Path, on_progress: OnProgress | None) -> _ReadExport:
    def tell(n_read: int, n_bytes: int) -> None:
        if on_progress:
            on_progress(f"{READ_STEP}: {path.name}", n_read, n_bytes)

    with read_export(path, on_progress=tell) as export:
        return _ReadExport(list(export), export.exported_at)
