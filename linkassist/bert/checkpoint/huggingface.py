"""A BERT in a Hugging Face folder: the network and the tokenizer, loaded by transformers.

No code of a model runs: remote code is off, and weights come from safetensors or through torch's weights-only reader.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoConfig, AutoTokenizer, BertConfig, BertModel

from linkassist.bert.tokenize.files import RECORD, tokenizer_settings
from linkassist.embed.quiet import quiet_transformers
from linkassist.errors import ModelError

_POOLER = "pooler."
TOKENIZER_FILES = ("tokenizer*.json", "vocab*", "*.model", "*tokens.json", "spiece*")


class HuggingFaceTokenizer:
    """A folder's tokenizer as transformers loads it. It is a Tokenizer."""

    def __init__(self, folder: Path) -> None:
        """Raises ModelError where the folder holds no usable tokenizer."""
        try:
            with quiet_transformers():
                self._tokenizer: Any = AutoTokenizer.from_pretrained(
                    folder, split_special_tokens=True, trust_remote_code=False
                )
        except (OSError, ValueError, ImportError, TypeError, KeyError) as error:
            first = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise ModelError(
                f"{folder} holds no tokenizer that can be used here ({first}). One with word pieces, with SentencePiece"
                " or a tokenizer.json is needed; those that ask for MeCab are not read."
            ) from error
        for name in ("cls_token_id", "sep_token_id"):
            if getattr(self._tokenizer, name) is None:
                raise ModelError(f"The tokenizer in {folder} has no {name}. Give the folder of a BERT.")
        self.cls_id: int = self._tokenizer.cls_token_id
        self.sep_id: int = self._tokenizer.sep_token_id
        self.pad_id: int = self._tokenizer.pad_token_id or 0
        self.n_pieces = len(self._tokenizer)
        self.vocabulary: Collection[str] = self._tokenizer.get_vocab().keys()
        digest = hashlib.sha256()
        for path in sorted({path for pattern in TOKENIZER_FILES for path in folder.glob(pattern)}):
            digest.update(path.name.encode() + b"\n" + path.read_bytes())
        self.fingerprint = digest.hexdigest()

    def pieces(self, text: str) -> list[str]:
        found: list[str] = self._tokenizer.tokenize(text, verbose=False)  # no warning about long texts
        return found

    def ids(self, pieces: Sequence[str]) -> list[int]:
        found: list[int] = self._tokenizer.convert_tokens_to_ids(list(pieces))
        return found


def is_hugging_face(folder: Path) -> bool:
    """Whether the folder holds a configuration and weights as transformers writes them."""
    has_weights = any(folder.glob("*.safetensors")) or any(folder.glob("pytorch_model*.bin"))
    return has_weights and (folder / "config.json").is_file()


def has_transformers_tokenizer(folder: Path) -> bool:
    """Whether transformers can load the folder's tokenizer. For a BERT with only a SentencePiece model it cannot.

    tokenizer_config.json may name a class that can, such as ALBERT's. Folders written by linkassist have a record.
    """
    if (folder / RECORD).is_file():
        return False
    if (folder / "tokenizer.json").is_file() or (folder / "vocab.txt").is_file():
        return True
    return not str(tokenizer_settings(folder).get("tokenizer_class", "Bert")).startswith("Bert")


def read_hugging_face_model(folder: Path) -> tuple[BertModel, tuple[str, ...]]:
    """(network, notes): float32, in eval mode, on the CPU; what was unexpected, a sentence each.

    Raises ModelError where it is no BERT, or weights are missing. A missing pooler becomes the identity and tanh.
    """
    try:
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
        if not isinstance(config, BertConfig) or config.model_type != "bert":
            raise ModelError(
                f"{folder / 'config.json'} is that of the model type {config.model_type!r}; expected bert. Use it as a"
                " transformers encoder by its folder's name alone."
            )
        with quiet_transformers():
            loaded: Any = BertModel.from_pretrained(
                folder, config=config, dtype=torch.float32, output_loading_info=True, trust_remote_code=False
            )
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, SafetensorError) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(f"{folder} cannot be read as a transformers model ({first}). Download it again.") from error
    model, report = loaded
    missing = sorted(report["missing_keys"])
    lacking = [name for name in missing if not name.startswith(_POOLER)]
    if lacking or report["mismatched_keys"]:
        first = lacking[0] if lacking else str(sorted(report["mismatched_keys"])[0])
        raise ModelError(f"The weights in {folder} lack {first} or have another shape of it. Download the model again.")
    if missing:
        torch.nn.init.eye_(model.pooler.dense.weight)
        torch.nn.init.zeros_(model.pooler.dense.bias)
        return model.eval(), (f"{folder} has no pooler; the pooled vector is tanh of that of [CLS].",)
    return model.eval(), ()
