"""The words of the outbox, Japanese and English."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "outbox.title": ("書き戻し", "Outbox"),
    "outbox.lead": (
        "採用したリンクを Scrapbox に書き戻します。ページごとにコピーするか、ファイルでまとめて読み込みます。",
        "Take the accepted links back to Scrapbox, page by page or all at once.",
    ),
    "outbox.none": ("書き戻すものはありません", "Nothing waits here"),
    "outbox.none.lead": (
        "提案を採用すると、変わる行がここに並びます。",
        "Accept a suggestion, and the line that it changes will stand here.",
    ),
    "outbox.none.open": ("提案のあるページへ", "To the pages with suggestions"),
    "outbox.line": ("{0} 行目", "line {0}"),
    "outbox.added": ("末尾に追加する行", "added at the end"),
    "outbox.copy.line": ("行をコピー", "Copy the line"),
    "outbox.copy.page": ("ページをコピー", "Copy the page"),
    "outbox.copied": ("コピーしました", "Copied"),
    "outbox.copy.failed": (
        "コピーできませんでした。下の本文を選んでコピーしてください。",
        "The browser would not copy. Select the text below instead.",
    ),
    "outbox.text": ("書き換えたあとの本文", "The text with its links"),
    "outbox.open": ("Scrapbox で開く", "Open in Scrapbox"),
    "outbox.open.append": ("末尾に追加して開く", "Open, adding the last line"),
    "outbox.done": ("済みにする", "Mark as done"),
    "outbox.done.of": ("「{0}」を済みにする", "Mark “{0}” as done"),
    "outbox.refused": ("「{0}」は書けません: {1}", "“{0}” cannot be written: {1}"),
    "outbox.unplaced": (
        "本文が変わったか、ほかのリンクと重なるため、末尾に追加します。",
        "The words have changed or another link stands there, so it is added at the end.",
    ),
    "outbox.all": ("まとめて書き戻す", "All at once"),
    "outbox.all.download": ("読み込み用ファイルをダウンロード", "Download the import file"),
    "outbox.all.warning": (
        "Scrapbox の「Import Pages」で読み込むと、同じタイトルのページは丸ごと置き換わります。"
        "{0} の書き出しよりあとに Scrapbox で直した分は失われます。ファイルには変わるページだけが入ります。",
        "Scrapbox's “Import Pages” replaces pages of the same title whole: what was changed there since the export of "
        "{0} would be lost. The file holds only pages that change.",
    ),
    "outbox.all.warning.undated": (
        "Scrapbox の「Import Pages」で読み込むと、同じタイトルのページは丸ごと置き換わります。"
        "書き出したあとに Scrapbox で直した分は失われます。ファイルには変わるページだけが入ります。",
        "Scrapbox's “Import Pages” replaces pages of the same title whole: what was changed there since the export "
        "would be lost. The file holds only pages that change.",
    ),
    "outbox.all.done": ("読み込みました。すべて済みにする", "I imported it: mark all as done"),
    "outbox.history": ("これまでに済んだもの", "Done so far"),
    "outbox.history.by_hand": ("手作業で", "By hand"),
    "outbox.history.import_file": ("ファイルで", "By import file"),
    "outbox.history.what": ("{0} 件のリンク", "{0} link|{0} links"),
    "outbox.history.more": ("ほか {0} ページ", "and {0} more page|and {0} more pages"),
    "outbox.history.undone": ("取り消しました", "Undone"),
    "outbox.undo": ("取り消す", "Undo"),
    "outbox.undo.of": ("{0} のまとまりを取り消す", "Undo the batch of {0}"),
    "outbox.pager": ("書き戻すページの続き", "More pages of the outbox"),
}
