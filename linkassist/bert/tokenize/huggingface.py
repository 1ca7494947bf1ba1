"""Export of a SentencePiece tokenizer as a tokenizer.json of transformers, and a comparison of their ids.

No class of transformers lowercases as Python does, splits as SentencePiece does and takes ids from a .vocab; a pipeline
of the tokenizers library does for nearly every text. They differ where <s>, </s> or <unk> is in the text itself, in a
Greek final sigma, and in combining marks on letters for which there is no composed character.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from sentencepiece import SentencePieceProcessor
from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import Unigram
from transformers import PreTrainedTokenizerFast

from linkassist.bert.checkpoint.protobuf import Message, read_message
from linkassist.bert.tokenize.sentencepiece import SentencePieceTokenizer
from linkassist.embed.quiet import quiet_transformers

# Fields of ModelProto, in src/sentencepiece_model.proto of https://github.com/google/sentencepiece
_TRAINER, _NORMALIZER = 2, 3
_MODEL_TYPE, _UNIGRAM = 3, 1
_CHARACTER_MAP, _HAS_PREFIX, _HAS_SPACES_REMOVED = 2, 3, 4
_N_JOINED = 7


def as_transformers_tokenizer(own: SentencePieceTokenizer, max_tokens: int) -> PreTrainedTokenizerFast | None:
    """A tokenizer with the same ids; None where transformers cannot express it: for tweets, or another model type."""
    model = read_message(own.processor.serialized_model_proto())
    trainer, normalizer = model.messages(_TRAINER), model.messages(_NORMALIZER)
    is_unigram = not trainer or trainer[-1].numbers.get(_MODEL_TYPE, [_UNIGRAM])[-1] == _UNIGRAM
    if own.prepare is not None or not is_unigram or own.vocabulary[own.unknown_id] != "<unk>":
        return None
    spec = normalizer[-1] if normalizer else Message()
    tokenizer: Any = Tokenizer(Unigram(_scored(own.processor, own.vocabulary), unk_id=own.unknown_id))
    tokenizer.normalizer = normalizers.Sequence(list(_normalizers(spec, do_lower_case=own.do_lower_case)))
    prefix = "always" if _is_on(spec, _HAS_PREFIX) else "never"
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=prefix, split=False)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[("[CLS]", own.cls_id), ("[SEP]", own.sep_id)],
    )
    names = {"unk_token": "<unk>", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    others = {"pad_token": "[PAD]", "mask_token": "[MASK]"}
    names |= {name: piece for name, piece in others.items() if piece in own.vocabulary}
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=max_tokens,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
        split_special_tokens=True,  # [CLS] in a text is ordinary text
        **names,
    )


def n_equal(own: SentencePieceTokenizer, other: PreTrainedTokenizerFast) -> tuple[int, int]:
    """(lines with the same ids, lines). The lines are every piece of the vocabulary, and every few pieces joined."""
    lines = list(_lines(own.vocabulary))
    with quiet_transformers():  # no warnings about long lines
        theirs: list[list[int]] = other(lines, add_special_tokens=False)["input_ids"]
    equal = [own.ids(own.pieces(line)) == ids for line, ids in zip(lines, theirs, strict=True)]
    return sum(equal), len(lines)


def _lines(vocabulary: Iterable[str]) -> Iterator[str]:
    words = [piece.replace("▁", " ") for piece in vocabulary if not piece.startswith(("<", "["))]
    yield from words
    for start in range(0, len(words), _N_JOINED):
        yield "".join(words[start : start + _N_JOINED])


def _scored(processor: SentencePieceProcessor, vocabulary: Iterable[str]) -> list[tuple[str, float]]:
    scores = {processor.IdToPiece(number): processor.GetScore(number) for number in range(processor.GetPieceSize())}
    return [(piece, scores.get(piece, 0.0)) for piece in vocabulary]


def _normalizers(spec: Message, *, do_lower_case: bool) -> Iterator[normalizers.Normalizer]:
    if do_lower_case:
        yield normalizers.Lowercase()
    character_map = spec.parts.get(_CHARACTER_MAP, [b""])[-1]
    if character_map:
        yield from (normalizers.Replace(pair, composed) for pair, composed in _voiced_kana())
        yield normalizers.Precompiled(character_map)
    if _is_on(spec, _HAS_SPACES_REMOVED):
        yield normalizers.Replace(Regex(" {2,}"), " ")
        yield normalizers.Strip()


def _voiced_kana() -> Iterator[tuple[str, str]]:
    """(kana and a separate voicing mark such as ｶﾞ, the composed character).

    The library looks such sequences of six bytes up in the character map one character at a time, and misses them.
    """
    for kana in map(chr, (*range(0x3041, 0x30FF), *range(0xFF66, 0xFF9E))):
        for mark in "ﾞﾟ\u3099\u309a":
            composed = unicodedata.normalize("NFKC", kana + mark)
            if len(composed) == 1:
                yield kana + mark, composed


def _is_on(spec: Message, of_field: int) -> bool:
    """A boolean field of NormalizerSpec; they default to true."""
    return bool(spec.numbers.get(of_field, [1])[-1])
