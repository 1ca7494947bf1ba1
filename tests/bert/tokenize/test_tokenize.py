"""Text to ids as the original code makes them: SentencePiece, word pieces, tweets, pairs and truncation.

The witnesses follow https://github.com/yoheikikuta/bert-japanese (src/tokenization_sentencepiece.py and
src/extract_features.py) and https://github.com/google-research/bert (tokenization.py) step by step, in their words.
"""

from __future__ import annotations

import json
import random
import re
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import sentencepiece
from hypothesis import given, settings
from hypothesis import strategies as st
from support.paths import TESTS

from linkassist.bert.checkpoint.open import open_bert_tokenizer
from linkassist.bert.tokenize.sequences import split_pair, token_sequence
from linkassist.bert.tokenize.tweets import normalised_tweet
from linkassist.bert.tokenize.wordpiece import WordPieceTokenizer

GOLDEN = TESTS / "data" / "bert-golden"
N_LINES = 10_000
HARD = (
    "か\u3099 は\u309a e\u0301 İ ẞ Σας ΣΑΣ ﬁ ｶﾞ ﾊﾟ ㎏ ① Ⅷ ㍿ ½ ＡＢＣ　。"
    " 👩\u200d💻 🇯🇵 𠮷 𝔄 \0 \x1f \u200b \ufeff \ufffd \u2028 \u00ad ﷺ ‥ 〜 ～ ーｰ ﾞ"
)
TEXTS = st.one_of(
    st.text(max_size=60), st.text(st.sampled_from(sorted(set(HARD))), max_size=40), st.just("[CLS] <s> <unk> ▁ [SEP]")
)


class FullTokenizer:
    """The original's, with its own reading of the vocabulary and without TensorFlow's file."""

    def __init__(self, model_file: Path, vocab_file: Path, do_lower_case: bool = True) -> None:
        self.model = sentencepiece.SentencePieceProcessor()
        self.model.Load(str(model_file))
        self.do_lower_case = do_lower_case
        self.vocab: dict[str, int] = {}
        with vocab_file.open(encoding="utf-8", newline="\n") as reader:
            for index, line in enumerate(iter(reader.readline, "")):
                token, _ = line.split("\t")
                self.vocab[token.strip()] = index

    def tokenize(self, text: str) -> list[str]:
        if self.do_lower_case:
            text = text.lower()
        pieces: list[str] = self.model.EncodeAsPieces(text)
        return pieces

    def convert_tokens_to_ids(self, tokens: list[str]) -> list[int]:
        output = []
        for item in tokens:
            if item in self.vocab:
                output.append(self.vocab[item])
            else:
                output.append(0)
        return output


def original_features(tokenizer: FullTokenizer, line: str, seq_length: int) -> tuple[list[str], list[int], list[int]]:
    """(tokens, input_ids, input_type_ids) of convert_examples_to_features, before padding."""
    line = line.strip()
    m = re.match(r"^(.*) \|\|\| (.*)$", line)
    text_a, text_b = (line, None) if m is None else (m.group(1), m.group(2))
    tokens_a = tokenizer.tokenize(text_a)
    tokens_b = tokenizer.tokenize(text_b) if text_b else None
    if tokens_b:
        while len(tokens_a) + len(tokens_b) > seq_length - 3:
            if len(tokens_a) > len(tokens_b):
                tokens_a.pop()
            else:
                tokens_b.pop()
    elif len(tokens_a) > seq_length - 2:
        tokens_a = tokens_a[0 : (seq_length - 2)]
    tokens, input_type_ids = ["[CLS]"], [0]
    for token in tokens_a:
        tokens.append(token)
        input_type_ids.append(0)
    tokens.append("[SEP]")
    input_type_ids.append(0)
    if tokens_b:
        for token in tokens_b:
            tokens.append(token)
            input_type_ids.append(1)
        tokens.append("[SEP]")
        input_type_ids.append(1)
    return tokens, tokenizer.convert_tokens_to_ids(tokens), input_type_ids


WITNESS = FullTokenizer(GOLDEN / "tiny-ja.model", GOLDEN / "tiny-ja.vocab")
TOKENIZER = open_bert_tokenizer(GOLDEN)


@pytest.fixture(scope="module")
def golden_lines() -> list[str]:
    return (GOLDEN / "inputs.txt").read_text("utf-8").removesuffix("\n").split("\n")


def wiki_lines() -> list[str]:
    """Lines of the sample wiki, alone, in pairs, cut anywhere and with hard characters put in."""
    export = json.loads((TESTS.parent / "data" / "sample-2026-11-01.json").read_text("utf-8"))
    texts = [line if isinstance(line, str) else line["text"] for page in export["pages"] for line in page["lines"]]
    chance = random.Random(0)
    while len(texts) < N_LINES:
        one, other = chance.choice(texts[:2000]), chance.choice(texts[:2000])
        cut = chance.randrange(len(one) + 1)
        between = chance.choice([" ||| ", " ||| ", "|||", chance.choice(HARD), chance.choice(HARD)])
        texts.append(one[:cut] + between + other)
    return texts[:N_LINES]


def test_the_ids_are_those_of_the_golden_set(golden_lines: list[str]) -> None:
    reference = np.load(GOLDEN / "reference.npz")
    for number, line in enumerate(golden_lines):
        found = token_sequence(TOKENIZER, *split_pair(line), 48)
        assert found.ids == reference[f"ids/{number}"].tolist()
        assert found.types == reference[f"types/{number}"].tolist()


def test_the_pieces_are_those_of_the_golden_set(golden_lines: list[str]) -> None:
    expected = [json.loads(line) for line in (GOLDEN / "expected.jsonl").read_text("utf-8").splitlines()]
    for number, line in enumerate(golden_lines):
        (features,) = (each["features"] for each in expected if each["linex_index"] == number)
        assert token_sequence(TOKENIZER, *split_pair(line), 48).pieces == [each["token"] for each in features]


def test_ten_thousand_lines_get_the_ids_of_the_original() -> None:
    lines = wiki_lines()
    assert len(lines) == N_LINES and sum(" ||| " in line for line in lines) > 1000
    for number, line in enumerate(lines):
        seq_length = (16, 48, 128)[number % 3]
        found = token_sequence(TOKENIZER, *split_pair(line), seq_length)
        assert (found.pieces, found.ids, found.types) == original_features(WITNESS, line, seq_length)


@settings(max_examples=200, deadline=None)
@given(st.one_of(TEXTS, st.tuples(TEXTS, TEXTS).map(" ||| ".join)), st.integers(3, 40))
def test_any_text_gets_the_ids_of_the_original(line: str, seq_length: int) -> None:
    """Hypothesis makes no lone surrogates here: the original would stop at one."""
    found = token_sequence(TOKENIZER, *split_pair(line), seq_length)
    assert (found.pieces, found.ids, found.types) == original_features(WITNESS, line, seq_length)


def test_half_a_character_is_an_unknown_one_and_no_failure() -> None:
    assert TOKENIZER.pieces("a\ud83db") == TOKENIZER.pieces("a\ufffdb")
    assert TOKENIZER.pieces("\ud842\udfb7") == TOKENIZER.pieces("𠮷")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a ||| b", ("a", "b")),
        ("a ||| b ||| c", ("a ||| b", "c")),
        (" a ||| b \n", ("a", "b")),
        ("a|||b", ("a|||b", None)),
        ("a ||| ", ("a |||", None)),
        ("", ("", None)),
        ("a\n ||| b", ("a\n ||| b", None)),
    ],
)
def test_a_line_is_a_pair_where_the_bars_stand_between_spaces(line: str, expected: tuple[str, str | None]) -> None:
    assert split_pair(line) == expected


def test_of_a_pair_the_longer_text_is_cut_and_of_equal_ones_the_second() -> None:
    a, b = "に に に に に に", "が が が が"
    assert (len(TOKENIZER.pieces(a)), len(TOKENIZER.pieces(b))) == (12, 8)
    found = token_sequence(TOKENIZER, a, b, 3 + 16)
    assert (found.types.count(0) - 2, found.types.count(1) - 1) == (8, 8)
    found = token_sequence(TOKENIZER, a, b, 3 + 15)
    assert (found.types.count(0) - 2, found.types.count(1) - 1) == (8, 7)


def test_a_second_text_without_a_piece_is_none() -> None:
    found = token_sequence(TOKENIZER, "に", "　", 8)
    assert found.pieces[-1] == "[SEP]" and set(found.types) == {0} and found.pieces.count("[SEP]") == 1


def test_too_short_a_sequence_is_refused() -> None:
    with pytest.raises(ValueError, match="max_seq_length is 2; expected at least 3"):
        token_sequence(TOKENIZER, "a", None, 2)


WORDS = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "un",
    "##aff",
    "##able",
    "東",
    "京",
    "た",
    "##わー",
    "e",
    "##e",
    "!",
    "$",
    "^",
]
WORD_TEXTS = st.text(st.sampled_from("unafble東京たわー!$^e\u0301É [CLS]\u3000\x85\u2028"), max_size=30)


def witness_word_pieces(text: str, vocab: list[str], do_lower_case: bool) -> list[str]:
    """BasicTokenizer and WordpieceTokenizer of google-research/bert."""
    output = []
    for char in text:
        cp = ord(char)
        category = unicodedata.category(char)
        is_control = char not in "\t\n\r" and category in ("Cc", "Cf")
        if cp == 0 or cp == 0xFFFD or is_control:
            continue
        output.append(" " if char in " \t\n\r" or category == "Zs" else char)
    text = "".join(output)
    output = []
    for char in text:
        cp = ord(char)
        if (
            (cp >= 0x4E00 and cp <= 0x9FFF)
            or (cp >= 0x3400 and cp <= 0x4DBF)
            or (cp >= 0x20000 and cp <= 0x2A6DF)
            or (cp >= 0x2A700 and cp <= 0x2B73F)
            or (cp >= 0x2B740 and cp <= 0x2B81F)
            or (cp >= 0x2B820 and cp <= 0x2CEAF)
            or (cp >= 0xF900 and cp <= 0xFAFF)
            or (cp >= 0x2F800 and cp <= 0x2FA1F)
        ):
            output += [" ", char, " "]
        else:
            output.append(char)
    split_tokens: list[str] = []
    for token in "".join(output).strip().split():
        if do_lower_case:
            token = token.lower()
            token = "".join(c for c in unicodedata.normalize("NFD", token) if unicodedata.category(c) != "Mn")
        words: list[list[str]] = []
        start_new_word = True
        for char in token:
            cp = ord(char)
            is_ascii_sign = 33 <= cp <= 47 or 58 <= cp <= 64 or 91 <= cp <= 96 or 123 <= cp <= 126
            if is_ascii_sign or unicodedata.category(char).startswith("P"):
                words.append([char])
                start_new_word = True
            else:
                if start_new_word:
                    words.append([])
                start_new_word = False
                words[-1].append(char)
        split_tokens.extend("".join(word) for word in words)
    output_tokens = []
    for token in " ".join(split_tokens).strip().split():
        if len(token) > 200:
            output_tokens.append("[UNK]")
            continue
        is_bad, start, sub_tokens = False, 0, []
        while start < len(token):
            end, cur_substr = len(token), None
            while start < end:
                substr = ("##" if start > 0 else "") + token[start:end]
                if substr in vocab:
                    cur_substr = substr
                    break
                end -= 1
            if cur_substr is None:
                is_bad = True
                break
            sub_tokens.append(cur_substr)
            start = end
        output_tokens += ["[UNK]"] if is_bad else sub_tokens
    return output_tokens


@settings(max_examples=200, deadline=None)
@given(st.one_of(TEXTS, WORD_TEXTS), st.booleans())
def test_any_text_gets_the_word_pieces_of_the_original(text: str, do_lower_case: bool) -> None:
    tokenizer = WordPieceTokenizer(WORDS, do_lower_case=do_lower_case)
    assert tokenizer.pieces(text) == witness_word_pieces(text, WORDS, do_lower_case)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Unaffable!", ["un", "##aff", "##able", "!"]),
        ("東京たわー", ["東", "京", "た", "##わー"]),
        ("éE", ["e", "##e"]),
        ("[CLS]", ["[UNK]", "[UNK]", "[UNK]"]),
        ("e" * 200, ["e", *["##e"] * 199]),
        ("e" * 201, ["[UNK]"]),
        ("$^", ["$", "^"]),
        ("", []),
    ],
)
def test_word_pieces_are_the_longest_that_fit(text: str, expected: list[str]) -> None:
    tokenizer = WordPieceTokenizer(WORDS, do_lower_case=True)
    assert tokenizer.pieces(text) == expected
    assert tokenizer.ids(expected) == [WORDS.index(piece) for piece in expected]


@pytest.mark.parametrize("text", ["a\ue000b", "\U0002b820\U0002b821", "ΣΑΣ", "a\u061db", "a\u0898b"])
def test_where_the_library_would_cut_otherwise_the_pieces_are_those_of_the_original(text: str) -> None:
    characters = sorted(set(text.lower()))
    vocabulary = ["[UNK]", "[CLS]", "[SEP]", *characters, *("##" + character for character in characters)]
    found = WordPieceTokenizer(vocabulary, do_lower_case=True).pieces(text)
    assert found == witness_word_pieces(text, vocabulary, do_lower_case=True)
    assert "[UNK]" not in found


def test_a_word_with_half_a_character_is_unknown_and_its_neighbours_are_not() -> None:
    assert WordPieceTokenizer(WORDS, do_lower_case=True).pieces("un e\ud83d un") == ["un", "[UNK]", "un"]


@pytest.mark.parametrize(
    ("tweet", "expected"),
    [
        ("RT @some_one: 見て https://example.com/a", "<mention> 見て <url>"),
        ("本当に??ＡＢＣ&amp;㎏", "本当に ABC&kg"),
        ("長い話…", "長い話"),
        ("続きは http", "続きは"),
        ("続きは ht", "続きは"),
        ("一\n二\x85三", "一 二 三"),
        ("https://example.com/a?b=1", "<url> b=1"),
        ("A@B", "A<mention>"),
    ],
)
def test_links_and_names_in_a_tweet_are_one_piece_each(tweet: str, expected: str) -> None:
    assert normalised_tweet(tweet) == expected
