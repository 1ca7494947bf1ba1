"""Work in progress, as the person who waits for it sees it: bars on a terminal, elsewhere a quiet line a step.

Everything here goes to standard error, so that standard output holds results alone.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from linkassist.cli.output import say
from linkassist.progress import OnProgress

if TYPE_CHECKING:
    from rich.progress import Progress, Task

    from linkassist.bert.train.loop import OnStep

_BYTES_STEPS: Final = (
    "import",
    "read exports",
    "download",
)  # these count the bytes of a file, every other step counts things
_SECONDS_BETWEEN_LINES: Final = 30
_WORDS: Final = {
    "import": "Reading the export",
    "list": "Listing the pages in Scrapbox",
    "fetch": "Fetching what has changed",
    "download": "Fetching the export",
    "wait": "Waiting for another import or reindex",
    "store": "Writing the library",
    "read": "Reading the pages",
    "learn": "Learning the wiki's words",
    "encode": "Encoding the pages",
    "index": "Building the index",
    "mentions": "Finding mentions",
    "phrases": "Finding phrases",
    "statistics": "Counting the links",
    "examine": "Gathering evidence",
    "rank": "Learning to rank",
    "suggest": "Choosing suggestions",
    "write": "Writing suggestions",
    "evaluate": "Evaluating",
    "predict": "Predicting",
    "search": "Reading the pages for the search",
    "offers": "Adding up the suggestions",
}


@contextmanager
def progress() -> Iterator[OnProgress]:
    """A function to be told (step, done, total) as work goes on; total 0 where nobody knows how much there is.

    A step lasts until another is named, or until the end.
    """
    if sys.stderr.isatty():
        bars = _rich_bars()
        with bars:
            yield _Bars(bars)
    else:
        lines = _Lines()
        yield lines
        lines.end_step()


@contextmanager
def training_progress() -> Iterator[OnStep]:
    """A function to be told (steps done, of how many, loss of the step) while a network is trained."""
    if sys.stderr.isatty():
        bars = _rich_bars()
        task = bars.add_task("Training", total=None, is_bytes=False)

        def on_step(done: int, total: int, loss: float) -> None:
            bars.update(task, completed=done, total=total, description=f"Training, loss {loss:.4f}")

        with bars:
            yield on_step
    else:
        yield _TrainingLines()


class _Bars:
    """A bar for each step."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._step = ""

    def __call__(self, step: str, done: int, total: int) -> None:
        if step != self._step:
            for task in self._bars.tasks:
                self._bars.update(task.id, total=task.total or task.completed or 1, completed=task.total or 1)
                self._bars.stop_task(task.id)
            self._step = step
            self._bars.add_task(_in_words(step), total=None, is_bytes=step.startswith(_BYTES_STEPS))
        self._bars.update(self._bars.tasks[-1].id, completed=done, total=total or None)


class _Lines:
    """A line for each step when it ends: what was done, how often and in which time."""

    def __init__(self) -> None:
        self._step = ""
        self._done = 0
        self._began_at = 0.0

    def __call__(self, step: str, done: int, total: int) -> None:
        if step != self._step:
            self.end_step()
            self._step = step
            self._began_at = time.monotonic()
        self._done = done

    def end_step(self) -> None:
        if self._step:
            amount = f"{_amount(self._done, is_bytes=self._step.startswith(_BYTES_STEPS))}, " if self._done else ""
            say(f"{_in_words(self._step)}: {amount}{time.monotonic() - self._began_at:.1f} s")
        self._step = ""


class _TrainingLines:
    """A line every half a minute, and one for the last step, with the mean loss since the line before."""

    def __init__(self) -> None:
        self._losses: list[float] = []
        self._said_at = time.monotonic()

    def __call__(self, done: int, total: int, loss: float) -> None:
        self._losses.append(loss)
        if done == total or time.monotonic() - self._said_at >= _SECONDS_BETWEEN_LINES:
            say(f"Training: step {done:,} of {total:,}, loss {sum(self._losses) / len(self._losses):.4f}")
            self._losses = []
            self._said_at = time.monotonic()


def _rich_bars() -> Progress:
    # Imported here: rich takes a tenth of a second to import, and most commands show no bar.
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class AmountColumn(ProgressColumn):
        """How much is done, of how much, and how fast."""

        def render(self, task: Task) -> Text:
            return Text(_pace(task.completed, task.total, task.speed, is_bytes=bool(task.fields["is_bytes"])))

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        AmountColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=Console(stderr=True),
        # What is printed meanwhile must reach standard output, and not the console of the bars.
        redirect_stdout=False,
    )


def _in_words(step: str) -> str:
    return _WORDS.get(step, step[:1].upper() + step[1:])


def _pace(done: float, total: float | None, rate: float | None, *, is_bytes: bool) -> str:
    """`_pace(1500, 3000, 250.0, is_bytes=False) == "1,500 of 3,000, 250/s"`."""
    of = f" of {_amount(total, is_bytes=is_bytes)}" if total else ""
    speed = f", {_amount(rate, is_bytes=is_bytes)}/s" if rate else ""
    return f"{_amount(done, is_bytes=is_bytes)}{of}{speed}"


def _amount(number: float, *, is_bytes: bool) -> str:
    return f"{number / 1e6:,.1f} MB" if is_bytes else f"{number:,.0f}"
