"""A Japanese BERT as an encoder: its name, its vectors held against the original's, and its way through the program."""

from __future__ import annotations

import functools
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from support.paths import GOLDEN
from support.small_models import write_tiny_bert
from transformers import AutoModel, AutoTokenizer
from typer.testing import CliRunner, Result

from linkassist.bert.encoder import BertJapaneseEncoder
from linkassist.bert.encoder_options import EncoderOptions, parse_encoder_name
from linkassist.bert.forward import BertForward, PackedHidden
from linkassist.cli.app import app
from linkassist.embed.joined import Join, JoinedEncoder
from linkassist.embed.wiki_encoder import WikiEncoder, learn_encoder
from linkassist.errors import ModelError
from linkassist.model.encoders import files_state, open_model
from linkassist.pipeline.reindex import reindex
from linkassist.pipeline.reindex_run import ReindexLimits
from linkassist.settings import Settings, load_settings
from linkassist.store.library import Library
from linkassist.store.pages import project
from linkassist.suggest.corpus import csr

LINES = (GOLDEN / "inputs.txt").read_text("utf-8").splitlines()
MINUS_TWO = "layer_output_1"  # in the reference, which counts the layers from the last


@functools.cache
def encoder(options: str = "", folder: Path = GOLDEN) -> BertJapaneseEncoder:
    return BertJapaneseEncoder(f"bert-japanese:{folder}" + (f"?{options}" if options else ""))


def unit(vector: np.ndarray) -> np.ndarray:
    return np.asarray(vector / np.linalg.norm(vector))


@pytest.fixture(scope="module")
def reference() -> Iterator[dict[str, np.ndarray]]:
    with np.load(GOLDEN / "reference.npz") as file:
        yield {name: file[name] for name in file.files}


def uncut(reference: dict[str, np.ndarray]) -> list[int]:
    """The lines that the original did not truncate and that say something."""
    return [i for i in range(len(LINES)) if 2 < len(reference[f"ids/{i}"]) < 48]


class TestItsVectors:
    def test_are_the_means_of_the_original_codes_second_to_last_layer(self, reference: dict[str, np.ndarray]) -> None:
        lines = uncut(reference)
        found = encoder("input=pair&precision=float32").encode([LINES[i] for i in lines])
        expected = [unit(reference[f"{MINUS_TWO}/{i}"].mean(axis=0)) for i in lines]
        assert len(lines) >= 7
        np.testing.assert_allclose(found, expected, atol=1e-5)

    def test_are_what_the_name_asks_for(self, reference: dict[str, np.ndarray]) -> None:
        single = next(i for i in uncut(reference) if "|||" not in LINES[i])
        hidden = [reference[f"layer_output_{layer}/{single}"] for layer in range(4)]
        expected = {
            "pooling=cls&layer=-3": hidden[2][0],
            "pooling=max&layer=-1": hidden[0].max(axis=0),
            "pooling=max&layer=-1&tokens=inner": hidden[0][1:-1].max(axis=0),
            "layer=-1,-4": (hidden[0] + hidden[3]).mean(axis=0) / 2,
            "layer=-5": reference[f"emb/{single}"].mean(axis=0),
            "pooling=pooled": reference[f"pooled/{single}"],
        }
        for options, vector in expected.items():
            found = encoder(f"{options}&precision=float32").encode_raw([LINES[single]])[0]
            np.testing.assert_allclose(found, vector, atol=1e-5, err_msg=options)

    def test_of_a_page_are_of_one_text_unless_pairs_are_asked_for(self) -> None:
        texts = ["題 ||| 検索は質問である", "題\n検索は質問である"]
        single, pair = (encoder(f"precision=float32&input={each}").encode(texts) for each in ("single", "pair"))
        np.testing.assert_array_equal(pair[0], pair[1])
        assert np.abs(single - pair).max(axis=1).min() > 0.01

    def test_of_a_long_text_are_the_mean_of_its_windows_by_their_tokens(self) -> None:
        parts = ["ノートにリンクを張ると、", "考えがつながる、検索は質問である、"]
        n = [_n_tokens(part) for part in parts]
        small = encoder(f"window={max(n) + 2}&overlap=0&precision=float32")
        vectors = small.encode_raw([*parts, "\n".join(parts)])
        np.testing.assert_allclose(vectors[2], (n[0] * vectors[0] + n[1] * vectors[1]) / sum(n), atol=1e-5)

    def test_see_the_end_of_a_long_page(self) -> None:
        page = "題\n" + "ノートにリンクを張ると、考えがつながる。\n" * 20
        for options in ("", "input=pair"):
            found = encoder(options).encode([page, page + "検索は質問である"])
            assert 1e-4 < np.abs(found[0] - found[1]).max() < 0.5, options

    def test_of_a_pair_with_a_long_title_leave_room_for_the_page(self) -> None:
        title = "ノートにリンクを張ると、考えがつながる。" * 9
        found = encoder("input=pair&window=20").encode([f"{title}\nリンク", f"{title}\n検索", f"{title}\nリンク"])
        assert np.abs(found[0] - found[1]).max() > 0.01
        np.testing.assert_array_equal(found[0], found[2])

    def test_are_zero_where_a_text_says_nothing(self) -> None:
        found = encoder().encode(["", "リンク", " \n "])
        assert np.linalg.norm(found, axis=1).tolist() == pytest.approx([0, 1, 0])

    def test_do_not_depend_on_what_else_is_encoded(self) -> None:
        texts = ["リンク", "検索は質問である", *LINES, "ノート" * 90]
        together, apart = encoder().encode(texts), [encoder().encode([text])[0] for text in texts]
        np.testing.assert_allclose(together, apart, atol=1e-5)


def _n_tokens(text: str) -> int:
    return len(encoder()._tokenizer.pieces(text))


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many sequences went through a network, a number a pass."""
    run, found = BertForward.run, list[int]()

    def counted(
        self: BertForward, ids: Sequence[Sequence[int]], types: Sequence[Sequence[int]], layers: Sequence[int] = (-1,)
    ) -> Iterator[PackedHidden]:
        found.append(len(ids))
        return run(self, ids, types, layers)

    monkeypatch.setattr(BertForward, "run", counted)
    return found


def test_equal_texts_are_encoded_once_and_each_counts_as_done(passes: list[int]) -> None:
    counts: list[tuple[int, int]] = []
    texts = ["リンク", "検索", "", "リンク", "リンク"]
    found = encoder().encode(texts, lambda done, total: counts.append((done, total)))
    assert passes == [2]
    assert counts[-1] == (5, 5) and counts == sorted(counts)
    np.testing.assert_array_equal(found[0], found[3])
    assert np.abs(found[0] - found[1]).max() > 0.01


def test_a_hugging_face_folder_is_read_in_the_same_way(tmp_path: Path) -> None:
    write_tiny_bert(tmp_path)
    tokenizer, network = AutoTokenizer.from_pretrained(tmp_path), AutoModel.from_pretrained(tmp_path).eval()
    with torch.no_grad():
        states = network(**tokenizer("wiki notes", return_tensors="pt"), output_hidden_states=True).hidden_states
    found = encoder("precision=float32", tmp_path).encode_raw(["wiki notes"])
    np.testing.assert_allclose(found[0], states[-2][0].mean(dim=0).numpy(), atol=1e-5)


class TestTheFingerprint:
    def test_is_of_the_model_and_of_what_is_chosen(self, tmp_path: Path) -> None:
        shutil.copytree(GOLDEN, tmp_path / "copy")
        usual = encoder().fingerprint
        assert usual == encoder(folder=tmp_path / "copy").fingerprint
        assert usual == encoder("layer=-2&pooling=mean&precision=auto&window=64&overlap=8").fingerprint
        others = ["pooling=cls", "layer=-1", "layer=-1,-2", "tokens=inner", "window=32", "overlap=0", "input=pair"]
        fingerprints = [encoder(each).fingerprint for each in [*others, "precision=float32", "precision=bfloat16"]]
        assert len({usual, *fingerprints}) == 10

    def test_differs_for_other_weights(self, tmp_path: Path) -> None:
        shutil.copytree(GOLDEN, tmp_path / "other")
        config = json.loads((tmp_path / "other" / "config.json").read_text())
        (tmp_path / "other" / "config.json").write_text(json.dumps(config | {"hidden_act": "relu"}))
        assert encoder(folder=tmp_path / "other").fingerprint != encoder().fingerprint

    def test_state_of_the_files_differs_when_one_is_written_anew(self, tmp_path: Path) -> None:
        shutil.copytree(GOLDEN, tmp_path / "copy")
        names = [f"bert-japanese:{tmp_path / 'copy'}{rest}" for rest in ("", "/model.ckpt-1400000", "?layer=-1")]
        before = files_state(names[0])
        assert [files_state(name) for name in names] == [before] * 3 and len(before) == 12
        os.utime(tmp_path / "copy" / "tiny-ja.vocab", (1, 1))
        assert files_state(names[0]) != before
        assert files_state("bert-japanese:/nowhere/at/all") == ""


class TestTheName:
    def test_says_how_the_model_is_used(self) -> None:
        named = parse_encoder_name(
            "bert-japanese:/models/ja?pooling=max&layer=-1,-12&tokens=inner&window=128&overlap=0&input=pair"
        )
        assert named.path == Path("/models/ja")
        assert named.options == EncoderOptions("max", (-1, -12), "inner", 128, 0, "pair", "auto")
        assert parse_encoder_name("bert-japanese:/models/ja").options == EncoderOptions(
            "mean", (-2,), "all", 0, None, "single", "auto"
        )
        assert parse_encoder_name("bert-japanese:/models/ja?pooling=pooled").options.layers == (-1,)

    @pytest.mark.parametrize(
        ("options", "advice"),
        [
            (
                "colour=red",
                r'no option "colour"; expected pooling, layer, tokens, window, .* as in bert-japanese:FOLDER\?',
            ),
            ("pooling=median", 'pooling is "median"; expected one of cls, pooled, mean, max'),
            ("precision=float16", 'precision is "float16"; expected one of auto, float32, bfloat16, int8'),
            ("layer=2", 'layer is "2"; expected a layer such as -2, counted from the last'),
            ("layer=-1&layer=-2", "layer is given twice. Leave one out"),
            ("layer=-6", "layer is -6, but the model has 4 layers; expected -1 to -4, or -5 for the embeddings"),
            ("layer=-0", "layer is 0, but the model has 4 layers"),
            ("window=65", "window is 65; expected 8 to 64, which the model takes"),
            ("window=many", 'window is "many"; expected a whole number of tokens'),
            ("overlap=40", "overlap is 40; expected 32 at most, half of the window"),
            ("pooling=pooled&layer=-1", "the pooled output is of the last layer. Leave out layer"),
            ("pooling=cls&tokens=inner", "cls is of .CLS. alone. Leave out tokens"),
        ],
    )
    def test_is_refused_with_what_was_expected(self, options: str, advice: str) -> None:
        with pytest.raises(ModelError, match=advice):
            open_model(f"bert-japanese:{GOLDEN}?{options}")

    def test_is_told_to_who_names_the_folder_as_a_transformers_model(self) -> None:
        with pytest.raises(ModelError, match=f'TensorFlow checkpoint .* Name it "bert-japanese:{GOLDEN}"'):
            open_model(str(GOLDEN))


def test_it_joins_the_wikis_own_encoder_and_is_found_again_by_its_name(tmp_path: Path) -> None:
    texts = [f"リンク {word}" for word in ("検索", "質問", "手紙", "考え")]
    own = learn_encoder(texts, csr([0, 1], [1, 0], (4, 4)))
    other = open_model(f"bert-japanese:{GOLDEN}?layer=-1")
    joined = JoinedEncoder(own, other, Join(other.encode(texts).mean(axis=0), 0.35))
    joined.save(tmp_path)
    again = JoinedEncoder.load(tmp_path, open_model(f"bert-japanese:{GOLDEN}?layer=-1"))
    np.testing.assert_array_equal(again.encode(texts), joined.encode(texts))
    assert again.encode(texts).shape == (4, own.width + 48)
    assert isinstance(again.own, WikiEncoder)
    with pytest.raises(ModelError, match="linkassist reindex --full"):
        JoinedEncoder.load(tmp_path, open_model(f"bert-japanese:{GOLDEN}?layer=-2"))


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="linkassist")


def export(path: Path, changed: str = "") -> Path:
    titles = [line.split(" ||| ")[0] for line in LINES if line]
    pages = [
        {
            "title": title,
            "id": f"{number}",
            "created": 1000 + number,
            "updated": 1000 + number,
            "lines": [
                {"text": text, "created": 1000 + number, "updated": 1000 + number}
                for text in (title, "[検索]と[ノート]", "長い話。" * 30, changed if number == 3 else "")
            ],
        }
        for number, title in enumerate([*titles, "検索", "ノート"])
    ]
    path.write_text(json.dumps({"name": "niwa", "displayName": "庭", "exported": 2000, "pages": pages}), "utf-8")
    return path


class TestThroughTheProgram:
    @pytest.fixture(autouse=True)
    def no_settings_of_the_machine(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        for name in [name for name in os.environ if name.startswith("LINKASSIST_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data-home"))

    def test_no_unchanged_text_is_encoded_twice(self, tmp_path: Path, passes: list[int]) -> None:
        library, name = tmp_path / "library", f"bert-japanese:{GOLDEN}?layer=-1"
        first = run("import", export(tmp_path / "1.json"), "--library", library, "--encoder", name)
        assert first.exit_code == 0, first.output
        assert load_settings(library, environment={}).encoder == name
        n_passes = len(passes)
        assert passes[0] >= 20  # ten pages of some windows each

        again = run("import", export(tmp_path / "2.json"), "--library", library)
        assert "niwa: the suggestions are up to date" in again.output
        anew = run("reindex", "--library", library)
        assert "niwa: the suggestions are up to date" in anew.output
        assert len(passes) == n_passes

        changed = run("import", export(tmp_path / "3.json", changed="質問"), "--library", library)
        assert "1 changed" in changed.output and changed.exit_code == 0
        assert sum(passes[n_passes:]) in range(1, 20), "the windows of one page"

        n_passes = len(passes)
        assert run("reindex", "--library", library, "--encoder", "wiki").exit_code == 0
        assert run("reindex", "--library", library, "--encoder", name).exit_code == 0
        # Of the pages none: only of the texts with their links' words taken out, on which the ranker learns.
        assert passes[n_passes:] == passes[1:2]

    def test_a_run_that_is_broken_off_goes_on_where_it_stopped(self, tmp_path: Path, passes: list[int]) -> None:
        name = f"bert-japanese:{GOLDEN}?window=16"
        library = tmp_path / "library"
        run("import", export(tmp_path / "1.json"), "--library", library, "--no-reindex")
        with Library.open(library) as opened:
            settings, of = Settings(library, encoder=name), project(opened, None)

            def pull_the_plug(step: str, done: int, total: int) -> None:
                if passes and step == "encode" and done > 8:
                    raise KeyboardInterrupt

            with pytest.raises(KeyboardInterrupt):
                reindex(opened, of, settings, pull_the_plug, limits=ReindexLimits(pages_per_write=4))
            assert len(passes) == 3  # of four pages, of four more, and of the last two, which are lost
            report = reindex(opened, of, settings, lambda *_: None)
        assert passes[3] == passes[2]
        assert report.n_encoded == 2

    def test_what_its_files_lack_is_told_when_it_is_first_used(self, tmp_path: Path) -> None:
        shutil.copytree(GOLDEN, tmp_path / "ini")
        (tmp_path / "ini" / "config.json").unlink()
        wiki, name = export(tmp_path / "1.json"), f"bert-japanese:{tmp_path / 'ini'}"
        first = run("import", wiki, "--library", tmp_path / "library", "--encoder", name)
        assert first.exit_code == 0 and "config.ini" in first.stderr
        assert "config.ini" not in run("import", wiki, "--library", tmp_path / "library").stderr

    def test_it_is_measured_and_told_of(self, tmp_path: Path) -> None:
        library, name = tmp_path / "library", f"bert-japanese:{GOLDEN}"
        assert run("import", export(tmp_path / "1.json"), "--library", library, "--encoder", name).exit_code == 0
        said = json.loads(run("evaluate", "--library", library, "--pages", "3", "--json").stdout)
        assert (said["encoder"], said["n_asked"]) == (name, 3)
        assert f"encoder      {name}" in run("status", "--library", library).stdout
        suggested = run("suggest", "--library", library, "--all", "--format", "jsonl")
        assert len(suggested.stdout.splitlines()) == 10

    @pytest.mark.parametrize(
        ("name", "advice"),
        [
            ("bert-japanese:/nowhere/at/all", "/nowhere/at/all"),
            (f"bert-japanese:{GOLDEN}/model.ckpt-7", "model.ckpt-1400000"),
            (f"bert-japanese:{GOLDEN}?pool=cls", 'no option "pool"'),
        ],
    )
    def test_what_cannot_be_used_is_told_without_a_traceback(self, tmp_path: Path, name: str, advice: str) -> None:
        result = run("import", export(tmp_path / "1.json"), "--library", tmp_path / "library", "--encoder", name)
        assert result.exit_code == 1
        assert advice in result.stderr and "Traceback" not in result.output
        assert load_settings(tmp_path / "library", environment={}).encoder == "wiki"


def test_an_encoder_says_in_which_precision_it_computed() -> None:
    used = encoder("precision=bfloat16")
    assert used.notes == ()
    used.encode([LINES[0]])
    assert used.notes == ("Vectors computed in bfloat16.",)
