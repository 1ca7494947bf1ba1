"""The report of a night: as values, as JSON in the library, and in one line."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final, Literal

from linkassist.errors import StoreError
from linkassist.files.errors import cannot_be
from linkassist.nightly.clock import Timestamp
from linkassist.terminal_escape import visible

Step = Literal["open", "fetch", "import", "reindex", "evaluate", "prune", "backup"]
Outcome = Literal["done", "unchanged", "skipped", "failed"]
State = Literal["running", "done", "failed"]

FILE_NAME: Final = "nightly.json"
LOG_NAME: Final = "nightly.log"

# The exit code of `linkassist nightly` by failed step; of several, the smallest.
EXIT_CODES: Final[Mapping[Step, int]] = {
    "open": 9,
    "fetch": 10,
    "import": 11,
    "reindex": 12,
    "evaluate": 13,
    "prune": 14,
    "backup": 15,
}
EXIT_BUSY: Final = 16  # another import, reindex or night was still running after the wait


@dataclass(frozen=True, slots=True)
class StepReport:
    """The outcome of one step. message: why it failed or was skipped. counts: by name; shares are in [0, 1].
    is_busy: it failed because another process held the library."""

    step: Step
    outcome: Outcome
    seconds: float
    message: str = ""
    counts: Mapping[str, float] = field(default_factory=dict)
    is_busy: bool = False


@dataclass(frozen=True, slots=True)
class ProjectReport:
    """The steps of one project. source: where its pages come from, "" if none is set."""

    project: str
    source: str
    steps: tuple[StepReport, ...] = ()

    @property
    def failure(self) -> StepReport | None:
        """The first step that failed."""
        return next((each for each in self.steps if each.outcome == "failed"), None)


@dataclass(frozen=True, slots=True)
class NightReport:
    """A night. last_success: when the last complete night began, this one included, None if there was none.

    exit_code: see EXIT_CODES. steps: those of the whole library.
    """

    library: str
    state: State
    started: Timestamp
    finished: Timestamp | None = None
    last_success: Timestamp | None = None
    exit_code: int = 0
    projects: tuple[ProjectReport, ...] = ()
    steps: tuple[StepReport, ...] = ()
    log: str = ""

    def as_json(self) -> str:
        """One JSON object; times are Unix seconds, in `at`."""
        # A lone surrogate, as of a folder whose name is no UTF-8, is spelled as JSON spells it.
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace").decode()

    def as_line(self) -> str:
        """The night in one line: each project, the failures, and how long it took."""
        parts = [_project_line(each) for each in self.projects]
        for step in self.steps:
            if step.outcome == "failed":
                parts.append(f"{step.step} FAILED: {one_line(step.message)}")
            elif step.step == "backup" and step.message:
                parts.append(f"backup {Path(step.message).name}")
        every_step = [*(step for each in self.projects for step in each.steps), *self.steps]
        seconds = sum(step.seconds for step in every_step)
        return visible(f"nightly {self.state}: " + "; ".join(parts) + f" ({seconds:.0f} s)")


def write_night(folder: Path, report: NightReport) -> None:
    """Replaces the report in the library, atomically."""
    path = folder / FILE_NAME
    beside = path.with_name(f".{FILE_NAME}.partial")
    try:
        with open(beside, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(report.as_json() + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as error:
        raise StoreError(cannot_be("written", path, error)) from error


def exit_code_of(steps: Sequence[StepReport]) -> int:
    """The exit code of a night with these steps: see EXIT_CODES."""
    failed = [each for each in steps if each.outcome == "failed"]
    if any(each.is_busy for each in failed):
        return EXIT_BUSY
    return min((EXIT_CODES[each.step] for each in failed), default=0)


def _project_line(report: ProjectReport) -> str:
    failure = report.failure
    if failure is not None:
        return f"{report.project} FAILED at {failure.step}: {one_line(failure.message)}"
    counts: dict[str, float] = {}
    for step in report.steps:
        counts |= step.counts
    words = [f"{counts.get('pages', 0):,.0f} pages"]
    changes = [f"{counts[name]:,.0f} {name}" for name in ("new", "changed", "gone") if counts.get(name)]
    words.append(", ".join(changes) if changes else "unchanged")
    if counts.get("suggestions"):
        words.append(f"{counts['suggestions']:,.0f} suggestions")
    if "found_in_10" in counts:
        words.append(f"{counts['found_in_10']:.0%} found in ten on a sample")
    if not report.source:
        words.append("no source is set")
    return f"{report.project} " + ", ".join(words)


def one_line(text: str) -> str:
    """The text without line breaks."""
    return " ".join(text.split())
