"""The progress of work: bars on a terminal, elsewhere a line for each step.

Everything here goes to standard error, so that standard output holds results alone.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from linkassist.cli.output import amount_text, say
from linkassist.progress import OnProgress

if TYPE_CHECKING:
    from linkassist.bert.train.loop import OnStep
    from linkassist.cli.bars import Bars

_BYTES_STEPS: Final = ("import", "read exports", "download")  # these count the bytes of a file
_SECONDS_BETWEEN_LINES: Final = 30
_WORDS: Final = {
    "import": "Reading the export",
    "list": "Listing the pages in Scrapbox",
    "fetch": "Fetching what has changed",
    "download": "Fetching the export",
    "push": "Writing the pages in Scrapbox",
    "undo": "Taking links out of the pages in Scrapbox",
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
    "ask the baselines": "Asking the baselines",
    "compare pages": "Comparing the pages",
    "score poolings": "Scoring the poolings",
    "extract features": "Extracting features",
    "write": "Writing suggestions",
    "evaluate": "Evaluating",
    "predict": "Predicting",
    "search": "Reading the pages for the search",
    "offers": "Adding up the suggestions",
}


@contextmanager
def progress() -> Iterator[OnProgress]:
    """A function that shows reports of progress; total 0 where nobody knows how much there is.

    A step lasts until another is named, or until the end.
    """
    if sys.stderr.isatty():
        with _new_bars() as bars:
            yield lambda step, done, total: bars.show(
                step, _in_words(step), done, total, is_bytes=step.startswith(_BYTES_STEPS)
            )
    else:
        lines = _Lines()
        yield lines
        lines.end_step()


@contextmanager
def training_progress() -> Iterator[OnStep]:
    """A function that shows (steps done, of how many, loss of the step) while a network is trained."""
    if sys.stderr.isatty():
        with _new_bars() as bars:
            yield lambda done, total, loss: bars.show(
                "train", f"Training, loss {loss:.4f}", done, total, is_bytes=False
            )
    else:
        yield _TrainingLines()


def _new_bars() -> Bars:
    # Here and not above: rich takes a tenth of a second to import, and most commands show no bar.
    from linkassist.cli.bars import Bars

    return Bars()


class _Lines:
    """Prints a line for each step when it ends: how much was done, in what time."""

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
            amount = f"{amount_text(self._done, is_bytes=self._step.startswith(_BYTES_STEPS))}, " if self._done else ""
            say(f"{_in_words(self._step)}: {amount}{time.monotonic() - self._began_at:.1f} s")
        self._step = ""


class _TrainingLines:
    """Prints a line every half a minute and at the last step, with the mean loss since the line before."""

    def __init__(self) -> None:
        self._losses: list[float] = []
        self._said_at = time.monotonic()

    def __call__(self, done: int, total: int, loss: float) -> None:
        self._losses.append(loss)
        if done == total or time.monotonic() - self._said_at >= _SECONDS_BETWEEN_LINES:
            say(f"Training: step {done:,} of {total:,}, loss {sum(self._losses) / len(self._losses):.4f}")
            self._losses = []
            self._said_at = time.monotonic()


def _in_words(step: str) -> str:
    return _WORDS.get(step, step[:1].upper() + step[1:])
