"""The words of the draft's screen, Japanese and English."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "draft.title": ("下書き", "Draft"),
    "draft.lead": (
        "まだWikiにない文章を書くか貼りつけると、足せるリンクが見つかります。",
        "Write or paste a text that is not in the wiki yet, and see which links it could have.",
    ),
    "draft.kept": (
        "文章はこのブラウザーにだけ残ります。読むために手元のサーバーへ渡されますが、どこにも保存されません。",
        "The text stays in this browser alone. Your own server reads it to answer and keeps nothing.",
    ),
    "draft.name": ("タイトル（なくてもよい）", "Title (may be left out)"),
    "draft.text": ("本文", "Text"),
    "draft.text.hint": ("ここに書くか、貼りつける", "Write or paste here"),
    "draft.suggest": ("リンクを探す", "Find links"),
    "draft.copy": ("コピー", "Copy"),
    "draft.copied": ("コピーしました", "Copied"),
    "draft.copy.failed": (
        "コピーできませんでした。本文を選んでコピーしてください。",
        "The browser did not copy it. Select the text and copy it yourself.",
    ),
    "draft.clear": ("消す", "Clear"),
    "draft.undo": ("取り消す", "Undo"),
    "draft.preview": ("Scrapbox での見え方", "As Scrapbox shows it"),
    "draft.empty": ("まだ文章がありません", "There is no text yet"),
    "draft.empty.why": (
        "一行でもあれば、リンクの候補が出ます。",
        "One line is enough to get suggestions.",
    ),
    "draft.preparing": ("Wikiを読んでいます", "Reading the wiki"),
    "draft.preparing.why": (
        "はじめの一度だけ、少し時間がかかります。終わればすぐに答えます。",
        "This takes a while the first time only. After that, answers come at once.",
    ),
    "draft.preparing.then": (
        "しばらくしてから、もう一度「リンクを探す」を押してください。",
        "In a moment, press “Find links” again.",
    ),
    "draft.step.start": ("始めています", "Starting"),
    "draft.step.read": ("ページを読む", "Reading the pages"),
    "draft.step.mentions": ("タイトルを探す", "Finding titles"),
    "draft.step.statistics": ("リンクを数える", "Counting the links"),
    "draft.step.phrases": ("言葉を探す", "Finding phrases"),
    "draft.dismissed": ("「{0}」をこの下書きでは見送りました", "Dismissed “{0}” for this draft"),
    "draft.dismissed.all": ("見送った提案 {0}", "Dismissed: {0}"),
    "draft.dismissed.only": (
        "この下書きのことだけです。ほかのページの提案は変わりません。",
        "For this draft alone. Suggestions on pages stay as they are.",
    ),
    "draft.restore.of": ("「{0}」をもう一度出す", "Suggest “{0}” again"),
    "draft.done": ("この下書きは終わりました", "This draft is done"),
    "draft.none": ("足すリンクは見つかりません", "Nothing to suggest"),
    "draft.failed": ("答えられませんでした", "There is no answer"),
    "draft.weaker": (
        "ほかに {0} 件は、見込みが低いので控えました。",
        "{0} weaker one is held back.|{0} weaker ones are held back.",
    ),
    "draft.too_long": (
        "文章が長すぎます（{0} 文字）。{1} 文字までなので、分けて試してください。",
        "The text is too long: {0} characters, where {1} are the most. Try it in parts.",
    ),
    "draft.moved": (
        "「{0}」の場所が変わっています。もう一度探しました。",
        "The place of “{0}” has changed, so the text was looked through again.",
    ),
    "draft.accepted": ("「{0}」をリンクにしました", "Made “{0}” a link"),
    "draft.end": ("本文にない言葉: 末尾に追加", "Not in the text: added at the end"),
}
