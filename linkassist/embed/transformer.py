"""A transformers model as an encoder: tokens, forward pass, and pooling to one vector per text.

Its pooling, prefix and length are read in `model_folder.py`. No code of a model runs: remote code is off, and weights
come from safetensors or through torch's weights-only reader.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray
from transformers import AutoModel, AutoTokenizer

from linkassist.embed.dense import read_step
from linkassist.embed.encoder import batches_by_length, normalised
from linkassist.embed.model_files import content_fingerprint, find_model
from linkassist.embed.model_folder import DenseStep, read_recipe
from linkassist.embed.model_name import parse_model_name
from linkassist.embed.pooling import pool
from linkassist.embed.quiet import quiet_transformers
from linkassist.embed.voiced_kana import check_voiced_kana
from linkassist.errors import ModelError
from linkassist.files.errors import at_home
from linkassist.progress import OnCount, no_count

# Part of the fingerprint; raised when this module gives other vectors for the same model and text.
_VERSION = 2
# Tokens of a window, unless the encoder's name says otherwise: longer ones cost more time than they bring.
_USUAL_MAX_TOKENS = 512
# Windows of a text: what comes later hardly moves the vector, since the first windows weigh most.
_MOST_WINDOWS = 8
# Model types that number positions from padding_idx + 1, so that 514 positions hold 512 tokens.
_POSITIONS_AFTER_PADDING = {"roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "mpnet", "luke", "longformer"}
# Texts tokenised and sorted by length together.
_N_TEXTS_AT_ONCE = 2048


@dataclass(frozen=True, slots=True)
class _Window:
    """A window of a text's tokens. text: the text's index. ids: with the special tokens around them.

    weight: in the text's vector.
    """

    text: int
    ids: list[int]
    weight: float


class TransformerEncoder:
    """A transformers model as an Encoder.

    A text that fits into a window gets the vector that sentence-transformers would give it. The vector of a longer one
    is the mean over its first eight windows, of which the i-th weighs its tokens over i. A vector depends on the rest
    of its batch by rounding alone (1e-6).
    """

    def __init__(self, name: str, *, token_budget: int = 4096) -> None:
        """name: a folder, or a model's name on the Hugging Face hub, with options behind it, see `model_name.py`.

        token_budget: tokens per batch, padding included; it affects memory and speed, not the vectors.
        Raises ModelError if there is no such model, or it cannot be used.
        """
        parsed = parse_model_name(name)
        folder = find_model(parsed.place)
        hub_name = "" if at_home(parsed.place).exists() else parsed.place
        recipe = read_recipe(folder, hub_name, parsed.options)
        self.notes = recipe.notes
        self._tokenizer, self._model = _load(folder)
        self._token_budget = token_budget
        self._recipe = recipe
        self.poolings, self.prefix = recipe.poolings, recipe.prefix
        self._steps = tuple(map(read_step, recipe.steps))
        self.width = self._width()
        self.max_tokens = self._window(name, parsed.options.window)
        self._before, self._after = self._special_tokens()
        self._prefix_ids = self._tokens([self.prefix.rstrip()])[0] if self.prefix.strip() else []
        n_around = len(self._before) + len(self._prefix_ids) + len(self._after)
        if self.max_tokens <= n_around:
            raise ModelError(
                f'{name} takes {self.max_tokens} tokens, but its special tokens and its prefix "{self.prefix}" alone'
                f" are {n_around}. Choose another model."
            )
        settings = f"{_VERSION} {recipe.poolings} {self.prefix!r} {recipe.is_prefix_pooled} {recipe.is_lowercased}"
        settings += f" {self.max_tokens} {_MOST_WINDOWS} windows"
        self.fingerprint = hashlib.sha256(f"{settings} {content_fingerprint(folder)}".encode()).hexdigest()[:16]

    def encode(self, texts: Sequence[str], on_progress: OnCount = no_count) -> NDArray[np.float32]:
        """(texts, width) float32, a row per text, each of length 1; zero where a text has no token at all."""
        return normalised(self._sums(texts, on_progress)[0])

    def encode_raw(self, texts: Sequence[str], on_progress: OnCount = no_count) -> NDArray[np.float32]:
        """(texts, width) float32 before normalisation."""
        sums, weights = self._sums(texts, on_progress)
        return np.asarray(sums / np.where(weights > 0, weights, 1)[:, None], np.float32)

    def _sums(self, texts: Sequence[str], on_progress: OnCount) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(texts, width): per text, the sum of its windows' vectors times their weights; (texts,): these weights."""
        found = np.zeros((len(texts), self.width), dtype=np.float32)
        total = np.zeros(len(texts), np.float32)
        for start in range(0, len(texts), _N_TEXTS_AT_ONCE):
            some = texts[start : start + _N_TEXTS_AT_ONCE]
            sums = torch.zeros((len(some), self.width), dtype=torch.float32)
            windows = self._windows(some)
            owners = [window.text for window in windows]
            n_left = np.bincount(owners, minlength=len(some))
            np.add.at(total, start + np.array(owners, np.int64), [window.weight for window in windows])
            n_done = start + int((n_left == 0).sum())
            for batch in batches_by_length([len(window.ids) for window in windows], self._token_budget):
                members = [windows[index] for index in batch]
                weights = torch.tensor([[window.weight] for window in members])
                sums.index_add_(0, torch.tensor([window.text for window in members]), self._pooled(members) * weights)
                for window in members:
                    n_left[window.text] -= 1
                    n_done += int(n_left[window.text] == 0)
                on_progress(n_done, len(texts))
            found[start : start + len(some)] = sums.numpy()
        return found, total

    @torch.inference_mode()
    def _pooled(self, windows: Sequence[_Window]) -> torch.Tensor:
        """(windows, width) float32 on the CPU."""
        # The mask comes from the lengths, not from the ids: a text may contain the padding id.
        n_ids = torch.tensor([len(window.ids) for window in windows])
        is_token = torch.arange(int(n_ids.max())) < n_ids.unsqueeze(1)
        ids = torch.full(is_token.shape, self._tokenizer.pad_token_id or 0)
        ids[is_token] = torch.tensor([id_ for window in windows for id_ in window.ids])
        hidden = self._model(input_ids=ids, attention_mask=is_token.long()).last_hidden_state
        is_pooled = is_token.clone()
        if not self._recipe.is_prefix_pooled and self._prefix_ids:
            is_pooled[:, : len(self._before) + len(self._prefix_ids)] = False
        masks = {pooling: is_token if pooling == "cls" else is_pooled for pooling in self.poolings}
        found = torch.cat([pool(hidden, masks[pooling], pooling) for pooling in self.poolings], dim=1).float().cpu()
        for step in self._steps:
            found = step(found)
        return found

    def _windows(self, texts: Sequence[str]) -> list[_Window]:
        found: list[_Window] = []
        n_free = self.max_tokens - len(self._before) - len(self._after)
        n_free_later = n_free - len(self._prefix_ids)
        for text, tokens in enumerate(self._tokens([self.prefix + text for text in texts])):
            later = range(n_free, len(tokens), n_free_later)
            runs = [tokens[:n_free], *(self._prefix_ids + tokens[start : start + n_free_later] for start in later)]
            ids = [[*self._before, *run, *self._after] for run in runs[:_MOST_WINDOWS]]
            found += [_Window(text, some, len(some) / place) for place, some in enumerate(ids, 1) if some]
        return found

    def _tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text, without special tokens or truncation."""
        if self._recipe.is_lowercased:
            texts = [text.lower() for text in texts]
        # verbose=False: no warning about texts that are too long for the network.
        found: list[list[int]] = self._tokenizer(list(texts), add_special_tokens=False, verbose=False)["input_ids"]
        return found

    def _special_tokens(self) -> tuple[list[int], list[int]]:
        """The ids that the tokenizer puts before and after a text, such as [CLS] and [SEP]."""
        found = self._tokenizer("a", return_special_tokens_mask=True)
        ids, is_special = found["input_ids"], found["special_tokens_mask"]
        n_before = next((at for at, special in enumerate(is_special) if not special), 0)
        n_after = next((at for at, special in enumerate(reversed(is_special)) if not special), 0)
        return list(ids[:n_before]), list(ids[len(ids) - n_after :])

    def _width(self) -> int:
        """The length of a vector. Raises ModelError where a Dense layer does not fit what comes before it."""
        width = int(self._model.config.hidden_size) * len(self.poolings)
        for step in self._recipe.steps:
            if isinstance(step, DenseStep):
                if step.n_in != width:
                    raise ModelError(
                        f"{step.folder} is a Dense layer from {step.n_in} numbers, but what comes before it gives"
                        f" {width}. Download the model again, or leave the pooling to its files."
                    )
                width = step.n_out
        return width

    def _window(self, name: str, asked: int | None) -> int:
        """The tokens of a window at most. Raises ModelError for more than the network takes."""
        most = self._most_tokens()
        if asked is not None and asked > most:
            raise ModelError(f"{name}: window is {asked}, but the model takes {most} tokens at most.")
        return asked or min(most, self._recipe.max_tokens or _USUAL_MAX_TOKENS, _USUAL_MAX_TOKENS)

    def _most_tokens(self) -> int:
        """The longest sequence that the network and its tokenizer take, in tokens."""
        config = self._model.config
        limits = [int(self._tokenizer.model_max_length)]  # a huge number where the tokenizer sets no limit
        positions = getattr(config, "max_position_embeddings", None)
        if positions is not None:
            after_padding = (config.pad_token_id or 0) + 1 if config.model_type in _POSITIONS_AFTER_PADDING else 0
            limits.append(int(positions) - after_padding)
        return min(limits)


def _load(folder: Path) -> tuple[Any, Any]:
    """(tokenizer, network): float32, in evaluation mode, every weight from the files. Raises ModelError otherwise."""
    try:
        with quiet_transformers():
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
            model, report = AutoModel.from_pretrained(
                folder,
                local_files_only=True,
                trust_remote_code=False,
                dtype=torch.float32,
                output_loading_info=True,
            )
    # transformers raises many kinds of errors for a folder that it cannot read, among them plain RuntimeError.
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(
            f"{folder} holds a model that transformers {transformers.__version__} cannot load ({reason})."
            " Download the model again; if it names a missing package, install that beside linkassist;"
            " if it asks for remote code, choose another, for linkassist runs none."
        ) from error
    # The pooler is not used here, and many checkpoints lack it.
    missing = sorted(key for key in report["missing_keys"] if "pooler" not in key)
    if missing:
        raise ModelError(
            f"{folder} lacks {len(missing)} of the model's weights, such as {missing[0]}: they would be random numbers."
            " Its config.json and its weights are of different models; download it again."
        )
    # Without its vocabulary files transformers silently makes a tokenizer with hardly any piece.
    n_pieces, n_known = len(tokenizer), int(model.config.vocab_size)
    if n_pieces < n_known / 2:
        raise ModelError(
            f"{folder}: the tokenizer knows {n_pieces} pieces, the network {n_known}. The files of the vocabulary"
            " are missing, such as tokenizer.json or vocab.txt. Download the model again, all its files."
        )
    check_voiced_kana(folder, tokenizer.get_vocab().keys(), tokenizer.tokenize)
    if model.config.is_encoder_decoder:
        model = model.get_encoder()
    model.config.use_cache = False  # no cache of a decoder's keys and values: nothing is generated
    return tokenizer, model.eval()
