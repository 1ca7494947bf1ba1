"""Every word on the screens, in Japanese and English. Reasons are worded in `suggest/reasons.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from linkassist.server.preferences import Language

_DAY_S = 24 * 3600
_UNITS = ((_DAY_S, "日", "day"), (3600, "時間", "hour"), (60, "分", "minute"))

# key: (Japanese, English). "{0}" is the first value; "one|many" in English is chosen by the first value.
_WORDS: dict[str, tuple[str, str]] = {
    "skip": ("本文へ移動", "Skip to the content"),
    "search": ("タイトルを検索", "Search titles"),
    "search.go": ("検索", "Search"),
    "search.none": ("「{0}」を含むタイトルのページはありません。", "No page has “{0}” in its title."),
    "search.clear": ("検索をやめる", "Clear the search"),
    "search.found": ("{0} 件見つかりました", "{0} page found|{0} pages found"),
    "search.all": ("すべての結果を見る", "Show all results"),
    "projects": ("プロジェクト", "Projects"),
    "menu": ("表示の設定", "Display settings"),
    "menu.language": ("言語", "Language"),
    "menu.theme": ("テーマ", "Theme"),
    "menu.theme.auto": ("自動", "Auto"),
    "menu.theme.light": ("ライト", "Light"),
    "menu.theme.dark": ("ダーク", "Dark"),
    "menu.images": ("画像", "Images"),
    "menu.images.on": ("表示", "Show"),
    "menu.images.off": ("隠す", "Hide"),
    "keys": ("キー操作", "Keys"),
    "keys.move": ("次 / 前の提案へ", "Next / previous suggestion"),
    "keys.accept": ("採用する", "Accept it"),
    "keys.reject": ("見送る", "Dismiss it"),
    "keys.undo": ("直前の判断を取り消す", "Undo the last decision"),
    "keys.page": ("次 / 前のページへ（提案の多い順）", "Next / previous page, by most to gain"),
    "keys.search": ("検索する", "Search"),
    "keys.help": ("この表を開く", "Show these keys"),
    "keys.close": ("閉じる", "Close"),
    "home.pages": ("{0} ページ", "{0} page|{0} pages"),
    "home.links": ("{0} リンク", "{0} link|{0} links"),
    "home.suggestions": ("{0} 件の提案", "{0} suggestion|{0} suggestions"),
    "home.indexed": ("提案の更新: {0}", "Suggestions made {0}"),
    "home.not_indexed": (
        "まだ提案がありません。linkassist reindex を実行してください。",
        "No suggestions yet. Run linkassist reindex.",
    ),
    "home.sort": ("並び順", "Sort"),
    "home.sort.gain": ("つながる見込み", "Most to gain"),
    "home.sort.updated": ("更新順", "Recently changed"),
    "home.sort.title": ("タイトル", "Title"),
    "home.sort.links": ("リンクの少ない順", "Fewest links"),
    "home.column.title": ("ページ", "Page"),
    "home.column.gain": ("つながる見込み", "To gain"),
    "home.column.links": ("リンク", "Links"),
    "home.column.updated": ("更新", "Changed"),
    "home.gain.help": (
        "このページの提案の確率の合計: 実際につくと見込まれるリンクの数",
        "The sum of the page's probabilities: how many links people would be expected to make",
    ),
    "row.suggestions": ("提案 {0}", "{0} suggestion|{0} suggestions"),
    "row.none": ("提案なし", "nothing to suggest"),
    "row.gain": ("見込み {0}", "{0} expected"),
    "row.links": ("{0} リンク", "{0} link|{0} links"),
    "pager": ("ページ送り", "Pages of the list"),
    "pager.range": ("{0}–{1} / {2}", "{0}–{1} of {2}"),
    "pager.previous": ("前へ", "Previous"),
    "pager.next": ("次へ", "Next"),
    "kind.page": ("ページ", "Page"),
    "kind.red": ("赤リンク", "Red link"),
    "kind.new": ("新しい言葉", "New"),
    "kind.page.help": ("すでにあるページ", "A page that exists"),
    "kind.red.help": (
        "ほかのページがリンクしているが、ページはまだない",
        "Other pages link it, but it has no page yet",
    ),
    "kind.new.help": ("まだ誰もリンクしていない言葉", "A phrase that nobody has linked yet"),
    "page.updated": ("{0}に更新", "Changed {0}"),
    "page.links": ("{0} リンク", "{0} link|{0} links"),
    "page.empty": ("このページには本文がありません。", "This page has no text."),
    "page.cut": (
        "このあと {0} 行は省きました。",
        "The {0} line after this is left out.|The {0} lines after this are left out.",
    ),
    "page.appended": ("末尾に追加", "Added at the end"),
    "page.accepted": ("採用したリンク", "Accepted link"),
    "page.image": ("画像", "Image"),
    "page.suggested": ("提案: {0}", "Suggested: {0}"),
    "side.title": ("リンクの提案", "Suggested links"),
    "side.none": ("ここに足すリンクはありません", "Nothing to suggest here"),
    "side.none.why": (
        "確からしいリンクは見つかりませんでした。足さないことも、ひとつの答えです。",
        "No link stood out as likely. Leaving a page as it is can be the right answer.",
    ),
    "side.done": ("このページは終わりました", "This page is done"),
    "side.done.why": ("すべての提案に答えました。", "You have answered every suggestion."),
    "side.done.likely": ("見込みの高い提案にはすべて答えました。", "You have answered every likely suggestion."),
    "side.next": ("次のページ: {0}", "Next page: {0}"),
    "side.unlikely": ("見込みの高い提案はありません", "Nothing here is likely enough"),
    "side.unlikely.why": (
        "足さないことも、ひとつの答えです。見込みの低いものは控えてあります。",
        "Leaving a page as it is can be the right answer. What is less likely is kept for when you ask.",
    ),
    "side.more": ("残り {0} 件を表示", "Show {0} more"),
    "side.weaker": ("さらに {0} 件（見込みの低いもの）", "Show {0} weaker one|Show {0} weaker ones"),
    "side.fewer": ("見込みの高いものだけにする", "Show only the likely ones"),
    "side.peek": ("プレビュー", "Preview"),
    "side.peek.empty": (
        "提案やリンクを選ぶと、リンク先がここに見えます。",
        "Choose a suggestion or a link to see where it leads.",
    ),
    "side.rejected": ("見送った提案 {0}", "Dismissed: {0}"),
    "card.accept": ("採用する", "Accept"),
    "card.reject": ("見送る", "Dismiss"),
    "card.undo": ("取り消す", "Undo"),
    "card.accept.of": ("「{0}」を採用する", "Accept “{0}”"),
    "card.reject.of": ("「{0}」を見送る", "Dismiss “{0}”"),
    "card.undo.of": ("「{0}」の判断を取り消す", "Undo the decision on “{0}”"),
    "card.percent": ("確率 {0}%", "{0}% likely"),
    "card.line": ("{0} 行目", "line {0}"),
    "card.where": ("どこをリンクにしますか", "Which words become the link"),
    "card.end": ("本文に言葉はない: 末尾に追加", "Not in the text: goes at the end"),
    "card.accepted": ("採用済み", "Accepted"),
    "peek.linked": ("{0} ページからリンク", "linked by {0} page|linked by {0} pages"),
    "peek.red": ("このタイトルのページはまだありません", "There is no page of this title yet"),
    "peek.new": ("まだどこからもリンクされていません", "Nothing links this yet"),
    "peek.none": ("本文なし", "no text"),
    "around.backlinks": ("このページへのリンク", "Linked from"),
    "around.neighbours": ("つながりの先", "Related pages"),
    "around.none": ("まだどのページからもリンクされていません。", "No page links here yet."),
    "around.more": ("ほか {0} ページ", "and {0} more"),
    "walk.previous": ("前のページ", "Previous page"),
    "walk.next": ("次のページ", "Next page"),
    "notice.accept": ("「{0}」を採用しました", "Accepted “{0}”"),
    "notice.reject": ("「{0}」を見送りました", "Dismissed “{0}”"),
    "notice.undo": ("「{0}」の判断を取り消しました", "Undid the decision on “{0}”"),
    "notice.failed": (
        "保存できませんでした。サーバーが動いているか確かめて、もう一度お試しください。",
        "That could not be saved. Check that the server is running, and try again.",
    ),
    "red.lead": ("このタイトルのページはまだありません。", "There is no page of this title yet."),
    "red.linkers": ("リンクしているページ {0}", "Linked by {0} page|Linked by {0} pages"),
    "red.near": ("似たタイトル", "Titles like it"),
    "red.alone": ("ここへリンクしているページもありません。", "And no page links here."),
    "red.back": ("ページの一覧へ", "To the list of pages"),
    "red.scrapbox": ("Scrapbox で書く", "Write it in Scrapbox"),
    "empty.title": ("まだ何も取り込まれていません", "Nothing is imported yet"),
    "empty.lead": (
        "Scrapbox のプロジェクトを書き出して、取り込んでください。",
        "Export a project from Scrapbox and import it.",
    ),
    "empty.then": ("終わったら、このページを読み込み直してください。", "When that is done, load this page again."),
    "error.404": ("見つかりません", "Not found"),
    "error.404.lead": ("このアドレスには何もありません。", "There is nothing at this address."),
    "error.400": ("この依頼は受け取れません", "This request cannot be taken"),
    "error.405": ("この操作はできません", "That cannot be done here"),
    "error.500": ("うまくいきませんでした", "Something went wrong"),
    "error.500.lead": (
        "これは linkassist の不具合です。データは失われていません。端末に出た記録が手がかりになります。",
        "This is a fault in linkassist. Nothing is lost. What the terminal shows tells more.",
    ),
    "error.503": ("いまは読めません", "This cannot be read just now"),
    "error.home": ("はじめに戻る", "Back to the start"),
}


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one language; templates call it: `say("home.pages", 12) == "12 pages"`."""

    language: Language

    def __call__(self, key: str, *values: object) -> str:
        text = _WORDS[key][0 if self.language == "ja" else 1]
        if "|" in text:
            one, many = text.split("|")
            text = one if values and values[0] == 1 else many
        return text.format(*(f"{value:,}" if isinstance(value, int) else value for value in values))

    def ago(self, moment: int, now: int) -> str:
        """How long ago Unix second `moment` was at `now`; beyond 30 days the date. 0 stands for unknown: ""."""
        if moment <= 0:
            return ""
        past_s = max(0, now - moment)
        if past_s < 60:
            return "たった今" if self.language == "ja" else "just now"
        if past_s > 30 * _DAY_S:
            return datetime.fromtimestamp(moment).strftime("%Y-%m-%d")
        length_s, ja, en = next(unit for unit in _UNITS if past_s >= unit[0])
        count = past_s // length_s
        return f"{count}{ja}前" if self.language == "ja" else f"{count} {en}{'' if count == 1 else 's'} ago"


def known_keys() -> frozenset[str]:
    """All keys that have words, for the test that reads the templates."""
    return frozenset(_WORDS)
