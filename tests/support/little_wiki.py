"""A little wiki for the tests of the server: a page for every notation, awkward titles, suggestions made by hand."""

from __future__ import annotations

import time
from pathlib import Path

from linkassist.scrapbox.notation import page_links
from linkassist.store.imports import import_pages
from linkassist.store.library import Library
from linkassist.store.pages import find_page
from linkassist.store.runs import finish_run, start_run
from linkassist.store.suggestions import replace_suggestions
from linkassist.suggestion import Kind, Mention, Reason, Suggestion
from linkassist.wiki import Line, Page, title_key

PROJECT = "niwa"
AWKWARD_TITLES = (
    "入力/出力",
    "C#の覚え書き",
    "100%2Fの謎",
    "なぜ書く?",
    'かれは"庭"と言った',
    "🌱芽",
    "a&b=c <d>",
    "..",
    "back\\slash",
    "+plus + plus",
)

_TEXTS = {
    "庭としてのWiki": """
Wikiを庭のように手入れする、という考え方。
[知的生産]の[道具]は、使うたびに少しずつ育つ。
植えっぱなしにすると、ただの文章の倉庫になる
 毎日すこしだけ草むしりをする
 つながりを見つけたら、その場で書き足す
  リンクは編集という行為である
  赤いリンクは、これから書く[芽]の印
\t渡り歩くうちに、思いがけない再会がある
> 書いたことは忘れてよい。庭が覚えている
関連ページを眺める時間を、週に一度とりたい。
[gardener.icon] 最近はKJ法のラベル集めにも使っている
[* 手入れの順番]
 1. 孤立したページを探す
 2. 似たページを読みくらべる
 3. 検索でたどり着けない言葉に橋をかける
#手入れ #wiki
""",
    "知的生産": """
情報を集め、考え、まとめて、人にわたすまでの営み。
[道具]に頼りすぎず、しかし[道具]を軽んじない
 カード、ノート、[庭としてのWiki]
 集めるより、つなぐほうがむずかしい
""",
    "道具": """
手の延長であり、考えの型でもある。
[知的生産]の道具は、よく切れて、軽いものがいい
""",
    "KJ法": """
ばらばらの紙片から、かたちを立ち上げる方法。
[発想法]のひとつ
 ラベルを集める
 似たものをそばに置く
 輪で囲み、名前をつける
""",
    "記法の見本": """
すべての書き方を一か所に集めたページ。
[庭としてのWiki] と [まだないページ] と #手入れ
[* 太い見出し] [** もっと太い] [/ 斜めの文字] [- 取り消した文] [_ 下線の文]
[[かっこで太字]] のなかの [* [道具] への案内]
`inline code` はそのまま、[$ E = mc^2] は式
 字下げひとつ
  字下げふたつ
\t\tタブの字下げ
> 引用のなかでも[知的生産]につながる
外の[案内所 https://example.com/guide]、生の https://example.com/a?b=c も
[https://example.com/picture.png]
[gardener.icon] [gardener.icon*3] [/elsewhere/bot.icon]
[/elsewhere/となりの庭] は別のプロジェクト
[N35.6812,E139.7671,Z14 東京駅]
code:grow.py
 def grow(seed: str) -> str:
     return f"<b>{seed}</b> & KJ法"
table:道具くらべ
 道具\tよいところ\tつながり
 カード\t並べ替えられる\t[検索]
 ノート\t流れが残る\tKJ法とは別
? 使い方を知りたい
$ make run
数式と<script>alert("庭")</script>のあいだ
""",
    "検索": """
言葉をおぼえていれば届く。おぼえていなければ、隣をたどるしかない。
[類似度]で探すと、言葉がちがっても近いものが出てくる
 [埋め込み]と組にして使う
""",
    "類似度": """
ふたつの文がどれほど近いか。[埋め込み]の角度で測ることが多い。
""",
    "発想法": """
[KJ法] や、ひとりの連想。
""",
    "日々の記録": """
[芽]をひとつ見つけた。
[孤立したページ]を三つ直した。
""",
    "Reading notes": """
What a note is for: to be met again by someone who has forgotten it.
[道具] that stay out of the way
 Search finds what you can name; links find what you cannot
""",
    "さみしいページ": """
ここにはまだ何もつながっていない。
""",
    "空のページ": "",
}


def write_little_wiki(folder: Path) -> None:
    """Puts the wiki into the library `folder`, with suggestions, as an import and a reindex would."""
    now = int(time.time())
    pages = [_page(title, text, now - 3600 * (7 * place + 1)) for place, (title, text) in enumerate(_TEXTS.items())]
    pages += [
        _page(title, f"\n[庭としてのWiki]のそばの{title}\n[知的生産]\n", now - 86400 * (place + 3))
        for place, title in enumerate(AWKWARD_TITLES)
    ]
    with Library.open(folder) as library:
        project = import_pages(library, PROJECT, "庭の手帖", now, pages, page_links).project
        run_id = start_run(library, "reindex", project.id)
        texts = {page.title: page.texts for page in pages}
        per_page = [
            (find_page(library, project.id, title_key(title)).id, suggestions)
            for title, suggestions in _suggestions(texts).items()
        ]
        replace_suggestions(library, project.id, run_id, per_page)
        finish_run(library, run_id, "done", {"pages": len(pages)})


def _page(title: str, text: str, updated: int) -> Page:
    lines = tuple(Line(line) for line in [title, *text.strip("\n").split("\n")])
    return Page(title, lines, updated=updated, created=updated - 86400)


def _suggestions(texts: dict[str, list[str]]) -> dict[str, list[Suggestion]]:
    garden = texts["庭としてのWiki"]
    specimens = texts["記法の見本"]
    made = {
        "庭としてのWiki": [
            _suggestion(
                "KJ法", "page", 0.86, garden, "KJ法",
                Reason("mention", names=("KJ法",)), Reason("link_probability", count=18, total=21),
            ),
            _suggestion(
                "孤立したページ", "red", 0.71, garden, "孤立したページ",
                Reason("link_probability", count=1, total=2), Reason("joins", 0, 1, ("日々の記録",)),
            ),
            _suggestion(
                "検索", "page", 0.64, garden, "検索",
                Reason("similar_page", names=("検索",), quote="おぼえていなければ、隣をたどるしかない。"),
            ),
            _suggestion("つながり", "new", 0.47, garden, "つながり", Reason("joins", 0, 2, ("知的生産", "検索"))),
            _suggestion(
                "Reading notes", "page", 0.33, garden, "",
                Reason("similar_line", names=("Reading notes",), quote="to be met again by someone"),
                Reason("co_citation", names=("道具",)),
            ),
            _suggestion("草むしり", "new", 0.31, garden, "草むしり", Reason("joins", 0, 1, ("さみしいページ",))),
        ],
        "記法の見本": [
            _suggestion("KJ法", "page", 0.9, specimens, "KJ法", Reason("mention", names=("KJ法",)), only_line=21),
            _suggestion("書き方", "new", 0.4, specimens, "書き方", Reason("joins", names=("知的生産",))),
        ],
        "検索": [_suggestion("記法の見本", "page", 0.3, texts["検索"], "", Reason("neighbours", names=("道具",)))],
        "Reading notes": [
            _suggestion("検索", "page", 0.55, texts["Reading notes"], "Search", Reason("title_words", names=("検索",))),
        ],
    }  # fmt: skip
    return made | {
        title: [_suggestion("道具", "page", 0.25, texts[title], "", Reason("popular", count=4))]
        for title in AWKWARD_TITLES
    }


def _suggestion(
    target: str,
    kind: Kind,
    probability: float,
    texts: list[str],
    surface: str,
    *reasons: Reason,
    only_line: int | None = None,
) -> Suggestion:
    """A suggestion with a mention for each line that holds the surface outside of brackets."""
    mentions = tuple(
        Mention(number, text.index(surface), text.index(surface) + len(surface), surface)
        for number, text in enumerate(texts)
        if surface and number and surface in text and f"[{surface}" not in text and only_line in (None, number)
    )
    return Suggestion(target, kind, probability, mentions, reasons)
