"""The import screen: the current or last run, and the projects of the library."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from linkassist.pipeline.model_store import ModelStore
from linkassist.server.jobs.import_job import Job, Stage
from linkassist.server.jobs.import_process import ImportOrder, StepProgress
from linkassist.server.views.frame import ProjectView, project_view
from linkassist.store.library import Library
from linkassist.store.locks import is_work_running
from linkassist.store.navigation import figures, project_names
from linkassist.store.pages import Project, projects
from linkassist.store.runs import Run, last_run

RunState = Literal["running", "stopping", "elsewhere", "done", "failed", "stopped"]
Remains = Literal["", "nothing", "pages", "suggestions"]

GROUPS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("reading", ("import", "store", "load", "read", "read pages")),
    ("words", ("learn",)),
    ("encoding", ("encode",)),
    ("mentions", ("mentions", "phrases")),
    ("evidence", ("examine",)),
    ("suggestions", ("index", "statistics", "suggest", "ask the baselines")),
)
# Shares of the time that each group takes, of a first import of 3,000 pages; larger wikis differ by a few per cent.
_TIME_OF: Final = (0.05, 0.17, 0.01, 0.07, 0.27, 0.43)
_TELLING: Final = 0.06  # of the whole: before that, what is left cannot be told
_GROUP_OF: Final = {step: number for number, (_, steps) in enumerate(GROUPS) for step in steps}
_N_RENAMED: Final = 30
_N_SKIPPED: Final = 10


@dataclass(frozen=True, slots=True)
class GroupView:
    """A progress bar for a group of steps. percent: of the whole bar. clock: the time it took.

    step: the one under way, with n_done of n_total (0 if unknown); of the step "import" these are bytes.
    """

    name: str
    state: Literal["waiting", "now", "done", "needless"] = "waiting"
    percent: int = 0
    clock: str = ""
    step: str = ""
    n_done: int = 0
    n_total: int = 0


@dataclass(frozen=True, slots=True)
class ChangesView:
    """What an import changed, as numbers of pages. titles: (old, new) of the first renamed pages."""

    new: int
    changed: int
    gone: int
    renamed: int
    unchanged: int
    titles: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RunView:
    """An import or a reindex. name: of the file, or of the project that is reindexed.

    left_s: about how many seconds are left, 0 where that cannot be told yet.
    remains: what a run that did not finish has left: nothing new, new pages with older suggestions, or unchanged pages
    with older suggestions. skipped: the first messages on pages left out, of n_skipped. more_skipped: all others; empty
    while the run goes on, since the screen is loaded again and again.
    """

    state: RunState
    is_import: bool
    name: str = ""
    project: ProjectView | None = None
    groups: tuple[GroupView, ...] = ()
    clock: str = ""
    left_s: int = 0
    ended_at: int = 0
    remains: Remains = ""
    message: str = ""
    changes: ChangesView | None = None
    n_suggestions: int = 0
    n_rewritten: int = 0
    was_needed: bool = True
    notes: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    more_skipped: tuple[str, ...] = ()
    n_skipped: int = 0

    @property
    def is_under_way(self) -> bool:
        """Whether it is running, here or in another program."""
        return self.state in ("running", "stopping", "elsewhere")


@dataclass(frozen=True, slots=True)
class ImportedProjectView:
    """A project of the library. imported_at, indexed_at: Unix seconds, 0 for never."""

    project: ProjectView
    n_pages: int
    imported_at: int
    indexed_at: int
    is_old: bool


def job_view(job: Job, now: float) -> RunView:
    """The view of the server's own job. now: monotonic seconds."""
    until = job.ended_at or now
    is_import = isinstance(job.order, ImportOrder)
    taken, indexed = job.taken_in, job.indexed
    groups = _groups(job.stages, until, is_over=job.is_done)
    view = RunView(
        state=_state(job),
        is_import=is_import,
        name=job.order.file_name if isinstance(job.order, ImportOrder) else job.order.display_name,
        project=_project_of_job(job),
        groups=groups,
        clock=_clock(until - job.began_at),
        left_s=_left_s(groups, until - job.began_at) if job.ended_at is None else 0,
        ended_at=job.ended_time,
        remains=_remains(is_import=is_import, is_taken_in=taken is not None),
        message=job.failure,
    )
    if taken:
        found = taken.imported
        counts = (found.new, found.changed, found.gone, len(found.renamed), found.unchanged)
        view = replace(
            view,
            changes=ChangesView(*counts, found.renamed[:_N_RENAMED]),
            skipped=taken.skipped[:_N_SKIPPED],
            more_skipped=taken.skipped[_N_SKIPPED:] if job.ended_at is not None else (),
            n_skipped=len(taken.skipped),
        )
    if indexed:
        view = replace(
            view,
            n_suggestions=indexed.n_suggestions,
            n_rewritten=indexed.n_pages_rewritten,
            was_needed=indexed.was_needed,
            notes=indexed.notes,
        )
    return view


def recorded_view(library: Library) -> RunView | None:
    """The view of the library's record of runs: a run of another program, else how the last run ended."""
    taken, indexed = last_run(library, "import"), last_run(library, "reindex")
    runs = [run for run in (indexed, taken) if run and run.status == "running"]
    if runs and is_work_running(library.folder):
        return _elsewhere(library, runs[0])
    if taken and (indexed is None or indexed.id < taken.id):
        return _ended(library, taken, None)
    if indexed:
        return _ended(library, taken if taken and taken.id == indexed.id - 1 else None, indexed)
    return None


def with_present_count(library: Library, run: RunView) -> RunView:
    """The view of a finished run with the suggestions of its project as they are counted on every screen now."""
    named = {each.name: each.id for each in project_names(library)}
    if run.state != "done" or run.project is None or run.project.name not in named:
        return run
    return replace(run, n_suggestions=figures(library, named[run.project.name]).n_suggestions)


def imported_projects(library: Library) -> tuple[ImportedProjectView, ...]:
    """The projects of the library, with the ages of their pages and suggestions."""
    found = []
    for each in projects(library):
        run = last_run(library, "reindex", each.id, "done")
        indexed_at = (run.finished_at or run.started_at) if run else 0
        is_older = ModelStore(library, each.id).is_older_than_pages()
        found.append(ImportedProjectView(_project_view(each), each.n_pages, each.imported_at, indexed_at, is_older))
    return tuple(found)


def _project_of_job(job: Job) -> ProjectView | None:
    if not isinstance(job.order, ImportOrder):
        return project_view(job.order.project, job.order.display_name)
    return _project_view(job.taken_in.imported.project) if job.taken_in else None


def _state(job: Job) -> RunState:
    if job.ended_at is None:
        return "stopping" if job.is_stopping else "running"
    if job.is_done:
        return "done"
    return "failed" if job.failure else "stopped"


def _remains(*, is_import: bool, is_taken_in: bool) -> Remains:
    if not is_import:
        return "suggestions"
    return "pages" if is_taken_in else "nothing"


def _elsewhere(library: Library, run: Run) -> RunView:
    at = Stage(StepProgress(run.step or "import", run.n_done, run.n_total), 0.0)
    groups = tuple(
        GroupView(group.name, "done", 100) if group.state == "needless" else replace(group, clock="")
        for group in _groups((at,), 0.0, is_over=False)
    )
    found = _project_of(library, run)
    project = _project_view(found) if found else None
    return RunView(
        "elsewhere",
        is_import=run.kind == "import",
        name=project.display_name if project else "",
        project=project,
        groups=groups,
        clock=_clock(time.time() - run.started_at),
        left_s=_left_s(groups, time.time() - run.started_at),
    )


def _ended(library: Library, taken: Run | None, indexed: Run | None) -> RunView:
    """The view of a finished run by its records: of the import, of the reindex, or of both."""
    last = indexed or taken
    assert last is not None
    is_taken_in = taken is not None and taken.status == "done"
    counts = taken.counts if taken and is_taken_in else {}
    found = _project_of(library, last)
    project = _project_view(found) if found else None
    state: RunState = "stopped"
    if last.status == "failed":
        state = "failed"
    elif last.status == "done" and (indexed or (found and not ModelStore(library, found.id).is_older_than_pages())):
        state = "done"  # after an import that changed nothing there is no record of a reindex
    new, changed, gone, renamed, unchanged = (
        counts.get(name, 0) for name in ("new", "changed", "gone", "renamed", "unchanged")
    )
    return RunView(
        state,
        is_import=taken is not None,
        name=project.display_name if project else "",
        project=project,
        ended_at=last.finished_at or last.started_at,
        remains=_remains(is_import=taken is not None, is_taken_in=is_taken_in),
        message=last.message if state == "failed" else "",
        changes=ChangesView(new, changed, gone, renamed, unchanged) if is_taken_in else None,
        n_suggestions=indexed.counts.get("suggestions", 0) if indexed else 0,
        was_needed=indexed is not None,
        n_skipped=counts.get("skipped", 0),
    )


def _groups(stages: Sequence[Stage], until: float, *, is_over: bool) -> tuple[GroupView, ...]:
    """The bars. A group that was skipped had nothing to do."""
    took_s = [0.0] * len(GROUPS)
    seen: set[int] = set()
    here, at = 0, StepProgress("", 0, 0)
    ends = [*(stage.began_at for stage in stages), until][1:]
    for stage, ended_at in zip(stages, ends, strict=True):
        here, at = _GROUP_OF.get(stage.at.step, here), stage.at
        seen.add(here)
        took_s[here] += ended_at - stage.began_at
    found = []
    for number, (name, steps) in enumerate(GROUPS):
        clock = _clock(took_s[number]) if number in seen else ""
        if number == here and not is_over:
            found.append(GroupView(name, "now", _percent(at, steps), clock, at.step, at.n_done, at.n_total))
        elif number in seen:
            found.append(GroupView(name, "done", 100, clock))
        else:
            found.append(GroupView(name, "needless" if number < here or is_over else "waiting"))
    return tuple(found)


def _percent(at: StepProgress, steps: tuple[str, ...]) -> int:
    """The progress of a group: `_percent(StepProgress("phrases", 5, 10), ("mentions", "phrases")) == 75`."""
    share = min(1.0, at.n_done / at.n_total) if at.n_total else 0.0
    before = steps.index(at.step) if at.step in steps else 0
    return round(100 * (before + share) / len(steps))


def _left_s(groups: Sequence[GroupView], passed_s: float) -> int:
    """About how many seconds are left, by the usual share of each group in the time of a run; 0 if it is too early."""
    wanted = [(group, share) for group, share in zip(groups, _TIME_OF, strict=True) if group.state != "needless"]
    whole = sum(share for _, share in wanted)
    done = sum(share * group.percent / 100 for group, share in wanted)
    if not whole or done / whole < _TELLING:
        return 0
    return max(1, round(passed_s * (whole - done) / done))


def _clock(seconds: float) -> str:
    """`_clock(75) == "1:15"`."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _project_of(library: Library, run: Run) -> Project | None:
    return next((each for each in projects(library) if each.id == run.project_id), None)


def _project_view(of: Project) -> ProjectView:
    return project_view(of.name, of.display_name)
