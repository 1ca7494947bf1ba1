"""The words of the queue, Japanese and English."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "queue.title": ("今日の分", "Queue"),
    "queue.progress": ("{1} 枚のうち {0} 枚目", "Card {0} of {1}"),
    "queue.on": ("ページ", "Page"),
    "queue.link": ("へリンクしますか？", "– link it?"),
    "queue.yes": ("採用する", "Accept"),
    "queue.no": ("見送る", "Dismiss"),
    "queue.later": ("あとで", "Later"),
    "queue.undo": ("取り消す", "Undo"),
    "queue.open": ("ページを開く", "Open the page"),
    "queue.at_end": ("本文にない言葉なので、末尾に追加します。", "Not in the text: it is added at the end."),
    "queue.did.accept": ("「{0}」を採用しました", "Accepted “{0}”"),
    "queue.did.reject": ("「{0}」を見送りました", "Dismissed “{0}”"),
    "queue.did.later": ("「{0}」は明日また出ます", "“{0}” comes back tomorrow"),
    "queue.did.undo": ("「{0}」の判断を取り消しました", "Undid the decision on “{0}”"),
    "queue.done": ("おつかれさまでした", "That is it for now"),
    "queue.done.lead": (
        "{0} 枚に答えました: 採用 {1}、見送り {2}、あとで {3}。",
        "{0} card answered: {1} accepted, {2} dismissed, {3} for later.|"
        "{0} cards answered: {1} accepted, {2} dismissed, {3} for later.",
    ),
    "queue.done.accepted": ("採用したリンク", "Accepted links"),
    "queue.done.on": ("{0} に", "on {0}"),
    "queue.more": ("もう少し続ける", "A few more"),
    "queue.outbox": ("書き戻しへ", "To the outbox"),
    "queue.none": ("いま答える提案はありません", "Nothing to answer just now"),
    "queue.none.lead": (
        "見込みの高い提案にはすべて答えました。あとで見るものは明日また出ます。",
        "Every likely suggestion is answered. What you put off comes back tomorrow.",
    ),
    "queue.pages": ("ページの一覧へ", "To the list of pages"),
}
