"""The two experiments: nearest pages and buckets, by hand, and on small wikis through the command."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from support.paths import GOLDEN
from typer.testing import CliRunner, Result

from linkassist.bert.encoder import BertJapaneseEncoder
from linkassist.cli.app import app
from linkassist.evaluate.last_report import kept_report
from linkassist.research.nearest_pages.codes import (
    bucket_figures,
    bucket_mates,
    bucket_numbers,
    learnt_code,
    principal_components,
    quantising_rotation,
    sign_code,
)
from linkassist.research.nearest_pages.nearest import NO_PAGE, Measure, nearest, representatives
from linkassist.store.library import Library
from linkassist.store.pages import project
from linkassist.suggest.corpus import FloatArray, IntArray


def vectors(*rows: tuple[float, ...]) -> FloatArray:
    return np.array(rows, np.float32)


def everybody(n: int) -> IntArray:
    return np.arange(n, dtype=np.int64)


class TestCodes:
    def test_the_signs_of_the_first_dimensions_are_the_bits(self) -> None:
        code = sign_code(vectors((0.5, -1, 3), (0, 2, -3), (-4, 0.1, 9)), n_bits=2)
        assert code.tolist() == [[True, False], [False, True], [False, True]]
        assert bucket_numbers(code).tolist() == [0b10, 0b01, 0b01]

    def test_of_narrower_vectors_every_dimension_is_a_bit(self) -> None:
        points = vectors((1, 1), (2, 0), (0, 3))
        assert sign_code(points).shape == learnt_code(points).shape == (3, 2)

    def test_how_pages_are_spread_is_told_in_figures(self) -> None:
        found = bucket_figures("three", sign_code(vectors((1, 1), (1, 1), (1, -1), (-1, -1))))
        # buckets of 2, 1 and 1 of four pages: 1/2 · log2 2 + 2 · 1/4 · log2 4 bits
        assert (found.n_bits, found.n_pages, found.n_used, found.n_alone, found.largest) == (2, 4, 3, 2, 2)
        assert (found.mean_others, found.entropy) == (0.5, 1.5)

    def test_the_others_of_a_bucket_stand_beside_a_page(self) -> None:
        code = sign_code(vectors((1, 1), (1, -1), (1, 1), (1, 1)))
        assert [mates.tolist() for mates in bucket_mates(code, np.array([3, 1]))] == [[0, 2], []]

    def test_the_rotation_iterations_points_on_the_axes_into_corners(self) -> None:
        # (1, 0) lies between two corners of the square; turned by 45° it lies towards one of them.
        points = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])
        rotation = quantising_rotation(points)
        np.testing.assert_allclose(np.abs(rotation), np.full((2, 2), np.sqrt(0.5)), atol=1e-9)
        assert _loss(points, rotation) == pytest.approx(4 * 2 * (1 - np.sqrt(0.5)) ** 2)
        assert _loss(points, np.eye(2)) == 4 * 1.0

    def test_the_rotation_is_orthogonal_and_every_turn_improves_it(self) -> None:
        points = np.random.default_rng(1).standard_normal((200, 6)) * [4, 3, 2, 2, 1, 0.5]
        rotations = [quantising_rotation(points, n_iterations=n) for n in (0, 1, 2, 5, 50)]
        for rotation in rotations:
            np.testing.assert_allclose(rotation @ rotation.T, np.eye(6), atol=1e-9)
        losses = [_loss(points, rotation) for rotation in rotations]
        assert losses == sorted(losses, reverse=True) and losses[-1] < 0.97 * losses[0]

    def test_components_lie_along_the_widest_spread_first(self) -> None:
        points = vectors((10, 1), (-10, 1), (10, -1), (-10, -1)) + vectors((7, 7))
        np.testing.assert_allclose(np.abs(principal_components(points, 1)), np.full((4, 1), 10.0), atol=1e-5)

    def test_a_learnt_code_spreads_pages_that_all_point_one_way(self) -> None:
        # As a language model's vectors do: the signs are nearly all the same, the differences are small.
        draw = np.random.default_rng(0)
        alike = (draw.standard_normal(40) * 9 + draw.standard_normal((500, 40))).astype(np.float32)
        signs, learnt = bucket_figures("signs", sign_code(alike)), bucket_figures("learnt", learnt_code(alike))
        assert signs.entropy < 4 and learnt.entropy > 7
        assert (learnt_code(alike + 100) == learnt_code(alike)).mean() > 0.99


def _loss(points: np.ndarray, rotation: np.ndarray) -> float:
    """‖B - V R‖², which the rotation is to make small."""
    turned = points @ rotation
    return float(((np.where(turned > 0, 1.0, -1.0) - turned) ** 2).sum())


class TestNearest:
    def test_distance_and_angle_are_two_measures(self) -> None:
        points = vectors((1, 0), (10, 0.1), (0.9, 0.5))
        near: dict[Measure, int] = {"euclid": 2, "cosine": 1}
        for measure, expected in near.items():
            found = nearest(points, everybody(3), np.array([0]), 2, measure)
            assert found.pages.tolist() == [[expected, 3 - expected]]
        assert nearest(points, everybody(3), np.array([0]), 1, "euclid").distances[0, 0] == pytest.approx(np.sqrt(0.26))

    @pytest.mark.parametrize("measure", ["euclid", "cosine"])
    def test_they_are_those_that_a_plain_comparison_of_all_with_all_finds(self, measure: Measure) -> None:
        points = (np.random.default_rng(2).standard_normal((600, 20)) + 5).astype(np.float32)
        every = cdist(
            points.astype(np.float64), points.astype(np.float64), "euclidean" if measure == "euclid" else "cosine"
        )
        np.fill_diagonal(every, np.inf)
        found = nearest(points, everybody(600), everybody(600), 7, measure)
        np.testing.assert_array_equal(found.pages, np.argsort(every, axis=1)[:, :7])
        if measure == "euclid":
            np.testing.assert_allclose(found.distances, np.sort(every, axis=1)[:, :7], rtol=1e-9)

    def test_pages_that_are_the_same_count_as_one(self) -> None:
        points = vectors((0, 1), (3, 1), (3, 1), (3, 1), (7, 1))
        same_as = representatives(points, ["a", "b", "c", "b", "d"])
        assert same_as.tolist() == [0, 1, 1, 1, 4]
        found = nearest(points, same_as, everybody(5), 3, "euclid")
        assert found.pages.tolist() == [
            [1, 4, NO_PAGE],
            [0, 4, NO_PAGE],
            [0, 4, NO_PAGE],
            [0, 4, NO_PAGE],
            [1, 0, NO_PAGE],
        ]
        assert found.distances[1].tolist() == [3, 4, np.inf]

    def test_equal_texts_are_the_same_and_so_is_what_rounding_parts(self) -> None:
        points = vectors((100, 1), (100, 1.0001), (100, 3), (50, 2))
        assert representatives(points, ["x", "y", "z", "x"]).tolist() == [0, 1, 2, 0]
        found = nearest(points, everybody(4), np.array([0]), 1, "euclid")
        assert found.pages.tolist() == [[2]]

    def test_a_page_that_says_nothing_is_near_nobody(self) -> None:
        points = vectors((0, 0), (1, 0), (0, 1))
        found = nearest(points, everybody(3), everybody(3), 1, "euclid")
        assert found.pages.tolist() == [[NO_PAGE], [2], [1]]


BODIES = (
    "ノートにリンクを張ると、考えがつながる。",
    "検索は質問である。",
    "インターナルサーバーエラー ERROR 500",
    "ＰＹＴＨＯＮ ３．１１ と か゛ と ㎏ と ①",
    "長い文章は短く切って、ひとつのページにひとつの話題を書く。",
    "本日は晴天なり。",
)


def export(path: Path) -> Path:
    """Six pages, and later one about each of them, with its very words and a link to it."""
    older = [(f"{number}番", [body * 2, f"[{(number + 1) % 6}番]"]) for number, body in enumerate(BODIES)]
    newer = [(f"新{number}", [body * 2, f"[{number}番]"]) for number, body in enumerate(BODIES)]
    pages = [
        {
            "title": title,
            "created": at,
            "updated": at,
            "lines": [{"text": text, "created": at, "updated": at} for text in (title, *lines)],
        }
        for at, (title, lines) in enumerate([*older, *newer], 1000)
    ]
    path.write_text(json.dumps({"name": "niwa", "displayName": "庭", "exported": 2000, "pages": pages}), "utf-8")
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="linkassist")


def report(*arguments: object) -> dict[str, Any]:
    result = run("experiments", *arguments, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def rows(found: dict[str, Any]) -> dict[str, dict[str, float]]:
    """The figures of pages, by suggester."""
    return {
        each["name"]: group["ranking"]
        for each in found["evaluation"]["suggesters"]
        for group in each["groups"]
        if group["group"] == "page"
    }


class TestTheCommand:
    @pytest.fixture(autouse=True)
    def no_settings_of_the_machine(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        for name in [name for name in os.environ if name.startswith("LINKASSIST_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data-home"))

    def test_both_experiments_are_scored_beside_ours_and_chance(self, tmp_path: Path) -> None:
        name = f"bert-japanese:{GOLDEN}?precision=float32"
        found = report(export(tmp_path / "niwa.json"), "--encoder", name, "--pages", "6", "--blind")
        assert (found["evaluation"]["n_asked"], found["evaluation"]["is_blind"], found["is_raw"]) == (6, True, True)
        assert {"linkassist", "similar pages", "random 10", "nearest, Euclid", "nearest 10, cosine"} <= set(rows(found))
        assert rows(found)["nearest, Euclid"]["precision_at_1"] == 1  # the very words, and nothing else is nearer
        assert rows(found)["random 10"]["precision_at_1"] < 1
        assert [each["n_bits"] for each in found["buckets"]] == [12, 12]
        assert all(each["n_pages"] == 12 for each in found["buckets"])

        raw = BertJapaneseEncoder(name).encode_raw([f"0番\n{BODIES[0] * 2}\n1番", f"新0\n{BODIES[0] * 2}\n"])
        pairs = {(pair["page"], pair["nearest"]): pair for pair in found["nearest"]["pages"]}
        pair = pairs["新0", "0番"]
        assert pair["distance"] == pytest.approx(float(np.linalg.norm(raw[0] - raw[1])), rel=1e-4)
        assert pair["is_linked"] and len(pairs) == 12
        # 6 links in a ring and 6 of the new pages, of 12 · 11 / 2 pairs
        assert found["nearest"]["share_linked_by_chance"] == pytest.approx(12 / 66)

    def test_one_alone_leaves_the_other_out_and_the_library_as_it_was(self, tmp_path: Path) -> None:
        library = tmp_path / "library"
        assert run("import", export(tmp_path / "niwa.json"), "--library", library, "--no-reindex").exit_code == 0
        near = report("--library", library, "--nearest", "--pages", "4")
        assert near["buckets"] == [] and near["nearest"]["pages"] and not near["is_raw"]
        assert near["fingerprint"].startswith("wiki-") and not any("bucket" in name for name in rows(near))
        spread = report("--library", library, "--buckets", "--pages", "4")
        assert spread["nearest"] is None and len(spread["buckets"]) == 2
        assert not any(name.startswith("nearest") for name in rows(spread))
        with Library.open(library) as opened:
            assert kept_report(opened, project(opened, None).id) is None

    def test_ours_is_what_evaluate_measures(self, tmp_path: Path) -> None:
        wiki = export(tmp_path / "niwa.json")
        ours = report(wiki, "--nearest", "--pages", "6")["evaluation"]["suggesters"][0]
        result = run("evaluate", wiki, "--pages", "6", "--json")
        assert ours == json.loads(result.stdout)["suggesters"][0]

    def test_words_tell_pairs_buckets_and_scores(self, tmp_path: Path) -> None:
        name = f"bert-japanese:{GOLDEN}"
        result = run("experiments", export(tmp_path / "niwa.json"), "--encoder", name, "--pages", "6", "--pairs", "3")
        assert result.exit_code == 0, result.output
        assert "Each page and its nearest: 12 pages" in result.stdout and "(linked)" in result.stdout
        assert sum("->" in line for line in result.stdout.splitlines()) == 3
        assert "learnt code" in result.stdout and "nearest 10, cosine" in result.stdout
        assert "Vectors: 48 numbers each, with lengths of their own" in result.stdout

    def test_options_without_effect_and_models_that_are_not_there_are_told(self, tmp_path: Path) -> None:
        wiki = export(tmp_path / "niwa.json")
        for useless in (["--library", tmp_path], ["--json", "--pairs", "3"], ["--buckets", "--pairs", "3"]):
            assert run("experiments", wiki, *useless).exit_code == 2
        result = run("experiments", wiki, "--encoder", "bert-japanese:/nowhere/at/all")
        assert result.exit_code == 1 and "/nowhere/at/all" in result.stderr
