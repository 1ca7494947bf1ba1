"""The folder of a transformers model, on this machine or fetched from the hub, and digests of its files.

Reading the files is left to `model_folder.py` and `transformer.py`; nothing here imports PyTorch.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError, RepositoryNotFoundError

from linkassist.embed.model_folder import read_modules, read_object
from linkassist.errors import ModelError
from linkassist.files.errors import at_home
from linkassist.settings import BERT_JAPANESE
from linkassist.terminal_escape import quoted

_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
_SMALL_FILES = ["*.json", "*.txt", "*.model", "*.jinja"]
_OTHER_RUNTIMES = ["onnx/*", "openvino/*", "coreml/*", "original/*"]


def find_model(name: str) -> Path:
    """The folder of a model: `name` itself if it is a folder, else the copy of the hub's model of that name.

    A copy that is already on this machine is used without asking the hub. Remote code is never fetched.
    Raises ModelError if there is neither, or the folder holds no model.
    """
    folder = at_home(name)
    if not folder.exists():
        if not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", name) or name.startswith("."):
            raise ModelError(
                f"{name} does not exist. Give the folder of a transformers model, or a name on the Hugging Face hub"
                ' such as "intfloat/multilingual-e5-small".'
            )
        folder = _from_hub(name)
    if static_place(folder) is not None:
        return folder
    if not (folder / "config.json").is_file():
        found = ", ".join(sorted(path.name for path in folder.iterdir())[:8]) if folder.is_dir() else "a file"
        _refuse_tensorflow(folder)
        raise ModelError(
            f"{folder} holds no transformers model: it has no config.json (found: {found or 'nothing'})."
            " Give the folder into which save_pretrained, or a download of all the model's files, put them."
        )
    if not _has_weights(folder):
        _refuse_tensorflow(folder)
        raise ModelError(
            f"{folder} has a config.json but no weights: neither *.safetensors nor pytorch_model*.bin."
            " Download the model again, all its files."
        )
    return folder


def static_place(folder: Path) -> Path | None:
    """The folder of a static embedding model's tokenizer and vectors, within that of the model; None for other kinds.

    Raises ModelError for a damaged modules.json or config.json.
    """
    modules = read_modules(folder)
    if modules and modules[0][0] == "StaticEmbedding":
        return modules[0][1]
    return folder if read_object(folder / "config.json").get("model_type") == "model2vec" else None


def content_fingerprint(folder: Path) -> str:
    """The SHA-256, in hex, of the files on which the vectors depend; the folder's place does not matter."""
    digest = hashlib.sha256()
    for path in _relevant_files(folder):
        digest.update(f"\n{path.relative_to(folder).as_posix()}\n".encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def model_files_state(name: str) -> str:
    """Twelve hex digits of a digest over the names, sizes and times of the files of the model of that name.

    Nothing is loaded or fetched. A model that is not on this machine, or no longer, gives "".
    """
    folder = at_home(name)
    if not folder.is_dir():
        try:
            folder = _snapshot(name, "*.safetensors", local_files_only=True)
        except (HFValidationError, OSError):  # no copy, or not a name of the hub
            return ""
    digest = hashlib.sha256()
    for path in _relevant_files(folder):
        about = path.stat()
        digest.update(f"{path.relative_to(folder).as_posix()} {about.st_size} {about.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:12]


def _refuse_tensorflow(folder: Path) -> None:
    """Raises ModelError where the folder holds a TensorFlow checkpoint, which has another kind of name."""
    checkpoint = next(iter(sorted(folder.glob("*.ckpt*.index"))), None) if folder.is_dir() else None
    if checkpoint:
        raise ModelError(
            f"{folder} holds a TensorFlow checkpoint ({checkpoint.name}) and no transformers model. "
            f'Name it "{BERT_JAPANESE}{folder}".'
        )


def _from_hub(name: str) -> Path:
    try:
        try:
            folder = _snapshot(name, "*.safetensors", local_files_only=True)
            if _has_weights(folder):
                return folder
        except LocalEntryNotFoundError:
            pass
        folder = _snapshot(name, "*.safetensors", local_files_only=False)
        if not _has_weights(folder):
            folder = _snapshot(name, "pytorch_model*.bin", local_files_only=False)
        return folder
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise ModelError(
            f"{quoted(name)} is neither a folder here nor a model on the Hugging Face hub that can be read without a"
            " key. Check its spelling."
        ) from error
    except OSError as error:  # other errors of the hub's client: no network, offline mode, access denied, disk full
        raise ModelError(
            f"{quoted(name)} is not a folder here, and it could not be fetched from the Hugging Face hub"
            f" ({type(error).__name__}). On a machine with a network run `hf download {name} --local-dir FOLDER`,"
            " copy the folder to this machine, and give its path instead of the name."
        ) from error


def _snapshot(name: str, weights: str, *, local_files_only: bool) -> Path:
    return Path(
        snapshot_download(
            name,
            allow_patterns=[*_SMALL_FILES, weights],
            ignore_patterns=_OTHER_RUNTIMES,
            local_files_only=local_files_only,
        )
    )


def _relevant_files(folder: Path) -> list[Path]:
    of_modules = ("[0-9]_*/*.json", "[0-9]_*/*.safetensors")
    patterns = ("*.json", "*.txt", "*.model", *of_modules, *_weights_in_use(folder))
    return sorted({path for pattern in patterns for path in folder.glob(pattern)})


def _weights_in_use(folder: Path) -> tuple[str, ...]:
    """The pattern of the weights that transformers will read: safetensors where there are any."""
    return next(((pattern,) for pattern in _WEIGHTS if any(folder.glob(pattern))), ())


def _has_weights(folder: Path) -> bool:
    return bool(_weights_in_use(folder))
