"""Pages that do no more than point to another page."""

from __future__ import annotations

import pytest
from support.wiki_by_hand import reading

POINTING = [
    "see [X]",
    "See: [X].",
    "see also [X]",
    "→ [X]",
    "→[X]",
    "⇒ [X]",
    "=> [X]",
    "-> [X]",
    "= [X]",
    "＝[X]",
    "[X]を見よ",
    "[X] を見て",
    "[X]参照",
    "[X]を参照してください。",
    "[X]へ移動",
    "[X] に移動しました",
    "redirect [X]",
    "REDIRECT [X]",
    "Redirects to [X]",
    "Moved to [X]",
    "moved to: [X]",
    "[X]と同義",
    "[X]の別名",
    "alias of [X]",
    "Yは[X]のこと",
    "Y → [X]",
    "Y = [X]",
    "see\n [X]",
    "\nsee [X]\n\n",
    "see [X]\n[ja.icon]",
    "[[see]] [* [X]]",
    "> → [X]",
    "参见[X]",
    "[X] 참조",
]
MORE = [
    "",
    "[X]",
    " [X]\n[ja.icon]",
    "#X",
    "see #X",
    "[X]は道具",
    "[X]のクローン",
    "see [X] and [Z]",
    "see [X]\n[/other/page]",
    "see [X]\nhttps://a.example",
    "see [X]\ncode:a\n b",
    "see [X]\n`code`",
    "[X] [https://a.example/a.png]",
    "⇔ [X]",
    "[X]?",
    "← [X]",
    "prev [X]",
    "X",
    "see X",
    "table:t\n [X]",
    "see [Y]",
    "関連 [X]",
]


@pytest.mark.parametrize("text", POINTING)
def test_a_page_that_only_says_see_points_to_the_other(text: str) -> None:
    assert reading("Y", *text.split("\n")).points_to.lower() == "x"


@pytest.mark.parametrize("text", MORE)
def test_a_page_that_says_more_points_nowhere(text: str) -> None:
    assert reading("Y", *text.split("\n")).points_to == ""
