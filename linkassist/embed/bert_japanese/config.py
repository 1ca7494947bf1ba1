"""The shape of a BERT, from config.json or from the section [BERT-CONFIG] of config.ini."""

from __future__ import annotations

import configparser
import json
from pathlib import Path

from transformers import BertConfig

_TANH_GELU = "gelu_pytorch_tanh"


def read_config(path: Path) -> BertConfig:
    if path.suffix == ".ini":
        parser = configparser.ConfigParser()
        parser.read(path, "utf-8")
        found = {
            name: json.loads(value) if name != "hidden_act" else value for name, value in parser["BERT-CONFIG"].items()
        }
    else:
        found = json.loads(path.read_text("utf-8"))
    if found.get("hidden_act") == "gelu":
        found["hidden_act"] = _TANH_GELU
    return BertConfig(**found, layer_norm_eps=1e-12)
