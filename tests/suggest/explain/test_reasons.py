"""Reasons in words, in both languages."""

from __future__ import annotations

from typing import get_args

import pytest
from support.signals import signals_of_the_explainers

from linkassist.files.catalogs import Language
from linkassist.suggest.explain.reasons import reason_text
from linkassist.suggestion import Reason

NAMES = ("庭", "道具")

WORDS = {
    "link_probability": (
        Reason("link_probability", count=3, total=8),
        "この語がある 8 ページのうち 3 ページがリンクしています",
        "linked in 3 of the 8 pages that contain it",
    ),
    "mention": (
        Reason("mention"),
        "リンク先のタイトルが本文にあります",
        "its title is in the text",
    ),
    "variant": (
        Reason("variant", quote="ＢＥＲＴ"),
        "表記ゆれ: 本文では「ＢＥＲＴ」",
        "a spelling variant: the text says “ＢＥＲＴ”",
    ),
    "inflected": (
        Reason("inflected", quote="強かった"),
        "語形の違い: 本文では「強かった」（本文は変えません）",
        "another form of the title: the text says “強かった”, which stays as it is",
    ),
    "neighbours": (
        Reason("neighbours", names=NAMES),
        "似たページがリンクしています: 「庭」、「道具」",
        "similar pages link it: “庭”, “道具”",
    ),
    "co_citation": (
        Reason("co_citation", names=NAMES),
        "よく一緒にリンクされています: 「庭」、「道具」",
        "often linked together with “庭”, “道具”",
    ),
    "similar_line": (
        Reason("similar_line", names=("庭", "雨の朝に書く"), quote="雨の夜に書く"),
        "「雨の夜に書く」は、これをリンクしている「庭」の「雨の朝に書く」に似ています",
        "“雨の夜に書く” is similar to “雨の朝に書く” on “庭”, where it is linked",
    ),
    "far": (
        Reason("far", names=("庭", "雨の朝に書く"), quote="雨の夜に書く"),
        "リンクでは遠いページですが、「雨の夜に書く」は、これをリンクしている「庭」の「雨の朝に書く」に似ています",
        "far from here by links, yet “雨の夜に書く” is similar to “雨の朝に書く” on “庭”, where it is linked",
    ),
    "same_title": (
        Reason("same_title", names=("庭",)),
        "「庭」とほぼ同じタイトルです",
        "nearly the same title as “庭”",
    ),
    "taken": (Reason("taken"), "この言葉はほかのリンクの中にしかありません", "its words are inside other links only"),
    "same_place": (
        Reason("same_place", names=("庭",)),
        "同じ言葉に「庭」の提案があります",
        "“庭” is suggested for the same words",
    ),
    "enough": (
        Reason("enough", count=4, total=4),
        "このくらいの長さのページに、リンクはこれより少ないのがふつうです",
        "pages of this length usually have fewer links here",
    ),
    "own_line": (
        Reason("own_line"),
        "一行に単独で書かれています（このWikiのリンクによくある形です）",
        "it stands alone on its line, as links in this wiki often do",
    ),
    "seeds_link": (
        Reason("seeds_link", names=NAMES),
        "このページのリンク先がリンクしています: 「庭」、「道具」",
        "pages linked here link it: “庭”, “道具”",
    ),
    "namesakes": (
        Reason("namesakes", names=NAMES),
        "タイトルの似たページがリンクしています: 「庭」、「道具」",
        "pages with similar titles link it: “庭”, “道具”",
    ),
    "linked_beside": (
        Reason("linked_beside", names=NAMES),
        "このページと一緒にリンクされています: 「庭」、「道具」",
        "linked alongside this page on “庭”, “道具”",
    ),
    "lately": (
        Reason("lately", count=4, total=4),
        "最近の 4 ページがリンクしています",
        "4 of the newest pages link it",
    ),
    "same_host": (
        Reason("same_host", count=3, total=8, quote="example.com"),
        "example.com を引用するほかの 8 ページのうち 3 ページがリンクしています",
        "linked in 3 of the 8 other pages that cite example.com",
    ),
    "same_project": (
        Reason("same_project", count=1, total=1, quote="/icons"),
        "プロジェクト /icons を引用するほかの 1 ページのうち 1 ページがリンクしています",
        "linked in the only other page that cites the project /icons",
    ),
    "same_icon": (
        Reason("same_icon", count=3, total=8, quote="庭"),
        "庭 のアイコンがあるほかの 8 ページのうち 3 ページがリンクしています",
        "linked in 3 of the 8 other pages with the icon of 庭",
    ),
    "same_author": (
        Reason("same_author", count=3, total=8),
        "同じ人が書いたほかの 8 ページのうち 3 ページがリンクしています",
        "linked in 3 of the 8 other pages by the same author",
    ),
    "similar_page": (Reason("similar_page"), "内容が近いページです", "its text is similar to this page"),
    "title_words": (Reason("title_words"), "タイトルが似ています", "the titles are similar"),
    "backlink": (Reason("backlink"), "そのページからこのページへリンクがあります", "it already links to this page"),
    "in_title": (Reason("in_title"), "このページのタイトルにある言葉です", "it is in the title of this page"),
    "in_link": (Reason("in_link"), "ほかのリンクに含まれる言葉です", "it is inside another link"),
    "related": (
        Reason("related"),
        "このリンクを張っているページと似た内容です",
        "this page is similar to those that link it",
    ),
    "icon": (Reason("icon"), "このページにアイコンがあります", "its icon is on this page"),
    "joins": (
        Reason("joins", total=6, names=("庭", "道具", "検索", "栞")),
        "まだページはありませんが、6 ページがつながります: 「庭」、「道具」、「検索」 ほか 3 件",
        "no page yet, but it connects 6 pages that link it: “庭”, “道具”, “検索” and 3 more",
    ),
    "bridges": (
        Reason("bridges", total=2, names=NAMES),
        "2 ページに同じ言葉があり、リンクすればつながります: 「庭」、「道具」",
        "2 other pages contain it too and would be connected: “庭”, “道具”",
    ),
    "phrase": (Reason("phrase"), "タイトルになりそうな言葉です", "it reads like a title"),
    "quoted": (Reason("quoted"), "かぎ括弧で囲まれています", "it is in quotation marks"),
}


@pytest.mark.parametrize(("reason", "japanese", "english"), WORDS.values(), ids=WORDS)
def test_each_signal_has_words_in_both_languages(reason: Reason, japanese: str, english: str) -> None:
    assert reason_text(reason, "ja") == japanese
    assert reason_text(reason, "en") == english


def test_one_page_is_told_in_the_singular() -> None:
    reason = Reason("link_probability", count=1, total=1)
    assert reason_text(reason, "ja") == "この語があるほかの 1 ページがリンクしています"
    assert reason_text(reason, "en") == "linked in the only page that contains it"


def test_every_signal_that_the_explainers_give_is_in_the_table_above() -> None:
    assert signals_of_the_explainers() == set(WORDS)


@pytest.mark.parametrize("language", get_args(Language))
def test_a_signal_of_a_newer_version_shows_its_name(language: Language) -> None:
    assert reason_text(Reason("telepathy"), language) == "telepathy"


@pytest.mark.parametrize("language", get_args(Language))
def test_titles_with_braces_are_shown_as_they_are(language: Language) -> None:
    assert "{count}" in reason_text(Reason("neighbours", names=("{count}",)), language)
