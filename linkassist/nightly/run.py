"""A night: for each project fetch, import, reindex and evaluate a sample; then prune and back up the library.

A step that fails is told, and the night goes on: the other projects have their turn, and the library is backed up in
any case. So a bug is caught here too, and its trace lies in the log. Whatever is killed shows by the report, which says
"running" until the end.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from linkassist.errors import LinkAssistError, NotFoundError
from linkassist.files.errors import cannot_be
from linkassist.nightly.clock import now
from linkassist.nightly.health import last_attempt
from linkassist.nightly.log import night_log, without_key
from linkassist.nightly.report import (
    LOG_NAME,
    NightReport,
    Outcome,
    ProjectReport,
    Step,
    StepReport,
    exit_code_of,
    one_line,
    write_night,
)
from linkassist.nightly.sample import measure_sample
from linkassist.pipeline.fetch import Arrival, arrival, clear_away
from linkassist.pipeline.ingest import ingest
from linkassist.pipeline.reindex import reindex
from linkassist.progress import OnProgress
from linkassist.scrapbox.client import Pace
from linkassist.settings import Settings
from linkassist.store.backup.restore import KEPT, make_backup
from linkassist.store.embeddings import prune
from linkassist.store.library import FILE_NAME, Library
from linkassist.store.locks import BusyError, only_night
from linkassist.store.pages import project, projects
from linkassist.store.runs import prune_runs
from linkassist.store.snoozes import prune_snoozes
from linkassist.store.summaries.quality_samples import prune_samples, put_sample, samples
from linkassist.terminal_escape import visible_lines

_ASK_EVERY_S: Final = 2.0
_KEPT_RUNS: Final = 100  # of each kind and project
_KEPT_SAMPLES: Final = 400  # of each project
_SAMPLE_EVERY_S: Final = 6.5 * 24 * 3600  # a sample takes half a minute, and shows little from one day to the next
_FEW_PAGES: Final = 20  # a project so small may lose most of them in a day


@dataclass(frozen=True, slots=True)
class _Found:
    """What a step found: its outcome, and what to tell of it."""

    outcome: Outcome = "done"
    message: str = ""
    counts: Mapping[str, float] = field(default_factory=dict)


class _Night:
    """What the steps of one night share."""

    def __init__(self, settings: Settings, on_progress: OnProgress, wait_s: float, log: logging.Logger) -> None:
        self.settings = settings
        self.folder = settings.library
        self.on_progress = on_progress
        self.pace = Pace()
        self._wait_until = time.monotonic() + wait_s
        self._log = log

    def step(self, step: Step, name: str, do: Callable[[], _Found]) -> StepReport:
        """Does the step and tells what became of it, in the log too. name: the project's, "" for the library."""
        began = time.monotonic()
        is_busy = False
        try:
            found = self._when_free(do)
        except BusyError as error:
            found, is_busy = _Found("failed", str(error)), True
        except LinkAssistError as error:
            found = _Found("failed", str(error))
        except OSError as error:
            self._log.exception("%s", step)
            found = _Found("failed", cannot_be("used", error.filename or self.folder, error))
        except Exception as error:
            self._log.exception("%s: a fault of linkassist itself", step)
            found = _Found(
                "failed", f"a fault of linkassist itself ({type(error).__name__}: {error}); {LOG_NAME} has more"
            )
        message = visible_lines(without_key(found.message, self.settings.scrapbox_key))
        report = StepReport(step, found.outcome, round(time.monotonic() - began, 2), message, found.counts, is_busy)
        level = logging.ERROR if found.outcome == "failed" else logging.INFO
        words = [f"{name}: {step}" if name else step, found.outcome, f"{report.seconds:.1f} s"]
        words += [f"{key} {value:g}" for key, value in found.counts.items()]
        self._log.log(level, "%s", ", ".join(words) + (f": {one_line(message)}" if message else ""))
        return report

    def _when_free(self, do: Callable[[], _Found]) -> _Found:
        """Does it, if need be when the import or reindex that is under way has finished. Raises BusyError."""
        is_told = False
        while True:
            try:
                return do()
            except BusyError as error:
                if time.monotonic() >= self._wait_until:
                    raise
                if not is_told:
                    self._log.info("waiting: %s", error)
                is_told = True
                self.on_progress("wait", 0, 0)
                _sleep(_ASK_EVERY_S)


def _sleep(seconds: float) -> None:
    time.sleep(seconds)


def run_night(settings: Settings, names: Sequence[str], on_progress: OnProgress, *, wait_s: float) -> NightReport:
    """Does a night and keeps its report in the library. names: the projects; none are all that there are or have a
    source.

    wait_s: how long to wait, in all, for another import or reindex.
    Raises BusyError while another night is under way, and LinkAssistError where nothing can be begun: no library and no
    source, a project that is in neither, or a folder that cannot be written.
    """
    folder = settings.library
    if not (folder / FILE_NAME).is_file() and not settings.sources:
        raise NotFoundError(
            f"There is no library in {folder}. Run `linkassist fetch SOURCE` with the address of a Scrapbox project "
            "or with an export to make one, or name another folder with --library."
        )
    with only_night(folder), night_log(folder, settings.scrapbox_key) as log:
        _, last_success = last_attempt(folder)
        begun = NightReport(str(folder), "running", now(), last_success=last_success, log=str(folder / LOG_NAME))
        write_night(folder, begun)
        log.info("a night begins")
        night = _Night(settings, on_progress, wait_s, log)
        opened = night.step("open", "", lambda: _open(night, names))
        if opened.outcome == "failed":
            done: tuple[ProjectReport, ...] = ()
            of_library: tuple[StepReport, ...] = (opened,)
        else:
            done = tuple(_project(night, name) for name in names or _all_names(night))
            of_library = (
                night.step("prune", "", lambda: _prune(night)),
                night.step("backup", "", lambda: _back_up(night)),
            )
        exit_code = exit_code_of([*(step for each in done for step in each.steps), *of_library])
        report = replace(
            begun,
            state="failed" if exit_code else "done",
            finished=now(),
            last_success=last_success if exit_code else begun.started,
            exit_code=exit_code,
            projects=done,
            steps=of_library,
        )
        log.info("%s", without_key(report.as_line(), settings.scrapbox_key))
        write_night(folder, report)
    return report


def _open(night: _Night, names: Sequence[str]) -> _Found:
    """Whether the library can be opened and knows the projects."""
    with Library.open(night.folder) as library:
        for name in names:
            if name not in night.settings.sources:
                project(library, name)  # says which there are
    return _Found("unchanged")


def _all_names(night: _Night) -> list[str]:
    with Library.open(night.folder) as library:
        return sorted({each.name for each in projects(library)} | set(night.settings.sources))


def _project(night: _Night, name: str) -> ProjectReport:
    """One project's steps. Where its pages do not come, those that are there are still brought up to date."""
    source = night.settings.sources.get(name, "")
    steps: list[StepReport] = []
    arrived: list[Arrival] = []
    if source:
        steps.append(night.step("fetch", name, lambda: _fetch(night, name, source, arrived)))
    if arrived:
        steps.append(night.step("import", name, lambda: _import(night, name, arrived[0])))
    with Library.open(night.folder) as library:
        is_there = any(each.name == name for each in projects(library))
    if is_there:
        steps.append(night.step("reindex", name, lambda: _reindex(night, name)))
        if steps[-1].outcome != "failed":
            steps.append(night.step("evaluate", name, lambda: _evaluate(night, name)))
    return ProjectReport(name, source, tuple(steps))


def _fetch(night: _Night, name: str, source: str, arrived: list[Arrival]) -> _Found:
    with Library.open(night.folder) as library:
        found = arrival(library, name, source, night.settings.scrapbox_key, night.pace, night.on_progress)
    if found is None:
        return _Found("unchanged")
    arrived.append(found)
    return _Found(message=found.origin)


def _import(night: _Night, name: str, arrived: Arrival) -> _Found:
    with Library.open(night.folder) as library:
        n_before = next((each.n_pages for each in projects(library) if each.name == name), 0)
    least = n_before // 2 if n_before > _FEW_PAGES else 0
    report = ingest(night.folder, arrived.path, name, night.on_progress, least_pages=least, version=arrived.version)
    clear_away(arrived)
    return _Found(message=" ".join(report.skipped[:3]), counts=report.counts)


def _reindex(night: _Night, name: str) -> _Found:
    with Library.open(night.folder) as library:
        report = reindex(library, project(library, name), night.settings, night.on_progress)
    counts = {"pages": report.n_pages}
    if not report.was_needed:
        return _Found("unchanged", counts=counts)
    counts |= {"encoded": report.n_encoded, "suggestions": report.n_suggestions}
    return _Found(message=" ".join(report.notes), counts=counts)


def _evaluate(night: _Night, name: str) -> _Found:
    with Library.open(night.folder) as library:
        of = project(library, name)
        at = time.time()
        # One from the future was measured under a clock that was wrong.
        last = max((each.measured_at for each in samples(library, of.id) if each.measured_at <= at), default=0)
        if last >= of.imported_at:
            return _Found("unchanged")
        if at - last < _SAMPLE_EVERY_S:
            return _Found("skipped", "a sample was measured in the last week")
        sample = measure_sample(library, of, night.on_progress)
        if sample is None:
            return _Found("skipped", "too few links that other pages know too")
        put_sample(library, of.id, sample)
    counts = {
        "asked": sample.n_asked,
        "links": sample.n_links,
        "found_in_10": round(sample.found_in_10, 4),
        "first_right": round(sample.first_right, 4),
    }
    return _Found(counts=counts)


def _prune(night: _Night) -> _Found:
    with Library.open(night.folder) as library:
        counts = {
            "embeddings": prune(library),
            "runs": prune_runs(library, _KEPT_RUNS),
            "samples": prune_samples(library, _KEPT_SAMPLES),
            "snoozes": prune_snoozes(library, int(time.time())),
        }
    return _Found("done" if any(counts.values()) else "unchanged", counts=counts)


def _back_up(night: _Night) -> _Found:
    with Library.open(night.folder) as library:
        return _Found(message=str(make_backup(library, KEPT)))
