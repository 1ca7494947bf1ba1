"""The words of the start of a project, Japanese and English."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "home.pages": ("{0} ページ", "{0} page|{0} pages"),
    "home.links": ("{0} リンク", "{0} link|{0} links"),
    "home.suggestions": ("{0} 件の提案", "{0} suggestion|{0} suggestions"),
    "home.queue": ("今日の分", "Today’s queue"),
    "home.queue.cards": ("{0} 枚", "{0} card|{0} cards"),
    "home.queue.first": ("はじめは「{0}」を「{1}」へ", "First “{0}”, to “{1}”"),
    "home.queue.start": ("はじめる", "Start"),
    "home.queue.none": ("いまは出すものがありません。", "Nothing waits just now."),
    "home.index": ("提案の更新", "The index"),
    "home.index.fresh": ("{0}に更新", "Made {0}"),
    "home.index.fresh.lead": (
        "それより後に取り込まれたページはありません。",
        "No page has been imported since.",
    ),
    "home.index.soon": (
        "{0}に取り込まれたページには、次の更新で提案がつきます。",
        "What was imported {0} gets its suggestions with the next run.",
    ),
    "home.index.missed": ("夜の更新が抜けています", "A night was missed"),
    "home.index.missed.lead": (
        "最後の更新は{1}、取り込みは{2}です。{0} ページに提案がありません。更新してください。",
        "Suggestions were last made {1}, but pages were imported {2}: {0} page waits.|"
        "Suggestions were last made {1}, but pages were imported {2}: {0} pages wait.",
    ),
    "home.index.failed": ("最後の更新は失敗しました", "The last run failed"),
    "home.index.failed.lead": ("{0}: {1}", "{0}: {1}"),
    "home.index.failed.then": ("直したら、やり直してください。", "When that is put right, start it again."),
    "home.index.broken": ("最後の更新は途中で止まりました", "The last run was broken off"),
    "home.index.broken.lead": (
        "{0}のことです。もう一度始めると、読み終えたところは飛ばします。",
        "That was {0}. Started again, it skips what it has read.",
    ),
    "home.index.run": ("いま更新する", "Run it now"),
    "home.index.command": ("または、端末で:", "Or in a terminal:"),
    "home.index.running": ("いま更新しています", "A run is under way"),
    "home.index.running.lead": ("{0}に始まりました。", "It began {0}."),
    "home.index.never": ("まだ提案がありません", "No suggestions yet"),
    "home.index.never.lead": (
        "更新すると、このプロジェクトを読んで提案を作ります。",
        "A run reads the project and makes its suggestions.",
    ),
    "home.picture": ("このWikiのかたち", "The wiki at a glance"),
    "home.picture.links": ("1 ページのリンクの数", "Links per page"),
    "home.picture.links.bar": ("リンク {0}: {1} ページ", "Links {0}: {1} pages"),
    "home.picture.alone": (
        "{0} ページはどこともつながっていません",
        "{0} page stands alone|{0} pages stand alone",
    ),
    "home.picture.alone.none": ("どこともつながらないページはありません", "No page stands alone"),
    "home.picture.share": ("リンクのあるページの割合（作られた時期ごと）", "Pages with a link, by when they were made"),
    "home.picture.share.bar": ("{0}: {2} ページの {1}%", "{0}: {1} % of {2} pages"),
    "home.picture.share.none": (
        "この書き出しは、ページがいつ作られたかを伝えていません。",
        "This export does not tell when its pages were made.",
    ),
    "home.sort": ("並び順", "Sort"),
    "home.sort.gain": ("つながる見込み", "Most to gain"),
    "home.sort.updated": ("更新順", "Recently changed"),
    "home.sort.title": ("タイトル", "Title"),
    "home.sort.links": ("リンクの少ない順", "Fewest links"),
    "home.only": ("しぼりこみ", "Show only"),
    "home.only.suggestions": ("提案あり", "With suggestions"),
    "home.only.unlinked": ("リンクなし", "Without links"),
    "home.only.alone": ("孤立", "Orphans"),
    "home.only.links": ("リンク {0}", "{0} links"),
    "home.only.made": ("{0} に作成", "made {0}"),
    "home.only.days.7": ("7 日以内", "Last 7 days"),
    "home.only.days.30": ("30 日以内", "Last 30 days"),
    "home.only.days.365": ("1 年以内", "Last year"),
    "home.only.found": ("{0} ページ", "{0} page|{0} pages"),
    "home.only.clear": ("しぼりこみをやめる", "Show all pages"),
    "home.only.none": ("あてはまるページはありません。", "No page is like that."),
    "home.none": ("このプロジェクトにはページがありません。", "This project has no pages."),
    "home.column.title": ("ページ", "Page"),
    "home.column.gain": ("つながる見込み", "To gain"),
    "home.column.links": ("リンク", "Links"),
    "home.column.updated": ("更新", "Changed"),
    "home.gain.help": (
        "このページの提案の確率の合計: 実際につくと見込まれるリンクの数",
        "The sum of the page's probabilities: how many links people would be expected to make",
    ),
}
