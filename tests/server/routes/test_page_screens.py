"""The list of pages, the page and its surroundings, through the application."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from support.little_server import address, client_of, decide, little_client, verdicts_of
from support.little_wiki import AWKWARD_TITLES, PROJECT

from linkassist.scrapbox.notation import page_links
from linkassist.server.urls import page_address
from linkassist.store.imports import import_pages
from linkassist.store.library import Library
from linkassist.store.pages import find_page, project
from linkassist.store.suggestions import replace_suggestions
from linkassist.suggestion import Mention, Reason, Suggestion
from linkassist.wiki import Line, Page, title_key

KINDS = ("page", "red", "new")

GARDEN = "庭としてのWiki"
ROW_TITLE = re.compile(r'class="row-title"[^>]*>([^<]*)<')
CARD = re.compile(r'<li class="card[^>]*data-target="([^"]*)" data-state="([a-z]*)"')


def titles_in(html: str) -> list[str]:
    return [unescape(title) for title in ROW_TITLE.findall(html)]


def cards_in(html: str) -> dict[str, str]:
    return {unescape(target): state for target, state in CARD.findall(html)}


def test_the_start_leads_to_the_list(tmp_path: Path) -> None:
    response = little_client(tmp_path).get("/")
    assert response.url.path == "/p/niwa"


def test_an_empty_library_says_how_to_import(tmp_path: Path) -> None:
    response = client_of(tmp_path).get("/")
    assert response.status_code == 200
    assert "linkassist import EXPORT.json" in response.text


def test_the_list_tells_what_there_is_and_puts_the_most_to_gain_first(tmp_path: Path) -> None:
    html = little_client(tmp_path).get("/p/niwa").text
    assert "22 pages" in html and "20 suggestions" in html and "Updated just now" in html
    assert titles_in(html)[:2] == [GARDEN, "記法の見本"]


def test_the_list_is_sorted_by_title_when_its_address_says_so(tmp_path: Path) -> None:
    titles = titles_in(little_client(tmp_path).get("/p/niwa?sort=title").text)
    assert titles == sorted(titles, key=lambda title: title.replace(" ", "_").lower())


def test_the_fewest_links_come_first_when_the_address_says_so(tmp_path: Path) -> None:
    titles = titles_in(little_client(tmp_path).get("/p/niwa?sort=links").text)
    assert set(titles[:2]) == {"さみしいページ", "空のページ"} and titles[-1] == "記法の見本"


def test_an_unknown_sort_or_page_number_is_the_first_page_by_gain(tmp_path: Path) -> None:
    assert titles_in(little_client(tmp_path).get("/p/niwa?sort=x&page=-1").text)[0] == GARDEN


def test_a_long_list_is_shown_page_by_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linkassist.server.views.page_list.N_ROWS", 10)
    client = little_client(tmp_path)
    first, last = client.get("/p/niwa").text, client.get("/p/niwa?page=3").text
    assert len(titles_in(first)) == 10 and len(titles_in(last)) == 2
    assert "1–10 of 22" in first and 'href="/p/niwa?page=2#list"' in first
    assert 'rel="next"' not in last


def test_a_page_shows_its_text_with_marks_and_its_suggestions_lane_by_lane(tmp_path: Path) -> None:
    html = little_client(tmp_path).get(address(GARDEN)).text
    assert list(cards_in(html)) == ["KJ法", "検索", "Reading notes", "孤立したページ", "つながり", "草むしり"]
    assert '<a class="mark kind-page" href="#c1" data-card="1" data-place="11:19:KJ法">KJ法</a>' in html
    assert f'<a class="link" href="{address("知的生産")}" data-peek>知的生産</a>' in html
    assert f'<a class="link red" href="{address("芽")}" data-peek>芽</a>' in html


def card_in(html: str, target: str) -> str:
    """The markup of the card of the target, without white space between its elements."""
    (found,) = re.findall(
        rf'<li class="card[^>]*data-target="{re.escape(target)}".*?</li>\s*(?=<li class="card|</ol>)', html, re.S
    )
    return re.sub(r">\s+<", "><", found)


def test_a_card_shows_the_line_after_then_one_reason_and_folds_the_others(tmp_path: Path) -> None:
    card = card_in(little_client(tmp_path).get(address(GARDEN)).text, "KJ法")
    line = "最近は<ins>[</ins><em>KJ法</em><ins>]</ins>のラベル集めにも使っている"
    reasons = '<li>its title is in the text</li></ul><details class="why-more"><summary>1 more reason</summary>'
    assert line in card and reasons in card
    assert card.index(line) < card.index(reasons)
    assert card.index("linked in 18 of the 21 pages that contain it") > card.index(reasons)


def test_a_card_without_words_in_the_text_shows_the_line_that_is_added(tmp_path: Path) -> None:
    card = card_in(little_client(tmp_path).get(address(GARDEN)).text, "Reading notes")
    assert "<ins>[Reading notes]</ins>" in card and "Not in the text: added at the end" in card


def test_of_several_places_the_first_is_in_sight_and_the_others_are_folded(tmp_path: Path) -> None:
    text = [*(f"茶を{number}杯" for number in range(30)), ""]
    client = client_of(tmp_path)
    with Library.open(tmp_path) as library:
        pages = [Page("茶", (Line("茶"),)), Page("日記", tuple(map(Line, ["日記", *text])))]
        import_pages(library, PROJECT, "", 1, pages, lambda lines: page_links(lines))
        project_id = project(library, PROJECT).id
        places = tuple(Mention(number, 0, 1, "茶") for number in range(1, 31))
        page_id = find_page(library, project_id, "日記").id
        replace_suggestions(library, project_id, 1, [(page_id, [Suggestion("茶", "page", 0.8, places)])])
    html = client.get(address("日記")).text
    card = card_in(html, "茶")
    first, _, folded = card.partition('<details class="where-more">')
    assert first.count('name="mention"') == 1 and 'value="1:0:茶" checked' in first
    assert folded.count('name="mention"') == 19 and "19 other places" in folded
    assert html.count('class="mark') == 20, "what is marked can be chosen"


def test_a_page_shows_what_its_text_says_and_runs_none_of_it(tmp_path: Path) -> None:
    html = little_client(tmp_path).get(address("記法の見本")).text
    assert "<script>alert" not in html and "&lt;script&gt;alert" in html
    assert 'referrerpolicy="no-referrer"' in html and 'loading="lazy"' in html


def test_no_template_needs_an_inline_script_or_style(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    for path in ("/p/niwa", address(GARDEN), address("記法の見本"), address("芽"), "/nothing"):
        html = client.get(path).text
        assert " style=" not in html and " onclick=" not in html and "<style" not in html, path
        assert not re.search(r"<script(?![^>]*src=)", html), path


def test_accepting_a_mention_shows_it_as_a_link_at_once(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    html = decide(client, GARDEN, "KJ法", "accept")
    (verdict,) = verdicts_of(tmp_path, GARDEN)
    assert (verdict.target, verdict.decision, verdict.kind, verdict.probability) == ("KJ法", "accept", "page", 0.86)
    assert verdict.mention is not None and verdict.mention.surface == "KJ法"
    assert f'<a class="link accepted kind-page" href="{address("KJ法")}"' in html
    assert cards_in(html)["KJ法"] == "accepted"
    assert "Accepted “KJ法”" in html


def test_accepting_without_a_mention_adds_a_line_at_the_end(tmp_path: Path) -> None:
    html = decide(little_client(tmp_path), GARDEN, "Reading notes", "accept")
    (verdict,) = verdicts_of(tmp_path, GARDEN)
    assert verdict.mention is None
    appended = html[html.index('id="appended"') :]
    assert "Added at the end" in appended and ">Reading notes</a>" in appended


def test_rejecting_takes_the_card_out_of_the_list_and_the_mark_out_of_the_text(tmp_path: Path) -> None:
    html = decide(little_client(tmp_path), GARDEN, "検索", "reject")
    assert verdicts_of(tmp_path, GARDEN)[0].decision == "reject"
    assert cards_in(html)["検索"] == "rejected"
    assert 'data-card="3">検索</a>' not in html
    assert "Dismissed: 1" in html


def test_undo_brings_the_suggestion_back(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    before = cards_in(client.get(address(GARDEN)).text)
    decide(client, GARDEN, "検索", "reject")
    html = decide(client, GARDEN, "検索", "undo")
    assert cards_in(html) == before
    assert verdicts_of(tmp_path, GARDEN) == []
    assert "Undid the decision on “検索”" in html


def test_the_chosen_mention_is_the_one_that_becomes_the_link(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    with Library.open(tmp_path) as library:
        here = project(library, PROJECT)
        page = find_page(library, here.id, "検索")
        text = page.page.texts[1]
        mentions = tuple(Mention(1, at, at + 4, "おぼえて") for at in (text.index("おぼえて"), text.rindex("おぼえて")))
        replace_suggestions(library, here.id, 1, [(page.id, [Suggestion("記憶", "new", 0.5, mentions)])])
    assert client.get(address("検索")).text.count('type="radio"') == 2
    decide(client, "検索", "記憶", "accept", mention=f"1:{mentions[1].start}:おぼえて")
    assert verdicts_of(tmp_path, "検索")[0].mention == mentions[1]


def test_a_tab_from_before_a_reindex_means_the_words_that_it_showed(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    with Library.open(tmp_path) as library:
        text = find_page(library, project(library, PROJECT).id, "検索").page.texts[1]
    first, last = (Mention(1, at, at + 4, "おぼえて") for at in (text.index("おぼえて"), text.rindex("おぼえて")))
    suggest(tmp_path, "検索", Suggestion("記憶", "new", 0.5, (first, last)), Suggestion("芽", "red", 0.4, (first,)))
    shown = re.findall(r'name="mention" value="([^"]+)"', client.get(address("検索")).text)
    suggest(tmp_path, "検索", Suggestion("記憶", "new", 0.6, (last, first)), Suggestion("芽", "red", 0.4, (last,)))
    decide(client, "検索", "記憶", "accept", mention=shown[0])
    assert verdicts_of(tmp_path, "検索")[0].mention == first
    gone = {"project": PROJECT, "page": "検索", "target": "芽", "decision": "accept", "mention": shown[0]}
    response = client.post("/verdict", data=gone)
    assert response.status_code == 404 and "made anew since. Reload the page" in unescape(response.text)
    suggest(tmp_path, "検索")
    response = client.post("/verdict", data=gone)
    assert response.status_code == 404 and "is no longer suggested for this page. Reload" in unescape(response.text)
    assert len(verdicts_of(tmp_path, "検索")) == 1


def test_a_far_suggestion_stands_in_a_lane_of_its_own_with_the_two_lines_beside_it(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    near = Suggestion(
        "道具", "page", 0.4, reasons=(Reason("similar_line", quote="近い行", names=("知的生産", "[道具]の行")),)
    )
    far = Suggestion(
        "芽", "red", 0.5, reasons=(Reason("far", quote="遠い<行>", names=("KJ法", "芽の行")), Reason("related"))
    )
    with Library.open(tmp_path) as library:
        here = project(library, PROJECT)
        replace_suggestions(library, here.id, 1, [(find_page(library, here.id, "検索").id, [far, near])])
    html = client.get(address("検索")).text
    far_from = html.rindex('class="lane"')
    before, lane = html[:far_from], html[far_from:]
    assert list(cards_in(before)) == ["道具"] and list(cards_in(lane)) == ["芽"]
    assert "近い行" in before and "道具の行" in before and "Distant pages" in lane
    assert "遠い&lt;行&gt;" in lane and f'href="{address("KJ法")}"' in lane and "far from here" not in lane


def test_a_verdict_outlives_the_suggestion_it_was_given_to(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    decide(client, GARDEN, "KJ法", "accept")
    with Library.open(tmp_path) as library:
        here = project(library, PROJECT)
        replace_suggestions(library, here.id, 2, [(find_page(library, here.id, "庭としてのwiki").id, [])])
    html = client.get(address(GARDEN)).text
    assert cards_in(html) == {"KJ法": "accepted"}
    assert 'class="link accepted kind-page"' in html


def object_to(client: TestClient, page: str, target: str, why: str) -> str:
    form = {"project": PROJECT, "page": page, "target": target, "decision": "reject", "why": why}
    return client.post("/verdict", data=form).text


def test_after_a_rejection_one_can_say_why_change_it_and_take_it_back(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    html = decide(client, GARDEN, "検索", "reject")
    assert [verdict.why for verdict in verdicts_of(tmp_path, GARDEN)] == [""]
    assert html.count('name="why"') == 8, "four in the notice, four on the card"
    html = object_to(client, GARDEN, "検索", "wrong_sense")
    assert "Will be suggested only where the context is close" in html and html.count('aria-pressed="true"') >= 2
    for why, kept in (("too_near", "too_near"), ("", "")):
        object_to(client, GARDEN, "検索", why)
        (verdict,) = verdicts_of(tmp_path, GARDEN)
        assert (verdict.decision, verdict.why, verdict.probability) == ("reject", kept, 0.64)
    assert cards_in(decide(client, GARDEN, "検索", "undo"))["検索"] == "open", "one undo takes back all of it"


def objections_offered(html: str) -> list[str]:
    notice = html[html.index('id="notice"') :]
    return re.findall(r'name="why" value="([a-z_]*)"', notice)


def test_only_objections_that_make_sense_are_offered(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    targets = ("KJ法", "Reading notes", "草むしり")
    offered = {target: objections_offered(decide(client, GARDEN, target, "reject")) for target in targets}
    assert offered == {
        "KJ法": ["too_common", "wrong_sense", "wrong_span", "too_near"],
        "Reading notes": ["too_common", "too_near"],  # no words of the text
        "草むしり": ["too_common", "wrong_span"],  # nothing links it yet
    }


def test_an_objection_to_what_is_not_rejected_or_of_an_unknown_name_is_refused(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    assert "is not rejected on this page" in object_to(client, GARDEN, "検索", "too_near")
    decide(client, GARDEN, "検索", "reject")
    assert "expected too_common, wrong_sense" in object_to(client, GARDEN, "検索", "too_blue")


def chances_in(html: str) -> dict[str, int]:
    found = re.findall(r'data-target="([^"]*)" data-state="open".*?<b>(\d+)</b>%', html, re.S)
    return {unescape(target): int(percent) for target, percent in found}


def test_the_second_rejection_of_a_target_shows_on_every_page_at_once_and_undone_it_is_gone(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    first, second, _, third = AWKWARD_TITLES[:4]
    decide(client, first, "道具", "reject")
    assert chances_in(client.get(address(third)).text) == {"道具": 25}
    decide(client, second, "道具", "reject")
    assert chances_in(client.get(address(third)).text) == {}, "it fell below the floor"
    html = client.get(address(third), params={"all": "1"}).text
    assert chances_in(html) == {"道具": 12} and "you dismissed this link on 2 pages" in html
    assert 'title="12% likely, given your decisions so far (25% without them)"' in html
    decide(client, second, "道具", "undo")
    html = client.get(address(third)).text
    assert chances_in(html) == {"道具": 25} and "you dismissed" not in html


def test_words_called_wrong_are_offered_on_no_page_and_the_others_become_the_link(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    for title in AWKWARD_TITLES[:3]:
        with Library.open(tmp_path) as library:
            page = find_page(library, project(library, PROJECT).id, title_key(title))
        at = page.page.texts[1].index("のそばの")
        mentions = (Mention(1, at, at + 2, "のそ"), Mention(1, at + 2, at + 3, "ば"), Mention(1, at + 3, at + 4, "の"))
        suggest(tmp_path, title, Suggestion("となり", "red", 0.5, mentions))
    first, second, third = AWKWARD_TITLES[:3]
    decide(client, first, "となり", "reject")
    object_to(client, first, "となり", "wrong_span")
    html = client.get(address(second)).text
    places = re.findall(r'name="mention" value="([^"]+)"', html)
    assert [place.split(":")[2] for place in places] == ["ば", "の"]
    decide(client, second, "となり", "accept", mention=places[1])
    decide(client, third, "となり", "accept")
    chosen = [verdicts_of(tmp_path, title)[0].mention for title in (second, third)]
    assert [mention and mention.surface for mention in chosen] == ["の", "ば"]


@pytest.mark.parametrize(
    ("form", "status", "advice"),
    [
        pytest.param({"target": "KJ法", "decision": "maybe"}, 400, "expected accept, reject or undo", id="decision"),
        pytest.param({"target": "ない", "decision": "accept"}, 404, "Reload the page", id="not suggested"),
        pytest.param({"target": "KJ法", "decision": "undo"}, 404, "nothing to undo", id="nothing decided"),
        pytest.param(
            {"target": "KJ法", "decision": "accept", "mention": "7:1:x"}, 404, "no longer there", id="mention"
        ),
        pytest.param({"page": "ない", "target": "KJ法", "decision": "accept"}, 404, "No page has the title", id="page"),
        pytest.param({"project": "ない"}, 404, "It holds: niwa", id="project"),
    ],
)
def test_a_form_that_cannot_be_followed_is_answered_with_advice(
    tmp_path: Path, form: dict[str, str], status: int, advice: str
) -> None:
    response = little_client(tmp_path).post("/verdict", data={"project": PROJECT, "page": GARDEN} | form)
    assert response.status_code == status
    assert advice in unescape(response.text)
    assert verdicts_of(tmp_path, GARDEN) == []


def test_an_old_address_that_tells_of_a_decision_shows_no_notice_once_it_is_undone(tmp_path: Path) -> None:
    html = little_client(tmp_path).get(address(GARDEN), params={"did": "accept", "target": "KJ法"}).text
    assert "Accepted “KJ法”" not in html


def suggest(folder: Path, page: str, *suggestions: Suggestion) -> None:
    with Library.open(folder) as library:
        found = find_page(library, project(library, PROJECT).id, title_key(page))
        replace_suggestions(library, found.project_id, 1, [(found.id, suggestions)])


def test_only_the_best_suggestions_are_shown_until_all_are_asked_for(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    targets = [f"苗 {number}" for number in range(17)]
    suggest(tmp_path, GARDEN, *(Suggestion(target, "red", 0.9 - place / 100) for place, target in enumerate(targets)))
    html = client.get(address(GARDEN)).text
    assert list(cards_in(html)) == targets[:15] and "Show 2 more" in html
    assert list(cards_in(client.get(address(GARDEN), params={"all": "1"}).text)) == targets


def test_weaker_suggestions_and_their_marks_are_shown_to_those_who_ask(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    weak = Suggestion("落ち葉", "red", 0.05, (Mention(9, 14, 15, "庭"),))
    suggest(tmp_path, GARDEN, Suggestion("道具箱", "red", 0.4), weak, Suggestion("物置", "red", 0.02))
    html = client.get(address(GARDEN)).text
    assert list(cards_in(html)) == ["道具箱"] and "Show 2 less likely suggestions" in html and 'class="mark' not in html
    html = client.get(address(GARDEN), params={"all": "1"}).text
    assert list(cards_in(html)) == ["道具箱", "落ち葉", "物置"] and 'class="mark' in html
    assert "Show only the likely ones</a>" in html


def test_a_page_with_weak_suggestions_alone_says_so_calmly(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    suggest(tmp_path, "さみしいページ", Suggestion("物置", "red", 0.02))
    html = client.get(address("さみしいページ")).text
    assert "No likely suggestions here" in html and "Show 1 less likely suggestion<" in html and not cards_in(html)
    assert "shown from 20% on, new links from 30%; 1 less likely one waits below" in html
    row = re.search(r"さみしいページ.*?</li>", client.get(f"/p/{PROJECT}").text, re.S)
    assert row and "no suggestions" in row[0]


def test_a_weak_suggestion_once_decided_stays_in_sight(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    suggest(tmp_path, "さみしいページ", Suggestion("物置", "red", 0.02))
    html = decide(client, "さみしいページ", "物置", "accept")
    assert cards_in(html) == {"物置": "accepted"} and "This page is done" in html


def test_a_page_without_suggestions_says_that_this_is_an_answer(tmp_path: Path) -> None:
    assert "Nothing to suggest here" in little_client(tmp_path).get(address("さみしいページ")).text


def test_a_page_without_text_says_so(tmp_path: Path) -> None:
    assert little_client(tmp_path).get(address("空のページ")).status_code == 200


def test_a_page_that_is_far_too_long_opens_and_says_what_it_leaves_out(tmp_path: Path) -> None:
    long = Page("長い", (Line("長い"), *[Line(f"[道具] {number}") for number in range(5000)]))
    with Library.open(tmp_path) as library:
        import_pages(library, PROJECT, "庭", 0, [long], page_links)
    html = client_of(tmp_path).get(address("長い")).text
    assert "1,001 more lines are not shown." in html


def test_a_page_shows_who_links_it_and_what_it_shares_with_others(tmp_path: Path) -> None:
    html = little_client(tmp_path).get(address("知的生産")).text
    around = html[html.index('class="around"') :]
    assert "記法の見本" in around and "Two links away" in around


def test_a_red_link_has_a_page_that_tells_who_links_it(tmp_path: Path) -> None:
    response = little_client(tmp_path).get(address("芽"))
    assert response.status_code == 404
    assert "Linked from 2 pages" in response.text and "日々の記録" in response.text
    assert "🌱芽" in response.text, "titles that hold it are offered"


def test_the_preview_of_a_page_has_its_first_lines_and_of_a_red_link_its_linkers(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    assert "ばらばらの紙片から" in client.get(address("KJ法").replace("/p/", "/preview/", 1)).text
    red = client.get(address("芽").replace("/p/", "/preview/", 1)).text
    assert "There is no page with this title yet" in red and "日々の記録" in red and "<html" not in red


def test_an_unknown_project_names_those_there_are(tmp_path: Path) -> None:
    response = little_client(tmp_path).get("/p/other")
    assert response.status_code == 404
    assert "It holds: niwa" in response.text


def test_a_title_that_nobody_links_is_not_called_a_red_link(tmp_path: Path) -> None:
    response = little_client(tmp_path).get(address("どこにもない"))
    assert response.status_code == 404
    assert "And no page links to it" in response.text and "Red link" not in response.text
    assert 'href="https://scrapbox.io/niwa/' in response.text and "could link it" not in response.text


def test_one_can_switch_between_the_projects_of_a_library(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    assert 'href="/import"' in client.get("/p/niwa").text
    with Library.open(tmp_path) as library:
        import_pages(library, "hatake", "畑の手帖", 0, [Page("種", (Line("種"), Line("[道具]")))], page_links)
    assert client.get("/").url.path == "/p/hatake"
    html = client.get("/p/hatake").text
    assert 'href="/p/niwa"' in html and "畑の手帖" in html
    assert titles_in(html) == ["種"]
    assert f'class="link red" href="{page_address("hatake", "道具")}"' in client.get(page_address("hatake", "種")).text


def test_language_theme_and_images_are_kept_in_cookies(tmp_path: Path) -> None:
    client = little_client(tmp_path, language="en")
    assert '<html lang="en" data-theme="auto">' in client.get("/p/niwa").text
    for choice in ({"language": "ja"}, {"theme": "dark"}, {"images": "off"}, {"theme": "purple"}):
        client.post("/preferences", data={"back": "/p/niwa"} | choice)
    html = client.get(address("記法の見本")).text
    assert '<html lang="ja" data-theme="dark">' in html
    assert "<img" not in html and "picture-off" in html


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("ja,en-US;q=0.7", "ja"),
        ("en-US,en;q=0.9,ja;q=0.8", "en"),
        ("fr, ja;q=0.5, en;q=0.4", "ja"),
        ("fr", "en"),
        ("", "en"),
        ("ja;q=x,en;q=0.1", "en"),
    ],
)
def test_the_language_is_the_one_the_browser_likes_best(tmp_path: Path, accepted: str, language: str) -> None:
    assert f'<html lang="{language}"' in little_client(tmp_path, language=accepted).get("/p/niwa").text


def test_one_kind_of_a_pages_suggestions_is_shown_alone_and_stays_so_after_an_answer(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    page = "庭としてのWiki"
    everything = client.get(address(page)).text
    pattern = 'class="card kind-{0}[^>]*data-target="([^"]*)"'
    of_kind = {kind: set(re.findall(pattern.format(kind), everything)) for kind in KINDS}
    assert all(of_kind.values()), "the page has some of each"
    for kind in KINDS:
        html = client.get(address(page) + f"?kind={kind}").text
        assert set(re.findall(r'class="card [^>]*data-target="([^"]*)"', html)) == of_kind[kind]
        assert re.search(rf'<a href="[^"]*kind={kind}#suggestions" class="kind-{kind}" aria-current="true">', html)
        assert f"<small>{sum(map(len, of_kind.values()))}</small>" in html, "the way back tells how many there are"
    form = {"project": PROJECT, "page": page, "target": min(of_kind["red"]), "decision": "reject", "kind": "red"}
    after = client.post("/verdict", data=form, follow_redirects=False).headers["location"]
    assert "kind=red" in after
    assert set(re.findall(r'class="card [^>]*data-target="([^"]*)"', client.get(after).text)) == of_kind["red"]


@pytest.mark.parametrize("kind", ["far", "", "nonsense"])
def test_a_kind_that_a_page_has_none_of_leaves_its_list_as_it_is(tmp_path: Path, kind: str) -> None:
    client = little_client(tmp_path)
    page = address("庭としてのWiki")
    assert client.get(f"{page}?kind={kind}").text.count('class="card ') == client.get(page).text.count('class="card ')


def several(client: TestClient, form: dict[str, str]) -> str:
    """Posts the form about several suggestions of the garden's page; returns the page that follows."""
    response = client.post("/verdicts", data={"project": PROJECT, "page": GARDEN, **form}, follow_redirects=False)
    assert response.status_code == 303, response.text
    return client.get(response.headers["location"]).text


def form_in(html: str, decision: str) -> dict[str, str]:
    """The hidden fields of the form whose button has this decision, and the decision."""
    (form,) = [
        each for each in re.findall(r"<form[^>]*/verdicts.*?</form>", html, re.S) if f'value="{decision}"' in each
    ]
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form)
    return {name: unescape(value) for name, value in fields} | {"decision": decision}


def test_all_that_are_sure_are_accepted_with_one_press_and_taken_back_with_one(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    decide(client, GARDEN, "検索", "reject")
    html = client.get(address(GARDEN)).text
    assert "Link all 2 at 70% or more" in html
    html = several(client, form_in(html, "accept_all"))
    assert "Accepted 2 suggestions" in html and "at 70% or more" not in html
    made = {verdict.target: verdict for verdict in verdicts_of(tmp_path, GARDEN)}
    assert {target: verdict.decision for target, verdict in made.items()} == {
        "KJ法": "accept",
        "孤立したページ": "accept",
        "検索": "reject",
    }
    assert made["KJ法"].mention == Mention(11, 19, 22, "KJ法")
    later = decide(client, GARDEN, "つながり", "accept")
    assert 'value="undo_all"' not in later
    html = several(client, form_in(html, "undo_all"))
    assert "Took back the links accepted together" in html and "Link all 2 at 70% or more" in html
    assert [verdict.target for verdict in verdicts_of(tmp_path, GARDEN)] == ["つながり", "検索"]


def test_only_what_is_shown_is_accepted_at_once(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    assert "at 70% or more" not in client.get(f"{address(GARDEN)}?kind=red").text, (
        "one is shown: it has a button of its own"
    )
    assert set(form_in(client.get(address(GARDEN)).text, "accept_all").values()) >= {"KJ法", "孤立したページ"}


def test_a_list_that_is_out_of_date_accepts_nothing(tmp_path: Path) -> None:
    client = little_client(tmp_path)
    form = form_in(client.get(address(GARDEN)).text, "accept_all")
    decide(client, GARDEN, "孤立したページ", "reject")
    response = client.post("/verdicts", data={"project": PROJECT, "page": GARDEN, **form})
    assert response.status_code == 404
    assert [verdict.decision for verdict in verdicts_of(tmp_path, GARDEN)] == ["reject"]


@pytest.mark.parametrize(
    "form", [{"decision": "burn"}, {"decision": "undo_all"}, {"decision": "undo_all", "since": "x", "until": "2"}]
)
def test_a_form_about_several_that_makes_no_sense_is_refused(tmp_path: Path, form: dict[str, str]) -> None:
    response = little_client(tmp_path).post("/verdicts", data={"project": PROJECT, "page": GARDEN, **form})
    assert response.status_code == 400 and "expected" in response.text


def test_a_page_leads_to_itself_in_scrapbox(tmp_path: Path) -> None:
    html = little_client(tmp_path).get(address("入力/出力")).text
    there = "https://scrapbox.io/niwa/%E5%85%A5%E5%8A%9B%2F%E5%87%BA%E5%8A%9B"
    assert f'href="{there}" target="_blank" rel="noopener noreferrer"' in html


PICTURE = "https://gyazo.com/0123456789abcdef0123456789abcdef"


def picture_client(folder: Path) -> TestClient:
    """A client of two pages that share a link; one of them is only an image."""
    client = client_of(folder)
    with Library.open(folder) as library:
        texts = {
            "絵": ["絵", f"[{PICTURE}]", "", "#春"],
            "桜": ["桜", "散る前に", "[春]", "[絵]"],
            "梅": ["梅", "[春]"],
        }
        texts["絵だけ"] = ["絵だけ", f" [{PICTURE}]"]
        pages = [Page(title, tuple(map(Line, lines))) for title, lines in texts.items()]
        import_pages(library, PROJECT, "", 1, pages, lambda lines: page_links(lines))
    return client


def test_pages_two_links_away_are_tiles_with_their_picture_or_their_beginning(tmp_path: Path) -> None:
    html = picture_client(tmp_path).get(address("梅")).text
    tiles = re.findall(r'<li><a href="([^"]*)"><b>([^<]*)</b>(<img[^>]*>)?\s*<span>([^<]*)</span>', html)
    shown = {title: (bool(picture), beginning) for _, title, picture, beginning in tiles}
    assert shown == {"絵": (True, "#春"), "桜": (False, "散る前に 春 絵")}
    assert f'<img src="{PICTURE}/thumb/1000" alt="" loading="lazy"' in html


def test_the_preview_of_a_page_that_is_only_an_image_is_the_image(tmp_path: Path) -> None:
    client = picture_client(tmp_path)
    preview = client.get(page_address(PROJECT, "絵だけ").replace("/p/", "/preview/")).text
    assert f'src="{PICTURE}/thumb/1000"' in preview and "peek-picture alone" in preview
    assert "peek-line" not in preview and "peek-none" not in preview


def test_a_reader_who_wants_no_images_gets_words_for_them(tmp_path: Path) -> None:
    client = picture_client(tmp_path)
    client.post("/preferences", data={"images": "off", "back": "/"})
    preview = client.get(page_address(PROJECT, "絵だけ").replace("/p/", "/preview/")).text
    assert "<img" not in preview and "only an image" in preview
    assert "<img" not in client.get(address("梅")).text
