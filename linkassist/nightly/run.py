"""A night: for each project fetch, import, reindex and evaluate a sample; then prune and back up the library.

A failed step is reported and the night goes on with the other projects and the backup. So bugs are caught here too,
with their trace in the log. A killed night is recognised by its report, whose state is "running" until the end.
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
from linkassist.pipeline.fetch import IncomingExport, discard, incoming_export
from linkassist.pipeline.ingest import ingest
from linkassist.pipeline.reindex import reindex
from linkassist.progress import OnProgress
from linkassist.scrapbox.client.throttle import Throttle
from linkassist.settings import Settings
from linkassist.store.backup.restore import KEPT, make_backup
from linkassist.store.embeddings import prune
from linkassist.store.library import DATABASE_NAME, Library
from linkassist.store.locks import BusyError, nightly_lock
from linkassist.store.pages import project, projects
from linkassist.store.queue.snoozes import prune_snoozes
from linkassist.store.runs import prune_runs
from linkassist.store.summaries.quality_samples import prune_samples, put_sample, samples
from linkassist.terminal_escape import visible_lines

_ASK_EVERY_S: Final = 2.0
_KEPT_RUNS: Final = 100  # of each kind and project
_KEPT_SAMPLES: Final = 400  # of each project
_SAMPLE_EVERY_S: Final = 6.5 * 24 * 3600  # a sample takes half a minute, and shows little from one day to the next
_FEW_PAGES: Final = 20  # so small a project may lose most of its pages in a day


@dataclass(frozen=True, slots=True)
class _Result:
    """The outcome of a step, with a message and counts for the report."""

    outcome: Outcome = "done"
    message: str = ""
    counts: Mapping[str, float] = field(default_factory=dict)


class _Night:
    """The settings, progress and log that the steps of one night share."""

    def __init__(self, settings: Settings, on_progress: OnProgress, wait_s: float, log: logging.Logger) -> None:
        self.settings = settings
        self.folder = settings.library
        self.on_progress = on_progress
        self.pace = Throttle()
        self._wait_until = time.monotonic() + wait_s
        self._log = log

    def step(self, step: Step, name: str, do: Callable[[], _Result]) -> StepReport:
        """Runs the step, logs its outcome and returns its report. name: the project's, "" for the library."""
        began = time.monotonic()
        is_busy = False
        try:
            result = self._when_free(do)
        except BusyError as error:
            result, is_busy = _Result("failed", str(error)), True
        except LinkAssistError as error:
            result = _Result("failed", str(error))
        except OSError as error:
            self._log.exception("%s", step)
            result = _Result("failed", cannot_be("used", error.filename or self.folder, error))
        except Exception as error:
            self._log.exception("%s: a fault of linkassist itself", step)
            result = _Result(
                "failed", f"a fault of linkassist itself ({type(error).__name__}: {error}); {LOG_NAME} has more"
            )
        message = visible_lines(without_key(result.message, self.settings.scrapbox_key))
        report = StepReport(step, result.outcome, round(time.monotonic() - began, 2), message, result.counts, is_busy)
        level = logging.ERROR if result.outcome == "failed" else logging.INFO
        words = [f"{name}: {step}" if name else step, result.outcome, f"{report.seconds:.1f} s"]
        words += [f"{key} {value:g}" for key, value in result.counts.items()]
        self._log.log(level, "%s", ", ".join(words) + (f": {one_line(message)}" if message else ""))
        return report

    def _when_free(self, do: Callable[[], _Result]) -> _Result:
        """Runs it, waiting for another import or reindex to finish. Raises BusyError when the wait is over."""
        is_logged = False
        while True:
            try:
                return do()
            except BusyError as error:
                if time.monotonic() >= self._wait_until:
                    raise
                if not is_logged:
                    self._log.info("waiting: %s", error)
                is_logged = True
                self.on_progress("wait", 0, 0)
                time.sleep(_ASK_EVERY_S)


def run_night(settings: Settings, names: Sequence[str], on_progress: OnProgress, *, wait_s: float) -> NightReport:
    """Runs a night and keeps its report in the library.

    names: the projects; empty for all that are in the library or have a source. wait_s: how long to wait, in all, for
    another import or reindex. Raises BusyError while another night is running, and LinkAssistError if none can begin:
    no library and no source, a project that is in neither, or a folder that cannot be written.
    """
    folder = settings.library
    if not (folder / DATABASE_NAME).is_file() and not settings.sources:
        raise NotFoundError(
            f"There is no library in {folder}. Run `linkassist fetch SOURCE` with the address of a Scrapbox project "
            "or with an export to make one, or name another folder with --library."
        )
    with nightly_lock(folder), night_log(folder, settings.scrapbox_key) as log:
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


def _open(night: _Night, names: Sequence[str]) -> _Result:
    """Opens the library and looks up the projects. Raises LinkAssistError for one that is unknown."""
    with Library.open(night.folder) as library:
        for name in names:
            if name not in night.settings.sources:
                project(library, name)  # its error lists those that exist
    return _Result("unchanged")


def _all_names(night: _Night) -> list[str]:
    with Library.open(night.folder) as library:
        return sorted({each.name for each in projects(library)} | set(night.settings.sources))


def _project(night: _Night, name: str) -> ProjectReport:
    """The steps of one project. If fetching fails, the pages in the library are still reindexed."""
    source = night.settings.sources.get(name, "")
    steps: list[StepReport] = []
    arrived: list[IncomingExport] = []
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


def _fetch(night: _Night, name: str, source: str, arrived: list[IncomingExport]) -> _Result:
    with Library.open(night.folder) as library:
        found = incoming_export(library, name, source, night.settings.scrapbox_key, night.pace, night.on_progress)
    if found is None:
        return _Result("unchanged")
    arrived.append(found)
    return _Result(message=found.origin)


def _import(night: _Night, name: str, arrived: IncomingExport) -> _Result:
    with Library.open(night.folder) as library:
        n_before = next((each.n_pages for each in projects(library) if each.name == name), 0)
    least = n_before // 2 if n_before > _FEW_PAGES else 0
    report = ingest(night.folder, arrived.path, name, night.on_progress, least_pages=least, version=arrived.version)
    discard(arrived)
    return _Result(message=" ".join(report.skipped[:3]), counts=report.counts)


def _reindex(night: _Night, name: str) -> _Result:
    with Library.open(night.folder) as library:
        report = reindex(library, project(library, name), night.settings, night.on_progress)
    counts = {"pages": report.n_pages}
    if not report.was_needed:
        return _Result("unchanged", counts=counts)
    counts |= {"encoded": report.n_encoded, "suggestions": report.n_suggestions}
    return _Result(message=" ".join(report.notes), counts=counts)


def _evaluate(night: _Night, name: str) -> _Result:
    with Library.open(night.folder) as library:
        of = project(library, name)
        at = time.time()
        # A sample from the future was measured while the clock was wrong.
        last = max((each.measured_at for each in samples(library, of.id) if each.measured_at <= at), default=0)
        if last >= of.imported_at:
            return _Result("unchanged")
        if at - last < _SAMPLE_EVERY_S:
            return _Result("skipped", "a sample was measured in the last week")
        sample = measure_sample(library, of, night.on_progress)
        if sample is None:
            return _Result("skipped", "too few links that other pages know too")
        put_sample(library, of.id, sample)
    counts = {
        "asked": sample.n_asked,
        "links": sample.n_links,
        "found_in_10": round(sample.found_in_10, 4),
        "first_right": round(sample.first_right, 4),
    }
    return _Result(counts=counts)


def _prune(night: _Night) -> _Result:
    with Library.open(night.folder) as library:
        counts = {
            "embeddings": prune(library),
            "runs": prune_runs(library, _KEPT_RUNS),
            "samples": prune_samples(library, _KEPT_SAMPLES),
            "snoozes": prune_snoozes(library, int(time.time())),
        }
    return _Result("done" if any(counts.values()) else "unchanged", counts=counts)


def _back_up(night: _Night) -> _Result:
    with Library.open(night.folder) as library:
        return _Result(message=str(make_backup(library, KEPT)))
