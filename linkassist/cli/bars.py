"""Progress bars on a terminal, drawn by rich."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from linkassist.cli.output import amount_text


class AmountColumn(ProgressColumn):
    """How much is done, of how much, and how fast."""

    def render(self, task: Task) -> Text:
        return Text(_pace(task.completed, task.total, task.speed, is_bytes=bool(task.fields["is_bytes"])))


class Bars:
    """A context manager that draws a bar for each step, under the step's name."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            AmountColumn(),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=Console(stderr=True),
            # What is printed meanwhile must reach standard output, and not the console of the bars.
            redirect_stdout=False,
        )
        self._step = ""

    def __enter__(self) -> Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, step: str, description: str, done: int, total: int, *, is_bytes: bool) -> None:
        """Draws how far the step is; a new one ends the one before. total: 0 if unknown."""
        if step != self._step:
            for task in self._progress.tasks:
                self._progress.update(task.id, total=task.total or task.completed or 1, completed=task.total or 1)
                self._progress.stop_task(task.id)
            self._step = step
            self._progress.add_task(description, total=None, is_bytes=is_bytes)
        last = self._progress.tasks[-1].id
        self._progress.update(last, completed=done, total=total or None, description=description)


def _pace(done: float, total: float | None, rate: float | None, *, is_bytes: bool) -> str:
    """`_pace(1500, 3000, 250.0, is_bytes=False) == "1,500 of 3,000, 250/s"`."""
    of = f" of {amount_text(total, is_bytes=is_bytes)}" if total else ""
    speed = f", {amount_text(rate, is_bytes=is_bytes)}/s" if rate else ""
    return f"{amount_text(done, is_bytes=is_bytes)}{of}{speed}"
