"""A wiki of notes that is truly reindexed, for what needs its models: drafts and the search by meaning."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from linkassist.pipeline.reindex import reindex
from linkassist.scrapbox.notation import page_links
from linkassist.settings import Settings
from linkassist.store.imports import import_pages
from linkassist.store.library import Library
from linkassist.store.pages import project
from linkassist.wiki import Line, Page

PROJECT = "niwa"
THINGS = ("庭仕事", "万年筆", "索引カード", "付箋", "散歩道", "図書館", "読書会", "年表", "地図帳", "観察記録")
BEGINNINGS = ("朝のうちに", "雨の日には", "旅先で", "静かな午後に", "友人と")


def a_page(title: str, text: str, created: int) -> Page:
    """A page with this text below its title line, created at this Unix second."""
    lines = tuple(Line(line) for line in (title, *text.split("\n")))
    return Page(title, lines, page_id=f"id of {title}", created=created, updated=created)


def pages_of_a_wiki() -> list[Page]:
    """Ten things and sixty notes about them; every fourth note names its thing and does not link it."""
    pages = [a_page(thing, f"{thing}は道具のひとつ\nhttps://example.com/{n}", 1 + n) for n, thing in enumerate(THINGS)]
    for n in range(60):
        thing, beside = THINGS[n % 10], THINGS[(n + 1) % 10]
        named = thing if n % 4 == 3 else f"[{thing}]"
        text = f"{BEGINNINGS[n % 5]}{named}について書いた\n[{beside}]と[まだない頁{n % 3}]と「ためし書き」も"
        pages.append(a_page(f"覚え書き {n}", text, 100 + n))
    return pages


def import_into(library: Library, pages: Sequence[Page]) -> None:
    """Takes the pages in as an export of the project."""
    import_pages(library, PROJECT, "庭", 1000, pages, page_links)


def reindexed(folder: Path) -> None:
    """Brings the library's suggestions up to date."""
    with Library.open(folder) as library:
        reindex(library, project(library, None), Settings(folder), lambda *_: None)


def write_drafted_wiki(folder: Path) -> None:
    """Puts the wiki into the library `folder`, with its suggestions."""
    with Library.open(folder) as library:
        import_into(library, pages_of_a_wiki())
    reindexed(folder)
