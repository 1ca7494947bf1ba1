"""What is known of models whose folders do not say how they are used: their pooling and their prefix.

A model is recognised by its name on the hub, by the name that its config.json gives it, or by its shape, never by the
name of a folder on this machine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from linkassist.embed.model_name import Pooling


@dataclass(frozen=True, slots=True)
class KnownModel:
    """How a model is used. reason: by what it was recognised where that is a guess, "" where its name says it."""

    name: str
    pooling: Pooling
    prefix: str = ""
    reason: str = ""


# In an address such as intfloat/multilingual-e5-small. e5 was trained with "query: " or "passage: " before every text;
# its authors advise "query: " on both sides of symmetric tasks, such as comparing pages.
# Sources: https://huggingface.co/intfloat/e5-base-v2, https://huggingface.co/BAAI/bge-m3,
# https://huggingface.co/princeton-nlp/sup-simcse-bert-base-uncased, https://huggingface.co/cl-nagoya/ruri-base,
# https://huggingface.co/pkshatech/GLuCoSE-base-ja-v2, https://huggingface.co/ibm-granite
_NAMES: Final[tuple[tuple[str, Pooling, str], ...]] = (
    (r"(multilingual-)?e5-([a-z0-9-]+-)?instruct", "mean", "Instruct: Retrieve semantically similar text.\nQuery: "),
    (r"(multilingual-)?e5-(small|base|large)(-v2)?", "mean", "query: "),
    (r"glucose-base-ja-v2", "mean", "query: "),
    (r"ruri(-pt)?-(small|base|large)(-v2)?", "mean", "クエリ: "),
    (r"ruri-v3(-pt)?-\d+m", "mean", ""),
    (r"bge-[a-z0-9.-]+", "cls", ""),
    (r"granite-embedding-[a-z0-9.-]+", "cls", ""),
    (r"(sup|unsup)-simcse-[a-z0-9-]+", "cls", ""),
)
# Model types of decoders, in which only the last token attends to the whole text.
_DECODERS: Final = re.compile(r"gpt|llama|mistral|mixtral|qwen|gemma|phi|bloom|falcon|opt$|olmo|granite$|smollm")


def known_model(
    config: Mapping[str, Any], hub_name: str, tokenizer: Mapping[str, Any], modules: Sequence[str]
) -> KnownModel:
    """What is known of the model with this config.json; the mean of all tokens, or the last of a decoder's, else.

    tokenizer: its tokenizer_config.json. modules: the class names in its modules.json.
    """
    is_decoder = _DECODERS.search(str(config.get("model_type", ""))) is not None
    for name in (hub_name, str(config.get("_name_or_path") or "")):
        last = name.rstrip("/").rpartition("/")[2].lower()
        for pattern, pooling, prefix in _NAMES:
            if re.fullmatch(pattern, last):
                return KnownModel(last, "last" if is_decoder else pooling, prefix)
    if _is_small_e5(config, tokenizer, modules):
        reason = ', by its shape and vocabulary, so every text begins with "query: "; NAME?prefix= says otherwise'
        return KnownModel("multilingual-e5-small", "mean", "query: ", reason)
    return KnownModel("", "last" if is_decoder else "mean")


def _is_small_e5(config: Mapping[str, Any], tokenizer: Mapping[str, Any], modules: Sequence[str]) -> bool:
    """Its shape is that of paraphrase-multilingual-MiniLM too, which has no Normalize and another tokenizer class."""
    shape = [config.get(key) for key in ("model_type", "hidden_size", "num_hidden_layers", "vocab_size")]
    named = tokenizer.get("tokenizer_class") or config.get("tokenizer_class")
    is_xlm = str(named).startswith("XLMRobertaTokenizer")
    return shape == ["bert", 384, 12, 250037] and is_xlm and (not modules or "Normalize" in modules)
