"""The future-links test: predict the links of new pages from an earlier state of the wiki.

Two exports of one project give every page of the earlier export, and every new page of the later one without its
links. The links that the authors of the new pages made are the gold. `single_wiki.py` makes such a test from a single
export, `scoring.py` scores the suggestions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from linkassist.errors import ExportError
from linkassist.evaluate.figures import Origin
from linkassist.scrapbox.notation import page_links
from linkassist.suggest.date_titles import is_date_title
from linkassist.wiki import Page, title_key


@dataclass(frozen=True, slots=True)
class AskedPage:
    """A new page whose links were removed, and the title keys that its author linked, without diary dates.

    number: its index in `FuturesTest.pages`.
    pages, reds: targets that the earlier wiki knew, as a page or as a red link. A red link for which a new page was
    made is a page, as it is when the question is asked.
    coined: targets that the earlier wiki did not know; a suggester can only propose them as new phrases.
    """

    number: int
    title: str
    pages: frozenset[str]
    reds: frozenset[str]
    coined: frozenset[str]

    @property
    def gold(self) -> frozenset[str]:
        """The targets that the earlier wiki knew."""
        return self.pages | self.reds


@dataclass(frozen=True, slots=True)
class FuturesTest:
    """The wiki that a suggester sees, and the pages it is asked about.

    pages: those of the earlier wiki as they stood, then the new ones without links; their title keys are distinct.
    n_earlier: how many are of the earlier wiki. is_blind: the words of the links were removed too.
    is_by_id: a page with a new title but a known id counts as renamed, not as new.
    unknown: title keys of new pages of which the earlier wiki had not even a red link. Some were made because an asked
    page linked them, so their mere existence leaks the future.
    origin: how the earlier wiki was made. cutoff: the Unix second that separates it from the new pages, 0 if none does.
    """

    pages: tuple[Page, ...]
    asked: tuple[AskedPage, ...]
    n_earlier: int
    is_blind: bool
    is_by_id: bool
    unknown: frozenset[str] = frozenset()
    origin: Origin = "two exports"
    cutoff: int = 0

    @property
    def asks_anything(self) -> bool:
        """Whether there is any link to find."""
        return any(page.gold or page.coined for page in self.asked)


def build_futures_test(
    earlier: Iterable[Page], later: Iterable[Page], *, is_blind: bool, by_id: bool | None = None
) -> FuturesTest:
    """The test from two exports of one project. Diary pages are not asked about.

    by_id: whether ids tell renamed pages from new ones; None: if every page of both exports has an id.
    Of pages with one title key the one updated last is kept. Raises ExportError if there are no links to find.
    """
    before, after = distinct_pages(earlier), distinct_pages(later)
    is_by_id = all(page.page_id for page in [*before, *after]) if by_id is None else by_id
    titles = {page.key for page in before}
    ids = {page.page_id for page in before if page.page_id} if is_by_id else set()
    fresh = [
        page for page in after if page.key not in titles and page.page_id not in ids and not is_date_title(page.title)
    ]
    test = ask_about(fresh, before, titles, is_blind=is_blind, is_by_id=is_by_id)
    if not test.asks_anything:
        raise ExportError(
            f"Of the {len(after)} pages of the later export {len(fresh)} are new, and none of them links anything. "
            "Expected two exports of one project, the earlier first, far enough apart that pages were written between."
        )
    return test


def ask_about(
    fresh: Sequence[Page], before: Sequence[Page], titles: AbstractSet[str], *, is_blind: bool, is_by_id: bool
) -> FuturesTest:
    """The test that asks about the links of the fresh pages, given the earlier wiki `before`.

    titles: the title keys of the pages that could be linked, besides what `before` links.
    """
    known = titles | {link.key for page in before for link in page_links(page.texts)}
    pages = (*before, *(without_links(page, is_blind=is_blind) for page in fresh))
    asked = tuple(_asked_pages(fresh, len(before), known, {page.key for page in pages}))
    unknown = frozenset(page.key for page in fresh) - known
    return FuturesTest(pages, asked, len(before), is_blind, is_by_id, unknown)


def without_links(page: Page, keys: AbstractSet[str] | None = None, *, is_blind: bool = False) -> Page:
    """The page without links: their titles stay as plain text, or are removed too if `is_blind`.

    keys: only the links to these title keys. Code and the title line hold no links and stay as they are. A link that
    appears when an inner one is removed, as in `[a [b] c]`, is removed too.
    """
    texts = page.texts
    while links := [link for link in page_links(texts) if keys is None or link.key in keys]:
        for link in reversed(links):
            text = texts[link.line]
            words = "" if is_blind else link.target
            texts[link.line] = text[: link.span.start] + words + text[link.span.end :]
    return replace(page, lines=tuple(replace(line, text=text) for line, text in zip(page.lines, texts, strict=True)))


def _asked_pages(
    fresh: Sequence[Page], first: int, known: AbstractSet[str], titles: AbstractSet[str]
) -> Iterator[AskedPage]:
    for number, page in enumerate(fresh, first):
        targets = {link.target for link in page_links(page.texts)}
        linked = {title_key(target) for target in targets if not is_date_title(target)} - {page.key}
        gold = linked & known
        yield AskedPage(
            number=number,
            title=page.title,
            pages=frozenset(gold & titles),
            reds=frozenset(gold - titles),
            coined=frozenset(linked - known),
        )


def distinct_pages(pages: Iterable[Page]) -> list[Page]:
    """The pages in order; of several with one title key only the one updated last."""
    kept: dict[str, Page] = {}
    for page in pages:
        if page.key not in kept or page.updated > kept[page.key].updated:
            kept[page.key] = page
    return list(kept.values())
