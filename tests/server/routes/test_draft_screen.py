"""The draft's screen through the app, with the process that answers it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from support.drafted_wiki import PROJECT, import_into, pages_of_a_wiki
from support.little_server import client_of

from linkassist.server.jobs.model_requests import Progress
from linkassist.server.routes.draft import MOST_CHARACTERS
from linkassist.server.views.draft import Draft, found_view, waiting_view
from linkassist.store.library import Library
from linkassist.store.navigation import project_name

ADDRESS = f"/draft/{PROJECT}"
TEXT = "雨の日には万年筆と索引カード\n 図書館の地図帳も、[付箋]も"


@pytest.fixture(scope="module")
def client(drafted: Path) -> Iterator[TestClient]:
    with client_of(drafted) as opened:
        yield opened


def post(client: TestClient, form: dict[str, str], *, language: str = "en", is_script: bool = False) -> str:
    """The page that answers the form, asked for again while the wiki is being read."""
    headers = {"Accept-Language": language} | ({"X-Fragment": "draft"} if is_script else {})
    deadline = time.monotonic() + 240
    while True:
        page = client.post(ADDRESS, data=form, headers=headers).text
        if 'data-state="preparing"' not in page or time.monotonic() > deadline:
            return page


def textarea(html: str) -> str:
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", html, re.DOTALL)
    assert found
    return found[1]


@pytest.mark.parametrize(("language", "words"), [("ja", "まだ文章がありません"), ("en", "No text yet")])
def test_the_screen_begins_empty_and_says_where_the_text_stays(client: TestClient, language: str, words: str) -> None:
    page = client.get(ADDRESS, headers={"Accept-Language": language}).text

    assert words in page
    assert ("このブラウザーにだけ残ります" if language == "ja" else "stays in this browser") in page
    assert f'href="{ADDRESS}" aria-current="page"' in page


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_text_is_answered_with_marks_and_cards(client: TestClient, language: str) -> None:
    page = post(client, {"title": "題", "text": TEXT}, language=language)

    assert 'data-state="found"' in page
    assert re.search(r'class="mark kind-page"[^>]*>図書館</a>', page)
    assert 'data-target="図書館"' in page
    assert re.search(r'<a class="link" href="/p/niwa/[^"]+" data-peek>付箋</a>', page)
    assert textarea(page) == TEXT


def test_a_script_gets_the_result_alone(client: TestClient) -> None:
    fragment = post(client, {"text": TEXT}, is_script=True)

    assert fragment.startswith('<div id="draft-result" data-state="found"')
    assert "<textarea" not in fragment and "data-text" not in fragment


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_dismissed_suggestion_is_gone_from_this_draft_until_it_is_taken_back(
    client: TestClient, language: str
) -> None:
    form = {"title": "題", "text": TEXT}
    without = post(client, form | {"dismiss": "図書館"}, language=language)
    assert 'data-target="図書館"' not in without and "図書館</a>" not in without, "neither card nor mark"
    assert textarea(without) == TEXT
    assert ("この下書きでは見送りました" if language == "ja" else "for this draft") in without
    assert '<button form="draft-form" name="restore" value="図書館" data-undo>' in without
    (kept,) = re.findall(r'<input type="hidden" form="draft-form" name="dismissed" value="([^"]*)">', without)
    assert 'data-target="図書館"' not in post(client, form | {"dismissed": kept}), "the form carries it on"
    again = post(client, form | {"dismissed": kept, "restore": kept})
    assert 'data-target="図書館"' in again and 'name="dismissed"' not in again
    assert 'data-target="図書館"' in post(client, form), "nothing is kept of it elsewhere"


def test_a_draft_whose_suggestions_are_all_dismissed_is_done(client: TestClient) -> None:
    shown = post(client, {"text": TEXT})
    targets = re.findall(r'data-target="([^"]*)"', shown)
    page = client.post(ADDRESS, data={"text": TEXT, "dismissed": targets}, headers={"Accept-Language": "en"}).text
    assert "This draft is done" in page and f"Dismissed: {len(targets)}" in page


def test_accepting_puts_brackets_into_the_text_and_undo_takes_them_out(client: TestClient) -> None:
    first = post(client, {"title": "題", "text": TEXT})
    button = re.search(r'name="accept" value="(\d+:図書館)"', first)
    assert button
    rank = button[1].partition(":")[0]
    place = re.search(rf'name="mention-{rank}" value="([\d:]+図書館)"', first)
    assert place
    second = post(client, {"title": "題", "text": TEXT, "accept": button[1], f"mention-{rank}": place[1]})

    assert textarea(second) == TEXT.replace("図書館", "[図書館]")
    assert 'data-target="図書館"' not in second
    assert "Linked “図書館”" in second
    before = re.search(r'name="before" value="([^"]*)"', second)
    assert before and before[1] == TEXT
    assert textarea(post(client, {"title": "題", "text": textarea(second), "before": TEXT, "undo": "1"})) == TEXT


def test_what_the_text_does_not_say_is_written_at_its_end(client: TestClient) -> None:
    page = post(client, {"text": TEXT, "accept": "0:観察記録"})

    assert textarea(page) == f"{TEXT}\n[観察記録]"


@pytest.mark.parametrize("place", ["1:40:万年筆", "1:0:みじかい", "9:0:短い", "0:0:短い", "x"])
def test_words_that_have_moved_are_left_alone_and_the_reader_is_told(client: TestClient, place: str) -> None:
    page = post(client, {"text": "短い", "accept": "0:万年筆", "mention-0": place})

    assert textarea(page) == "短い"
    assert "“万年筆” is no longer where it was" in page


def test_nothing_to_suggest_is_a_state_of_its_own(drafted: Path) -> None:
    with Library.open(drafted) as library:
        view = found_view(library, project_name(library, PROJECT), Draft("", "本文 [付箋]"), [], "en")

    assert (view.state, view.cards, len(view.blocks)) == ("none", (), 1)


def test_a_text_that_is_too_long_is_refused_with_its_length(client: TestClient) -> None:
    response = client.post(ADDRESS, data={"text": "あ" * (MOST_CHARACTERS + 1)})

    assert response.status_code == 413
    assert "50,001 characters" in response.text
    assert "Try it in parts" in response.text


def test_a_body_beyond_all_measure_is_not_kept(client: TestClient) -> None:
    response = client.post(ADDRESS, content=b"text=" + b"a" * 2_000_000)

    assert response.status_code == 413
    assert "too long" in response.text


def test_markup_in_a_draft_stays_text(client: TestClient) -> None:
    page = post(client, {"title": "<b>", "text": "<script>alert(1)</script></textarea>"})

    assert "<script>alert" not in page
    assert textarea(page) == "&lt;script&gt;alert(1)&lt;/script&gt;&lt;/textarea&gt;"


def test_nothing_of_a_draft_is_kept_on_the_disk(client: TestClient, drafted: Path) -> None:
    secret = "しずかなひみつのことば"
    post(client, {"title": secret, "text": f"{secret}と万年筆"})

    held = [path for path in drafted.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
    assert held == []


def test_the_reading_of_the_wiki_is_shown_with_how_far_it_is(drafted: Path) -> None:
    with Library.open(drafted) as library:
        here, draft = project_name(library, PROJECT), Draft("", "本文")
        told = [
            waiting_view(library, here, draft, Progress(PROJECT, step, done, 4), "").percent
            for step in ("start", "read", "mentions", "statistics", "phrases")
            for done in (0, 2, 4)
        ]

    assert told == sorted(told)
    assert (told[0], told[-1]) == (1, 99)
    assert 40 <= told[8] <= 60


def test_a_project_that_was_never_reindexed_says_what_to_do(tmp_path: Path) -> None:
    with Library.open(tmp_path) as library:
        import_into(library, pages_of_a_wiki()[:3])
    with client_of(tmp_path) as client:
        page = post(client, {"text": "本文"})

    assert 'data-state="failed"' in page
    assert "Run `linkassist reindex --library " in page
    assert textarea(page) == "本文"


def test_an_unknown_project_is_not_found(client: TestClient) -> None:
    assert client.get("/draft/nobody").status_code == 404
