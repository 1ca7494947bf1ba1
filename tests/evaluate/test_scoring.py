"""Answers scored by kind, and the whole evaluation with a stand-in for ours."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from linkassist.errors import ExportError
from linkassist.evaluate.baselines import BASELINES
from linkassist.evaluate.figures import SignalFigures
from linkassist.evaluate.futures import AskedPage, build_futures_test
from linkassist.evaluate.report import EvaluationReport, OtherVersionError, report_from_json
from linkassist.evaluate.run import EvaluationOptions, ask_all, evaluate_exports
from linkassist.evaluate.scoring import Answer, answers_of, score, shown_to_readers
from linkassist.suggestion import Kind, Mention, Reason, Suggestion
from linkassist.wiki import Line, Page, Reading

ASKED = [
    AskedPage(0, "one", frozenset(["a", "b"]), frozenset(["r"]), frozenset(["n"])),
    AskedPage(1, "two", frozenset(), frozenset(), frozenset(["m"])),
]
ANSWERS = [
    [Answer("x", "page", 0.9), Answer("r", "red", 0.8), Answer("n", "new", 0.7), Answer("a", "page", 0.6)],
    [Answer("y", "page", 0.9), Answer("m", "new", 0.2)],
]


def test_each_kind_is_held_against_its_own_answer() -> None:
    figures = {group.group: group for group in score("ours", ASKED, ANSWERS).groups}
    assert list(figures) == ["page or red", "page", "red", "new"]
    both = figures["page or red"].ranking  # x wrong, r right, a right; b is not found
    assert (both.n_lists, both.n_right, both.mrr, both.recall_at_10) == (1, 3, 1 / 2, 2 / 3)
    assert figures["page"].ranking.recall_at_10 == 1 / 2
    assert figures["red"].ranking.mrr == 1
    assert (figures["new"].ranking.n_lists, figures["new"].ranking.recall_at_10) == (2, 1)


def test_pages_that_nothing_is_asked_of_do_not_count_in_the_calibration() -> None:
    figures = {group.group: group for group in score("ours", ASKED, ANSWERS).groups}
    calibration = figures["page or red"].calibration
    assert calibration is not None
    assert calibration.n_suggestions == 3  # not y
    assert calibration.error == pytest.approx((0.9 + 0.2 + 0.4) / 3)


def test_a_group_without_answers_or_without_probabilities_is_left_out() -> None:
    figures = score("peer", ASKED[:1], [[Answer("a", "page")]])
    assert [group.group for group in figures.groups] == ["page or red", "page"]
    assert figures.groups[0].calibration is None


def test_of_suggestions_with_one_title_key_the_first_is_the_answer() -> None:
    suggestions = [Suggestion("A b", "page", 0.9), Suggestion("a_b", "red", 0.5), Suggestion("a b", "new", 0.4)]
    assert answers_of(suggestions) == [Answer("a_b", "page", 0.9), Answer("a_b", "new", 0.4)]


def because(signal: str, target: str, kind: Kind, probability: float) -> Suggestion:
    said = (Mention(1, 0, 1, "x"),)
    return Suggestion(target, kind, probability, said, reasons=(Reason(signal), Reason("never counted")))


def test_first_reasons_are_counted_over_what_is_worth_showing_on_pages_that_link_anything() -> None:
    asked = [*ASKED, AskedPage(2, "links nothing", frozenset(), frozenset(), frozenset())]
    shown = shown_to_readers(
        asked,
        [
            [
                because("x", "A", "page", 0.9),
                because("x", "r", "red", 0.5),
                because("x", "nothing", "page", 0.4),
                because("z", "N", "page", 0.8),
                because("z", "as new", "page", 0.8),
            ],
            [because("y", "m", "new", 0.2), because("x", "m", "page", 0.15), because("y", "o", "new", 0.09)],
            [because("z", "a", "page", 0.9)],
        ],
        frozenset(["n", "as_new"]),
    )
    assert shown is not None and shown.n_pages == 2
    x, y = shown.signals
    assert (x.signal, x.n, x.share_right) == ("x", 4, 0.75)  # m is right as a page too
    assert x.mean_probability == pytest.approx((0.9 + 0.5 + 0.4 + 0.15) / 4)
    assert y == SignalFigures("y", n=1, mean_probability=0.2, share_right=1.0)
    assert shown.calibration.n_suggestions == 6
    assert [b.n for b in shown.calibration.bins] == [1, 1, 1, 0, 1, 1, 0, 0, 0, 1]


def test_what_no_word_says_is_not_counted_as_wrong_by_a_test_that_cannot_see_it() -> None:
    unsaid = Suggestion("nothing", "page", 0.6, reasons=(Reason("near"),))
    found = [[unsaid, because("near", "A", "page", 0.9)], [replace(unsaid, reasons=(Reason("far"),))]]
    shown = shown_to_readers(ASKED, found, frozenset())
    assert shown is not None
    near, far = shown.signals
    assert near == SignalFigures("near", 2, mean_probability=0.9, share_right=1.0, n_unseen=1)
    assert far == SignalFigures("far", 1, mean_probability=0.0, share_right=0.0, n_unseen=1) and far.is_unseen
    blind = shown_to_readers(ASKED, found, frozenset(), is_blind=True)
    assert blind is not None and [each.n_unseen for each in blind.signals] == [0, 0]


def test_without_suggestions_readers_would_have_seen_nothing() -> None:
    assert shown_to_readers(ASKED, [[], []], frozenset()) is None


def page(title: str, *texts: str) -> Page:
    return Page(title, tuple(Line(text) for text in (title, *texts)))


EARLIER = [page("KJ法", "[発想法]のひとつ"), page("発想法", "[KJ法]など"), page("カード", "[KJ法] [ラベル]")]
LATER = [*EARLIER, page("輪取り", "[KJ法]で[ラベル]を[束ねる]こと")]


def suggest(readings: Sequence[Reading]) -> list[list[Suggestion]]:
    """A stand-in for ours that is right about all but the first."""
    said = (Mention(1, 0, 1, "x"),)
    right = [
        Suggestion("KJ法", "page", 0.8, said),
        Suggestion("ラベル", "red", 0.7, said),
        Suggestion("束ねる", "new", 0.4, said),
    ]
    return [[Suggestion("カード", "page", 0.9, said), *right] for _ in readings]


def report_of_stand_in() -> EvaluationReport:
    test = build_futures_test(EARLIER, LATER, is_blind=False)
    return ask_all(test, suggest, "a.json", "b.json", "wiki")


def test_ours_comes_first_and_then_the_baselines() -> None:
    report = report_of_stand_in()
    assert [figures.name for figures in report.suggesters] == ["linkassist", *BASELINES]
    assert [group.ranking.mrr for group in report.suggesters[0].groups] == [1 / 2, 1 / 2, 1, 1]
    by_length = report.suggesters[1].groups[0].ranking  # says KJ法 and ラベル, both right
    assert (by_length.precision_at_1, by_length.recall_at_10) == (1, 1)


def test_the_report_as_json_names_every_figure() -> None:
    found = json.loads(report_of_stand_in().as_json())
    assert (found["earlier"], found["n_gold"], found["is_by_id"]) == ("a.json", 2, False)
    ours = found["suggesters"][0]["groups"][0]
    assert (ours["group"], ours["ranking"]["recall_at_10"], len(ours["calibration"]["bins"])) == ("page or red", 1, 10)


def test_the_report_comes_back_from_its_json() -> None:
    report = report_of_stand_in()
    assert report.shown is not None
    assert report_from_json(report.as_json()) == report


@pytest.mark.parametrize("text", ['{"earlier": "a.json"}', "[]", "no JSON"])
def test_a_report_of_another_version_says_how_to_get_one_of_this(text: str) -> None:
    with pytest.raises(OtherVersionError, match="Run `linkassist evaluate` to measure anew"):
        report_from_json(text)


def test_the_report_as_text_has_a_table_for_each_group_and_fits_a_terminal() -> None:
    text = report_of_stand_in().as_text()
    assert "3 pages as they stood and 1 new ones, matched by their titles" in text
    assert "(inline)" in text
    assert text.count("linkassist ") == 4
    assert "Our probabilities (page or red): calibration error" in text
    assert "  (none)              4     0.700    0.750" in text
    assert max(map(len, text.splitlines())) <= 100


def export_file(path: Path, pages: Sequence[Page], exported_at: int) -> Path:
    content = [{"title": page.title, "lines": page.texts} for page in pages]
    path.write_text(json.dumps({"name": "p", "displayName": "p", "exported": exported_at, "pages": content}))
    return path


def test_two_export_files_become_a_report(tmp_path: Path) -> None:
    notes = [
        page(f"{word}の{n}", f"{word}を{n}枚、[{word}]と[カード]と[束ねる]に", f"[{word}]")
        for n in range(4)
        for word in "紙筆墨"
    ]
    old = export_file(tmp_path / "old.json", [*EARLIER, *notes], 1)
    new = export_file(tmp_path / "new.json", [*LATER, *notes, page("2026-06-01", "[KJ法]")], 2)
    steps: dict[str, int] = {}
    report = evaluate_exports(
        old, new, EvaluationOptions(is_blind=True), lambda step, done, total: steps.update({step: total})
    )
    assert (report.earlier, report.later, report.is_blind, report.is_by_id) == ("old.json", "new.json", True, False)
    assert (report.n_pages_before, report.n_asked, report.n_with_gold, report.n_gold, report.n_coined) == (
        15,
        1,
        1,
        3,
        0,
    )
    assert {figures.name for figures in report.suggesters} == {"linkassist", *BASELINES}
    assert steps["read exports: new.json"] == new.stat().st_size
    assert (steps["read pages"], steps["ask the baselines"]) == (16, 1)


def test_exports_in_the_wrong_order_are_refused(tmp_path: Path) -> None:
    old, new = export_file(tmp_path / "old.json", EARLIER, 1), export_file(tmp_path / "new.json", LATER, 2)
    with pytest.raises(ExportError, match="Name them the other way"):
        evaluate_exports(new, old, EvaluationOptions(is_blind=False))
