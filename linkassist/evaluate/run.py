"""The evaluation from two export files to a report: build the test, ask ours and the peers, score."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from linkassist.errors import ExportError
from linkassist.evaluate.futures import FuturesTest, build_futures_test
from linkassist.evaluate.peers import peer_answers
from linkassist.evaluate.report import EvaluationReport
from linkassist.evaluate.scoring import SuggesterFigures, answers_of, score
from linkassist.scrapbox.export import read_export
from linkassist.scrapbox.reading import read_page
from linkassist.suggesting import OnProgress, suggest_wiki
from linkassist.suggestion import Suggestion
from linkassist.wiki import Page, Reading

OURS = "linkassist"
READ_STEP = "read exports"
PAGES_STEP = "read pages"
PEERS_STEP = "ask simple peers"

Suggest = Callable[[Sequence[Reading]], Sequence[Sequence[Suggestion]]]


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

    def suggest(readings: Sequence[Reading]) -> Sequence[Sequence[Suggestion]]:
        return suggest_wiki(readings, encoder_name=encoder, on_progress=on_progress)

    return EvaluationReport(
        earlier=old.name,
        later=new.name,
        is_blind=test.is_blind,
        is_by_id=test.is_by_id,
        encoder=encoder,
        n_pages_before=test.n_earlier,
        n_asked=len(test.asked),
        n_with_gold=sum(bool(page.gold) for page in test.asked),
        n_gold=sum(len(page.gold) for page in test.asked),
        n_coined=sum(len(page.coined) for page in test.asked),
        suggesters=ask_all(test, suggest, on_progress),
    )


def ask_all(test: FuturesTest, suggest: Suggest, on_progress: OnProgress | None = None) -> tuple[SuggesterFigures, ...]:
    """The figures of ours, which is `suggest`, and then of each peer. All see the same readings of the test's pages."""
    readings = _read_pages(test.pages, on_progress)
    suggestions = suggest(readings)
    ours = score(OURS, test.asked, [answers_of(suggestions[page.number]) for page in test.asked])
    asked = [page for page in test.asked if page.gold]  # peers propose nothing new
    numbers = [page.number for page in asked]

    def tell(n_done: int) -> None:
        if on_progress:
            on_progress(PEERS_STEP, n_done, len(numbers))

    tell(0)
    peers = [score(name, asked, answers) for name, answers in peer_answers(readings, numbers, tell)]
    return (ours, *peers)


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
