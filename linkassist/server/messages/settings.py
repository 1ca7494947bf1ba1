"""The words of the settings, Japanese and English."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "settings.title": ("設定", "Settings"),
    "settings.saved": ("保存しました", "Saved"),
    "settings.restored": ("見送りを取り消しました", "It is suggested again"),
    "settings.offered": ("1 ページに出す提案の数", "Suggestions per page"),
    "settings.offered.lead": (
        "見込みの高いものから出します。答えたものも数えます。残りは「さらに表示」で見られます。",
        "The likeliest come first, and what you have answered counts. The rest is kept under “Show more”.",
    ),
    "settings.offered.wiki": ("Wikiに合わせる", "As this wiki links"),
    "settings.offered.wiki.help": (
        "同じくらいの長さのページにあるリンクの数まで",
        "up to as many as pages of the same length have links",
    ),
    "settings.offered.number": ("多くても", "At most"),
    "settings.offered.unit": ("件", "per page"),
    "settings.offered.then": (
        "すべての画面に、すぐ効きます。",
        "It shows on every screen at once.",
    ),
    "settings.save": ("保存", "Save"),
    "settings.words": ("提案しない言葉", "Words never suggested"),
    "settings.words.lead": (
        "どのページでもリンク先として提案しません。カードの「⋯」からも加えられます。",
        "Not suggested as a link on any page. The “⋯” of a card puts words here too.",
    ),
    "settings.words.none": ("まだありません。", "None so far."),
    "settings.words.add": ("提案しない言葉", "A word or title"),
    "settings.pages": ("提案を出さないページ", "Pages without suggestions"),
    "settings.pages.lead": (
        "日誌や目次など、リンクを足さなくてよいページ。",
        "Diaries, indexes: pages that need no more links.",
    ),
    "settings.pages.none": ("まだありません。", "None so far."),
    "settings.pages.add": ("ページのタイトル", "The page's title"),
    "settings.add": ("加える", "Add"),
    "settings.remove": ("「{0}」を外す", "Take “{0}” off the list"),
    "settings.import": ("取り込み", "Import"),
    "settings.import.lead": (
        "新しい書き出しを読み込みます。これまでの判断は残ります。提案を作り直すのもここからです。",
        "Take in a newer export; every decision stays. Suggestions are made anew from there too.",
    ),
    "settings.import.open": ("取り込みを開く", "Open the import"),
    "settings.encoder": ("エンコーダー", "Encoder"),
    "settings.encoder.own": (
        "このWiki自身の文章とリンクから学んだもの（wiki）",
        "Learnt from this wiki's own text and links (wiki)",
    ),
    "settings.encoder.change": (
        "NAME に transformers のモデルのフォルダーか名前を書きます。次の更新で学び直します。採用と見送りは残ります。",
        "For NAME, give the folder or name of a transformers model. All is then learnt anew; your decisions stay.",
    ),
    "settings.encoder.back": (
        "Wikiから学ぶものに戻すには、次のコマンドを実行します。学び直しますが、採用と見送りは残ります。",
        "To return to what is learnt from the wiki itself, run this. All is then learnt anew; your decisions stay.",
    ),
    "settings.display": ("表示", "Display"),
    "settings.decided": ("これまでの判断", "What you have decided"),
    "settings.decided.none": ("まだ何も決めていません。", "Nothing is decided so far."),
    "settings.decided.accepted": ("採用", "Accepted"),
    "settings.decided.rejected": ("見送り", "Dismissed"),
    "settings.decided.waiting": ("書き戻し待ち", "Wait in the outbox"),
    "settings.decided.share": (
        "答えた提案の {0}% を採用しました。示した確率からの見込みは {1}% でした。",
        "You accepted {0}% of what you answered; the probabilities shown had promised {1}%.",
    ),
    "settings.decided.whys": ("見送った理由", "Why dismissed"),
    "settings.rejected": ("見送った提案", "Dismissed suggestions"),
    "settings.rejected.lead": (
        "取り消すと、その提案はすぐに戻り、そこから学んだことも消えます。",
        "Undo one, and it is suggested again at once; what was learnt from it is gone.",
    ),
    "settings.rejected.none": ("見送ったものはありません。", "Nothing is dismissed."),
    "settings.rejected.search": ("言葉やページで探す", "Search by word or page"),
    "settings.rejected.find": ("探す", "Search"),
    "settings.rejected.all": ("すべて表示", "Show all"),
    "settings.rejected.nothing": ("「{0}」に当たるものはありません。", "Nothing matches “{0}”."),
    "settings.rejected.on": ("「{0}」で", "on {0}"),
    "settings.rejected.pager": ("見送った提案の続き", "More dismissed suggestions"),
    "settings.undo": ("取り消す", "Undo"),
    "settings.undo.of": ("「{1}」での「{0}」の見送りを取り消す", "Undo the dismissal of “{0}” on “{1}”"),
}
