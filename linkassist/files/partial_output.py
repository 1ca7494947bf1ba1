"""A resumable output: files that grow block by block in a folder beside it, with a progress file.

The progress file holds the length up to which each file is complete; after a kill the files are truncated to it, and
the work resumes there. What the files hold, and how they become the output, is left to who writes them.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from linkassist.errors import LinkAssistError

_PROGRESS = "progress.json"


class PartialOutput:
    """The folder OUTPUT.part with the files of these names.

    n_lines: parts of the input that are done, such as its lines. end: the byte of the input at which they end, where
    that is needed. precision: that of the first run, "" before it is known.
    """

    def __init__(self, output: Path, settings: Mapping[str, str | int], names: Sequence[str]) -> None:
        """Resumes an earlier run, or starts. settings: what determines the content of the output, by name.

        Raises LinkAssistError where that run had other settings.
        """
        if output.is_dir():
            raise LinkAssistError(f"{output} is a folder. Name a file for the output.")
        self.folder = output.with_name(output.name + ".part")
        self.n_lines, self.end, self.precision = 0, 0, ""
        self._settings = settings
        self._sizes = [0] * len(names)
        self.paths = [self.folder / name for name in names]
        if (self.folder / _PROGRESS).is_file():
            self._resume()
        else:
            self._start()

    def record_precision(self, precision: str) -> None:
        """Records the precision in use, so that a later run resumes with the same."""
        self.precision = precision
        self._write_progress()

    def append(self, parts: Sequence[bytes], n_lines: int, end: int) -> None:
        """Appends a block, one part per file, and syncs it to disk. n_lines, end: the values after it.

        Raises LinkAssistError where it cannot be written, as on a full disk.
        """
        try:
            for position, (path, part) in enumerate(zip(self.paths, parts, strict=True)):
                with path.open("ab") as file:
                    file.write(part)
                    file.flush()
                    os.fsync(file.fileno())
                self._sizes[position] += len(part)
            self.n_lines, self.end = n_lines, end
            self._write_progress()
        except OSError as error:
            raise LinkAssistError(
                f"{self.folder} cannot be written to ({error.strerror}). Make room there, then"
                " run the same command to go on."
            ) from error

    def finish(self, made: Path, output: Path) -> None:
        """Moves the file `made`, which is in the folder, to the output's path, and deletes the folder."""
        os.replace(made, output)
        shutil.rmtree(self.folder)

    def _start(self) -> None:
        try:
            self.folder.mkdir(exist_ok=True)
        except OSError as error:
            raise LinkAssistError(
                f"{self.folder} cannot be made ({error.strerror}); the output is put together there. Name an output"
                " in a folder that exists and that you may write to."
            ) from error
        for path in self.paths:
            path.write_bytes(b"")
        self._write_progress()

    def _resume(self) -> None:
        progress = self.folder / _PROGRESS
        try:
            found = json.loads(progress.read_text("utf-8"))
            settings, sizes = dict(found["asked"]), [int(size) for size in found["sizes"]]
            self.n_lines, self.end, self.precision = int(found["n_lines"]), int(found["end"]), str(found["precision"])
        except (ValueError, KeyError, TypeError) as error:
            raise LinkAssistError(
                f"{progress} cannot be read ({error!r}), so the work cannot go on. Delete {self.folder} to begin anew."
            ) from error
        for name, now in self._settings.items():
            before = settings.get(name, "not known")
            if before != now:
                raise LinkAssistError(
                    f"{self.folder} holds an unfinished output whose {name} is {before}, but now it is {now}."
                    f" Run the command as it was, name another output, or delete {self.folder} to begin anew."
                )
        for path, size in zip(self.paths, sizes, strict=True):
            if not path.is_file() or path.stat().st_size < size:
                raise LinkAssistError(
                    f"{path} is shorter than the {size:,} bytes that {progress} names."
                    f" Delete {self.folder} to begin anew."
                )
            os.truncate(path, size)
        self._sizes = sizes

    def _write_progress(self) -> None:
        progress, beside = self.folder / _PROGRESS, self.folder / f"{_PROGRESS}.new"
        found = {
            "asked": dict(self._settings),  # the key that progress files of every version have
            "sizes": self._sizes,
            "n_lines": self.n_lines,
            "end": self.end,
            "precision": self.precision,
        }
        with beside.open("w", encoding="utf-8") as file:
            json.dump(found, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, progress)
