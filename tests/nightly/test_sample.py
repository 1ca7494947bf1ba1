"""The sample that a night measures: which pages it is made of, and what is found on them."""

from __future__ import annotations

from pathlib import Path

from linkassist.nightly import sample
from linkassist.scrapbox.notation import page_links
from linkassist.store.imports import import_pages
from linkassist.store.library import Library
from linkassist.store.pages import Project, project
from linkassist.wiki import Line, Page


def page(title: str, *lines: str, created: int) -> Page:
    return Page(title, tuple(Line(text, created, created) for text in (title, *lines)), created=created)


def put(folder: Path, pages: list[Page]) -> Project:
    with Library.open(folder) as library:
        import_pages(library, "niwa", "", 0, pages, page_links)
        return project(library, "niwa")


def test_it_is_the_newest_pages_and_what_is_around_them(tmp_path: Path) -> None:
    pages = [
        page("newest", "[Old Target] [red]", created=100),
        page("unrelated 1", created=90),
        page("unrelated 2", created=80),
        page("links the same", "[red]", created=2),
        page("old target", created=1),
        page("oldest", created=0),
    ]
    of = put(tmp_path, pages)
    with Library.open(tmp_path) as library:
        found = {each.title for each in sample.sample_pages(library, of, n_asked=1, n_pages=5)}
        assert found == {"newest", "old target", "links the same", "unrelated 1", "unrelated 2"}
        assert len(sample.sample_pages(library, of, n_asked=1, n_pages=50)) == 6


def test_it_finds_links_that_the_words_of_a_page_tell(tmp_path: Path) -> None:
    """Each new page says the titles that its author links, as the older ones do."""
    tools = ("hammer", "saw", "plane", "chisel")
    pages = [page(tool, f"a {tool} is a tool", created=10) for tool in tools]
    for number in range(40):
        first, second = tools[number % 4], tools[(number + 1) % 4]
        text = f"today the [{first}] and then the [{second}], day {number}"
        pages.append(page(f"diary of a joiner {number}", text, created=100 + number))
    of = put(tmp_path, pages)
    with Library.open(tmp_path) as library:
        found = sample.measure_sample(library, of, lambda *_: None)
        assert found is not None
        assert 20 <= found.n_asked <= 22 and found.n_links == 2 * found.n_asked
        assert found.found_in_10 > 0.9 and found.first_right > 0.8


def test_pages_that_link_too_little_make_none(tmp_path: Path) -> None:
    of = put(tmp_path, [page("a", created=1), page("b", "[a]", created=2)])
    with Library.open(tmp_path) as library:
        assert sample.measure_sample(library, of, lambda *_: None) is None
