"""Reasons in words, Japanese and English. What they say is chosen in `explainer.py`; this imports nothing heavy."""

from __future__ import annotations

from typing import Literal

from linkassist.suggestion import Reason

Language = Literal["ja", "en"]

_MOST_NAMES = 3

_WORDS: dict[str, tuple[str, str]] = {
    "link_probability": (
        "この語がある {total} ページのうち {count} ページがリンクしています",
        "linked in {count} of the {total} pages that say it",
    ),
    "mention": ("このページのタイトルが本文にあります", "the text says the title of this page"),
    "in_title": ("このページのタイトルにある言葉です", "the title of this page says it"),
    "in_link": ("ほかのリンクの文字の中にある言葉です", "the text of another link says it"),
    "related": ("これをリンクするページと内容が近いです", "this page reads like those that link it"),
    "variant": ("表記ゆれ: 本文では「{quote}」", "a spelling variant: the text says “{quote}”"),
    "neighbours": ("似たページがリンクしています: {names}", "pages like this one link it: {names}"),
    "co_citation": ("よく一緒にリンクされています: {names}", "often linked together with {names}"),
    "similar_line": (
        "「{quote}」は、これをリンクする「{page}」の「{line}」に似ています",
        "“{quote}” is like “{line}” on “{page}”, where it is linked",
    ),
    "far": (
        "リンクでは遠いページですが、「{quote}」は、これをリンクする「{page}」の「{line}」に似ています",
        "far from here by links, yet “{quote}” is like “{line}” on “{page}”, where it is linked",
    ),
    "own_line": (
        "ここのリンクによくある形で、一行に単独で書かれています",
        "it stands alone on its line, as links here do",
    ),
    "seeds_link": ("このページがリンクする {names} がリンクしています", "linked here, and links it: {names}"),
    "namesakes": (
        "タイトルの似たページがリンクしています: {names}",
        "pages with titles like this one link it: {names}",
    ),
    "linked_beside": (
        "このページと一緒にリンクされています: {names}",
        "linked beside this page on {names}",
    ),
    "lately": ("最近の {count} ページがリンクしています", "{count} of the newest pages link it"),
    "same_host": (
        "{quote} を引くほかの {total} ページのうち {count} ページがリンクしています",
        "linked in {count} of the {total} other pages that cite {quote}",
    ),
    "same_project": (
        "プロジェクト {quote} を引くほかの {total} ページのうち {count} ページがリンクしています",
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
    "similar_page": ("内容が近いページです", "its text is close to this page"),
    "title_words": ("タイトルが似ています", "the titles are alike"),
    "backlink": ("そのページからこのページへリンクがあります", "it already links to this page"),
    "icon": ("このページにアイコンがあります", "its icon is on this page"),
    "joins": (
        "まだページはありませんが、{total} ページがつながります: {names}",
        "no page yet, but it joins {total} pages that link it: {names}",
    ),
    "bridges": (
        "{total} ページに同じ言葉があり、リンクすればつながります: {names}",
        "{total} other pages say it too and would be joined: {names}",
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
        "似たページからの提案を、あなたは {total} ページで「近すぎる」としました",
        "on {total} pages you found suggestions from similar pages too near",
    ),
    "same_title": ("{names} とほぼ同じタイトルです", "nearly the same title as {names}"),
    "taken": ("この言葉はほかのリンクの中にしかありません", "its words stand within other links only"),
    "same_place": ("同じところに {names} の提案があります", "{names} is proposed for the same words"),
    "enough": (
        "このくらいの長さのページに、リンクはこれより少ないのがふつうです",
        "pages of this length have fewer links here",
    ),
    "beyond": ("設定した一ページあたりの数を超えます", "it is beyond the number a page that you have set"),
    "quoted": ("かぎ括弧で取り上げられています", "the text sets it in quotation marks"),
}

_SINGULAR: dict[str, str] = {
    "link_probability": "linked in the only page that says it",
    "lately": "one of the newest pages links it",
    "same_host": "linked in the only other page that cites {quote}",
    "same_project": "linked in the only other page that cites the project {quote}",
    "same_icon": "linked in the only other page with the icon of {quote}",
    "same_author": "linked in the only other page by the same author",
    "joins": "no page yet, but it joins the page that links it: {names}",
    "dismissed_before": "you dismissed this link on another page",
    "wrong_sense": "on another page you said that this is meant in another sense",
    "bridges": "one other page says it too and would be joined: {names}",
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
        return "、".join(f"「{name}」" for name in shown) + (f" ほか {left}" if left and total else "")
    return ", ".join(f"“{name}”" for name in shown) + (f" and {left} more" if left and total else "")
