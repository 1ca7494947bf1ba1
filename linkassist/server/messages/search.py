"""The words of the search, Japanese and English."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "search.box": ("タイトルと本文を検索", "Search titles and text"),
    "search.box.short": ("検索", "Search"),
    "search.title": ("検索", "Search"),
    "search.title.of": ("「{0}」の検索", "Search for “{0}”"),
    "search.start": (
        "言葉を入れると、タイトルと本文から探します。言葉をあけて並べると、すべてを含むページになります。",
        "Type words to look for them in titles and text. Several words find the pages that have them all.",
    ),
    "search.titles": ("タイトル", "Titles"),
    "search.texts": ("本文", "In the text"),
    "search.nothing": ("「{0}」を含むページはありません。", "No page says “{0}”."),
    "search.nothing.more": ("ここから先に「{0}」を含むページはもうありません。", "No more pages say “{0}”."),
    "search.none.yet": (
        "新しい順に {0} ページを調べましたが、まだ見つかりません。",
        "Looked through the {0} latest page and found none yet.|"
        "Looked through the {0} latest pages and found none yet.",
    ),
    "search.titles.more": ("ほか {0} 件のタイトル", "{0} more title|{0} more titles"),
    "search.texts.more": ("さらに探す", "Look further"),
    "search.first": ("はじめに戻る", "Back to the first"),
    "search.all": ("すべての結果を見る", "Show all results"),
    "search.meaning": ("「{0}」に意味の近いページを探す", "Find pages close in meaning to “{0}”"),
    "search.meaning.help": ("初めは数秒かかります", "The first time takes some seconds"),
    "search.meaning.preparing": ("準備しています", "Getting ready"),
    "search.meaning.preparing.why": (
        "はじめの一度だけ、数秒かかります。このままお待ちください。",
        "This takes some seconds the first time only. The answer shows by itself.",
    ),
    "search.meaning.failed": ("意味では探せませんでした", "There is no answer by meaning"),
    "search.meaning.title": ("意味の近いページ", "Close in meaning"),
    "search.meaning.none": ("近いページは見つかりませんでした。", "No page is close."),
    "search.meaning.near": ("近さ {0}%", "{0}% alike"),
    "search.words": ("言葉で探す", "Search by words"),
    "search.unread": (
        "{0} ページの本文はまだ検索に入っていません。linkassist serve を起動し直すか、次の取り込みで入ります。",
        "The text of {0} page is not in the search yet. It will be when linkassist serve is started anew, or with the"
        " next import.|The text of {0} pages is not in the search yet. It will be when linkassist serve is started"
        " anew, or with the next import.",
    ),
    "search.line": ("{0} 行目", "Line {0}"),
}
