"""An output that takes long to make: files that grow block by block in a folder beside it, and a note of how far.

After a kill the note says to which length each file is whole; what is longer is cut off, and the work goes on there.
What the files hold, and how they become the output, is left to `files.py`.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from linkassist.errors import LinkAssistError

_NOTE = "progress.json"


@dataclass(frozen=True, slots=True)
class Asked:
    """What an output is made from and how; another one has other numbers. `model` is the BERT's fingerprint."""

    input_sha256: str
    model: str
    layers: str
    max_seq_length: int
    batch_size: int
    precision: str
    format: str


class Unfinished:
    """The folder OUTPUT.part with the files of these names.

    n_lines: how many lines of the input are done. end: where they end in it, in bytes. precision: what the first run
    computed with, "" before it is known.
    """

    def __init__(self, output: Path, asked: Asked, names: Sequence[str]) -> None:
        """Takes up what an earlier run left, or begins. Raises LinkAssistError where that was asked for otherwise."""
        if output.is_dir():
            raise LinkAssistError(f"{output} is a folder. Name a file for the output.")
        self.folder = output.with_name(output.name + ".part")
        self.n_lines, self.end, self.precision = 0, 0, ""
        self._asked = asked
        self._sizes = [0] * len(names)
        self.paths = [self.folder / name for name in names]
        if (self.folder / _NOTE).is_file():
            self._take_up()
        else:
            self._begin()

    def note_precision(self, precision: str) -> None:
        """Remembers what the numbers are computed with, so that a later run goes on with the same."""
        self.precision = precision
        self._write_note()

    def append(self, parts: Sequence[bytes], n_lines: int, end: int) -> None:
        """Adds a block: a part for each file. n_lines, end: as they are after it.

        Raises LinkAssistError where the disk does not take it, as when it is full.
        """
        try:
            for position, (path, part) in enumerate(zip(self.paths, parts, strict=True)):
                with path.open("ab") as file:
                    file.write(part)
                    file.flush()
                    os.fsync(file.fileno())
                self._sizes[position] += len(part)
            self.n_lines, self.end = n_lines, end
            self._write_note()
        except OSError as error:
            raise LinkAssistError(
                f"{self.folder} cannot be written to ({error.strerror}). Make room there, then"
                " run the same command to go on."
            ) from error

    def finish(self, made: Path, output: Path) -> None:
        """Puts the file `made`, which lies in the folder, in the output's place, and takes the folder away."""
        os.replace(made, output)
        shutil.rmtree(self.folder)

    def _begin(self) -> None:
        try:
            self.folder.mkdir(exist_ok=True)
        except OSError as error:
            raise LinkAssistError(
                f"{self.folder} cannot be made ({error.strerror}); the output is put together there. Name an output"
                " in a folder that exists and that you may write to."
            ) from error
        for path in self.paths:
            path.write_bytes(b"")
        self._write_note()

    def _take_up(self) -> None:
        note = self.folder / _NOTE
        try:
            found = json.loads(note.read_text("utf-8"))
            asked, sizes = Asked(**found["asked"]), [int(size) for size in found["sizes"]]
            self.n_lines, self.end, self.precision = int(found["n_lines"]), int(found["end"]), str(found["precision"])
        except (ValueError, KeyError, TypeError) as error:
            raise LinkAssistError(
                f"{note} cannot be read ({error!r}), so the work cannot go on. Delete {self.folder} to begin anew."
            ) from error
        for field in fields(Asked):
            before, now = getattr(asked, field.name), getattr(self._asked, field.name)
            if before != now:
                raise LinkAssistError(
                    f"{self.folder} holds an unfinished output whose {field.name} is {before}, but now it is {now}."
                    f" Run the command as it was, name another output, or delete {self.folder} to begin anew."
                )
        for path, size in zip(self.paths, sizes, strict=True):
            if not path.is_file() or path.stat().st_size < size:
                raise LinkAssistError(
                    f"{path} is shorter than the {size:,} bytes that {note} names. Delete {self.folder} to begin anew."
                )
            os.truncate(path, size)
        self._sizes = sizes

    def _write_note(self) -> None:
        note, beside = self.folder / _NOTE, self.folder / f"{_NOTE}.new"
        found = {
            "asked": asdict(self._asked),
            "sizes": self._sizes,
            "n_lines": self.n_lines,
            "end": self.end,
            "precision": self.precision,
        }
        with beside.open("w", encoding="utf-8") as file:
            json.dump(found, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, note)
