"""The evaluation from exports or a library to a report: build the test, ask ours and the baselines, score.

The test's pages are built first, and all that is learnt is learnt from their readings: nothing has seen a hidden link.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from linkassist.errors import ExportError
from linkassist.evaluate.baselines import baseline_answers
from linkassist.evaluate.figures import MeasuredFloors, OldPages
from linkassist.evaluate.floor import measured_floor
from linkassist.evaluate.futures import FuturesTest, build_futures_test
from linkassist.evaluate.last_report import keep_report
from linkassist.evaluate.old_pages import old_pages_by_times, old_pages_test
from linkassist.evaluate.report import EvaluationReport
from linkassist.evaluate.scoring import answers_of, score, shown_to_readers
from linkassist.evaluate.single_wiki import build_one_wiki_test
from linkassist.model.fit import suggest_wiki
from linkassist.progress import OnProgress, counting, no_progress
from linkassist.scrapbox.export import read_export
from linkassist.scrapbox.page_text import read_page
from linkassist.settings import OWN_ENCODER
from linkassist.store.library import Library
from linkassist.store.pages import Project, read_pages
from linkassist.suggestion import Suggestion
from linkassist.wiki import Page, Reading, title_key

OURS = "linkassist"

Suggest = Callable[[Sequence[Reading]], Sequence[Sequence[Suggestion]]]


@dataclass(frozen=True, slots=True)
class EvaluationOptions:
    """How to evaluate. encoder: by name. n_asked, seed: of a single wiki, see `build_one_wiki_test`."""

    is_blind: bool
    encoder: str = OWN_ENCODER
    n_asked: int | None = None
    seed: int = 0


def evaluate_exports(
    old: Path, new: Path, how: EvaluationOptions, on_progress: OnProgress = no_progress, *, by_id: bool | None = None
) -> EvaluationReport:
    """The future-links test on two exports of one project, `old` the earlier one, for ours and for the baselines.

    by_id: whether ids tell renamed pages from new ones; None: where every page of both files has one.
    on_progress: counts bytes while a file is read, then pages.
    Raises ExportError for files that cannot be read, that are in the wrong order or that leave nothing to ask for.
    """
    (earlier, exported_at), (later, exported_later_at) = (_read(path, on_progress) for path in (old, new))
    if 0 < exported_later_at < exported_at:
        raise ExportError(
            f"{old} was exported after {new}; expected the earlier export first. Name them the other way."
        )
    test = build_futures_test(earlier, later, is_blind=how.is_blind, by_id=by_id)
    of_old = None if how.is_blind else old_pages_test(earlier, later, by_id=by_id)
    return _report(test, of_old, old.name, new.name, how, on_progress)


def evaluate_wiki(
    pages: Sequence[Page], name: str, how: EvaluationOptions, on_progress: OnProgress = no_progress
) -> EvaluationReport:
    """The report on the test that one wiki makes by itself. name: what it is called in the report.

    Raises LinkAssistError where it makes no test.
    """
    test = build_one_wiki_test(pages, is_blind=how.is_blind, n_asked=how.n_asked, seed=how.seed)
    of_old = None if how.is_blind else old_pages_by_times(pages)
    return _report(test, of_old, name, "", how, on_progress)


def evaluate_project(
    library: Library, project: Project, how: EvaluationOptions, on_progress: OnProgress = no_progress
) -> EvaluationReport:
    """As `evaluate_wiki`, on a project of the library, which keeps the report.

    Only the pages are read: neither what was learnt for the suggestions nor any verdict has a part in it.
    """
    pages = [stored.page for stored in read_pages(library, project.id)]
    report = evaluate_wiki(pages, project.name, how, on_progress)
    keep_report(library, project.id, report)
    return report


def _report(
    test: FuturesTest,
    of_old: FuturesTest | None,
    earlier: str,
    later: str,
    how: EvaluationOptions,
    on_progress: OnProgress,
) -> EvaluationReport:
    def suggest(readings: Sequence[Reading]) -> Sequence[Sequence[Suggestion]]:
        return suggest_wiki(readings, encoder_name=how.encoder, on_progress=on_progress)

    report = ask_all(test, suggest, earlier, later, how.encoder, on_progress)
    return replace(report, old=ask_old_pages(of_old, suggest, on_progress)) if of_old else report


def ask_all(
    test: FuturesTest,
    suggest: Suggest,
    earlier: str,
    later: str,
    encoder: str,
    on_progress: OnProgress = no_progress,
) -> EvaluationReport:
    """The report on what ours, which is `suggest`, and each baseline answer; all see the same readings of the pages.

    earlier, later, encoder: names, see `EvaluationReport`.
    """
    readings = _read_pages(test.pages, on_progress)
    suggestions = suggest(readings)
    of_asked = [suggestions[page.number] for page in test.asked]
    ours = score(OURS, test.asked, [answers_of(each) for each in of_asked])
    with_gold = [page for page in test.asked if page.gold]  # baselines propose nothing new
    answers = baseline_answers(
        readings, [page.number for page in with_gold], counting(on_progress, "ask the baselines")
    )
    return EvaluationReport(
        earlier=earlier,
        later=later,
        is_blind=test.is_blind,
        is_by_id=test.is_by_id,
        encoder=encoder,
        n_pages_before=test.n_earlier,
        n_asked=len(test.asked),
        n_with_gold=len(with_gold),
        n_gold=sum(len(page.gold) for page in test.asked),
        n_coined=sum(len(page.coined) for page in test.asked),
        suggesters=(ours, *(score(name, with_gold, found) for name, found in answers.items())),
        shown=shown_to_readers(test.asked, of_asked, test.unknown, is_blind=test.is_blind),
        origin=test.origin,
        moment=test.cutoff,
        made_at=int(time.time()),
        floors=_floors(test, of_asked),
    )


def ask_old_pages(test: FuturesTest, suggest: Suggest, on_progress: OnProgress = no_progress) -> OldPages:
    """What ours, which is `suggest`, and each baseline answer about old pages; what a page links is no answer."""
    readings = _read_pages(test.pages, on_progress)
    suggestions = suggest(readings)
    ours = score(OURS, test.asked, [answers_of(suggestions[page.number]) for page in test.asked])
    with_gold = [page for page in test.asked if page.gold]
    linked = [{title_key(target) for target in readings[page.number].links} for page in with_gold]
    peers = baseline_answers(readings, [page.number for page in with_gold], counting(on_progress, "ask the baselines"))
    baselines = (
        score(
            name,
            with_gold,
            [[each for each in row if each.key not in keys] for row, keys in zip(found, linked, strict=True)],
        )
        for name, found in peers.items()
    )
    return OldPages(
        origin=test.origin,
        moment=test.cutoff,
        n_pages=test.n_earlier,
        n_asked=len(test.asked),
        n_gold=sum(len(page.gold) for page in test.asked),
        n_coined=sum(len(page.coined) for page in test.asked),
        suggesters=(ours, *baselines),
    )


def _floors(test: FuturesTest, suggestions: Sequence[Sequence[Suggestion]]) -> MeasuredFloors:
    """What the suggestions of all asked pages tell of the floors; nothing where the words were removed too."""
    known: list[tuple[float, bool]] = []
    new: list[tuple[float, bool]] = []
    for page, found in zip(test.asked, suggestions, strict=True):
        for each in found:
            key = title_key(each.target)
            if each.mentions and key not in test.unknown:
                (new if each.kind == "new" else known).append((each.probability, key in page.gold | page.coined))
    return MeasuredFloors() if test.is_blind else MeasuredFloors(measured_floor(known), measured_floor(new))


def _read_pages(pages: Sequence[Page], on_progress: OnProgress) -> list[Reading]:
    readings: list[Reading] = []
    for page in pages:
        if len(readings) % 100 == 0:
            on_progress("read pages", len(readings), len(pages))
        readings.append(read_page(page))
    return readings


def _read(path: Path, on_progress: OnProgress) -> tuple[list[Page], int]:
    """(the pages of the export, the Unix second of its export)."""
    with read_export(path, on_progress=counting(on_progress, f"read exports: {path.name}")) as export:
        return list(export), export.exported_at
