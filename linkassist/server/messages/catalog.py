"""Every word on the screens, in Japanese and English. Reasons are worded in `suggest/explain/reasons.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from linkassist.server.messages import draft, home, imports, login, nights, outbox, page, queue, search, settings
from linkassist.server.preferences import Language

_DAY_S = 24 * 3600
_UNITS = ((_DAY_S, "日", "day"), (3600, "時間", "hour"), (60, "分", "minute"))

# key: (Japanese, English). "{0}" is the first value; "one|many" in English is chosen by the first value.
_WORDS: dict[str, tuple[str, str]] = {
    "skip": ("本文へ移動", "Skip to the content"),
    "projects": ("プロジェクト", "Projects"),
    "tabs": ("このプロジェクトの画面", "Screens of this project"),
    "tabs.pages": ("ページ", "Pages"),
    "tabs.queue": ("今日の分", "Queue"),
    "tabs.outbox": ("書き戻し", "Outbox"),
    "tabs.draft": ("下書き", "Draft"),
    "tabs.quality": ("信頼度", "Quality"),
    "tabs.settings": ("設定", "Settings"),
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
    "keys.rows": ("次 / 前の行へ", "Next / previous row"),
    "keys.pager": ("一覧の続き / 前へ", "Further / back in the list"),
    "keys.move": ("次 / 前の提案へ", "Next / previous suggestion"),
    "keys.accept": ("採用する", "Accept it"),
    "keys.reject": ("見送る", "Dismiss it"),
    "keys.object": ("見送った理由を伝える", "Say why it was dismissed"),
    "keys.undo": ("直前の判断を取り消す", "Undo the last decision"),
    "keys.page": ("次 / 前のページへ（つながる見込みの順）", "Next / previous page, by most to gain"),
    "keys.search": ("検索する", "Search"),
    "keys.help": ("この表を開く", "Show these keys"),
    "keys.close": ("閉じる", "Close"),
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
    "alike.here": ("このページの行", "A line here"),
    "alike.there": ("の似た行はリンクしています", "links it in a line alike"),
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
    "card.percent.taught": (
        "確率 {0}%（あなたの判断を取り入れる前は {1}%）",
        "{0}% likely after what you decided so far, {1}% before",
    ),
    "card.line": ("{0} 行目", "line {0}"),
    "card.where": ("どこをリンクにしますか", "Which words become the link"),
    "card.end": ("本文にない言葉: 末尾に追加", "Not in the text: added at the end"),
    "card.accepted": ("採用済み", "Accepted"),
    "objection.ask": ("理由は?", "Why?"),
    "objection.of": ("「{0}」を見送った理由", "Why “{0}” was dismissed"),
    "objection.too_common": ("よくある言葉", "Too common"),
    "objection.wrong_sense": ("意味が違う", "Wrong sense"),
    "objection.wrong_span": ("範囲が違う", "Wrong words"),
    "objection.too_near": ("近すぎる", "Too near"),
    "objection.too_common.help": ("どのページでも控えめにします", "Suggested less on every page"),
    "objection.wrong_sense.help": (
        "言葉が出てくるだけのページでは控えめにします",
        "Suggested less where the word alone speaks for it",
    ),
    "objection.wrong_span.help": ("この言葉にはもう提案しません", "Not suggested for these words again"),
    "objection.too_near.help": (
        "似たページからの提案を少し控えめにします",
        "What similar pages suggest counts a little less",
    ),
    "peek.linked": ("{0} ページからリンク", "linked by {0} page|linked by {0} pages"),
    "peek.red": ("このタイトルのページはまだありません", "There is no page of this title yet"),
    "peek.new": ("まだどこからもリンクされていません", "Nothing links this yet"),
    "peek.none": ("本文なし", "no text"),
    "around.backlinks": ("このページへのリンク", "Linked from"),
    "around.neighbours": ("つながりの先", "Two links away"),
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
    "empty.import": ("ファイルを取り込む", "Import a file"),
    "empty.command": (
        "ターミナルからも取り込めます。終わったら、このページを読み込み直してください。",
        "It works in a terminal too. When that is done, load this page again.",
    ),
    "quality.title": ("どれくらい信じてよいか", "How far can you trust it?"),
    "quality.none": (
        "まだ測っていません。次のコマンドは、このWikiの新しいページからリンクを外し、どれだけ見つけ直せるかを数えます。",
        "This has not been measured yet. The command below takes the links out of this wiki’s newest pages and counts"
        " how many of them linkassist finds again.",
    ),
    "quality.none.then": (
        "1 分から数分かかります。終わったら、このページを読み込み直してください。文章はどこにも送られません。",
        "It takes a minute or a few. When it is done, load this page again. Nothing is sent anywhere.",
    ),
    "quality.headline": (
        "確率 {0}〜{1}% と示した提案は、10 件のうち {2} 件が、実際に人の張ったリンクでした。",
        "Of every 10 suggestions shown at {0} to {1}%, people had made {2} themselves.",
    ),
    "quality.headline.n": (
        "{0} 件の提案を数えました。張られなかったリンクが悪いリンクとは限りません。",
        "Counted over {0} suggestions. A link that nobody made can still be a good one.",
    ),
    "quality.headline.none": (
        "提案が少なすぎて、はっきりしたことは言えません。",
        "There were too few suggestions to say anything firm.",
    ),
    "quality.measured": ("{0}に測定", "Measured {0}"),
    "quality.encoder": ("エンコーダー: {0}", "Encoder: {0}"),
    "quality.links": ("見つけるべきリンク {0}", "{0} link to find|{0} links to find"),
    "quality.rough": (
        "見つけるべきリンクが少ないので、数字はおおよそのものです。",
        "There were few links to find, so the figures are rough.",
    ),
    "quality.origin.times": (
        "{0} より後にできた {1} ページのリンクを外し、それより前の行だけからなるWiki（{2} ページ）から提案させました。"
        "人が実際に張っていたリンクが正解です。あとから直された行は今の言葉のままなので、数字は少し良く出ることがあります。",
        "The {1} pages made after {0} had their links taken out, and suggestions were made from the wiki as it stood"
        " before: {2} pages with the lines they had. What people had linked is the answer. Lines that were reworded"
        " since stand as they are now, so the figures can be a little too good.",
    ),
    "quality.origin.hidden": (
        "行の日時からは昔の姿がわからないので、無作為に選んだ {1} ページのリンクを隠しました。"
        "残り {2} ページはそのままです。ほかのページからのリンクは残っているので、数字は実際より良く出ます。",
        "The times of its lines do not tell what this wiki once was, so {1} pages picked at random had their links"
        " hidden, beside {2} that kept theirs. Links from other pages still point at them, so the figures are better"
        " than for a page just written.",
    ),
    "quality.how": ("どう測ったか", "How it was measured"),
    "quality.blind": (
        "リンクだった言葉も本文から消してあります。",
        "The words that were links were taken out of the text too.",
    ),
    "quality.promise": ("示した確率と、実際", "Promised, and come true"),
    "quality.promise.lead": (
        "点が対角線の上にあれば、示した確率のとおりです。線より上なら控えめ、下なら言いすぎ。大きい点ほど件数が多く、"
        "細い縦線は、件数から言える幅です。",
        "On the diagonal, a probability is what it says. Above it linkassist was too modest, below it too sure. Larger"
        " dots stand for more suggestions; the thin upright lines show how exactly so many can tell.",
    ),
    "quality.promise.x": ("示した確率 (%)", "Promised (%)"),
    "quality.promise.y": ("実際にリンクだった割合 (%)", "Came true (%)"),
    "quality.promise.described": (
        "横軸は示した確率、縦軸は実際にリンクだった割合。同じ数字が下の表にあります。",
        "Across: what was promised. Upwards: what came true. The table below holds the same figures.",
    ),
    "quality.promise.dot": ("{0}% と示した {2} 件のうち {1}%", "{0}% promised, {1}% came true, of {2}"),
    "quality.table": ("数字で見る", "The same as a table"),
    "quality.column.shown": ("示した確率", "Shown"),
    "quality.column.n": ("件数", "Count"),
    "quality.column.promised": ("示した平均", "Promised"),
    "quality.column.right": ("実際", "Came true"),
    "quality.peers": ("単純な方法とくらべて", "Beside simple suggesters"),
    "quality.peers.lead": (
        "同じ問いに、ひとつの手がかりだけで答える方法です。ページと赤リンクについて。",
        "Each of the others goes by one clue alone and answers the same questions, about pages and red links.",
    ),
    "quality.column.suggester": ("方法", "Suggester"),
    "quality.column.found": ("上位 10 件で見つかる割合", "Found within ten"),
    "quality.column.first": ("最初の提案が当たる割合", "First one right"),
    "quality.kinds": ("種類ごと", "By kind"),
    "quality.column.kind": ("種類", "Kind"),
    "quality.column.links": ("リンク", "Links"),
    "quality.signals": ("最初の理由ごと", "By first reason"),
    "quality.signals.lead": (
        "確率 10% 以上の提案を、いちばんの理由で分けました。「実際」が「示した平均」に近いほど、あてになります。",
        "Suggestions from 10% on, by their foremost reason. The closer the last two columns, the better the promise.",
    ),
    "quality.column.signal": ("理由", "Reason"),
    "quality.again": ("もういちど測るには", "To measure again"),
    "signal.none": ("理由なし", "No reason"),
    "signal.link_probability": ("よくリンクされる言葉", "Words that are often linked"),
    "signal.mention": ("本文にあるタイトル", "The text says a title"),
    "signal.in_title": ("タイトルの中の言葉", "The title says it"),
    "signal.in_link": ("ほかのリンクの中の言葉", "Inside another link"),
    "signal.related": ("リンク元と近い内容", "Reads like pages that link it"),
    "signal.variant": ("表記ゆれ", "A spelling variant"),
    "signal.neighbours": ("似たページのリンク", "Linked by pages like it"),
    "signal.co_citation": ("一緒にリンクされる", "Linked together"),
    "signal.similar_line": ("似た行", "A line like one that links it"),
    "signal.far": ("遠くの似た行", "Far, with a line alike"),
    "signal.same_title": ("ほぼ同じタイトル", "Nearly the same title"),
    "signal.taken": ("すでにリンクの中の言葉", "Within another link already"),
    "signal.same_place": ("同じところの提案", "Proposed for the same words"),
    "signal.enough": ("リンクは足りている", "Links enough"),
    "signal.beyond": ("設定した数を超える", "Beyond the number you set"),
    "signal.own_line": ("一行に単独の言葉", "Alone on its line"),
    "signal.seeds_link": ("リンク先のリンク", "Linked by what it links"),
    "signal.namesakes": ("似たタイトルのページのリンク", "Linked by pages of like titles"),
    "signal.linked_beside": ("このページと一緒にリンクされる", "Linked beside this page"),
    "signal.lately": ("最近のリンク", "Linked lately"),
    "signal.same_host": ("同じサイトを引くページ", "Pages that cite the same site"),
    "signal.same_project": ("同じプロジェクトを引くページ", "Pages that cite the same project"),
    "signal.same_icon": ("同じアイコンのページ", "Pages with the same icon"),
    "signal.same_author": ("同じ人のページ", "Pages by the same author"),
    "signal.similar_page": ("近い内容のページ", "Close in content"),
    "signal.title_words": ("似たタイトル", "Alike titles"),
    "signal.backlink": ("先方からのリンク", "It links here"),
    "signal.icon": ("アイコン", "Its icon is there"),
    "signal.joins": ("赤リンクでつながる", "Joins pages that link it"),
    "signal.bridges": ("ほかのページにもある言葉", "Other pages say it too"),
    "signal.phrase": ("タイトルらしい言葉", "Reads like a title"),
    "signal.quoted": ("かぎ括弧の言葉", "In quotation marks"),
    "peer.longest title first": ("長いタイトルから順に", "Longest title first"),
    "peer.link probability": ("リンクされる割合", "Link probability"),
    "peer.similar pages": ("似たページ", "Similar pages"),
    "peer.neighbours' links": ("似たページのリンク", "Neighbours’ links"),
    "peer.co-citation": ("一緒にリンクされるもの", "Co-citation"),
    "peer.most linked": ("いちばんリンクの多いもの", "Most linked"),
    "error.404": ("見つかりません", "Not found"),
    "error.404.lead": ("このアドレスには何もありません。", "There is nothing at this address."),
    "error.400": ("このリクエストは受け付けられません", "This request cannot be taken"),
    "error.405": ("この操作はできません", "That cannot be done here"),
    "error.500": ("うまくいきませんでした", "Something went wrong"),
    "error.500.lead": (
        "これは linkassist の不具合です。データは失われていません。ターミナルに出た記録が手がかりになります。",
        "This is a fault in linkassist. Nothing is lost. What the terminal shows tells more.",
    ),
    "error.503": ("いまは読めません", "This cannot be read just now"),
    "error.moved": (
        "{0} が元の場所にありません。linkassist の使用中に、移動・置き換え・削除・取り外しのいずれかが行われました。"
        "いまの操作は保存されていません。新しいライブラリも作っていません。ライブラリを元の場所に戻してください。"
        "その場所で別のライブラリを使う場合は、linkassist を終了し（ターミナルで Ctrl-C）、起動し直してください。",
        "{0} is not where it was: it was moved, replaced, removed or unmounted while linkassist used it. What was just "
        "asked for was not kept, and no new library was made. Put the library back in its place; if another is to be "
        "used there, end linkassist (Ctrl-C in its terminal) and start it again.",
    ),
    "error.home": ("はじめに戻る", "Back to the start"),
    "list.joint": ("、", ", "),
    **draft.WORDS,
    **imports.WORDS,
    **login.WORDS,
    **nights.WORDS,
    **outbox.WORDS,
    **page.WORDS,
    **queue.WORDS,
    **search.WORDS,
    **home.WORDS,
    **settings.WORDS,
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

    def name_of(self, family: str, name: str) -> str:
        """The words of `family.name`, as of a signal or a peer; those of a newer version show their own name."""
        key = f"{family}.{name or 'none'}"
        return self(key) if key in _WORDS else name.replace("_", " ")

    def day(self, moment: int) -> str:
        """The day of Unix second `moment`, in local time."""
        return datetime.fromtimestamp(moment).strftime("%Y-%m-%d")

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
