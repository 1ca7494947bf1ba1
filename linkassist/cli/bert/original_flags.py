"""Flags of the original's scripts that linkassist has no use for: they are taken, and what they mean here is said.

So a command line that worked with extract_features.py or run_classifier.py works unchanged.
"""

from __future__ import annotations

import re
from typing import Any, Final

from typer.core import TyperCommand

from linkassist.cli.output import say_notes

_SWITCHES: Final = {
    "use_tpu": "there is no TPU here: the GPU is used if PyTorch sees one, else the processor",
    "use_one_hot_embeddings": "embeddings are always looked up by number, which gives the same vectors",
}
_VALUES: Final = dict.fromkeys(
    ("master", "tpu_name", "tpu_zone", "gcp_project", "num_tpu_cores", "iterations_per_loop"), _SWITCHES["use_tpu"]
)
_FLAG: Final = re.compile(r"--(?P<no>no[-_]?)?(?P<name>[a-z_-]+)(?P<value>=.*)?", re.DOTALL)


class OriginalFlags(TyperCommand):
    """A command that takes the original's flags for TPUs, and says that they have no effect."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        kept, notes = without_original_flags(args)
        say_notes(notes)
        return super().parse_args(ctx, kept)


def without_original_flags(arguments: list[str]) -> tuple[list[str], list[str]]:
    """(the other arguments, a note for each flag without effect); what follows a lone `--` is kept as it is.

    >>> without_original_flags(["--use_tpu=False", "--master", "grpc://x", "--layers=-1"])[0]
    ['--layers=-1']
    """
    kept: list[str] = []
    notes: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":
            return [*kept, argument, *rest], notes
        match = _FLAG.fullmatch(argument)
        name = match["name"].replace("-", "_") if match else ""
        if match is None or not (name in _SWITCHES or (name in _VALUES and not match["no"])):
            kept.append(argument)
            continue
        if name in _VALUES and match["value"] is None:
            next(rest, None)
        notes.append(f"--{name} has no effect: {_SWITCHES.get(name) or _VALUES[name]}.")
    return kept, notes
