"""What the screens say of the nightly runs: the alarm on the start of a project, and how the figures moved."""

from __future__ import annotations

import re
import time
from html import unescape
from pathlib import Path

import pytest
from support.little_server import client_of
from support.little_wiki import PROJECT, write_little_wiki

from linkassist.nightly.clock import Timestamp, now
from linkassist.nightly.report import NightReport, ProjectReport, State, StepReport, write_night
from linkassist.server.views.nights import HEIGHT, WIDTH, trend_view
from linkassist.store.library import Library
from linkassist.store.pages import project
from linkassist.store.summaries.quality_samples import QualitySample, put_sample

DAY_S = 24 * 3600


def night(folder: Path, state: State, age_s: float, *, success_age_s: float | None = None, message: str = "") -> None:
    at = now().at
    steps = (StepReport("fetch", "failed", 1.0, message),) if message else ()
    began, success = Timestamp(at - age_s), None if success_age_s is None else Timestamp(at - success_age_s)
    ended = None if state == "running" else began
    write_night(folder, NightReport("", state, began, ended, success, 10, (ProjectReport("niwa", "", steps),)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_little_wiki(tmp_path)
    return tmp_path


def home(folder: Path, language: str = "en") -> str:
    return client_of(folder, language).get(f"/p/{PROJECT}").text


class TestHome:
    def test_without_nights_nothing_is_said_of_them(self, folder: Path) -> None:
        assert "ightly" not in home(folder)

    def test_a_good_night_is_told_in_a_line(self, folder: Path) -> None:
        night(folder, "done", 7200, success_age_s=7200)
        html = home(folder)
        assert "Nightly run: finished 2 hours ago" in html and 'class="tile alarm night"' not in html

    def test_a_failed_night_says_when_why_and_what_to_do(self, folder: Path) -> None:
        night(folder, "failed", 7200, success_age_s=3 * DAY_S, message="<b>no</b> network")
        html = home(folder)
        assert "The nightly run failed 2 hours ago" in html
        assert "<b>niwa</b> – fetching: &lt;b&gt;no&lt;/b&gt; network" in html
        assert "The last successful run was 3 days ago." in html
        assert f"linkassist nightly --library {folder}" in html
        japanese = home(folder, "ja")
        assert "夜の更新が2時間前に失敗しました" in japanese and "<b>niwa</b> – 取得" in japanese

    def test_a_killed_night_shows(self, folder: Path) -> None:
        night(folder, "running", 7200)
        html = home(folder)
        assert "was interrupted; it started 2 hours ago" in html and "No run has succeeded yet" in html

    def test_a_missed_night_tells_how_to_have_it_started_again(self, folder: Path) -> None:
        night(folder, "done", 60 * DAY_S, success_age_s=60 * DAY_S)
        html = home(folder)
        assert "The nightly run was missed" in html and "linkassist nightly --install --library" in html

    def test_a_night_from_the_future_says_that_the_clock_was_set_back(self, folder: Path) -> None:
        night(folder, "done", -60 * DAY_S, success_age_s=-60 * DAY_S)
        assert "the clock has been set back since" in home(folder)


class TestQuality:
    def put(self, folder: Path, *found: QualitySample) -> str:
        with Library.open(folder) as library:
            for each in found:
                put_sample(library, project(library, PROJECT).id, each)
        return unescape(client_of(folder).get(f"/quality/{PROJECT}").text)

    def test_without_a_sample_nothing_is_said_of_nights(self, folder: Path) -> None:
        assert "From night to night" not in self.put(folder)

    def test_a_first_sample_is_told_in_words(self, folder: Path) -> None:
        html = self.put(folder, QualitySample(int(time.time()) - 7200, 100, 1200, 0.6149, 0.5))
        assert "2 hours ago: 61% of 1,200 links found in the top ten; the first suggestion was right on 50%" in html
        assert "The next figure comes in a week" in html and "trend-picture" not in html

    def test_several_are_drawn_and_told_in_a_table(self, folder: Path) -> None:
        at = int(time.time())
        html = self.put(
            folder,
            QualitySample(at - 14 * DAY_S, 100, 900, 0.5, 0.25),
            QualitySample(at - 7 * DAY_S, 100, 950, 0.6, 0.5),
            QualitySample(at, 100, 1000, 1.0, 0.75),
        )
        (line,) = re.findall(r'class="trend-found" points="([^"]+)"', html)
        assert line == f"0.0,{HEIGHT * 0.5} {WIDTH / 2},{HEIGHT * 0.4} {float(WIDTH)},0.0"
        assert len(re.findall('<circle class="dot-f', html)) == 6
        rows = re.findall(r'<td class="number">([\d,]+)</td><td class="number">(\d+)<', html)
        assert rows == [("1,000", "100"), ("950", "60"), ("900", "50")]

    def test_of_many_the_latest_are_drawn(self) -> None:
        found = [QualitySample(at, 1, 1, 0.5, 0.5) for at in range(100)]
        view = trend_view(found)
        assert view is not None and [each.at for each in view.samples] == list(range(40, 100))
