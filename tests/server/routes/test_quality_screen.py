"""The screen that tells how far the suggestions can be trusted, through the application, and its view."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import cast

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from support.little_server import client_of, little_client
from support.little_wiki import PROJECT, write_little_wiki
from support.paths import PACKAGE
from support.reports_by_hand import calibration, reliability_bin, report

from linkassist.evaluate.baselines import BASELINES
from linkassist.evaluate.last_report import keep_report, kept_report
from linkassist.evaluate.report import EvaluationReport
from linkassist.server.jobs.import_job import Importer
from linkassist.server.messages.catalog import Wording
from linkassist.server.urls import quality_address
from linkassist.server.views.quality import quality_view, wilson_interval
from linkassist.store.imports import import_pages
from linkassist.store.library import Library
from linkassist.store.pages import project, projects
from linkassist.store.summaries.evaluations import put_evaluation
from linkassist.wiki import Line, Page

QUALITY = quality_address(PROJECT)


def screen(folder: Path, kept: EvaluationReport, language: str = "en") -> str:
    """The quality screen of the little wiki with that report, its white space made one."""
    write_little_wiki(folder)
    with Library.open(folder) as library:
        keep_report(library, project(library, PROJECT).id, kept)
    response = client_of(folder, language).get(QUALITY)
    assert response.status_code == 200
    return " ".join(response.text.split())


def test_every_screen_of_the_project_leads_to_it_and_it_says_that_one_is_there(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    assert f'<a href="{QUALITY}"><svg' in client.get(f"/p/{PROJECT}").text
    assert f'<a href="{QUALITY}" aria-current="page"><svg' in client.get(QUALITY).text


def test_before_anything_was_measured_it_says_how_to_measure(tmp_path: Path) -> None:
    html = little_client(tmp_path).get(QUALITY).text
    assert "Not measured yet" in html
    assert f"<code>linkassist evaluate --library {tmp_path}</code>" in html
    assert "diagram" not in html


def test_the_command_names_the_project_among_several_and_no_library_in_its_usual_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_little_wiki(tmp_path)
    with Library.open(tmp_path) as library:
        import_pages(library, "my notes", "", 1, [Page("p", (Line("p"),))], lambda lines: [])
    monkeypatch.setattr("linkassist.server.views.commands.default_folder", lambda name: tmp_path)
    html = client_of(tmp_path).get(quality_address("my notes")).text
    assert "<code>linkassist evaluate --project &#39;my notes&#39;</code>" in html


def test_a_report_of_another_version_counts_as_none(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    with Library.open(tmp_path) as library:
        put_evaluation(library, project(library, PROJECT).id, '{"from": "elsewhere"}')
    assert "Not measured yet" in client.get(QUALITY).text


def test_a_project_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    assert little_client(tmp_path).get("/quality/none").status_code == 404


def test_it_says_in_words_how_many_of_ten_were_right(tmp_path: Path) -> None:
    html = screen(tmp_path, report())
    assert "Of every 10 suggestions shown at 70–80%, 7 were links that people had made themselves." in html
    assert "Counted over 60 suggestions." in html
    assert "rough" not in html


def test_it_speaks_japanese(tmp_path: Path) -> None:
    html = screen(tmp_path, report(), "ja")
    assert "確率 70〜80% の提案は、10 件のうち 7 件が、実際に人の張ったリンクでした。" in html
    assert '<th scope="row">よくリンクされる言葉</th>' in html
    assert '<th scope="row">リンクされる割合</th>' in html


def test_it_says_when_on_what_and_with_which_encoder_it_was_measured(tmp_path: Path) -> None:
    html = screen(tmp_path, report())
    assert "Measured" in html and "380 links to find" in html and "Encoder: wiki" in html
    assert f"The links of the 150 pages created after {Wording('en').day(1_780_000_000)} were removed" in html
    assert "1,234 pages with the lines they had then" in html


def test_hidden_links_are_told_and_few_make_rough_figures(tmp_path: Path) -> None:
    html = screen(tmp_path, report(moment=0, n_gold=20))
    assert "the links of 150 pages chosen at random were hidden, and 1,234 pages kept theirs" in html
    assert "the figures are rough" in html


def test_the_diagram_has_a_name_and_a_table_with_the_same_figures(tmp_path: Path) -> None:
    html = screen(tmp_path, report())
    assert 'role="img" aria-labelledby="diagram-title diagram-words"' in html
    assert '<title id="diagram-title">' in html and '<desc id="diagram-words">' in html
    assert html.count('<circle class="dot"') == 3  # not those below 10 %
    assert "<title>75% predicted, 72% actual, of 60</title>" in html
    row = '<th scope="row">70–80<small>%</small></th><td class="number">60</td>'
    assert row in html


def test_ours_stands_above_the_others_and_these_by_what_they_find(tmp_path: Path) -> None:
    html = screen(tmp_path, report())
    rows = re.findall(r'<th scope="row">([^<]*)</th>', html[html.index('id="peers"') : html.index('id="kinds"')])
    assert rows == ["linkassist", "Link probability", "Most linked"]


def test_nothing_is_styled_or_scripted_inline(tmp_path: Path) -> None:
    html = screen(tmp_path, report())
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|<script(?! type=\"module\" src=)", html)


def test_a_report_without_suggestions_is_shown_without_a_diagram(tmp_path: Path) -> None:
    html = screen(tmp_path, report(None))
    assert "There were too few suggestions to draw a firm conclusion." in html
    assert 'class="diagram"' not in html


def test_the_dots_stand_at_what_was_promised_and_what_came_true() -> None:
    view = quality_view(report(calibration(reliability_bin(0, 500, 0.1), reliability_bin(4, 4, 0.5))))
    (dot,) = view.dots
    assert (dot.x, dot.y) == (135.0, 150.0)  # 45 % and 50 % of 300, the latter from the top
    assert dot.radius == 12.0
    assert (dot.least_y, dot.most_y) == (255.0, 45.0)  # 15 % and 85 %
    assert (dot.low, dot.high, dot.n, dot.promised, dot.right) == (40, 50, 4, 45, 50)


def test_the_radius_grows_with_the_root_of_the_count() -> None:
    view = quality_view(report(calibration(reliability_bin(1, 400, 0.1), reliability_bin(5, 100, 0.5))))
    assert [dot.radius for dot in view.dots] == [12.0, 6.0]


@pytest.mark.parametrize(
    ("counts", "headline"),
    [
        ({2: 99, 7: 20, 9: 99}, (70, 80)),
        ({2: 99, 7: 19, 8: 99, 9: 19}, (80, 90)),
        ({2: 99}, (20, 30)),
        ({0: 99, 7: 19}, None),
    ],
    ids=["at 70 %", "else the likeliest with enough", "or the only one", "none from few"],
)
def test_the_headline_is_about(counts: dict[int, int], headline: tuple[int, int] | None) -> None:
    found = quality_view(report(calibration(*(reliability_bin(at, n, 0.5) for at, n in counts.items())))).headline
    assert (found and (found.low, found.high)) == headline


def test_the_interval_of_a_share() -> None:
    """Values of Newcombe 1998, table I, https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E"""
    for n_right, n, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611)):
        assert [*wilson_interval(n_right / n, n)] == pytest.approx([low, high], abs=5e-5)


def test_signals_and_suggesters_have_names_in_both_languages() -> None:
    sources = (path.read_text("utf-8") for path in PACKAGE.rglob("*.py"))
    signals = {signal for source in sources for signal in re.findall(r'Reason\(\s*"([a-z_]+)"', source)}
    assert len(signals) > 10
    for key in (*(f"signal.{signal}" for signal in signals), *(f"peer.{peer}" for peer in BASELINES)):
        assert Wording("ja")(key) != Wording("en")(key) != ""


def test_a_signal_without_a_name_shows_its_own() -> None:
    assert Wording("ja").name_of("signal", "seen_in_dreams") == "seen in dreams"
    assert Wording("en").name_of("signal", "") == "No reason"


def when_over(client: TestClient, address: str) -> str:
    """The screen when the server's job has ended."""
    importer = cast(Importer, cast(Starlette, client.app).state.importer)
    ends_at = time.monotonic() + 300
    while importer.is_busy:
        assert time.monotonic() < ends_at
        time.sleep(0.05)
    return " ".join(client.get(address).text.split())


def test_the_quality_is_measured_from_its_screen_and_shown_there(drafted: Path) -> None:
    with Library.open(drafted) as library:
        (name,) = (each.name for each in projects(library))
    client, address = client_of(drafted), quality_address(name)
    before = client.get(address).text
    assert "Measure now" in before and "data-under-way" not in before
    answer = client.post(f"{address}/measure", follow_redirects=False)
    assert answer.status_code == 303 and answer.headers["location"] == address
    under_way = client.get(address).text
    assert "Measuring" in under_way and f'data-progress="{address}/progress"' in under_way
    assert "Measure now" not in under_way and f'action="{address}/cancel"' in under_way
    assert "Measuring" not in client.get("/import").text
    assert client.post(f"{address}/measure").status_code == 409, "one at a time"
    screen = when_over(client, address)
    assert "Measured" in screen and "Measure again" in screen and 'id="run"' not in screen
    with Library.open(drafted) as library:
        assert kept_report(library, project(library, name).id) is not None


def test_a_wiki_that_makes_no_test_says_why_in_the_readers_language(tmp_path: Path) -> None:
    write_little_wiki(tmp_path)
    with Library.open(tmp_path) as library:
        import_pages(library, "small", "", 1, [Page("p", (Line("p"),))], lambda lines: [])
    client, address = client_of(tmp_path, "ja"), quality_address("small")
    client.post(f"{address}/measure")
    screen = when_over(client, address)
    assert "測れませんでした" in screen and "1 ページでは測れません" in screen and "いま測る" in screen


def test_a_measurement_can_be_cancelled(drafted: Path) -> None:
    with Library.open(drafted) as library:
        (name,) = (each.name for each in projects(library))
    client, address = client_of(drafted), quality_address(name)
    client.post(f"{address}/measure")
    client.post(f"{address}/cancel")
    assert "The measurement was stopped" in when_over(client, address)
