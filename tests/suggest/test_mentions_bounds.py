"""How many mentions of one target are kept on one page."""

from __future__ import annotations

from support.wiki_by_hand import reading

from linkassist.suggest.mentions import TitleFinder


def test_of_one_target_the_first_thousand_mentions_of_a_page_are_kept() -> None:
    many, few = reading("頁", "BERT 猫 " + "BERT " * 1_004), reading("別", "BERT と BERT")
    found = TitleFinder(["bert", "猫"]).find([many, few])
    kept = list(zip(found.page.tolist(), found.target.tolist(), found.start.tolist(), strict=True))
    assert [start for page, target, start in kept if (page, target) == (0, 0)] == [0, *range(7, 7 + 5 * 999, 5)]
    assert [target for page, target, _ in kept if page == 0].count(1) == 1
    assert [page for page, _, _ in kept].count(1) == 2
