"""Layout of the graph around a page: its links, its suggestions, and the pages that these would connect.

Four columns, from the links on the left to the connected pages on the right. Each node has its own row in its column,
and its label is cut to the column, so no two labels overlap. Lengths are in SVG units; the graph is WIDTH wide.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from typing import Final, Literal

from linkassist.suggestion import Kind

WIDTH: Final = 760
MOST_LINKS: Final = 8
MOST_PROPOSED: Final = 7
MOST_JOINED: Final = 8  # with the page itself 24 nodes

NodeRole = Literal["here", "link", "proposed", "accepted", "joined"]

_ROW: Final = 30
_LEAST_HEIGHT: Final = 120
_X: Final[dict[NodeRole, int]] = {"link": 196, "here": 302, "proposed": 412, "accepted": 412, "joined": 610}
_LABEL_WIDTH: Final[dict[NodeRole, int]] = {"link": 178, "here": 170, "proposed": 150, "accepted": 150, "joined": 136}
_NARROWEST: Final = 7.2
_GAP: Final = 10  # between a dot and its label
_WIDE: Final = frozenset("mwMW@%—…&")


@dataclass(frozen=True, slots=True)
class Spoke:
    """A neighbour of the page. joined: the pages that it would connect."""

    title: str
    address: str
    kind: Kind = "page"
    is_accepted: bool = False
    joined: tuple[Spoke, ...] = ()


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A dot with its label, left of it, below it or right of it. through: the title that would connect it."""

    role: NodeRole
    kind: Kind
    title: str
    address: str
    label: str
    x: float
    y: float
    label_x: float
    label_y: float
    anchor: Literal["start", "middle", "end"]
    through: str = ""


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """A curve as an SVG path. is_proposed: whether the link does not exist yet."""

    path: str
    is_proposed: bool


@dataclass(frozen=True, slots=True)
class GraphView:
    """The graph. n_more: links of the page that are left out."""

    height: int
    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    n_more: int
    width: int = WIDTH


def local_graph(here: Spoke, links: Sequence[Spoke], proposed: Sequence[Spoke], n_more: int = 0) -> GraphView | None:
    """The graph of the page `here`; None if it has no neighbours.

    proposed: most likely first. n_more: links of the page that are not in `links`.
    """
    if not links and not proposed:
        return None
    shown, spokes = links[:MOST_LINKS], _with_room(here, proposed[:MOST_PROPOSED])
    rows = [max(1, len(spoke.joined)) for spoke in spokes]
    height = max(_LEAST_HEIGHT, _ROW * max(len(shown), sum(rows)))
    middle = height / 2
    nodes = [_node("here", here, middle)]
    edges = []
    for spoke, y in zip(shown, _heights(len(shown), middle), strict=True):
        nodes.append(_node("link", spoke, y))
        edges.append(GraphEdge(_curve(_X["here"], middle, _X["link"], y), is_proposed=False))
    places = _heights(sum(rows), middle)
    for spoke, n_rows in zip(spokes, rows, strict=True):
        own = [next(places) for _ in range(n_rows)]
        node = _node("accepted" if spoke.is_accepted else "proposed", spoke, (own[0] + own[-1]) / 2)
        nodes.append(node)
        edges.append(GraphEdge(_curve(_X["here"], middle, node.x, node.y), is_proposed=not spoke.is_accepted))
        end = node.label_x + width_of(node.label) + _GAP / 2
        for joined, y in zip(spoke.joined, own, strict=False):
            nodes.append(replace(_node("joined", joined, y), through=spoke.title))
            edges.append(GraphEdge(_curve(end, node.y, _X["joined"], y), is_proposed=not spoke.is_accepted))
    return GraphView(height, tuple(nodes), tuple(edges), n_more + len(links) - len(shown))


def width_of(text: str) -> float:
    """An upper estimate of the text's width at the size of the labels."""
    return sum(_width_of(char) for char in text)


def cut_to(text: str, width: float) -> str:
    """The text, or its beginning with an ellipsis that fits into the width."""
    begun = text[: int(width / _NARROWEST) + 2]  # the part of a very long title that can fit
    ends = list(accumulate(map(_width_of, begun)))
    if not ends or (ends[-1] <= width and begun == text):
        return text
    return f"{text[: bisect_right(ends, width - _width_of('…'))].rstrip()}…"


@lru_cache(maxsize=4096)
def _width_of(char: str) -> float:
    if unicodedata.east_asian_width(char) in "WFA":
        return 13.0
    return 11.5 if char in _WIDE else 9.0 if char.isupper() else _NARROWEST


def _with_room(here: Spoke, proposed: Sequence[Spoke]) -> list[Spoke]:
    """The proposed ones with MOST_JOINED connected pages in all, each page once, taken in turn from each of them."""
    known = {here.title}
    kept: list[list[Spoke]] = [[] for _ in proposed]
    n_left = MOST_JOINED
    for turn in range(MOST_JOINED):
        for place, spoke in enumerate(proposed):
            if n_left and turn < len(spoke.joined) and spoke.joined[turn].title not in known:
                known.add(spoke.joined[turn].title)
                kept[place].append(spoke.joined[turn])
                n_left -= 1
    return [replace(spoke, joined=tuple(joined)) for spoke, joined in zip(proposed, kept, strict=True)]


def _heights(n_rows: int, middle: float) -> Iterator[float]:
    return (middle + _ROW * (row - (n_rows - 1) / 2) for row in range(n_rows))


def _node(role: NodeRole, spoke: Spoke, y: float) -> GraphNode:
    x = _X[role]
    label = cut_to(spoke.title or "—", _LABEL_WIDTH[role])
    if role == "here":
        return GraphNode(role, spoke.kind, spoke.title, spoke.address, label, x, y, x, y + 25, "middle")
    if role == "link":
        return GraphNode(role, spoke.kind, spoke.title, spoke.address, label, x, y, x - _GAP, y + 4.5, "end")
    return GraphNode(role, spoke.kind, spoke.title, spoke.address, label, x, y, x + _GAP, y + 4.5, "start")


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    middle = (x + to_x) / 2
    return f"M{x:.1f} {y:.1f}C{middle:.1f} {y:.1f} {middle:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"
