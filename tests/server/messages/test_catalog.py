"""The words on the screens: both languages complete, every key of the templates known."""

from __future__ import annotations

import re
from datetime import datetime
from typing import get_args

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from linkassist.files.assets import shipped_folder
from linkassist.nightly.health import HealthState
from linkassist.nightly.report import Step
from linkassist.pipeline.push.report import LinkState
from linkassist.review.days import When
from linkassist.review.queue import CardState
from linkassist.server.messages.catalog import Wording
from linkassist.server.views.cards import Lane
from linkassist.server.views.draft import STEPS
from linkassist.server.views.frame import Section
from linkassist.server.views.home import IndexState, QueueState
from linkassist.server.views.imports import GROUPS
from linkassist.server.views.local_graph import NodeRole
from linkassist.server.views.queue import QueueAnswer
from linkassist.store.write_back.outbox import SendMethod
from linkassist.suggestion import Group, Objection

# "kind." ~ name and the like: the names that can follow.
_FAMILIES = {
    "kind.": ("page", "red", "new", "page.help", "red.help", "new.help"),
    "queue.did.": get_args(QueueAnswer),
    "queue.done.": tuple(state for state in get_args(CardState) if state != "open"),
    "queue.news.": get_args(When),
    "outbox.history.": get_args(SendMethod),
    "draft.step.": STEPS,
    "import.": ("new", "changed", "gone", "renamed"),
    "import.group.": (*(name for name, _ in GROUPS), "waiting", "needless"),
    "import.remains.": ("nothing", "pages", "suggestions"),
    "home.index.": get_args(IndexState),
    "home.queue.": tuple(
        state + end for state in get_args(QueueState) if state != "cards" for end in ("", ".lead", ".act")
    ),
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
    "graph.": get_args(NodeRole),
    "like.did.": ("accept", "reject", "undo"),
    "settings.floor.": ("known", "new"),
    "settings.": ("words", "pages", "saved", "restored"),
    "menu.": ("language", "theme", "images"),
    "write.job.": tuple(
        f"{kind}.{state}"
        for kind in ("preview", "write", "undo")
        for state in ("running", "done", "stopped", "failed", "nothing")
    ),
    "write.count.": get_args(LinkState),
    "write.link.": get_args(LinkState),
    "notice.": ("accept", "reject", "undo", "never", "again"),
}


def catalog(language: str) -> Catalog:
    with (shipped_folder("web") / "locale" / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def forms(language: str) -> dict[str, tuple[str, ...]]:
    """The forms of each message, by its key."""
    found = {}
    for message in catalog(language):
        if message.id:
            key = message.id if isinstance(message.id, str) else message.id[0]
            found[key] = (message.string,) if isinstance(message.string, str) else tuple(message.string)
    return found


def keys_in_templates() -> set[str]:
    keys: set[str] = set()
    for path in (shipped_folder("web") / "templates").glob("*.html"):
        for key, joined in re.findall(r"""say\(["']([a-z0-9_.]+)["'](\s*~)?""", path.read_text("utf-8")):
            keys |= {key + name for name in _FAMILIES[key]} if joined else {key}
    return keys


def test_every_key_of_the_templates_has_words() -> None:
    assert keys_in_templates() - forms("ja").keys() == set()


def test_both_languages_have_words_for_the_same_keys_in_the_same_order() -> None:
    assert list(forms("ja")) == list(forms("en"))


def test_every_form_of_a_message_takes_the_same_values_in_both_languages() -> None:
    ja, en = forms("ja"), forms("en")
    for key in ja:
        values = [set(re.findall(r"\{\d\}", form)) for form in (*ja[key], *en[key])]
        assert all(each == values[0] for each in values), key


def test_no_message_is_empty_or_doubtful() -> None:
    for language in ("ja", "en"):
        assert [key for key, texts in forms(language).items() if not all(texts)] == []
        assert [message.id for message in catalog(language) if message.id and message.fuzzy] == []


def test_each_plural_message_has_all_the_plural_forms_of_its_language() -> None:
    plural = {message.id[0] for message in catalog("en") if message.pluralizable}
    assert plural == {message.id[0] for message in catalog("ja") if message.pluralizable}
    for language in ("ja", "en"):
        assert {len(forms(language)[key]) for key in plural} == {catalog(language).num_plurals}


def test_no_key_stands_twice_in_a_catalog() -> None:
    for language in ("ja", "en"):
        text = (shipped_folder("web") / "locale" / f"{language}.po").read_text("utf-8")
        keys = re.findall(r'^msgid "(.+)"$', text, re.MULTILINE)
        assert len(keys) == len(set(keys)) == len(forms(language))


@pytest.mark.parametrize("values", [(), (3,)])
def test_an_unknown_key_is_an_error(values: tuple[int, ...]) -> None:
    with pytest.raises(KeyError, match="no.such.key"):
        Wording("ja")("no.such.key", *values)


def test_english_counts_one_and_many() -> None:
    say = Wording("en")
    assert [say("home.pages", n) for n in (0, 1, 23_029)] == ["0 pages", "1 page", "23,029 pages"]


@pytest.mark.parametrize(
    ("past_s", "ja", "adverb", "en"),
    [
        (0, "たった今", "たった今", "just now"),
        (59, "たった今", "たった今", "just now"),
        (60, "1分前", "1分前に", "1 minute ago"),
        (2 * 3600, "2時間前", "2時間前に", "2 hours ago"),
        (3 * 86400, "3日前", "3日前に", "3 days ago"),
    ],
)
def test_how_long_ago(past_s: int, ja: str, adverb: str, en: str) -> None:
    now = 1_700_000_000
    assert (Wording("ja").ago(now - past_s, now), Wording("ja").when(now - past_s, now)) == (ja, adverb)
    assert Wording("en").ago(now - past_s, now) == Wording("en").when(now - past_s, now) == en


def test_what_was_just_done_reads_as_one_says_it() -> None:
    say = Wording("ja")
    assert say("import.ended", say.when(1_700_000_000, 1_700_000_000)) == "たった今終わりました"


def test_markup_can_stand_around_the_value_of_a_message() -> None:
    assert Wording("en").around("queue.link") == ("Link to ", "?")
    assert Wording("ja").around("queue.link") == ("", " へリンクしますか？")


def test_long_ago_is_a_date_and_an_unknown_time_is_nothing() -> None:
    moment = int(datetime(2020, 9, 13, 12).timestamp())
    assert Wording("en").ago(moment, 1_700_000_000) == "2020-09-13"
    assert Wording("ja").when(moment, 1_700_000_000) == "2020-09-13に"
    assert Wording("en").ago(0, 1_700_000_000) == Wording("ja").when(0, 1_700_000_000) == ""
    assert Wording("en").ago(1000 * moment, 1_700_000_000) == Wording("en").day(1000 * moment) == "2020-09-13"
    assert Wording("en").ago(253_402_300_800, 1_700_000_000) == ""
