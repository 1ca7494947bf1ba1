"""What the screens ask of a library."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.little_wiki import PROJECT, write_little_wiki

from linkassist.errors import NotFoundError
from linkassist.store.library import Library
from linkassist.store.navigation import (
    Glance,
    ProjectFigures,
    figures,
    first_lines,
    glances,
    greatest_gain,
    has_page,
    linked_targets,
    next_by_gain,
    project_name,
    shared_targets,
)
from linkassist.store.pages import find_page, list_pages
from linkassist.wiki import title_key


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    write_little_wiki(tmp_path)
    with Library.open(tmp_path) as opened:
        yield opened


def row_id(library: Library, title: str) -> int:
    return find_page(library, project_name(library, PROJECT).id, title_key(title)).id


def test_a_page_s_targets_are_told_apart_by_whether_they_have_a_page(library: Library) -> None:
    linked = linked_targets(library, row_id(library, "庭としてのWiki"))
    assert linked.keys == {"知的生産", "道具", "芽", "手入れ", "wiki"}
    assert linked.existing_keys == {"知的生産", "道具"}


def test_walking_by_gain_meets_every_page_with_suggestions_once(library: Library) -> None:
    here = project_name(library, PROJECT)
    by_gain = [page.title for page in list_pages(library, here.id)[0] if page.gain]
    walked = [by_gain[0]]
    while following := next_by_gain(library, here.id, row_id(library, walked[-1]))[1]:
        walked.append(following)
    assert walked == by_gain
    assert [next_by_gain(library, here.id, row_id(library, title))[0] for title in walked] == ["", *walked[:-1]]


def test_from_a_page_without_suggestions_one_walks_on_to_the_best(library: Library) -> None:
    here = project_name(library, PROJECT)
    assert next_by_gain(library, here.id, row_id(library, "さみしいページ"))[1] == "庭としてのWiki"


def test_a_glance_tells_a_page_a_red_link_and_the_unknown_apart(library: Library) -> None:
    here = project_name(library, PROJECT)
    found = glances(library, here.id, ["類似度", "芽", "ない"])
    assert found == {
        "類似度": Glance(
            "類似度", True, ("ふたつの文がどれほど近いか。[埋め込み]の角度で測ることが多い。",), n_linked=1
        ),
        "芽": Glance("芽", False, (), n_linked=2),
    }


def test_first_lines_leave_out_the_title_and_blank_lines(library: Library) -> None:
    page_id = row_id(library, "知的生産")
    assert first_lines(library, [page_id], n_lines=1) == {
        page_id: ("情報を集め、考え、まとめて、人にわたすまでの営み。",)
    }
    assert first_lines(library, []) == {}


def test_shared_targets_name_the_other_pages_and_the_rarest_target_first(library: Library) -> None:
    here = project_name(library, PROJECT)
    shared = shared_targets(library, here.id, row_id(library, "検索"))
    assert [(each.target, each.titles, each.has_page) for each in shared] == [("埋め込み", ("類似度",), False)]


def test_a_target_that_everyone_links_is_no_neighbourhood(library: Library) -> None:
    here = project_name(library, PROJECT)
    page_id = row_id(library, "入力/出力")
    assert {each.target for each in shared_targets(library, here.id, page_id)} == {"知的生産", "庭としてのWiki"}
    assert shared_targets(library, here.id, page_id, at_most=5) == []


def test_the_figures_of_a_project(library: Library) -> None:
    here = project_name(library, PROJECT)
    assert figures(library, here.id) == ProjectFigures(n_pages=22, n_links=42, n_suggestions=20)
    assert greatest_gain(library, here.id) == pytest.approx(3.32)
    assert has_page(library, here.id, "kj法") and not has_page(library, here.id, "芽")


def test_an_unknown_project_is_answered_with_those_there_are(library: Library) -> None:
    with pytest.raises(NotFoundError, match="It holds: niwa"):
        project_name(library, "other")


def test_a_page_is_found_by_its_key_and_not_by_walking_its_project(library: Library) -> None:
    sql = "EXPLAIN QUERY PLAN SELECT 1 FROM pages WHERE project_id = 1 AND key = 'a' AND is_gone = 0"
    (plan,) = [row[3] for row in library.rows(sql)]
    # A newer SQLite says that the index covers the query, an older one does not.
    assert plan.replace("COVERING ", "") == "SEARCH pages USING INDEX pages_by_key (project_id=? AND key=?)"
