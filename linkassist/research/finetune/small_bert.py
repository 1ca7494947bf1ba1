"""A small BERT for a wiki: a SentencePiece model trained on its text, and random weights.

Since it is not pretrained, it shows what is learnt from the links alone; with one layer it is fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import sentencepiece
import torch
from transformers import BertConfig, BertModel

from linkassist.embed.quiet import quiet_transformers

_HEADS: Final = 4
_FEWEST_PIECES: Final = 100  # beside the characters
_MOST_PIECES: Final = 4000
_MOST_TOKENS: Final = 512


def write_small_bert(folder: Path, texts: Sequence[str], *, n_layers: int = 1, width: int = 64, seed: int = 0) -> None:
    """Writes `wiki.model`, `wiki.vocab`, config.json and model.safetensors into the folder, as `open_bert` reads them.

    width: of a vector, a multiple of 4. The control symbols have the ids that they have in wiki-ja: 3 to 6.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines = [line for text in texts for line in text.lower().split("\n") if line.strip()]
    # SentencePiece asks for a piece for each character and for the control symbols.
    least = _FEWEST_PIECES + len(set("".join(lines)))
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_prefix=str(folder / "wiki"),
        vocab_size=max(least, min(_MOST_PIECES, least + sum(map(len, lines)) // 40)),
        hard_vocab_limit=False,
        control_symbols=["[PAD]", "[CLS]", "[SEP]", "[MASK]"],
        num_threads=1,
        minloglevel=2,
    )
    n_pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "wiki.model")).get_piece_size()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        config = BertConfig(
            vocab_size=n_pieces,
            hidden_size=width,
            num_hidden_layers=n_layers,
            num_attention_heads=_HEADS,
            intermediate_size=4 * width,
            max_position_embeddings=_MOST_TOKENS,
            attention_probs_dropout_prob=0.0,  # dropout would take most of the time on a CPU
            hidden_act="gelu_pytorch_tanh",  # what these checkpoints mean by "gelu"
        )
        with quiet_transformers():
            model = BertModel(config)
            # Otherwise the segment would separate the two pages of a pair more than their text does.
            torch.nn.init.zeros_(model.embeddings.token_type_embeddings.weight)
            model.save_pretrained(folder)
