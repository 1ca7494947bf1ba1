"""What the reader chooses for a whole project shows on every page at once, changes nothing else, leaves no trace."""

from __future__ import annotations

import json

import pytest
from support.garden import Garden, changes, suggestions
from support.little_wiki import AWKWARD_TITLES
from typer.testing import CliRunner

from linkassist.cli.app import app
from linkassist.errors import NotFoundError
from linkassist.review.verdicts import (
    add_up_offers,
    follow_verdicts,
    ignore,
    lessons_of,
    offer_at_most,
    rules_of,
    unignore,
)
from linkassist.store.ignored import IgnoredSort, ignored
from linkassist.store.page_filter import PageFilter
from linkassist.store.pages import list_pages
from linkassist.store.runs import artefact, put_artefact
from linkassist.store.search.by_target import suggested_on, write_target_index
from linkassist.store.suggestions import pages_with_lists, replace_suggestions
from linkassist.suggest.feedback.rules import ReaderRules, apply_rules
from linkassist.suggestion import Suggestion


def test_an_ignored_word_is_gone_from_every_page_at_once_and_nothing_else_changes(garden: Garden) -> None:
    before, gains, kept = garden.shown(), garden.gains(), garden.kept()
    ignore(garden.library, garden.project_id, "word", "みどり")
    after = garden.shown()
    assert changes(before, after) == {"みどり": "gone"}
    assert after == {title: [each for each in found if each.target != "みどり"] for title, found in before.items()}
    assert garden.kept() == kept, "the lists are kept as the ranker found them"
    for title, (n_suggestions, gain) in garden.gains().items():
        had_it = title in AWKWARD_TITLES
        assert n_suggestions == gains[title][0] - had_it
        assert gain == pytest.approx(gains[title][1] - (0.62 if had_it else 0))


def test_an_ignored_page_gets_nothing_and_the_others_keep_everything(garden: Garden) -> None:
    before, gains = garden.shown(), garden.gains()
    ignore(garden.library, garden.project_id, "page", "C#の覚え書き")
    assert garden.shown() == before | {"C#の覚え書き": []}
    assert garden.gains() == gains | {"C#の覚え書き": (0, 0.0)}


def test_at_most_so_many_are_shown_and_the_rest_is_held_back(garden: Garden) -> None:
    title = AWKWARD_TITLES[0]
    offer_at_most(garden.library, garden.project_id, 2)
    shown = garden.shown()[title]
    assert [each.target for each in shown if each.is_worth_showing] == ["みどり", "発想法"]
    assert [each.target for each in shown] == [each.target for each in suggestions(title)], "held back, not taken away"
    assert shown[2].reasons[-1].signal == "beyond"
    garden.decide(0, "みどり", "accept")
    garden.decide(0, "発想法", "reject")
    assert not any(each.is_worth_showing for each in garden.shown()[title]), "what is answered counts"
    assert garden.gains()[title] == (0, 0.0)


@pytest.mark.parametrize("is_followed", [False, True])
def test_taken_back_the_choices_leave_no_trace(garden: Garden, is_followed: bool) -> None:
    before, gains, kept = garden.shown(), garden.gains(), garden.kept()
    chosen: list[tuple[IgnoredSort, str]] = [("word", "道具"), ("page", AWKWARD_TITLES[3]), ("word", "みどり")]
    for sort, title in chosen:
        ignore(garden.library, garden.project_id, sort, title)
    offer_at_most(garden.library, garden.project_id, 1)
    if is_followed:
        follow_verdicts(garden.library, garden.project_id)
        assert garden.gains()[AWKWARD_TITLES[0]] == (1, 0.55)
    garden.decide(0, "発想法", "reject")
    garden.undo(0, "発想法")
    for sort, title in chosen:
        unignore(garden.library, garden.project_id, sort, title)
    offer_at_most(garden.library, garden.project_id, None)
    assert garden.shown() == before
    follow_verdicts(garden.library, garden.project_id)
    assert (garden.shown(), garden.gains(), garden.kept()) == (before, gains, kept)
    assert rules_of(garden.library, garden.project_id) == ReaderRules()


def test_every_choice_is_followed_by_all_gains_at_once(garden: Garden) -> None:
    """Each time they are what adding up every list anew gives."""

    def added_up_anew() -> dict[str, tuple[int, float]]:
        put_artefact(garden.library, garden.project_id, "lessons", "unknown")
        follow_verdicts(garden.library, garden.project_id)
        return garden.gains()

    def chosen() -> None:
        found = garden.gains()
        assert found != seen[-1]
        anew = added_up_anew()
        assert {title: n for title, (n, _) in found.items()} == {title: n for title, (n, _) in anew.items()}
        assert [gain for _, gain in found.values()] == pytest.approx([gain for _, gain in anew.values()])
        seen.append(found)

    seen = [garden.gains()]
    offer_at_most(garden.library, garden.project_id, 2)
    chosen()
    garden.decide(0, "みどり", "accept")
    chosen()
    ignore(garden.library, garden.project_id, "word", "発想法")
    chosen()
    offer_at_most(garden.library, garden.project_id, 1)
    chosen()
    ignore(garden.library, garden.project_id, "page", AWKWARD_TITLES[3])
    chosen()
    offer_at_most(garden.library, garden.project_id, None)
    chosen()
    unignore(garden.library, garden.project_id, "word", "発想法")
    chosen()
    garden.undo(0, "みどり")
    unignore(garden.library, garden.project_id, "page", AWKWARD_TITLES[3])
    assert garden.gains() == seen[0]


@pytest.mark.parametrize("taught", [False, True])
def test_a_reindex_adds_up_again_only_what_did_not_follow(garden: Garden, taught: bool) -> None:
    follow_verdicts(garden.library, garden.project_id)
    if taught:
        for page in (0, 1):
            garden.decide(page, "みどり", "reject")
    offer_at_most(garden.library, garden.project_id, 2)
    note = artefact(garden.library, garden.project_id, "lessons")
    is_followed = note is not None and note.fingerprint == lessons_of(garden.library, garden.project_id).fingerprint
    assert is_followed != taught


def test_a_library_of_before_is_added_up_once_and_told_of(garden: Garden) -> None:
    gains = garden.gains()
    with garden.library.transaction() as connection:
        connection.execute("DELETE FROM offers")
        connection.execute("UPDATE pages SET kinds = 0")
    told: list[tuple[int, int]] = []
    for _ in range(2):
        add_up_offers(garden.library, lambda n_done, n_total: told.append((n_done, n_total)))
    assert told == [(len(pages_with_lists(garden.library, garden.project_id)),) * 2]
    assert garden.gains() == gains
    of_new = list_pages(garden.library, garden.project_id, only=PageFilter(group="new"))[1]
    assert 0 < of_new < len(gains)


def test_a_word_is_ignored_in_every_spelling_of_its_title_and_once(garden: Garden) -> None:
    for written in ("Reading Notes", "reading_notes"):
        ignore(garden.library, garden.project_id, "word", written)
    assert [(each.key, each.title) for each in ignored(garden.library, garden.project_id)] == [
        ("reading_notes", "Reading Notes")
    ]
    assert not any(each.target == "Reading notes" for found in garden.shown().values() for each in found)
    with pytest.raises(NotFoundError, match="is not ignored"):
        unignore(garden.library, garden.project_id, "page", "Reading notes")


def test_the_command_prints_what_the_screens_show(garden: Garden) -> None:
    ignore(garden.library, garden.project_id, "word", "みどり")
    ignore(garden.library, garden.project_id, "page", "検索")
    folder = str(garden.library.folder)
    printed = CliRunner().invoke(app, ["suggest", "--library", folder, "--all", "--format", "jsonl"]).stdout
    lines = [json.loads(line) for line in printed.splitlines()]
    of_page = {line["page"]: [each["target"] for each in line["suggestions"]] for line in lines}
    assert of_page["検索"] == []
    assert of_page == {title: [each.target for each in found] for title, found in garden.shown().items()}


def test_the_most_counts_only_what_is_worth_showing() -> None:
    likely, unlikely = Suggestion("A", "page", 0.5), Suggestion("B", "page", 0.05)
    assert apply_rules(ReaderRules(most=1), 1, [likely, unlikely], 0) == [likely, unlikely]
    assert apply_rules(ReaderRules(most=1), 1, [likely], 3)[0].reasons[-1].signal == "beyond"
    assert apply_rules(ReaderRules(pages=frozenset((2,)), most=1), 2, [likely], 0) == []


def test_the_index_tells_every_page_that_is_suggested_a_target(garden: Garden) -> None:
    found = suggested_on(garden.library, garden.project_id, "道具")
    assert {each.page_id for each in found} == {garden.ids[title] for title in AWKWARD_TITLES}
    assert {each.probability for each in found} == {0.25}
    everything = {(each.target, title) for title, listed in garden.shown().items() for each in listed}
    assert {
        (target, title)
        for target in {target for target, _ in everything}
        for title, page_id in garden.ids.items()
        if page_id in {each.page_id for each in suggested_on(garden.library, garden.project_id, target)}
    } == everything


def test_the_index_is_likeliest_first_and_follows_when_it_is_written_anew(garden: Garden) -> None:
    first, second = (garden.ids[title] for title in AWKWARD_TITLES[:2])
    lists = [(first, [Suggestion("庭", "page", 0.2)]), (second, [Suggestion("庭", "page", 0.7)])]
    assert suggested_on(garden.library, garden.project_id, "庭") == []
    replace_suggestions(garden.library, garden.project_id, 1, lists)
    write_target_index(garden.library, garden.project_id)
    assert [each.page_id for each in suggested_on(garden.library, garden.project_id, "庭")] == [second, first]
    assert [each.page_id for each in suggested_on(garden.library, garden.project_id, "庭", limit=1)] == [second]
