"""The words of what a card's menu, the lanes and the picture add to a page, Japanese and English."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "side.groups": ("提案の種類", "Kinds of suggestions"),
    "side.group.all": ("すべて", "All"),
    "side.group.page": ("ページ", "Pages"),
    "side.group.red": ("赤リンク", "Red links"),
    "side.group.new": ("新しい言葉", "New"),
    "side.group.far": ("遠く", "Far away"),
    "lane.text": ("本文の言葉", "In the text"),
    "lane.text.help": ("本文に書かれている言葉から", "What the text says"),
    "lane.related": ("関連するページ", "Related pages"),
    "lane.related.help": ("本文に言葉はないけれど近いページ", "Not in the text, and yet close to it"),
    "lane.red": ("赤リンクと新しい言葉", "Red and new links"),
    "lane.red.help": (
        "まだページのない言葉。ほかのページとつながります",
        "No page yet: they join others",
    ),
    "lane.far": ("遠くのページ", "Far away"),
    "lane.far.help": (
        "リンクでは三歩より遠いのに、よく似た行のあるページです",
        "Three links away or more, and yet with a line much alike",
    ),
    "card.more": ("「{0}」についてほかにできること", "More to do about “{0}”"),
    "card.like": ("ほかのページでも見る", "More like this"),
    "card.like.of": ("ほかのページに出ている「{0}」を見る", "Other pages that are suggested “{0}”"),
    "card.never": ("この言葉は出さない", "Never this word"),
    "card.never.of": ("「{0}」をどのページでも提案しない", "Never suggest “{0}” on any page"),
    "notice.never": ("「{0}」はもう提案しません", "“{0}” is never suggested now"),
    "notice.again": ("「{0}」をまた提案します", "“{0}” is suggested again"),
    "side.ignored": ("提案を出さないページです", "This page gets no suggestions"),
    "side.ignored.why": ("設定でそう決めています。", "You have said so in the settings."),
    "side.ignored.open": ("設定を開く", "Open the settings"),
    "graph.title": ("このページのまわり", "Around this page"),
    "graph.show": ("図を見る", "Show the picture"),
    "graph.described": (
        "左はこのページのリンク、右は提案（点線）と、それでつながるページ。",
        "Left: what this page links. Right: what is proposed (dotted), and the pages that it would join.",
    ),
    "graph.more": ("ほか {0} リンク", "and {0} more link|and {0} more links"),
    "graph.here": ("このページ: {0}", "This page: {0}"),
    "graph.link": ("リンク: {0}", "Linked: {0}"),
    "graph.proposed": ("提案: {0}", "Proposed: {0}"),
    "graph.accepted": ("採用: {0}", "Accepted: {0}"),
    "graph.joined": ("「{1}」でつながる: {0}", "Joined through “{1}”: {0}"),
    "like.title": ("「{0}」を提案できるページ", "Pages for “{0}”"),
    "like.heading": ("この言葉をリンクできるページ", "Pages that could link it"),
    "like.lead": (
        "見込みの高いものから {0} ページ。ここで答えられます。",
        "{0} page, answered right here.|{0} pages, the likeliest first, answered right here.",
    ),
    "like.none": ("ほかに提案しているページはありません", "No page is suggested this"),
    "like.none.why": (
        "すべて答えたか、すでにリンクしているか、見込みが低いものだけです。",
        "What there was is answered, linked by now, or not likely enough.",
    ),
    "like.ignored": ("提案しない言葉に入っています。", "It is among the words that are never suggested."),
    "like.open": ("リンク先を開く", "Open it"),
    "like.did.accept": ("「{0}」で採用しました", "Accepted on “{0}”"),
    "like.did.reject": ("「{0}」で見送りました", "Dismissed on “{0}”"),
    "like.did.undo": ("「{0}」での判断を取り消しました", "Undid the decision on “{0}”"),
    "like.from_red": ("提案できるページを見る", "See the pages that could link it"),
}
