"""The cards of a day differ in page, target and part of the wiki."""

from __future__ import annotations

from itertools import pairwise

from linkassist.review.spread import Candidate, series_of, spread


def card(page: int, target: str, gain: float, title: str = "", neighbours: str = "") -> Candidate:
    title = title or f"page {chr(96 + page)}"
    return Candidate(page, title, target, target.lower(), gain, frozenset(neighbours.split()) | {title})


def test_the_largest_gain_comes_first_where_nothing_is_alike() -> None:
    cards = [card(page, f"t{page}", 1 - page / 10) for page in range(1, 6)]
    assert spread(list(reversed(cards)), 3) == cards[:3]


def test_no_two_of_one_page_or_one_target_come_close_while_there_are_others() -> None:
    of_one_page = [card(1, f"t{n}", 1.0) for n in range(6)]
    of_one_target = [card(10 + n, "Hub", 0.9) for n in range(6)]
    others = [card(20 + n, f"o{n}", 0.3) for n in range(6)]
    chosen = spread([*of_one_page, *of_one_target, *others], 8)
    for n_apart in (1, 2, 3):
        assert all(a.page_id != b.page_id for a, b in zip(chosen, chosen[n_apart:], strict=False))
        assert all(a.target_key != b.target_key for a, b in zip(chosen, chosen[n_apart:], strict=False))


def test_a_day_is_not_all_from_one_part_of_the_wiki() -> None:
    garden = [card(n, f"g{n}", 1.0 - n / 100, neighbours="garden soil rain") for n in range(1, 21)]
    kitchen = [card(n, f"k{n}", 0.5 - n / 1000, neighbours="kitchen knife") for n in range(21, 31)]
    alone = [card(n, f"a{n}", 0.5 - n / 1000) for n in range(31, 36)]
    chosen = spread([*garden, *kitchen, *alone], 10)
    parts = ["garden" in each.neighbours for each in chosen]
    assert parts[0] and sum(parts) < 6
    assert any("kitchen" in each.neighbours for each in chosen)


def test_a_series_of_titles_does_not_fill_a_day() -> None:
    diary = [card(n, f"d{n}", 1.0, title=f"2026/11/{n:02}") for n in range(1, 21)]
    others = [card(n, f"o{n}", 0.4) for n in range(31, 41)]
    chosen = spread([*diary, *others], 10)
    assert 0 < sum(each.title.startswith("2026") for each in chosen) < 5
    assert series_of("2026/11/01") == series_of("2025/3/4") != ""
    assert series_of("週報12") == series_of("週報 13".replace(" ", "")) != series_of("庭")
    assert series_of("庭") == series_of("入力") == ""


def test_further_cards_differ_from_those_of_before() -> None:
    before = [card(1, "Hub", 1.0), card(2, "Other", 0.9)]
    chosen = spread([card(3, "Hub", 0.8), card(2, "x", 0.8), card(4, "y", 0.1)], 3, before)
    assert chosen[0] == card(4, "y", 0.1)
    assert len(chosen) == 3


def test_the_only_page_there_is_may_fill_a_day_with_what_it_has() -> None:
    chosen = spread([card(1, f"t{n}", 0.5) for n in range(3)], 20)
    assert len(chosen) == 3


def test_the_choice_is_the_same_every_time_and_has_no_card_twice() -> None:
    cards = [card(n % 7, f"t{n % 5}", 0.5) for n in range(35)]
    chosen = spread(cards, 20)
    assert chosen == spread(cards, 20)
    assert len(set(map(id, chosen))) == 20
    assert all(a.page_id != b.page_id for a, b in pairwise(chosen))
