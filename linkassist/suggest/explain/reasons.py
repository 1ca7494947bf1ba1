"""Reasons in words, Japanese and English. What they say is chosen in `explainer.py`; this imports nothing heavy."""

from __future__ import annotations

from typing import Literal

from linkassist.suggestion import Reason

Language = Literal["ja", "en"]

_MOST_NAMES = 3

_WORDS: dict[str, tuple[str, str]] = {
    "link_probability": (
        "この語がある {total} ページのうち {count} ページがリンクしています",
        "linked in {count} of the {total} pages that contain it",
    ),
    "mention": ("リンク先のタイトルが本文にあります", "its title is in the text"),
    "in_title": ("このページのタイトルにある言葉です", "it is in the title of this page"),
    "in_link": ("ほかのリンクに含まれる言葉です", "it is inside another link"),
    "related": ("このリンクを張っているページと似た内容です", "this page is similar to those that link it"),
    "variant": ("表記ゆれ: 本文では「{quote}」", "a spelling variant: the text says “{quote}”"),
    "neighbours": ("似たページがリンクしています: {names}", "similar pages link it: {names}"),
    "co_citation": ("よく一緒にリンクされています: {names}", "often linked together with {names}"),
    "similar_line": (
        "「{quote}」は、これをリンクしている「{page}」の「{line}」に似ています",
        "“{quote}” is similar to “{line}” on “{page}”, where it is linked",
    ),
    "far": (
        "リンクでは遠いページですが、「{quote}」は、これをリンクしている「{page}」の「{line}」に似ています",
        "far from here by links, yet “{quote}” is similar to “{line}” on “{page}”, where it is linked",
    ),
    "own_line": (
        "一行に単独で書かれています（このWikiのリンクによくある形です）",
        "it stands alone on its line, as links in this wiki often do",
    ),
    "seeds_link": ("このページのリンク先がリンクしています: {names}", "pages linked here link it: {names}"),
    "namesakes": (
        "タイトルの似たページがリンクしています: {names}",
        "pages with similar titles link it: {names}",
    ),
    "linked_beside": (
        "このページと一緒にリンクされています: {names}",
        "linked alongside this page on {names}",
    ),
    "lately": ("最近の {count} ページがリンクしています", "{count} of the newest pages link it"),
    "same_host": (
        "{quote} を引用するほかの {total} ページのうち {count} ページがリンクしています",
        "linked in {count} of the {total} other pages that cite {quote}",
    ),
    "same_project": (
        "プロジェクト {quote} を引用するほかの {total} ページのうち {count} ページがリンクしています",
        "linked in {count} of the {total} other pages that cite the project {quote}",
    ),
    "same_icon": (
        "{quote} のアイコンがあるほかの {total} ページのうち {count} ページがリンクしています",
        "linked in {count} of the {total} other pages with the icon of {quote}",
    ),
    "same_author": (
        "同じ人が書いたほかの {total} ページのうち {count} ページがリンクしています",
        "linked in {count} of the {total} other pages by the same author",
    ),
    "similar_page": ("内容が近いページです", "its text is similar to this page"),
    "title_words": ("タイトルが似ています", "the titles are similar"),
    "backlink": ("そのページからこのページへリンクがあります", "it already links to this page"),
    "icon": ("このページにアイコンがあります", "its icon is on this page"),
    "joins": (
        "まだページはありませんが、{total} ページがつながります: {names}",
        "no page yet, but it connects {total} pages that link it: {names}",
    ),
    "bridges": (
        "{total} ページに同じ言葉があり、リンクすればつながります: {names}",
        "{total} other pages contain it too and would be connected: {names}",
    ),
    "phrase": ("タイトルになりそうな言葉です", "it reads like a title"),
    "dismissed_before": (
        "あなたはこのリンクを {total} ページで見送りました",
        "you dismissed this link on {total} pages",
    ),
    "accepted_before": ("あなたはこのリンクを {total} ページで採用しました", "you accepted this link on {total} pages"),
    "wrong_sense": (
        "あなたは {total} ページで「意味が違う」としました",
        "on {total} pages you said that this is meant in another sense",
    ),
    "too_near": (
        "似たページからの提案を、あなたは {total} ページで「すでに近い」としました",
        "on {total} pages you found suggestions from similar pages already close",
    ),
    "same_title": ("{names}とほぼ同じタイトルです", "nearly the same title as {names}"),
    "taken": ("この言葉はほかのリンクの中にしかありません", "its words are inside other links only"),
    "same_place": ("同じ言葉に{names}の提案があります", "{names} is suggested for the same words"),
    "enough": (
        "このくらいの長さのページに、リンクはこれより少ないのがふつうです",
        "pages of this length usually have fewer links here",
    ),
    "beyond": ("設定した一ページあたりの数を超えます", "it is beyond the number per page that you have set"),
    "quoted": ("かぎ括弧で囲まれています", "it is in quotation marks"),
}

_SINGULAR: dict[str, str] = {
    "link_probability": "linked in the only page that contains it",
    "lately": "one of the newest pages links it",
    "same_host": "linked in the only other page that cites {quote}",
    "same_project": "linked in the only other page that cites the project {quote}",
    "same_icon": "linked in the only other page with the icon of {quote}",
    "same_author": "linked in the only other page by the same author",
    "joins": "no page yet, but it connects the page that links it: {names}",
    "dismissed_before": "you dismissed this link on another page",
    "wrong_sense": "on another page you said that this is meant in another sense",
    "bridges": "one other page contains it too and would be connected: {names}",
}

_SINGULAR_JA: dict[str, str] = {"link_probability": "この語があるほかの 1 ページがリンクしています"}


def reason_text(reason: Reason, language: Language) -> str:
    """The reason as one short sentence. Unknown signals (of a newer version's library) show their name."""
    words = _WORDS.get(reason.signal)
    if words is None:
        return reason.signal
    template = words[0] if language == "ja" else words[1]
    if reason.total == 1:
        template = (_SINGULAR_JA if language == "ja" else _SINGULAR).get(reason.signal, template)
    return template.format(
        count=reason.count,
        total=reason.total,
        quote=reason.quote,
        page=reason.names[0] if reason.names else "",
        line=reason.names[-1] if reason.names else "",
        names=_joined(reason.names, reason.total, language),
    )


def _joined(names: tuple[str, ...], total: int, language: Language) -> str:
    shown = names[:_MOST_NAMES]
    left = max(total, len(names)) - len(shown)
    if language == "ja":
        return "、".join(f"「{name}」" for name in shown) + (f" ほか {left} 件" if left and total else "")
    return ", ".join(f"“{name}”" for name in shown) + (f" and {left} more" if left and total else "")
