"""A reindex of what has changed alone, held against one of everything with the same model."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.drafted_wiki import THINGS, a_page, import_into, pages_of_a_wiki

from linkassist.pipeline.model_store import ModelStore
from linkassist.pipeline.reindex import reindex
from linkassist.pipeline.reindex_run import ReindexLimits, ReindexReport
from linkassist.progress import OnProgress, no_progress
from linkassist.settings import Settings
from linkassist.store.library import Library
from linkassist.store.pages import Project, find_page, list_pages, project
from linkassist.store.runs import artefact, put_artefact
from linkassist.store.suggestions import page_suggestions
from linkassist.store.verdicts import record_verdict
from linkassist.suggest.feedback.rules import apply_floors
from linkassist.suggestion import Floors, Suggestion, Verdict
from linkassist.wiki import Line, Page, title_key


@dataclass(frozen=True, slots=True)
class Wiki:
    """A library with one project, and what is done with it here."""

    library: Library

    @property
    def project(self) -> Project:
        return project(self.library, None)

    def take_in(self, pages: Sequence[Page]) -> None:
        import_into(self.library, pages)

    def reindex(self, changed_pages: float = 99.0, on_progress: OnProgress = no_progress) -> ReindexReport:
        """However small the wiki, and however much of it has changed, only the changes are read."""
        limits = ReindexLimits(new_texts=99.0, changed_pages=changed_pages, smallest_wiki=0)
        return reindex(self.library, self.project, Settings(self.library.folder), on_progress, limits=limits)

    def lists(self) -> dict[str, list[Suggestion]]:
        found, _ = list_pages(self.library, self.project.id, sort="title", limit=1000)
        return {page.title: [each.suggestion for each in page_suggestions(self.library, page.id)] for page in found}

    def targets(self, title: str) -> dict[str, str]:
        """The kind of each target that the page is suggested, by title key."""
        return {title_key(each.target): each.kind for each in self.lists()[title]}


@pytest.fixture(scope="module")
def learnt_wiki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("learnt")
    with Library.open(folder) as library:
        wiki = Wiki(library)
        wiki.take_in(pages_of_a_wiki())
        assert wiki.reindex().learnt == "everything"
    return folder


def copied(folder: Path, into: Path) -> Path:
    shutil.copytree(folder, into)
    return into


def from_scratch(pages: Sequence[Page], like: Path, folder: Path) -> dict[str, list[Suggestion]]:
    """The lists that a new library gets for these pages, given what was learnt in another."""
    with Library.open(folder) as library, Library.open(like) as other:
        scratch = Wiki(library)
        scratch.take_in(pages)
        shutil.copytree(like / "models", folder / "models")
        for name in ("models", "learnt"):
            note = artefact(other, project(other, None).id, name)
            assert note is not None
            put_artefact(library, scratch.project.id, name, note.fingerprint)
        report = scratch.reindex()
        assert (report.learnt, report.n_listed, report.n_encoded) == ("nothing", len(pages), len(pages))
        return scratch.lists()


def test_the_lists_made_from_what_was_kept_are_those_of_the_first_time(learnt_wiki: Path, tmp_path: Path) -> None:
    """To the last bit, whatever pages are listed together."""
    with Library.open(learnt_wiki) as library:
        first = Wiki(library).lists()
    assert sum(map(len, first.values())) > 500
    assert from_scratch(pages_of_a_wiki(), learnt_wiki, tmp_path / "scratch") == first


TITLES = st.sampled_from(
    ["雨の日", "静かな午後", "まだない頁1", "ためし書き", "道具", "新しい題", "覚え書き 3", "友人", "パンダ", "notes"]
)
WORDS = st.sampled_from(
    [
        *THINGS,
        "雨の日には",
        "新しい題",
        "ためし書き",
        "静かな午後に",
        "道具",
        "まだない頁2",
        "友人と",
        "ﾊﾟﾝﾀﾞ",
        "my_notes",
    ]
)
TEXTS = st.lists(
    st.tuples(WORDS, st.booleans()).map(lambda word: f"[{word[0]}]のこと" if word[1] else f"{word[0]}のこと"),
    max_size=4,
).map("\n".join)
EDITS = st.one_of(
    st.tuples(st.just("add"), TITLES, TEXTS),
    st.tuples(st.just("change"), st.integers(0, 69), TEXTS),
    st.tuples(st.just("rename"), st.integers(0, 69), TITLES),
    st.tuples(st.just("delete"), st.integers(0, 69)),
    st.tuples(st.just("restore"), st.integers(0, 69)),
)


def edited(pages: Sequence[Page], edits: Sequence[tuple]) -> list[Page]:
    """The pages after these edits; one that cannot be made is passed over."""
    found = {page.page_id: page for page in pages}
    for edit in edits:
        taken = {page.key: page.page_id for page in found.values()}
        if edit[0] == "add":
            page = a_page(edit[1], edit[2], created=500)
            if page.key not in taken:
                found[page.page_id] = page
            continue
        was = pages_of_a_wiki()[edit[1]]
        now = found.get(was.page_id)
        if edit[0] == "restore" and taken.get(was.key, was.page_id) == was.page_id:
            found[was.page_id] = was
        elif edit[0] == "delete":
            found.pop(was.page_id, None)
        elif edit[0] == "change" and now:
            found[was.page_id] = replace(now, lines=a_page(now.title, edit[2], 0).lines)
        elif edit[0] == "rename" and now and title_key(edit[2]) not in taken:
            found[was.page_id] = replace(now, title=edit[2], lines=(Line(edit[2]), *now.lines[1:]))
    return list(found.values())


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nights=st.lists(st.lists(EDITS, min_size=1, max_size=4), min_size=1, max_size=2))
def test_whatever_is_edited_night_after_night_the_lists_are_those_made_from_scratch(
    learnt_wiki: Path, tmp_path_factory: pytest.TempPathFactory, nights: list[list[tuple]]
) -> None:
    folder = copied(learnt_wiki, tmp_path_factory.mktemp("nights") / "library")
    pages = pages_of_a_wiki()
    with Library.open(folder) as library:
        wiki = Wiki(library)
        for edits in nights:
            pages = edited(pages, edits)
            wiki.take_in(pages)
            report = wiki.reindex()
            assert not report.was_needed or report.learnt == "nothing"
        assert wiki.lists() == from_scratch(pages, folder, folder.parent / "scratch")


def test_titles_in_other_forms_and_beside_tokens_are_suggested_at_night_as_from_scratch(
    learnt_wiki: Path, tmp_path: Path
) -> None:
    folder = copied(learnt_wiki, tmp_path / "library")
    said = "ﾊﾟﾝﾀﾞとﾊ\u3099ラのこと\nmy_notes and Darwin's notes.txt, don’t\n㍿の話\nData\tBase"
    nights = [
        [("change", 12, said)],
        [("add", title, "") for title in ("パンダ", "バラ", "notes", "Darwin", "株式会社")],
    ]
    pages = pages_of_a_wiki()
    with Library.open(folder) as library:
        wiki = Wiki(library)
        for edits in nights:
            pages = edited(pages, edits)
            wiki.take_in(pages)
            assert wiki.reindex().learnt == "nothing"
        lists = wiki.lists()
        marked = {
            each.target
            for each in lists[pages_of_a_wiki()[12].title]
            if each.mentions and each.target in ("パンダ", "バラ", "notes", "Darwin", "株式会社")
        }

        assert marked == {"パンダ", "バラ", "Darwin", "株式会社"}
        assert lists == from_scratch(pages, folder, tmp_path / "scratch")


def test_a_new_title_takes_its_spellings_from_the_new_links_at_night_as_from_scratch(
    learnt_wiki: Path, tmp_path: Path
) -> None:
    folder = copied(learnt_wiki, tmp_path / "library")
    here = pages_of_a_wiki()[12].title
    nights = [
        [("change", 12, "「ふくろう・電車」と「草の ノート」の話\n[庭の道]のこと")],
        [("add", title, "") for title in ("ふくろう電車", "草のノート", "庭の 道")],
        [("add", "庭・の道", "はじめ")],
    ]
    pages, found = pages_of_a_wiki(), []
    with Library.open(folder) as library:
        wiki = Wiki(library)
        for edits in nights:
            pages = edited(pages, edits)
            wiki.take_in(pages)
            assert wiki.reindex().learnt == "nothing"
            found.append(wiki.targets(here))
        assert wiki.lists() == from_scratch(pages, folder, tmp_path / "scratch")
    assert {"ふくろう・電車", "草の_ノート"} & found[0].keys()
    assert not {"ふくろう・電車", "草の_ノート", "庭の_道", "庭・の道"} & (found[1].keys() | found[2].keys())


POINTING = {
    "a known page points to another": [[("change", 5, "see [万年筆]")]],
    "a new page does": [[("add", "旅先", "→ [万年筆]")]],
    "and then says more": [[("add", "旅先", "→ [万年筆]")], [("delete", 3)], [("change", 5, "see [万年筆]\nほか")]],
    "a chain": [[("change", 5, "see [付箋]"), ("change", 3, "[年表]を見よ")]],
    "a circle": [[("change", 5, "see [付箋]")], [("change", 3, "see [図書館]")]],
    "what is pointed to goes and returns": [[("change", 5, "see [付箋]")], [("delete", 3)], [("restore", 3)]],
    "a page that points goes": [[("change", 5, "see [付箋]")], [("delete", 5)]],
}


@pytest.mark.parametrize("nights", POINTING.values(), ids=POINTING)
def test_pages_that_only_point_are_followed_at_night_as_from_scratch(
    learnt_wiki: Path, tmp_path: Path, nights: list[list[tuple]]
) -> None:
    folder, pages = copied(learnt_wiki, tmp_path / "library"), pages_of_a_wiki()
    with Library.open(folder) as library:
        wiki = Wiki(library)
        for edits in nights:
            pages = edited(pages, edits)
            wiki.take_in(pages)
            assert wiki.reindex().learnt == "nothing"
        assert wiki.lists() == from_scratch(pages, folder, tmp_path / "scratch")


def test_a_page_that_begins_to_point_is_no_longer_suggested_and_what_it_points_to_is(wiki: Wiki) -> None:
    assert wiki.targets("覚え書き 35").keys() >= {"図書館"}
    wiki.take_in(edited(pages_of_a_wiki(), [("change", 5, "see [万年筆]")]))
    wiki.reindex()
    assert not any("図書館" in {title_key(each.target) for each in found} for found in wiki.lists().values())
    reasons = [r for each in wiki.lists()["覚え書き 35"] if each.target == "万年筆" for r in each.reasons]
    assert [reason.names for reason in reasons if reason.signal == "alias"] == [("図書館", "万年筆")]
    again = wiki.reindex()
    assert not again.was_needed
    wiki.take_in(pages_of_a_wiki())
    wiki.reindex()
    assert wiki.targets("覚え書き 35").keys() >= {"図書館"}


@pytest.fixture
def wiki(learnt_wiki: Path, tmp_path: Path) -> Iterator[Wiki]:
    with Library.open(copied(learnt_wiki, tmp_path / "library")) as library:
        yield Wiki(library)


def test_a_new_page_is_suggested_where_its_title_is_said_and_no_other_list_is_made(wiki: Wiki) -> None:
    before = wiki.lists()
    pages = edited(pages_of_a_wiki(), [("add", "旅先", "はじめての頁")])  # every fifth note says it
    wiki.take_in(pages)
    report = wiki.reindex()
    assert (report.learnt, report.n_encoded, report.n_listed) == ("nothing", 1, 13)
    after = wiki.lists()
    assert any(each.target == "旅先" and each.kind == "page" for found in after.values() for each in found)
    assert {title for title in before if after[title] != before[title]} <= {f"覚え書き {n}" for n in range(2, 60, 5)}


def test_a_page_that_goes_is_a_red_link_while_others_link_it_and_comes_back_as_a_page(wiki: Wiki) -> None:
    before = wiki.lists()
    assert wiki.targets("覚え書き 3")["付箋"] == "page"
    wiki.take_in([page for page in pages_of_a_wiki() if page.title != "付箋"])
    assert wiki.reindex().learnt == "nothing"
    assert wiki.targets("覚え書き 3")["付箋"] == "red"
    wiki.take_in(pages_of_a_wiki())
    assert wiki.reindex().learnt == "nothing"
    assert wiki.lists() == before


def test_what_nobody_links_any_more_is_no_longer_suggested(wiki: Wiki) -> None:
    key = "まだない頁1"
    holding = [title for title, found in wiki.lists().items() if any(each.target == key for each in found)]
    assert holding
    wiki.take_in(
        [
            replace(page, lines=tuple(Line(line.text.replace(f"[{key}]", "")) for line in page.lines))
            for page in pages_of_a_wiki()
        ]
    )
    wiki.reindex()
    assert not any(each.target == key for found in wiki.lists().values() for each in found)


def test_a_night_broken_off_leaves_the_lists_as_they_were_and_the_next_one_makes_them(wiki: Wiki) -> None:
    before = wiki.lists()
    wiki.take_in(edited(pages_of_a_wiki(), [("add", "旅先", "はじめての頁")]))

    def breaks_off(step: str, done: int, total: int) -> None:
        if step == "suggest" and done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        wiki.reindex(on_progress=breaks_off)
    assert {title: found for title, found in wiki.lists().items() if title != "旅先"} == before
    wiki.take_in(pages_of_a_wiki())
    wiki.reindex()
    assert wiki.lists() == before


def test_when_much_has_changed_all_pages_are_read_again_with_the_same_encoder(wiki: Wiki) -> None:
    wiki.take_in(edited(pages_of_a_wiki(), [("change", n, "年表") for n in range(3)]))
    first = wiki.reindex(changed_pages=0.05)
    assert (first.learnt, round(first.drift, 3)) == ("nothing", round(3 / 70, 3))
    wiki.take_in(edited(pages_of_a_wiki(), [("change", n, "年表") for n in range(4)]))
    second = wiki.reindex(changed_pages=0.05)
    assert (second.learnt, second.drift, second.n_listed, second.encoder) == ("the wiki", 0.0, 70, first.encoder)


def test_what_was_damaged_is_read_again_and_told(wiki: Wiki) -> None:
    path = ModelStore(wiki.library, wiki.project.id).folder / "knowledge.bin"
    data = bytearray(path.read_bytes())
    data[-100] ^= 1
    path.write_bytes(data)
    wiki.take_in(edited(pages_of_a_wiki(), [("change", 3, "年表")]))
    report = wiki.reindex()
    assert report.learnt == "the wiki"
    assert ["is damaged, so they were all read anew" in note for note in report.notes] == [True]


def test_verdicts_count_for_the_gains_of_the_lists_that_stay(wiki: Wiki) -> None:
    """A target rejected on two pages is worth less on all others, also on those whose lists are not made again."""
    likely: dict[str, list[str]] = {}
    for title, found in wiki.lists().items():
        for each in apply_floors(Floors(), found):
            if each.is_worth_showing:
                likely.setdefault(each.target, []).append(title)
    target, holding = max(likely.items(), key=lambda item: len(item[1]))
    assert len(holding) > 2  # more than the two that are rejected
    for title in holding[:2]:
        page_id = find_page(wiki.library, wiki.project.id, title_key(title)).id
        record_verdict(wiki.library, page_id, Verdict(target, "reject", 5, "page", 0.9))
    before = gains(wiki)
    wiki.take_in(edited(pages_of_a_wiki(), [("add", "あとから", "来た")]))
    assert wiki.reindex().n_listed == 1
    after = gains(wiki)
    assert all(after[title] < before[title] for title in holding[2:])


def gains(wiki: Wiki) -> dict[str, float]:
    found, _ = list_pages(wiki.library, wiki.project.id, limit=1000)
    return {page.title: page.gain for page in found}
