"""Accepted links go into the very lines they were accepted in, once, and out again by an undo."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.little_scrapbox import KEY, SERVICE_KEY, TOKEN, Account, Answer, LittleScrapbox, little_scrapbox
from support.little_server import client_of
from support.pushed_wiki import PushedWiki, as_json, links_of, whys_of

from linkassist.errors import NotFoundError
from linkassist.pipeline.push.report import ChangedLine
from linkassist.pipeline.push.run import StoppedByReader
from linkassist.scrapbox.client import throttle
from linkassist.store.library import Library
from linkassist.store.locks import BusyError, push_lock
from linkassist.store.pages import project
from linkassist.store.write_back.pushes import pushes

TEA, CUP = "a" * 24, "b" * 24


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses of the client, which take no time."""
    found: list[float] = []
    monkeypatch.setattr(throttle, "_sleep", found.append)
    return found


@pytest.fixture
def scrapbox() -> Iterator[LittleScrapbox]:
    with little_scrapbox() as found:
        found.put(TEA, "Tea", "green tea in a cup", "see the [pot]", "> quoted cup", "code:x", " cup")
        found.put(CUP, "Cup", "made of clay")
        yield found


@pytest.fixture
def wiki(tmp_path: Path, scrapbox: LittleScrapbox) -> PushedWiki:
    found = PushedWiki(tmp_path, scrapbox)
    found.fetch()
    return found


class TestPush:
    def test_an_accepted_link_is_written_and_recorded_and_leaves_the_outbox(self, wiki: PushedWiki) -> None:
        before = wiki.scrapbox.texts(TEA)
        wiki.accept("Tea", "Cup", "cup", 1)
        report = wiki.push()
        assert wiki.scrapbox.texts(TEA) == [before[0], "green tea in a [cup]", *before[2:]]
        assert links_of(report) == {"Cup": "written"}
        assert report.pages[0].changes == (ChangedLine(1, f"{TEA}-1", "green tea in a cup", "green tea in a [cup]"),)
        assert wiki.n_waiting() == 0
        assert wiki.states() == [(report.batch_id, "Cup", "done")]
        assert wiki.push().pages == ()

    @pytest.mark.parametrize(("language", "words"), [("en", "Straight into Scrapbox"), ("ja", "Scrapbox に直接")])
    def test_the_outbox_lists_the_push(self, wiki: PushedWiki, language: str, words: str) -> None:
        wiki.accept("Tea", "Cup", "cup", 1)
        wiki.push()
        with client_of(wiki.folder) as client:
            client.cookies.set("language", language)
            answer = client.get("/outbox/niwa", headers={"Accept-Language": language})
        assert answer.status_code == 200 and words in answer.text

    def test_links_without_a_place_go_into_one_line_at_the_end(self, wiki: PushedWiki) -> None:
        wiki.accept("Cup", "Tea")
        wiki.accept("Cup", "Clay", "clay", 1)
        wiki.accept("Cup", "Saucer")
        wiki.push()
        assert wiki.scrapbox.texts(CUP) == ["Cup", "made of [clay]", "[Tea] [Saucer]"]

    def test_words_that_are_no_spelling_of_the_target_stay_and_the_link_goes_to_the_end(self, wiki: PushedWiki) -> None:
        wiki.accept("Tea", "Mug", "cup", 1)
        wiki.push()
        assert wiki.scrapbox.texts(TEA)[1] == "green tea in a cup" and wiki.scrapbox.texts(TEA)[-1] == "[Mug]"

    @pytest.mark.parametrize("key", [TOKEN, SERVICE_KEY, KEY])
    def test_every_sort_of_key_of_a_member_may_write(self, wiki: PushedWiki, key: str) -> None:
        wiki.accept("Cup", "Tea")
        assert links_of(wiki.push(key=key)) == {"Tea": "written"}

    def test_a_line_that_has_moved_is_found(self, wiki: PushedWiki) -> None:
        wiki.accept("Tea", "Cup", "cup", 1)
        wiki.scrapbox.write(TEA, 1, "new first line", inserts=True)
        wiki.push()
        assert wiki.scrapbox.texts(TEA)[1:3] == ["new first line", "green tea in a [cup]"]

    def test_a_line_that_has_moved_before_an_import_is_found_by_its_text_as_accepted(self, wiki: PushedWiki) -> None:
        wiki.accept("Tea", "Cup", "cup", 1)
        wiki.scrapbox.write(TEA, 1, "a cup at the same place", inserts=True)
        wiki.fetch()
        wiki.push()
        assert wiki.scrapbox.texts(TEA)[1:3] == ["a cup at the same place", "green tea in a [cup]"]

    def test_of_lines_alike_the_one_that_was_accepted_is_taken(self, wiki: PushedWiki) -> None:
        wiki.scrapbox.put(CUP, "Cup", "tea", "-", "tea", "-", "tea")
        wiki.fetch()
        wiki.accept("Cup", "Tea", "tea", 3)
        wiki.scrapbox.write(CUP, 1, "new", inserts=True)
        wiki.push()
        assert wiki.scrapbox.texts(CUP) == ["Cup", "new", "tea", "-", "[tea]", "-", "tea"]

    def test_a_line_that_has_changed_is_left_and_the_link_waits(self, wiki: PushedWiki) -> None:
        wiki.accept("Tea", "Cup", "cup", 1)
        wiki.scrapbox.write(TEA, 1, "green tea in a cup!")
        before = as_json(wiki.scrapbox)
        report = wiki.push()
        assert (links_of(report), report.batch_id) == ({"Cup": "left"}, None)
        assert 'has changed since it was accepted. It was "green tea in a cup"' in whys_of(report)
        assert as_json(wiki.scrapbox) == before
        assert wiki.n_waiting() == 1
        with Library.open(wiki.folder) as library:
            assert library.row("SELECT count(*) FROM outbox_batches") == (0,)

    def test_a_second_link_of_a_line_that_a_push_has_changed_is_written_too(self, wiki: PushedWiki) -> None:
        wiki.accept("Tea", "Green", "green", 1)
        wiki.accept("Tea", "Ａ cup", "a cup", 1)
        wiki.push()
        wiki.accept("Tea", "Ｔea", "tea", 1)
        assert wiki.scrapbox.texts(TEA)[1] == "[green] tea in [Ａ cup]"
        wiki.push()
        assert wiki.scrapbox.texts(TEA)[1] == "[green] [Ｔea] in [Ａ cup]"

    def test_a_link_that_the_page_has_by_now_is_not_written_again(self, wiki: PushedWiki) -> None:
        wiki.accept("Tea", "Cup", "cup", 1)
        wiki.scrapbox.write(TEA, 2, "see the [pot] and the [cup]")
        report = wiki.push()
        assert (links_of(report), report.batch_id) == ({"Cup": "already"}, None)
        assert wiki.scrapbox.n_asked("submit") == 0
        assert wiki.n_waiting() == 0

    def test_a_renamed_page_is_found_by_its_id_and_a_page_of_its_old_title_is_left_alone(
        self, wiki: PushedWiki
    ) -> None:
        wiki.accept("Tea", "Cup", "cup", 1)
        old = wiki.scrapbox.texts(TEA)
        wiki.scrapbox.put(TEA, "Green tea", *old[1:])
        wiki.scrapbox.put("c" * 24, "Tea", *old[1:])
        wiki.push()
        assert wiki.scrapbox.texts(TEA)[1] == "green tea in a [cup]"
        assert wiki.scrapbox.texts("c" * 24) == old

    def test_a_page_that_is_gone_is_left_and_not_made_anew(self, wiki: PushedWiki) -> None:
        wiki.accept("Cup", "Tea")
        del wiki.scrapbox.pages[CUP]
        report = wiki.push()
        assert links_of(report) == {"Tea": "left"} and "not in Scrapbox any more" in whys_of(report)
        assert set(wiki.scrapbox.pages) == {TEA} and wiki.scrapbox.n_asked("preview") == 0

    def test_a_dry_run_previews_and_writes_nothing_anywhere(self, wiki: PushedWiki) -> None:
        wiki.accept("Tea", "Cup", "cup", 1)
        before = as_json(wiki.scrapbox)
        report = wiki.push(approve=None)
        assert links_of(report) == {"Cup": "previewed"}
        assert [change.after for change in report.pages[0].changes] == ["green tea in a [cup]"]
        assert as_json(wiki.scrapbox) == before and wiki.scrapbox.n_asked("submit") == 0
        assert (wiki.states(), wiki.n_waiting()) == ([], 1)

    def test_only_the_pages_that_are_named_and_at_most_so_many_are_written(self, wiki: PushedWiki) -> None:
        wiki.accept("Tea", "Cup", "cup", 1)
        wiki.accept("Cup", "Tea")
        assert list(links_of(wiki.push(titles=("tea",)))) == ["Cup"]
        wiki.accept("Tea", "Saucer")
        assert len(wiki.push(n_pages=1).pages) == 1
        assert wiki.n_waiting() == 1
        with pytest.raises(NotFoundError, match="No page has the title"):
            wiki.push(titles=("none",))

    def test_what_is_not_approved_waits(self, wiki: PushedWiki) -> None:
        wiki.accept("Tea", "Cup", "cup", 1)
        wiki.accept("Cup", "Tea")
        report = wiki.push(approve=lambda title, changes: title == "Cup")
        assert links_of(report) == {"Tea": "written", "Cup": "skipped"}
        assert wiki.n_waiting() == 1

        def stop(title: str, changes: object) -> bool:
            raise StoppedByReader

        assert wiki.push(approve=stop).stopped == "You ended it."
        assert wiki.n_waiting() == 1

    def test_beside_another_push_none_begins(self, wiki: PushedWiki) -> None:
        wiki.accept("Tea", "Cup", "cup", 1)
        with push_lock(wiki.folder), pytest.raises(BusyError, match="another push or undo is under way"):
            wiki.push()


NEVER = {
    "a quote": (["> a cup of tea"], 1, "a quote"),
    "an indented quote": (["\u3000 > a cup of tea"], 1, "a quote"),
    "code": (["code:x", " a cup of tea"], 2, "code"),
    "the head of a block": (["code:cup.py", " x"], 1, "the title or the head"),
    "instructions": (["table:infobox", " cup\twhat it holds"], 2, "a row of instructions"),
    "other instructions": ([" table:cosense", "  cup\twhat it holds"], 2, "a row of instructions"),
    "inline code": (["a `cup` of tea"], 1, "would change another link or mark"),
    "another link": (["a [tea cup] here"], 1, "would change another link or mark"),
    "a URL": (["see https://example.com/cup now"], 1, "would change another link or mark"),
    "before a hashtag": (["a cup#tea"], 1, "get another meaning"),
}


@pytest.mark.parametrize(("lines", "number", "why"), NEVER.values(), ids=NEVER)
def test_what_must_not_be_edited_is_left(wiki: PushedWiki, lines: list[str], number: int, why: str) -> None:
    wiki.scrapbox.put(TEA, "Tea", *lines)
    wiki.fetch()
    wiki.accept("Tea", "Cup", "cup", number)
    report = wiki.push()
    assert links_of(report) == {"Cup": "left"}
    assert why in whys_of(report)
    assert wiki.scrapbox.texts(TEA) == ["Tea", *lines]


def test_a_row_of_an_ordinary_table_is_edited(wiki: PushedWiki) -> None:
    wiki.scrapbox.put(TEA, "Tea", "table:cups", " cup\tblue", "after")
    wiki.fetch()
    wiki.accept("Tea", "Cup", "cup", 2)
    wiki.push()
    assert wiki.scrapbox.texts(TEA) == ["Tea", "table:cups", " [cup]\tblue", "after"]


class TestMeanwhile:
    """Somebody else edits the page between two of our requests."""

    @pytest.fixture
    def accepted(self, wiki: PushedWiki) -> PushedWiki:
        wiki.accept("Tea", "Cup", "cup", 1)
        return wiki

    def edit_once(self, wiki: PushedWiki, after: str, number: int, text: str | None, *, inserts: bool = False) -> None:
        def edit(path: str) -> None:
            if path.endswith(after):
                wiki.scrapbox.after = lambda path: None
                wiki.scrapbox.write(TEA, number, text, inserts=inserts)

        wiki.scrapbox.after = edit

    @pytest.mark.parametrize("after", ["/Tea", "/preview", "/submit"])
    def test_another_line_is_kept_as_they_wrote_it(self, accepted: PushedWiki, after: str) -> None:
        self.edit_once(accepted, after, 2, "see the [kettle]")
        asked: list[str] = []
        report = accepted.push(approve=lambda title, changes: not asked.append(title))
        assert accepted.scrapbox.texts(TEA)[1:3] == ["green tea in a [cup]", "see the [kettle]"]
        assert links_of(report) == {"Cup": "written"}
        assert asked == ["Tea"]  # the second preview shows the same

    @pytest.mark.parametrize("after", ["/Tea", "/preview"])
    def test_the_very_line_is_kept_as_they_wrote_it(self, accepted: PushedWiki, after: str) -> None:
        self.edit_once(accepted, after, 1, "green tea in a bowl")
        report = accepted.push()
        assert accepted.scrapbox.texts(TEA)[1] == "green tea in a bowl"
        assert links_of(report) == {"Cup": "left"}
        assert accepted.states() == [] and accepted.n_waiting() == 1

    def test_a_line_that_moves_meanwhile_is_found_in_the_second_try(self, accepted: PushedWiki) -> None:
        self.edit_once(accepted, "/preview", 1, "first", inserts=True)
        accepted.push()
        assert accepted.scrapbox.texts(TEA)[1:3] == ["first", "green tea in a [cup]"]

    def test_a_page_that_never_comes_to_rest_is_left_after_two_tries(self, accepted: PushedWiki) -> None:
        numbers = iter(range(100))
        accepted.scrapbox.after = lambda path: (
            accepted.scrapbox.write(TEA, 2, f"edit {next(numbers)}") if path.endswith("/preview") else None
        )
        report = accepted.push()
        assert links_of(report) == {"Cup": "left"} and "edited in Scrapbox at the same time" in whys_of(report)
        assert accepted.scrapbox.n_asked("/preview") == 2
        assert (accepted.states(), accepted.n_waiting()) == ([], 1)

    def test_a_line_that_is_deleted_meanwhile_is_left(self, accepted: PushedWiki) -> None:
        self.edit_once(accepted, "/Tea", 1, None)
        assert links_of(accepted.push()) == {"Cup": "left"}

    def test_a_preview_that_changes_other_lines_is_not_submitted(
        self, accepted: PushedWiki, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        preview = accepted.scrapbox.edits.preview

        def trimming(*arguments: object) -> dict[str, object]:
            found = preview(*arguments)  # type: ignore[arg-type]
            found["pagePreview"]["lines"][2]["text"] += "!"
            return found

        monkeypatch.setattr(accepted.scrapbox.edits, "preview", trimming)
        assert links_of(accepted.push()) == {"Cup": "left"}
        assert accepted.scrapbox.n_asked("submit") == 0

    def test_a_preview_that_expires_while_the_reader_thinks_is_made_again(self, accepted: PushedWiki) -> None:
        asked: list[str] = []

        def slow(title: str, changes: object) -> bool:
            asked.append(title)
            accepted.scrapbox.clock = lambda: time.time() + 301 * len(asked)
            return True

        assert links_of(accepted.push(approve=slow)) == {"Cup": "written"}
        assert asked == ["Tea"]


class TestFailures:
    @pytest.fixture
    def accepted(self, wiki: PushedWiki) -> PushedWiki:
        wiki.accept("Tea", "Cup", "cup", 1)
        wiki.accept("Cup", "Tea")
        return wiki

    @pytest.mark.parametrize("lost", ["/submit", "/preview", "/Tea", "/Cup"])
    def test_after_a_lost_answer_the_page_is_read_before_anything_is_sent_again(
        self, accepted: PushedWiki, lost: str
    ) -> None:
        accepted.scrapbox.lost = [lost]
        report = accepted.push()
        assert links_of(report) == {"Cup": "written", "Tea": "written"}
        assert accepted.scrapbox.texts(TEA)[1] == "green tea in a [cup]"
        assert accepted.scrapbox.texts(CUP) == ["Cup", "made of clay", "[Tea]"]
        assert accepted.scrapbox.n_asked("/submit") == 2

    @pytest.mark.parametrize(("status", "retry_after", "pause"), [(500, "", 2.0), (503, "9", 9.0), (504, "", 2.0)])
    def test_a_submit_that_failed_without_effect_is_made_again_after_a_pause(
        self, accepted: PushedWiki, pauses: list[float], status: int, retry_after: str, pause: float
    ) -> None:
        headers = {"Retry-After": retry_after} if retry_after else {}
        self.fail_once(accepted, "/submit", Answer(status, headers=headers))
        assert links_of(accepted.push()) == {"Cup": "written", "Tea": "written"}
        assert pauses == [pause]

    @pytest.mark.parametrize("is_undo", [False, True], ids=["push", "undo"])
    def test_an_edit_that_takes_effect_long_after_its_answer_was_lost_is_recognised(
        self, wiki: PushedWiki, is_undo: bool
    ) -> None:
        wiki.accept("Tea", "Cup", "cup", 1)
        batch_id = wiki.push().batch_id if is_undo else None
        edits, seen = wiki.scrapbox.edits, list[str]()

        def late(path: str) -> None:
            if path.endswith("/submit") and not seen:
                wiki.scrapbox.failures.append(Answer(504))
            if seen[:1] == ["/submit"] and len(seen) == 2:  # after the page was looked at once
                edits.submit("niwa", "u-gardener", {"previewId": next(iter(edits.previews))}, time.time())
            if path.endswith("/submit") or seen:
                seen.append(path[path.rindex("/") :])

        wiki.scrapbox.before = late
        report = wiki.undo(batch_id) if is_undo else wiki.push()
        assert seen == ["/submit", "/Tea", "/Tea"]
        assert links_of(report) == {"Cup": "undone" if is_undo else "written"}
        assert [state for _, _, state in wiki.states()] == ["undone" if is_undo else "done"]
        assert wiki.scrapbox.texts(TEA)[1] == ("green tea in a cup" if is_undo else "green tea in a [cup]")

    def test_submits_that_fail_again_and_again_end_the_push(self, accepted: PushedWiki, pauses: list[float]) -> None:
        accepted.scrapbox.before = lambda path: (
            accepted.scrapbox.failures.append(Answer(502)) if path.endswith("/submit") else None
        )
        before = as_json(accepted.scrapbox)
        report = accepted.push()
        assert "status 502). 5 tries have failed" in report.stopped and report.pages == ()
        assert (pauses, accepted.scrapbox.n_asked("/submit")) == ([2.0, 10.0, 30.0, 60.0], 5)
        assert (as_json(accepted.scrapbox), accepted.n_waiting()) == (before, 2)
        accepted.scrapbox.before = lambda path: None
        assert links_of(accepted.push()) == {"Cup": "written", "Tea": "written"}

    @pytest.mark.parametrize(
        ("part", "answer", "why"),
        [
            ("/preview", Answer(422), "does not take the request (status 422)"),
            ("/submit", Answer(409, b'{"error": "NotFastForward"}'), "edited in Scrapbox at the same time"),
            ("/submit", Answer(409, b'{"error": "DuplicateTitle"}'), "Another page in Scrapbox has that title"),
        ],
    )
    def test_an_edit_that_is_refused_twice_is_left_with_the_reason(
        self, accepted: PushedWiki, part: str, answer: Answer, why: str
    ) -> None:
        accepted.scrapbox.before = lambda path: (
            accepted.scrapbox.failures.append(answer) if path.endswith(part) else None
        )
        report = accepted.push()
        assert links_of(report) == {"Cup": "left", "Tea": "left"} and why in whys_of(report)
        assert accepted.scrapbox.n_asked(part) == 4
        assert (accepted.states(), accepted.n_waiting()) == ([], 2)

    def fail_once(self, wiki: PushedWiki, part: str, answer: Answer) -> None:
        def fail(path: str) -> None:
            if path.endswith(part):
                wiki.scrapbox.before = lambda path: None
                wiki.scrapbox.failures.append(answer)

        wiki.scrapbox.before = fail

    @pytest.mark.parametrize(("retry_after", "pause"), [("", 2.0), ("17", 17.0)])
    def test_a_server_that_wants_fewer_requests_is_spared(
        self, accepted: PushedWiki, pauses: list[float], retry_after: str, pause: float
    ) -> None:
        headers = {"Retry-After": retry_after} if retry_after else {}
        self.fail_once(accepted, "/submit", Answer(429, headers=headers))
        assert links_of(accepted.push()) == {"Cup": "written", "Tea": "written"}
        assert pauses == [pause]

    @pytest.mark.parametrize("status", [401, 403])
    @pytest.mark.parametrize("part", ["/preview", "/submit", "/Tea"])
    def test_who_may_not_write_is_told_at_once(self, accepted: PushedWiki, status: int, part: str) -> None:
        before = as_json(accepted.scrapbox)
        accepted.scrapbox.before = lambda path: (
            accepted.scrapbox.failures.append(Answer(status)) if path.endswith((part, "/Cup")) else None
        )
        report = accepted.push()
        assert f"status {status}" in report.stopped and TOKEN not in report.stopped
        assert as_json(accepted.scrapbox) == before
        accepted.scrapbox.before = lambda path: None
        accepted.push()
        assert accepted.n_waiting() == 0

    def test_a_stranger_cannot_write(self, accepted: PushedWiki) -> None:
        accepted.scrapbox.accounts[TOKEN] = Account("token", "stranger", ())
        accepted.scrapbox.is_private = False
        assert "Use the key of a member" in accepted.push().stopped

    def test_what_was_written_before_a_failure_stands_and_the_next_push_does_the_rest(
        self, accepted: PushedWiki
    ) -> None:
        n_asked = [0]

        def fail_later(path: str) -> None:
            n_asked[0] += path.endswith("/preview")
            if n_asked[0] > 1:
                accepted.scrapbox.failures.append(Answer(503))

        accepted.scrapbox.before = fail_later
        report = accepted.push()
        assert "5 tries have failed" in report.stopped and links_of(report) == {"Tea": "written"}
        accepted.scrapbox.before = lambda path: None
        accepted.scrapbox.failures = []
        assert links_of(accepted.push()) == {"Cup": "written"}
        with Library.open(accepted.folder) as library:
            listed = pushes(library, project(library, "niwa").id)
        assert [(each.n_pages, each.n_links, each.undone_at) for each in listed] == [(1, 1, 0), (1, 1, 0)]


class TestUndo:
    @pytest.fixture
    def pushed(self, wiki: PushedWiki) -> tuple[PushedWiki, int, str]:
        """A wiki after a push of four links, the push, and the text of the pages before it."""
        before = as_json(wiki.scrapbox)
        wiki.accept("Tea", "Green", "green", 1)
        wiki.accept("Tea", "Ｃup", "cup", 1)
        wiki.accept("Cup", "Tea")
        wiki.accept("Cup", "Saucer")
        batch_id = wiki.push().batch_id
        assert batch_id is not None
        return wiki, batch_id, before

    def test_it_takes_out_exactly_what_was_put_in_and_the_links_wait_again(
        self, pushed: tuple[PushedWiki, int, str]
    ) -> None:
        wiki, batch_id, before = pushed
        assert wiki.scrapbox.texts(TEA)[1] == "[green] tea in a [Ｃup]"
        report = wiki.undo(batch_id)
        assert set(links_of(report).values()) == {"undone"} and len(links_of(report)) == 4
        assert as_json(wiki.scrapbox) == before
        assert wiki.n_waiting() == 4
        with Library.open(wiki.folder) as library:
            assert pushes(library)[0].undone_at > 0
        assert wiki.undo(batch_id).pages == ()
        assert set(links_of(wiki.push()).values()) == {"written"}

    def test_what_others_wrote_since_stays(self, pushed: tuple[PushedWiki, int, str]) -> None:
        wiki, batch_id, _ = pushed
        wiki.scrapbox.write(TEA, 1, "[green] tea in a [Ｃup], hot")
        wiki.scrapbox.write(TEA, 1, "first", inserts=True)
        wiki.scrapbox.write(CUP, 1, "made of [clay]")
        report = wiki.undo(batch_id)
        assert set(links_of(report).values()) == {"undone"}
        assert wiki.scrapbox.texts(TEA)[1:3] == ["first", "green tea in a cup, hot"]
        assert wiki.scrapbox.texts(CUP) == ["Cup", "made of [clay]"]

    def test_a_link_that_stands_no_more_is_left_and_does_not_wait(self, pushed: tuple[PushedWiki, int, str]) -> None:
        wiki, batch_id, _ = pushed
        wiki.scrapbox.write(TEA, 1, "green tea in a [Ｃup]")
        wiki.scrapbox.write(CUP, 2, "[Tea] [Saucer] and more")
        report = wiki.undo(batch_id)
        assert links_of(report) == {"Green": "left", "Ｃup": "undone", "Tea": "left", "Saucer": "left"}
        assert wiki.scrapbox.texts(TEA)[1] == "green tea in a cup"
        assert wiki.scrapbox.texts(CUP)[2] == "[Tea] [Saucer] and more"
        assert wiki.n_waiting() == 1

    def test_a_line_that_was_cut_and_pasted_is_found(self, pushed: tuple[PushedWiki, int, str]) -> None:
        wiki, batch_id, _ = pushed
        text = wiki.scrapbox.texts(TEA)[1]
        wiki.scrapbox.write(TEA, 1, None)
        wiki.scrapbox.write(TEA, 2, text, inserts=True)
        wiki.undo(batch_id)
        assert wiki.scrapbox.texts(TEA)[2] == "green tea in a cup"

    def test_of_two_pushes_into_one_line_each_is_undone_alone(self, wiki: PushedWiki) -> None:
        wiki.accept("Tea", "Green", "green", 1)
        first = wiki.push().batch_id
        wiki.accept("Tea", "Ｃup", "cup", 1)
        second = wiki.push().batch_id
        wiki.undo(first)
        assert wiki.scrapbox.texts(TEA)[1] == "green tea in a [Ｃup]"
        wiki.undo(second)
        assert wiki.scrapbox.texts(TEA)[1] == "green tea in a cup"

    def test_a_link_that_was_there_already_is_not_taken_out(self, wiki: PushedWiki) -> None:
        wiki.accept("Tea", "Cup", "cup", 1)
        wiki.accept("Tea", "Green", "green", 1)
        wiki.scrapbox.write(TEA, 2, "see the [pot] and the [cup]")
        batch_id = wiki.push().batch_id
        wiki.undo(batch_id)
        assert wiki.scrapbox.texts(TEA)[1:3] == ["green tea in a cup", "see the [pot] and the [cup]"]

    def test_a_dry_run_takes_nothing_out(self, pushed: tuple[PushedWiki, int, str]) -> None:
        wiki, batch_id, _ = pushed
        after, states = as_json(wiki.scrapbox), wiki.states()
        report = wiki.undo(batch_id, approve=None)
        assert set(links_of(report).values()) == {"previewed"} and len(report.pages[0].changes) == 1
        assert (as_json(wiki.scrapbox), wiki.states()) == (after, states)

    @pytest.mark.parametrize("lost", ["/submit", "/preview"])
    def test_after_a_lost_answer_it_looks_first(self, pushed: tuple[PushedWiki, int, str], lost: str) -> None:
        wiki, batch_id, before = pushed
        wiki.scrapbox.lost = [lost]
        wiki.scrapbox.asked.clear()
        assert set(links_of(wiki.undo(batch_id)).values()) == {"undone"}
        assert as_json(wiki.scrapbox) == before and wiki.scrapbox.n_asked("/submit") == 2

    def test_a_page_that_is_edited_meanwhile_is_undone_in_the_second_try(
        self, pushed: tuple[PushedWiki, int, str]
    ) -> None:
        wiki, batch_id, _ = pushed

        def edit(path: str) -> None:
            if path.endswith("/preview"):
                wiki.scrapbox.after = lambda path: None
                wiki.scrapbox.write(TEA, 2, "see")

        wiki.scrapbox.after = edit
        assert set(links_of(wiki.undo(batch_id)).values()) == {"undone"}
        assert wiki.scrapbox.texts(TEA)[1:3] == ["green tea in a cup", "see"]

    def test_a_batch_that_was_no_push_is_told(self, wiki: PushedWiki) -> None:
        with pytest.raises(NotFoundError, match="no push 7 in this library"):
            wiki.undo(7)
