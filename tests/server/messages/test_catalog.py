"""The words on the screens: both languages complete, every key of the templates known."""

from __future__ import annotations

import re
from datetime import datetime
from typing import get_args

import pytest

from linkassist.assets import shipped_folder
from linkassist.nightly.health import HealthState
from linkassist.nightly.report import Step
from linkassist.server.messages.catalog import _WORDS, Wording, known_keys
from linkassist.server.views.draft import STEPS
from linkassist.server.views.home import IndexState
from linkassist.server.views.imports import GROUPS
from linkassist.server.views.local_graph import Role
from linkassist.server.views.models import Lane, Section
from linkassist.server.views.queue import Answer
from linkassist.store.outbox import SendMethod
from linkassist.suggestion import Group, Objection

# "kind." ~ name and the like: the names that can follow.
_FAMILIES = {
    "kind.": ("page", "red", "new", "page.help", "red.help", "new.help"),
    "queue.did.": get_args(Answer),
    "outbox.history.": get_args(SendMethod),
    "draft.step.": STEPS,
    "import.": ("new", "changed", "gone", "renamed"),
    "import.group.": (*(name for name, _ in GROUPS), "waiting", "needless"),
    "import.remains.": ("nothing", "pages", "suggestions"),
    "home.index.": get_args(IndexState),
    "night.": (
        *(state for state in get_args(HealthState) if state != "none"),
        *(f"{state}.then" for state in ("failed", "killed", "missed", "clock")),
        *(f"step.{step}" for step in get_args(Step)),
    ),
    "tabs.": get_args(Section),
    "menu.theme.": ("auto", "light", "dark"),
    "menu.images.": ("on", "off"),
    "objection.": tuple(code + end for code in get_args(Objection) for end in ("", ".help")),
    "side.group.": ("all", *get_args(Group)),
    "lane.": tuple(lane + end for lane in get_args(Lane) for end in ("", ".help")),
    "graph.": get_args(Role),
    "like.did.": ("accept", "reject", "undo"),
    "settings.": ("words", "pages", "saved", "restored"),
    "menu.": ("language", "theme", "images"),
    "notice.": ("accept", "reject", "undo", "never", "again"),
}


def keys_in_templates() -> set[str]:
    keys: set[str] = set()
    for path in (shipped_folder("web") / "templates").glob("*.html"):
        for key, joined in re.findall(r"""say\(["']([a-z0-9_.]+)["'](\s*~)?""", path.read_text("utf-8")):
            keys |= {key + name for name in _FAMILIES[key]} if joined else {key}
    return keys


def test_every_key_of_the_templates_has_words() -> None:
    assert keys_in_templates() - known_keys() == set()


def test_both_languages_take_the_same_values() -> None:
    for key, (ja, en) in _WORDS.items():
        assert ja and en, key
        for form in en.split("|"):
            assert set(re.findall(r"\{\d\}", form)) <= set(re.findall(r"\{\d\}", ja)), key


def test_english_counts_one_and_many() -> None:
    say = Wording("en")
    assert [say("home.pages", n) for n in (0, 1, 23_029)] == ["0 pages", "1 page", "23,029 pages"]


@pytest.mark.parametrize(
    ("past_s", "ja", "en"),
    [
        (0, "たった今", "just now"),
        (61, "1分前", "1 minute ago"),
        (2 * 3600, "2時間前", "2 hours ago"),
        (3 * 86400, "3日前", "3 days ago"),
    ],
)
def test_how_long_ago(past_s: int, ja: str, en: str) -> None:
    now = 1_700_000_000
    assert Wording("ja").ago(now - past_s, now) == ja
    assert Wording("en").ago(now - past_s, now) == en


def test_long_ago_is_a_date_and_an_unknown_time_is_nothing() -> None:
    moment = int(datetime(2020, 9, 13, 12).timestamp())
    assert Wording("en").ago(moment, 1_700_000_000) == "2020-09-13"
    assert Wording("en").ago(0, 1_700_000_000) == ""
