"""How many mentions of one target are kept on one page."""

from __future__ import annotations

import pytest
from support.wiki_by_hand import reading

from linkassist.suggest import mentions
from linkassist.suggest.mentions import TitleFinder


def test_of_one_target_the_first_mentions_of_a_page_are_kept_up_to_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mentions, "MOST_OF_PAIR", 3)
    many, few = reading("頁", "BERT と 猫 と BERT と BERT と BERT と BERT"), reading("別", "BERT と BERT")
    found = TitleFinder(["bert", "猫"]).find([many, few])
    kept = list(zip(found.page.tolist(), found.target.tolist(), found.start.tolist(), strict=True))
    of_many = [start for page, target, start in kept if (page, target) == (0, 0)]
    assert of_many == [0, 11, 18]
    assert [target for page, target, _ in kept if page == 0].count(1) == 1
    assert [page for page, _, _ in kept].count(1) == 2
