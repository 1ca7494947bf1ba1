"""The server of the tests, asked as the official command-line client asks: its addresses, headers and bodies."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from support.little_scrapbox import KEY, SERVICE_KEY, TOKEN, Account, LittleScrapbox, RateLimit, little_scrapbox

PAGE = "a" * 24


@pytest.fixture
def scrapbox() -> Iterator[LittleScrapbox]:
    with little_scrapbox() as found:
        found.put(PAGE, "庭", "KJ法の話", "二行目")
        found.put("b" * 24, "KJ法", "[発想法]")
        found.put("c" * 24, "発想法", "[庭] と [KJ法]")
        yield found


def credential(key: str) -> dict[str, str]:
    if not key:
        return {}
    return {"x-service-account-access-key" if key.startswith("cs_") else "x-personal-access-token": key}


def get(scrapbox: LittleScrapbox, path: str, key: str = TOKEN, **headers: str) -> requests.Response:
    return requests.get(scrapbox.address + path, headers=credential(key) | headers, timeout=10)


def post(scrapbox: LittleScrapbox, name: str, body: dict[str, Any], key: str = TOKEN) -> requests.Response:
    address = f"{scrapbox.address}/api/pages/v2/niwa/page-edit-for-ai/{name}"
    return requests.post(address, json=body, headers=credential(key), timeout=10)


def read(scrapbox: LittleScrapbox, title: str = "庭") -> dict[str, Any]:
    found: dict[str, Any] = get(scrapbox, f"/api/pages/v2/niwa/{title}").json()
    return found


def replace(scrapbox: LittleScrapbox, text: str = "[KJ法]の話") -> dict[str, Any]:
    """A preview of the first line replaced."""
    page = read(scrapbox)
    changes = [{"_update": page["lines"][1]["id"], "lines": {"text": text}}]
    found: dict[str, Any] = post(scrapbox, "preview", {"pageId": page["id"], "changes": changes}).json()
    return found


def test_an_edit_is_previewed_submitted_once_and_in_the_commits(scrapbox: LittleScrapbox) -> None:
    page = read(scrapbox)
    changes = [
        {"_insert": page["lines"][2]["id"], "lines": {"id": secrets.token_hex(12), "text": "前"}},
        {"_update": page["lines"][1]["id"], "lines": {"text": "[KJ法]の話"}},
        {"_insert": "_end", "lines": {"id": secrets.token_hex(12), "text": "末尾"}},
        {"_delete": page["lines"][2]["id"]},
    ]
    preview = post(scrapbox, "preview", {"pageId": page["id"], "changes": changes}).json()
    assert preview.keys() == {"previewId", "expireAt", "pagePreview"}
    assert [line["text"] for line in preview["pagePreview"]["lines"]] == ["庭", "[KJ法]の話", "前", "末尾"]
    assert (preview["pagePreview"]["title"], preview["pagePreview"]["persistent"]) == ("庭", True)
    assert scrapbox.texts(PAGE) == ["庭", "KJ法の話", "二行目"]

    done = post(scrapbox, "submit", {"previewId": preview["previewId"]}).json()
    assert done["page"] == {"title": "庭"}
    assert scrapbox.texts(PAGE) == ["庭", "[KJ法]の話", "前", "末尾"]
    assert read(scrapbox)["commitId"] == done["commitId"] != page["commitId"]
    (commit,) = get(scrapbox, f"/api/commits/niwa/{PAGE}").json()["commits"]
    assert (commit["id"], commit["changes"][1]["lines"]["origText"]) == (done["commitId"], "KJ法の話")
    assert get(scrapbox, f"/api/commits/niwa/{PAGE}?head={done['commitId']}").json() == {"commits": []}
    assert post(scrapbox, "submit", {"previewId": preview["previewId"]}).status_code == 404


def test_a_preview_of_a_page_that_was_edited_since_is_refused_and_used_up(scrapbox: LittleScrapbox) -> None:
    preview = replace(scrapbox)
    scrapbox.write(PAGE, 2, "二行目、加筆")
    refused = post(scrapbox, "submit", {"previewId": preview["previewId"]})
    assert (refused.status_code, refused.json()["error"]) == (409, "NotFastForward")
    assert post(scrapbox, "submit", {"previewId": preview["previewId"]}).status_code == 404
    assert scrapbox.texts(PAGE) == ["庭", "KJ法の話", "二行目、加筆"]


def test_a_preview_lives_five_minutes_and_is_for_its_maker_and_its_project(scrapbox: LittleScrapbox) -> None:
    preview = {"previewId": replace(scrapbox)["previewId"]}
    assert post(scrapbox, "submit", preview, SERVICE_KEY).status_code == 404
    scrapbox.accounts[TOKEN].projects = ("niwa", "mori")
    elsewhere = f"{scrapbox.address}/api/pages/v2/mori/page-edit-for-ai/submit"
    assert requests.post(elsewhere, json=preview, headers=credential(TOKEN), timeout=10).status_code == 400
    scrapbox.clock = lambda: time.time() + 301
    assert post(scrapbox, "submit", preview).status_code == 404
    assert scrapbox.texts(PAGE)[1] == "KJ法の話"


def test_a_new_page_of_a_title_that_is_there_by_now_is_refused(scrapbox: LittleScrapbox) -> None:
    changes = [{"_insert": "_end", "lines": {"id": secrets.token_hex(12), "text": text}} for text in ("新 しい", "x")]
    preview = post(scrapbox, "preview", {"changes": changes}).json()
    assert preview["pagePreview"]["persistent"] is False
    scrapbox.put("d" * 24, "新_しい")
    refused = post(scrapbox, "submit", {"previewId": preview["previewId"]})
    assert (refused.status_code, refused.json()) == (409, {"error": "DuplicateTitle"})


@pytest.mark.parametrize(
    ("page_id", "change", "status"),
    [
        ("f" * 24, {"_delete": f"{PAGE}-1"}, 404),
        (PAGE, {"_delete": "none"}, 422),
        (PAGE, {"_update": f"{PAGE}-1", "lines": {"text": "two\nlines"}}, 422),
        (PAGE, {"_insert": "_end", "lines": {"id": f"{PAGE}-1", "text": "x"}}, 422),
        (PAGE, {"_update": f"{PAGE}-1", "_delete": f"{PAGE}-1", "lines": {"text": "x"}}, 422),
    ],
)
def test_a_bad_change_is_refused(scrapbox: LittleScrapbox, page_id: str, change: dict[str, Any], status: int) -> None:
    assert post(scrapbox, "preview", {"pageId": page_id, "changes": [change]}).status_code == status


def test_a_page_that_is_not_there_is_answered_with_ids_that_are_no_anchors(scrapbox: LittleScrapbox) -> None:
    page = read(scrapbox, "ない")
    assert page["persistent"] is False and page["id"] and page["lines"][0]["id"]
    changes = [{"_delete": page["lines"][0]["id"]}]
    assert post(scrapbox, "preview", {"pageId": page["id"], "changes": changes}).status_code == 404


def test_an_unchanged_page_is_answered_without_a_body(scrapbox: LittleScrapbox) -> None:
    first = get(scrapbox, "/api/pages/v2/niwa/庭")
    known = {"If-None-Match": first.headers["ETag"]}
    assert (get(scrapbox, "/api/pages/v2/niwa/庭", **known).status_code, first.json()["persistent"]) == (304, True)
    scrapbox.write(PAGE, 1, "x")
    assert get(scrapbox, "/api/pages/v2/niwa/庭", **known).status_code == 200


def test_only_a_member_with_the_key_in_its_own_header_reads_and_edits(scrapbox: LittleScrapbox) -> None:
    path = "/api/pages/v2/niwa/庭"
    assert get(scrapbox, path, SERVICE_KEY).status_code == get(scrapbox, path, TOKEN).status_code == 200
    assert get(scrapbox, path, "pat_" + "0" * 64).status_code == get(scrapbox, path, "").status_code == 401
    assert get(scrapbox, path, "", Cookie=f"connect.sid={KEY}").status_code == 200
    assert get(scrapbox, path, "", Cookie=f"connect.sid={TOKEN}").status_code == 401
    scrapbox.accounts[TOKEN] = Account("token", "stranger", ())
    assert get(scrapbox, path).status_code == 403
    scrapbox.is_private = False
    assert get(scrapbox, path, "").status_code == 200
    assert post(scrapbox, "submit", {"previewId": "x"}).status_code == 403
    assert post(scrapbox, "submit", {"previewId": "x"}, "").status_code == 401
    assert get(scrapbox, f"/api/commits/niwa/{PAGE}", "").status_code == 401


def test_related_pages_and_titles_come_in_parts(scrapbox: LittleScrapbox) -> None:
    scrapbox.put("d" * 24, "道具", "[KJ法]")
    near = get(scrapbox, "/api/pages/v2/niwa/発想法/links1hop?perPage=1").json()
    assert ([page["title"] for page in near["links1hop"]], near["pagination"]["nextId"]) == (["庭"], "b" * 24)
    rest = get(scrapbox, f"/api/pages/v2/niwa/発想法/links1hop?perPage=1&nextId={near['pagination']['nextId']}").json()
    assert ([page["title"] for page in rest["links1hop"]], rest["pagination"]["nextId"]) == (["KJ法"], None)
    far = get(scrapbox, "/api/pages/v2/niwa/発想法/links2hop").json()
    assert [page["title"] for page in far["links2hop"]] == ["道具"]
    scrapbox.most_listed = 3
    first = get(scrapbox, "/api/pages/niwa/search/titles")
    more = get(scrapbox, f"/api/pages/niwa/search/titles?followingId={first.headers['X-Following-Id']}")
    assert [page["title"] for page in (*first.json(), *more.json())] == ["庭", "KJ法", "発想法", "道具"]
    assert more.headers["X-Following-Id"] == ""


@pytest.mark.parametrize("retry_after", ["", "1"])
def test_requests_beyond_the_rate_are_refused(scrapbox: LittleScrapbox, retry_after: str) -> None:
    scrapbox.rate = RateLimit(2, 3600.0, retry_after)
    found = [get(scrapbox, "/api/pages/v2/niwa/庭") for _ in range(3)]
    assert [each.status_code for each in found] == [200, 200, 429]
    assert found[2].headers.get("Retry-After", "") == retry_after


def test_an_answer_can_be_lost_after_its_edit_was_made(scrapbox: LittleScrapbox) -> None:
    preview = replace(scrapbox)
    scrapbox.lost = ["submit"]
    with pytest.raises(requests.ConnectionError):
        post(scrapbox, "submit", {"previewId": preview["previewId"]})
    assert scrapbox.texts(PAGE)[1] == "[KJ法]の話"
    assert post(scrapbox, "submit", {"previewId": preview["previewId"]}).status_code == 404


def test_a_page_can_be_edited_between_two_requests(scrapbox: LittleScrapbox) -> None:
    scrapbox.after = lambda path: scrapbox.write(PAGE, 2, "加筆") if path.endswith("/preview") else None
    assert post(scrapbox, "submit", {"previewId": replace(scrapbox)["previewId"]}).status_code == 409
