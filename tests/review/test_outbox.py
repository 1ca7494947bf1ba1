"""The outbox: what waits to be written back, what it makes of the pages, and that nothing accepted is lost."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.little_server import address, client_of, decide, little_client
from support.little_wiki import PROJECT

from linkassist.errors import NotFoundError
from linkassist.pipeline.push.edits_file import EditedPage, as_import_file, edited_pages
from linkassist.pipeline.push.run import Wanted
from linkassist.review.line_diff import line_diff
from linkassist.review.verdicts import undo
from linkassist.scrapbox.notation import page_links
from linkassist.server.views.outbox import outbox_view
from linkassist.store.imports import import_pages
from linkassist.store.library import Library
from linkassist.store.pages import project
from linkassist.store.verdicts import last_decision, record_verdict
from linkassist.store.write_back.outbox import batches, n_waiting, send_off, take_back, waiting_pages
from linkassist.suggestion import Mention, Verdict
from linkassist.wiki import Line, Page

GARDEN = "庭としてのWiki"
OUTBOX = f"/outbox/{PROJECT}"


def bring(library: Library, texts: dict[str, list[str]]) -> None:
    pages = [Page(title, tuple(map(Line, [title, *lines])), title) for title, lines in texts.items()]
    import_pages(library, "wiki", "Wiki", 1, pages, lambda lines: page_links(lines))


def edited(library: Library) -> list[EditedPage]:
    return list(edited_pages(library, project(library, "wiki"), Wanted()))


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path) as opened:
        bring(opened, {"Tea": ["green tea and a cup", "a cup"], "Cup": ["made of clay"]})
        yield opened


def accept(library: Library, page_id: int, target: str, mention: Mention | None = None, at: int = 1) -> None:
    record_verdict(library, page_id, Verdict(target, "accept", at, "page", 0.5, mention))


def test_an_accepted_link_waits_and_a_rejected_one_does_not(library: Library) -> None:
    accept(library, 1, "Cup", Mention(1, 16, 19, "cup"))
    record_verdict(library, 2, Verdict("Tea", "reject", 2, "page", 0.5))
    assert [(page.page_id, [v.target for v in page.verdicts]) for page in waiting_pages(library, 1)] == [(1, ["Cup"])]
    assert n_waiting(library, 1) == 1


def test_the_page_decided_on_last_comes_first(library: Library) -> None:
    accept(library, 2, "Tea", at=5)
    accept(library, 2, "Clay", at=6)
    accept(library, 1, "Cup", at=7)
    assert [page.page_id for page in waiting_pages(library, 1)] == [1, 2]


def test_a_link_that_is_undone_waits_no_more(library: Library) -> None:
    accept(library, 1, "Cup")
    undo(library, 1, 1, "Cup")
    assert waiting_pages(library, 1) == []


def test_a_link_waits_no_more_once_an_import_shows_that_the_page_has_it(library: Library) -> None:
    accept(library, 1, "Cup", Mention(1, 16, 19, "cup"))
    bring(library, {"Tea": ["green tea and a [cup]", "a cup"], "Cup": ["made of clay"]})
    assert n_waiting(library, 1) == 0
    bring(library, {"Tea": ["green tea and a cup", "a cup"], "Cup": ["made of clay"]})
    assert n_waiting(library, 1) == 1


def test_a_link_waits_through_an_import_that_renames_its_target_and_leaves_the_words_alone(library: Library) -> None:
    accept(library, 1, "Cup", Mention(1, 16, 19, "cup"))
    pages = [
        Page("Tea", (Line("Tea"), Line("green tea and a cup")), "Tea"),
        Page("Mug", (Line("Mug"), Line("made of clay")), "Cup"),
    ]
    import_pages(library, "wiki", "Wiki", 2, pages, lambda lines: page_links(lines))
    [page] = edited(library)
    assert page.after == ("Tea", "green tea and a cup", "[Mug]")


def test_what_left_can_be_taken_back_and_what_is_accepted_later_waits_by_itself(library: Library) -> None:
    accept(library, 1, "Cup")
    batch = send_off(library, 1, [1], "by_hand", last_decision(library))
    assert n_waiting(library, 1) == 0
    accept(library, 1, "Saucer")
    assert [v.target for page in waiting_pages(library, 1) for v in page.verdicts] == ["Saucer"]
    take_back(library, 1, batch)
    assert n_waiting(library, 1) == 2
    [kept] = batches(library, 1, limit=5)
    assert (kept.way, kept.n_links, kept.n_pages, kept.titles, kept.undone_at > 0) == ("by_hand", 1, 1, ("Tea",), True)
    with pytest.raises(NotFoundError, match="Reload the outbox"):
        take_back(library, 1, batch)


def test_a_link_that_left_and_was_undone_and_accepted_again_waits_again(library: Library) -> None:
    accept(library, 1, "Cup")
    send_off(library, 1, [1], "by_hand", last_decision(library))
    undo(library, 1, 1, "Cup")
    accept(library, 1, "Cup")
    assert n_waiting(library, 1) == 1


def test_what_was_accepted_after_the_screen_was_shown_goes_on_waiting(library: Library) -> None:
    accept(library, 1, "Cup")
    shown = last_decision(library)
    accept(library, 1, "Saucer")
    send_off(library, 1, [1], "import_file", shown)
    assert [v.target for page in waiting_pages(library, 1) for v in page.verdicts] == ["Saucer"]


def test_nothing_leaves_twice_and_an_empty_batch_is_not_kept(library: Library) -> None:
    accept(library, 1, "Cup")
    send_off(library, 1, [1], "by_hand", last_decision(library))
    with pytest.raises(NotFoundError, match="Nothing waits"):
        send_off(library, 1, [1, 2], "by_hand", last_decision(library))
    assert len(batches(library, 1, limit=5)) == 1


def test_a_change_shows_what_stays_what_goes_and_what_comes(library: Library) -> None:
    accept(library, 1, "Green tea", Mention(1, 0, 9, "green tea"))
    accept(library, 1, "Clay", None)
    [page] = edited(library)
    assert page.after == ("Tea", "[green tea] and a cup", "a cup", "[Clay]")
    assert [(change.number, change.before is None) for change in page.changes] == [(1, False), (3, True)]
    first = line_diff(page.changes[0].before, page.changes[0].after)
    assert [(part.text, part.how) for part in first] == [
        ("[", "in"), ("green tea", "same"), ("]", "in"), (" and a cup", "same"),
    ]  # fmt: skip
    assert "".join(part.text for part in first if part.how != "in") == page.changes[0].before
    assert "".join(part.text for part in first if part.how != "out") == page.changes[0].after


def test_a_line_that_has_changed_since_is_left_and_said_so(library: Library) -> None:
    accept(library, 1, "Cup", Mention(1, 16, 19, "cup"))
    bring(library, {"Tea": ["a cup of green tea"], "Cup": ["made of clay"]})
    [page] = edited(library)
    assert page.after == ("Tea", "a cup of green tea") and page.changes == ()
    assert [(link.target, "has changed since it was accepted" in link.why) for link in page.left] == [("Cup", True)]


def test_a_quote_is_left_by_the_outbox_and_its_file_as_by_a_push(library: Library) -> None:
    bring(library, {"Tea": ["> a cup", "a pot"], "Cup": ["made of clay"]})
    accept(library, 1, "Cup", Mention(1, 4, 7, "cup"))
    accept(library, 1, "Pot", Mention(2, 2, 5, "pot"))
    [page] = edited(library)
    assert page.after == ("Tea", "> a cup", "a [pot]")
    assert [(link.target, "is a quote" in link.why) for link in page.left] == [("Cup", True)]


def test_words_that_are_another_form_of_the_title_put_the_link_at_the_end_and_say_so(library: Library) -> None:
    accept(library, 1, "Saucer", Mention(1, 16, 19, "cup"))
    [page] = edited(library)
    assert (page.after[-1], page.at_end) == ("[Saucer]", ("Saucer",))


def test_a_target_that_no_bracket_can_hold_is_told_of_and_the_others_are_written(library: Library) -> None:
    accept(library, 1, "a [b] c")
    accept(library, 1, "Cup")
    [page] = edited(library)
    assert page.after[-1] == "[Cup]"
    assert [link.target for link in page.left] == ["a [b] c"]


def test_the_import_file_holds_the_changed_pages_whole_and_no_other(library: Library) -> None:
    accept(library, 1, "Cup", Mention(2, 2, 5, "cup"))
    accept(library, 2, "a [b] c")
    assert json.loads(as_import_file(edited(library))) == {
        "pages": [{"title": "Tea", "lines": ["Tea", "green tea and a cup", "a [cup]"]}]
    }


def test_a_page_that_begins_with_its_text_keeps_its_first_line(library: Library) -> None:
    pages = [Page("Tea", (Line("green tea"), Line("and a cup")), "Tea")]
    import_pages(library, "wiki", "Wiki", 2, pages, lambda lines: page_links(lines))
    accept(library, 1, "Cup", Mention(1, 6, 9, "cup"))
    [page] = edited(library)
    assert page.body == "green tea\nand a [cup]"
    assert [(change.number, change.before, change.after) for change in page.changes] == [
        (2, "and a cup", "and a [cup]")
    ]
    (entry,) = json.loads(as_import_file([page]))["pages"]
    assert entry == {"title": "Tea", "lines": ["Tea", "green tea", "and a [cup]"]}
    (change,) = outbox_view(library, project(library, "wiki"), 1).pages[0].changes
    assert (change.number, change.address) == (1, "/p/wiki/Tea#L1"), "the line as its page's screen has it"


@pytest.mark.parametrize(
    ("language", "empty", "line", "warning"),
    [
        ("en", "Nothing to write back", "line 12", "replaces whole pages of the same title"),
        ("ja", "書き戻すものはありません", "12 行目", "同じタイトルのページは丸ごと置き換わります"),
    ],
)
def test_the_screen_shows_the_changed_lines_in_both_languages(
    tmp_path: Path, language: str, empty: str, line: str, warning: str
) -> None:
    client = little_client(tmp_path, language)
    assert empty in client.get(OUTBOX).text
    decide(client, GARDEN, "KJ法", "accept")
    html = client.get(OUTBOX).text
    assert line in html and warning in html
    assert "最近は<ins>[</ins>KJ法<ins>]</ins>の" in html


def test_a_page_is_marked_as_done_and_taken_back_by_plain_forms(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    decide(client, GARDEN, "KJ法", "accept")
    assert '<small class="count" id="tab-count">1</small>' in client.get(address(GARDEN)).text
    page = re.search(r'name="page" value="(\d+)"', client.get(OUTBOX).text)
    assert page
    html = client.post(f"{OUTBOX}/done", data={"page": page[1], "way": "by_hand", "until": "9"}).text
    assert "Nothing to write back" in html and "1 link" in html
    batch = re.search(r'name="batch" value="(\d+)"', html)
    assert batch
    html = client.post(f"{OUTBOX}/undo", data={"batch": batch[1]}).text
    assert "Undone" in html and "<ins>[</ins>KJ法" in html


def test_the_download_changes_nothing_and_marking_all_empties_the_outbox(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    for target in ("KJ法", "孤立したページ"):
        decide(client, GARDEN, target, "accept")
    response = client.get(f"{OUTBOX}/import.json")
    assert response.headers["content-disposition"] == 'attachment; filename="linkassist-import.json"'
    assert [page["title"] for page in response.json()["pages"]] == [GARDEN]
    assert "<ins>" in client.get(OUTBOX).text
    assert "By import file" in client.post(f"{OUTBOX}/done", data={"way": "import_file", "until": "9"}).text


@pytest.mark.parametrize(
    ("part", "form", "status", "words"),
    [
        ("done", {"way": "by_pigeon"}, 400, "expected by_hand or import_file"),
        ("done", {"way": "by_hand", "page": "one", "until": "9"}, 400, "is not a number"),
        ("done", {"way": "by_hand", "page": "1", "until": "9"}, 404, "Nothing waits"),
        ("done", {"way": "by_hand", "page": "1"}, 400, "is not a number"),
        ("undo", {"batch": "7"}, 404, "no batch 7"),
        ("undo", {}, 400, "is not a number"),
    ],
)
def test_what_cannot_be_done_is_said(tmp_path: Path, part: str, form: dict[str, str], status: int, words: str) -> None:
    response = little_client(tmp_path).post(f"{OUTBOX}/{part}", data=form)
    assert response.status_code == status
    assert words in response.text


def test_a_form_of_another_site_marks_nothing(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    decide(client, GARDEN, "KJ法", "accept")
    forged = client_of(tmp_path).post(
        f"{OUTBOX}/done", data={"way": "import_file", "until": "9"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert forged.status_code == 403
    assert "<ins>" in client.get(OUTBOX).text


def test_of_a_long_line_the_outbox_shows_what_is_around_the_change_and_copies_all(tmp_path: Path) -> None:
    before, after = "あ" * 300, "い" * 300
    client = client_of(tmp_path)
    with Library.open(tmp_path) as library:
        bring(library, {"日記": [f"{before}急須{after}"]})
        accept(library, 1, "急須", Mention(1, 300, 302, "急須"))
    shown = client.get("/outbox/wiki").text
    assert f"<p>…{'あ' * 60}<ins>[</ins>急須<ins>]</ins>{'い' * 60}…</p>" in shown
    assert f'data-copy="{before}[急須]{after}"' in shown


@pytest.mark.parametrize(
    ("language", "warning"),
    [("en", "overwrites edits made in Scrapbox since the export of"), ("ja", "Scrapbox で編集した内容は失われます")],
)
def test_beside_copy_page_stands_what_pasting_it_overwrites(tmp_path: Path, language: str, warning: str) -> None:
    client = little_client(tmp_path, language)
    decide(client, GARDEN, "KJ法", "accept")
    sheet = client.get(OUTBOX).text.partition("data-copy-of")[2].partition("</footer>")[0]
    assert warning in sheet
