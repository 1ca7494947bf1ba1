"""How fast a BERT reads pages: `python scripts/bert_speed.py [EXPORT.json or LIBRARY] [--model FOLDER] [--pages N]`.

Without a model: one of BERT-base's size with random weights, and pieces learnt from the texts; without texts: the
sample wiki. The ways take turns, and each is timed by its fastest round, so that what else runs meanwhile matters
least. `--pages N` reads that many pages whole with the precision "auto", and says what 200 pages let expect.
"""

from __future__ import annotations

import argparse
import io
import itertools
import platform
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import sentencepiece
import torch
from numpy.typing import NDArray
from transformers import BertConfig, BertModel

from linkassist.bert.checkpoint.open import open_bert
from linkassist.bert.encoder_options import Precision
from linkassist.bert.forward import BertForward, has_fast_bfloat16
from linkassist.embed.encoder import batches_by_length, normalised
from linkassist.files.assets import shipped_folder
from linkassist.scrapbox.export import read_export
from linkassist.store.library import Library
from linkassist.store.pages import project, read_pages

# What the note reports that this program grew from.
NOTE_PAGES, NOTE_S = 6343, 8245
N_PIECES = 8000
CLS, SEP = 4, 5
FloatArray = NDArray[np.float32]
Ids = list[list[int]]


@dataclass
class Way:
    """One way to compute the same vectors; `encode` gives (texts, width), the mean over each text's tokens."""

    name: str
    encode: Callable[[Ids], FloatArray]
    seconds: float = float("inf")
    vectors: FloatArray = field(default_factory=lambda: np.zeros((0, 0), np.float32))


def main() -> None:
    """Prints a table for each length."""
    arguments = parsed()
    torch.set_num_threads(arguments.threads)
    texts = read_texts(arguments.source)
    random.Random(0).shuffle(texts)
    tokens, model = tokens_and_model(arguments.model, texts)
    print(f"{time.strftime('%Y-%m-%d')}, {machine()}, torch {torch.__version__}, {torch.get_num_threads()} threads")
    for length in arguments.lengths:
        ids = [cut(tokens(text), length) for text in texts[: arguments.texts]]
        ways = all_ways(model, length, bfloat16=arguments.bfloat16)
        measure(ways, ids, arguments.rounds)
        print_table(ways, ids, length)
        if arguments.pages:
            end_to_end(model, tokens, texts, length, arguments)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", nargs="?", type=Path, help="an export, or the folder of a library")
    parser.add_argument("--model", type=Path, help="a BERT's folder")
    parser.add_argument("--texts", type=int, default=200)
    parser.add_argument("--lengths", type=int, nargs="+", default=[128, 512])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--pages", type=int, help="read that many pages end to end as well")
    parser.add_argument("--bfloat16", action="store_true", help="measure it even where the processor is slow at it")
    return parser.parse_args()


def read_texts(source: Path | None) -> list[str]:
    """The text of every page, its title in the first line."""
    if source is None or not source.is_dir():
        with read_export(source or sorted(shipped_folder("data").glob("sample-*.json"))[-1]) as export:
            return ["\n".join(line.text for line in page.lines) for page in export]
    with Library.open(source) as library:
        stored = read_pages(library, project(library, None).id)
        return ["\n".join(line.text for line in page.page.lines) for page in stored]


def tokens_and_model(folder: Path | None, texts: Sequence[str]) -> tuple[Callable[[str], list[int]], BertModel]:
    """A text's ids, without special tokens, and the model."""
    if folder is not None:
        bert = open_bert(folder)
        return lambda text: bert.tokenizer.ids(bert.tokenizer.pieces(text)), bert.model
    learnt = io.BytesIO()
    lines = itertools.islice((line for text in texts for line in text.splitlines() if line.strip()), 50_000)
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=lines, model_writer=learnt, vocab_size=N_PIECES, hard_vocab_limit=False, minloglevel=2
    )
    processor = sentencepiece.SentencePieceProcessor(model_proto=learnt.getvalue())
    torch.manual_seed(0)
    return processor.encode, BertModel(BertConfig(vocab_size=32_000)).eval()


def cut(ids: list[int], length: int) -> list[int]:
    return [CLS, *ids[: length - 2], SEP]


def all_ways(model: BertModel, length: int, *, bfloat16: bool) -> list[Way]:
    """The plain way first: the others are compared with it."""
    precisions: list[Precision] = ["float32", "int8"]
    if bfloat16 or has_fast_bfloat16():
        precisions.insert(1, "bfloat16")
    chosen = BertForward(model).precision
    return [
        Way(
            "transformers, one by one, padded", lambda ids: plain(model, [[at] for at in range(len(ids))], ids, length)
        ),
        Way(
            "transformers, sorted by length",
            lambda ids: plain(model, list(batches_by_length([len(some) for some in ids], 4096)), ids, None),
        ),
        *(packed_way(model, precision, is_chosen=precision == chosen) for precision in precisions),
    ]


def packed_way(model: BertModel, precision: Precision, *, is_chosen: bool) -> Way:
    forward = BertForward(model, precision, device="cpu" if precision == "int8" else None)
    name = f"packed, {precision}" + (", which is auto here" if is_chosen else "")
    return Way(name, lambda ids: packed(forward, ids))


@torch.inference_mode()
def plain(model: BertModel, batches: list[list[int]], ids: Ids, length: int | None) -> FloatArray:
    """transformers' own forward pass, each batch padded to `length`, or to its longest member where that is None."""
    found = np.zeros((len(ids), model.config.hidden_size), np.float32)
    for batch in batches:
        n_columns = length or max(len(ids[at]) for at in batch)
        padded = torch.zeros((len(batch), n_columns), dtype=torch.long)
        mask = torch.zeros_like(padded)
        for row, at in enumerate(batch):
            padded[row, : len(ids[at])] = torch.tensor(ids[at])
            mask[row, : len(ids[at])] = 1
        hidden = model(input_ids=padded, attention_mask=mask).last_hidden_state
        for row, at in enumerate(batch):
            found[at] = hidden[row, : len(ids[at])].mean(dim=0).numpy()
    return found


def packed(forward: BertForward, ids: Ids) -> FloatArray:
    found: dict[int, FloatArray] = {}
    for some in forward.run(ids, [[0] * len(text) for text in ids]):
        parts = torch.split(some.layers[0], some.lengths.tolist())
        found |= {at: part.mean(dim=0).numpy() for at, part in zip(some.members, parts, strict=True)}
    return np.stack([found[at] for at in range(len(ids))])


def measure(ways: Sequence[Way], ids: Ids, n_rounds: int) -> None:
    for way in ways:
        way.encode(ids[:2])
    for round_ in range(n_rounds):
        for way in ways:
            began_at = time.perf_counter()
            way.vectors = way.encode(ids)
            way.seconds = min(way.seconds, time.perf_counter() - began_at)
            print(f"round {round_ + 1}: {way.name} {way.seconds:.1f} s", file=sys.stderr, flush=True)


def print_table(ways: Sequence[Way], ids: Ids, length: int) -> None:
    n_tokens = sum(len(some) for some in ids)
    print(f"\n{len(ids)} pages of at most {length} tokens, {n_tokens / len(ids):.0f} on average\n")
    print("| way | seconds | times as fast | lowest cosine to float32 | of the 10 nearest the same |")
    print("|---|---|---|---|---|")
    exact = normalised(ways[0].vectors)
    for way in ways:
        vectors = normalised(way.vectors)
        cosine = float((vectors * exact).sum(axis=1).min())
        ratio = ways[0].seconds / way.seconds
        print(f"| {way.name} | {way.seconds:.1f} | {ratio:.2f} | {cosine:.5f} | {recall_at_10(vectors, exact):.3f} |")


def recall_at_10(vectors: FloatArray, exact: FloatArray) -> float:
    """The share of each text's ten nearest by `exact` that are among its ten nearest by `vectors`, on average."""
    nearest = [np.argsort(-(some @ some.T) + 9 * np.eye(len(some)), axis=1)[:, :10] for some in (vectors, exact)]
    return float(np.mean([len(set(a) & set(b)) / len(b) for a, b in zip(*nearest, strict=True)]))


def end_to_end(
    model: BertModel,
    tokens: Callable[[str], list[int]],
    texts: Sequence[str],
    length: int,
    arguments: argparse.Namespace,
) -> None:
    """Texts to vectors, tokens included: what 200 pages let expect of N, and what N took."""
    forward = BertForward(model)
    pages = texts[: arguments.pages]
    taken = []
    for some in (pages[: arguments.texts], pages):
        began_at = time.perf_counter()
        packed(forward, [cut(tokens(text), length) for text in some])
        taken.append(time.perf_counter() - began_at)
    expected = taken[0] * len(pages) / min(arguments.texts, len(pages))
    print(
        f"\n{len(pages):,} pages, at most {length} tokens, {forward.precision}:"
        f" {taken[1]:,.0f} s (by {arguments.texts} pages: {expected:,.0f} s);"
        f" the note: {NOTE_S:,} s for {NOTE_PAGES:,} pages"
    )


def machine() -> str:
    """The accelerator's name, or the processor's and how many cores this may use."""
    if torch.cuda.is_available():
        return str(torch.cuda.get_device_name())
    info = Path("/proc/cpuinfo")
    names = [line.split(":")[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
