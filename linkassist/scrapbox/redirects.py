"""Pages that do no more than point to another page, such as "see [X]": their title is another name of that page."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from linkassist.scrapbox.tokens import ParsedLine, Token, walk
from linkassist.wiki import title_key

# What such a page says around its link, in NFKC and lower case; signs and spaces aside.
_WORDS: Final = """
    see also go please refer this page page has have been is was moved move to redirect redirects redirected alias
    of for same as merged into with in cf the renamed synonym other name another を見よ も見よ を見て も見て を見る
    見よ 見て を参照 も参照 参照 参照先 してください ください 下さい のこと を指す へ移動 に移動 へ移行 に移行 移動
    移動しました へ移動しました に移動しました しました した 移動先 転送 へ転送 に転送 転送先 リダイレクト
    へリダイレクト にリダイレクト 統合 へ統合 に統合 と統合 改名 に改名 へ改名 同義 と同義 同義語 の同義語 同じ
    と同じ に同じ の別名 別名 の別表記 別表記 の略 略称 の略称 こちら こちらへ こちらを は を へ に と の です だ
    である もしかして 正式名称 本名 见 見 参见 參見 参看 重定向 重定向至 重定向到 重新導向 移动至 移至 보기 참조
    참고 를 을 로 으로 넘겨주기 이동 옮김 동의어 의 별칭 siehe auch vgl voir aussi véase ver vedi
"""
_SAYS_SEE: Final = re.compile("(?:" + "|".join(sorted(set(_WORDS.split()), key=len, reverse=True)) + ")*")
_READ: Final = frozenset(("text", "quote"))
_POINTS: Final = re.compile("[→⇒➡➔➜↪☞=≡]|->")
_OTHER_SIGNS: Final = frozenset("⇔↔≠≒≈⊃⊂←⇐<?+×")  # of an opposite, a question, a page that is like it, a way back
_LONGEST: Final = 200  # code points of the text around the link


def redirect_target(title: str, texts: Sequence[str], lines: Sequence[ParsedLine]) -> str:
    """The title that the page points to, "" for a page that says more or links more than one page.

    A link or a tag alone says what a page belongs to as often as what it is, so it takes a word or an arrow to point.
    texts: the raw lines, the title line first. lines: the same parsed. Icons, blank lines and the page's own title do
    not count.
    """
    target, around = "", []
    for text, line in zip(texts[1:], lines[1:], strict=True):
        if not text.strip():
            continue
        if line.kind not in _READ:
            return ""
        for token in walk(line.tokens):
            if token.kind == "link":
                if target and title_key(target) != title_key(token.target):
                    return ""
                target = token.target
            elif token.kind in ("text", "decoration", "bold"):
                around.append(_content(text, token))
            elif token.kind not in ("indent", "mark", "icon"):
                return ""
    own = title_key(title)
    return target if target and title_key(target) != own and _says_see(" ".join(around), title) else ""


def _content(text: str, token: Token) -> str:
    return "" if token.children else text[token.content.start : token.content.end]


def _says_see(around: str, title: str) -> bool:
    folded, own = (unicodedata.normalize("NFKC", text).lower().strip() for text in (around, title))
    if len(around) > _LONGEST or not _OTHER_SIGNS.isdisjoint(folded):
        return False
    words = "".join(char for char in (folded.replace(own, " ") if own else folded) if char.isalnum() or char == "ー")
    return _SAYS_SEE.fullmatch(words) is not None and (bool(words) or _POINTS.search(folded) is not None)
