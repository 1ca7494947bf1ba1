"""The prefix of a TensorFlow checkpoint's files, from a folder or from one of their names."""

from __future__ import annotations

import re
from pathlib import Path

from linkassist.errors import ModelError

_FILE_OF_ONE = re.compile(r"\.(index|meta|data-\d{5}-of-\d{5})$")


def prefixes_in(folder: Path) -> list[Path]:
    """The prefixes of the checkpoints in a folder, in the order of their steps."""
    found = [path.with_suffix("") for path in folder.glob("*.index")]
    return sorted(
        found, key=lambda path: [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", str(path))]
    )


def find_prefix(path: Path) -> Path:
    """The prefix for a prefix, for one of its files, or for a folder with a single checkpoint.

    Raises ModelError where there is no checkpoint or several, and names those.
    """
    if path.is_dir():
        found = prefixes_in(path)
        if len(found) == 1:
            return found[0]
        if found:
            raise ModelError(
                f"{path} is a folder with {len(found)} checkpoints: {_listed(found)}. Name one of them by its prefix,"
                f" as {found[-1]}."
            )
        _refuse_first_version(path / "model.ckpt")
        for data in sorted(path.glob("*.data-*-of-*")):
            raise ModelError(
                f"{path} holds {data.name}, but not {_FILE_OF_ONE.sub('', data.name)}.index, which tells where each"
                " weight is in it. Copy the .index there too."
            )
        raise ModelError(
            f"{path} holds no checkpoint: no file in it ends with .index. Give the folder with model.ckpt-….index and"
            " model.ckpt-….data-00000-of-00001 in it, or a folder of a transformers model."
        )
    prefix = path.with_name(_FILE_OF_ONE.sub("", path.name))
    if not Path(f"{prefix}.index").is_file():
        _refuse_first_version(prefix)
        near = prefixes_in(prefix.parent) if prefix.parent.is_dir() else []
        there = f"{prefix.parent} holds {_listed(near)}" if near else f"{prefix.parent} holds no checkpoint"
        raise ModelError(
            f"There is no folder and no checkpoint {prefix}: {prefix.name}.index is missing, and {there}. Check the"
            " name."
        )
    return prefix


def _refuse_first_version(prefix: Path) -> None:
    """Raises ModelError for TensorFlow's first format: a file named as the prefix, or shards of it, and no index."""
    if prefix.is_file() or any(prefix.parent.glob(f"{prefix.name}-?????-of-?????")):
        raise ModelError(
            f"{prefix} is a checkpoint of TensorFlow's first format, without an .index, which is not read. Save it"
            " again with tf.train.Saver(write_version=tf.train.SaverDef.V2)."
        )


def _listed(prefixes: list[Path]) -> str:
    return ", ".join(prefix.name for prefix in prefixes)
