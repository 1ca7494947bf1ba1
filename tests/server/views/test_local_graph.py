"""The picture around a page: what it shows, how much of it, and that no two labels overlap."""

from __future__ import annotations

import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkassist.server.views.local_graph import WIDTH, GraphView, Spoke, cut_to, local_graph, width_of

HERE = Spoke("庭", "/p/niwa/庭")


def named(*titles: str) -> list[Spoke]:
    return [Spoke(title, f"/p/niwa/{title}") for title in titles]


def boxes(graph: GraphView) -> list[tuple[float, float, float, float]]:
    """(left, top, right, bottom) of each label, by a measure of its own: 13 units for a wide letter, 7 for others."""
    found = []
    for node in graph.nodes:
        wide = sum(13 if unicodedata.east_asian_width(char) in "WF" else 7 for char in node.label)
        left = node.label_x - {"start": 0.0, "middle": wide / 2, "end": wide}[node.anchor]
        found.append((left, node.label_y - 12, left + wide, node.label_y + 4))
    return found


def test_every_kind_of_neighbour_has_its_place_and_its_line() -> None:
    red = Spoke("芽", "/p/niwa/芽", "red", joined=tuple(named("日々", "記録")))
    graph = local_graph(HERE, named("道具"), [red, Spoke("検索", "/p/niwa/検索", is_accepted=True)])
    assert graph is not None
    assert [(node.role, node.title) for node in graph.nodes] == [
        ("here", "庭"), ("link", "道具"), ("proposed", "芽"),
        ("joined", "日々"), ("joined", "記録"), ("accepted", "検索"),
    ]  # fmt: skip
    assert [edge.is_proposed for edge in graph.edges] == [False, True, True, True, False]
    assert {node.through for node in graph.nodes if node.role == "joined"} == {"芽"}


def test_a_page_with_nothing_around_it_has_no_picture() -> None:
    assert local_graph(HERE, [], []) is None


def test_a_joined_page_stands_there_once_and_the_page_itself_never() -> None:
    joined = tuple(named("庭", "日々"))
    graph = local_graph(HERE, [], [Spoke("芽", "", "red", joined=joined), Spoke("種", "", "new", joined=joined)])
    assert graph is not None
    assert [node.title for node in graph.nodes if node.role == "joined"] == ["日々"]


@pytest.mark.parametrize(("n_links", "n_more", "told"), [(8, 0, 0), (9, 0, 1), (8, 30, 30)])
def test_what_finds_no_place_is_counted(n_links: int, n_more: int, told: int) -> None:
    graph = local_graph(HERE, named(*(f"l{i}" for i in range(n_links))), [], n_more)
    assert graph is not None and graph.n_more == told


@given(
    st.lists(st.text("あ漢aWm 1", min_size=1, max_size=60), max_size=12),
    st.lists(st.tuples(st.text("あ漢aWm 1", max_size=60), st.integers(0, 9)), max_size=12),
)
def test_at_most_24_nodes_and_no_label_overlaps_another_or_leaves_the_picture(
    links: list[str], proposed: list[tuple[str, int]]
) -> None:
    spokes = [
        Spoke(title, "", "new", joined=tuple(named(*(f"{title}{number}頁" for number in range(n_joined)))))
        for title, n_joined in proposed
    ]
    graph = local_graph(HERE, named(*links), spokes)
    if graph is None:
        return
    assert len(graph.nodes) <= 24
    found = boxes(graph)
    for place, (left, top, right, bottom) in enumerate(found):
        assert left >= 0 and right <= WIDTH and top >= 0 and bottom <= graph.height
        for other in found[:place]:
            assert right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top


def test_every_line_begins_and_ends_within_the_picture() -> None:
    spokes = [Spoke(f"p{i}", "", "red", joined=tuple(named(f"a{i}", f"b{i}"))) for i in range(7)]
    graph = local_graph(HERE, named(*"abcdefgh"), spokes)
    assert graph is not None and len(graph.nodes) == 24
    for edge in graph.edges:
        numbers = [float(number) for number in re.findall(r"[\d.]+", edge.path)]
        assert all(0 <= x <= WIDTH for x in numbers[0::2]) and all(0 <= y <= graph.height for y in numbers[1::2])


@given(st.text(max_size=80))
def test_a_label_is_the_title_or_its_beginning(title: str) -> None:
    label = cut_to(title, 100)
    assert label == title or (width_of(label) <= 100 and label.endswith("…") and title.startswith(label[:-1]))


def test_a_title_of_a_million_characters_is_cut_without_measuring_all_of_it() -> None:
    before = time.process_time()
    for _ in range(1_000):
        assert cut_to("ab" * 500_000, 100) == "ab" * 6 + "…"
    assert time.process_time() - before < 60
    for length in range(1, 30):
        for letter in ("i", "M", "庭"):
            text = letter * length
            assert (cut_to(text, 100) == text) == (width_of(text) <= 100)
