"""How a page's lines are shown."""

from __future__ import annotations

import time

import pytest

from linkassist.review.line_after import LinesAfter
from linkassist.server.views.highlights import Highlight, fits, place_highlights
from linkassist.server.views.page_text import (
    MOST_CHARACTERS,
    MOST_LINES,
    CodeBlock,
    Piece,
    RenderContext,
    TableBlock,
    TextBlock,
    render_page,
    shown_lines,
)
from linkassist.server.views.plain_text import first_picture, plain_text
from linkassist.suggestion import Mention


def pieces_of(line: str, *highlights: Highlight, existing: frozenset[str] = frozenset({"道具"})) -> tuple[Piece, ...]:
    texts = ["題", line]
    (block,) = render_page(texts, RenderContext("niwa", existing, place_highlights(texts, highlights)))
    assert isinstance(block, TextBlock)
    return block.pieces


def highlight(line: int, start: int, surface: str, card: int = 1, *, is_accepted: bool = False) -> Highlight:
    return Highlight(Mention(line, start, start + len(surface), surface), surface, "page", card, is_accepted)


def shape(pieces: tuple[Piece, ...]) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text) for piece in pieces]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("ただの文", [("plain", "ただの文")], id="plain text"),
        pytest.param("[道具]を研ぐ", [("link", "道具"), ("plain", "を研ぐ")], id="a link whose page exists"),
        pytest.param("[芽]", [("red", "芽")], id="a link without a page"),
        pytest.param("#道具 #芽", [("hashtag", "#道具"), ("plain", " "), ("red_hashtag", "#芽")], id="hashtags"),
        pytest.param("[/p/q]", [("project_link", "/p/q")], id="a link to another project"),
        pytest.param("[案内 https://a.example/]", [("external", "案内")], id="a labelled URL"),
        pytest.param("[https://a.example/b.png]", [("image", "https://a.example/b.png")], id="an image"),
        pytest.param("[me.icon*3]", [("icon", "me")], id="icons"),
        pytest.param("`[道具]`", [("code", "[道具]")], id="a link inside code is code"),
        pytest.param("[$ a_1 ]", [("math", "a_1")], id="math as text"),
        pytest.param("> 引いた文", [("plain", "引いた文")], id="a quote without its sign and the space after it"),
    ],
)
def test_each_notation_becomes_its_piece(line: str, expected: list[tuple[str, str]]) -> None:
    assert shape(pieces_of(line)) == expected


def test_decorations_keep_what_is_inside_them() -> None:
    (piece,) = pieces_of("[**/ 見よ [道具]]")
    assert (piece.kind, piece.classes) == ("styled", "strong s2 italic")
    assert shape(piece.children) == [("plain", "見よ "), ("link", "道具")]


def test_a_code_block_and_a_table_are_one_block_each() -> None:
    texts = ["題", "code:a.py", " def f():", "     pass", "table:t", " [道具]\tb", "あと"]
    code, table, after = render_page(texts, RenderContext("niwa", frozenset({"道具"})))
    assert code == CodeBlock(1, 0, "a.py", "def f():\n    pass")
    assert isinstance(table, TableBlock)
    assert (table.name, [[shape(cell) for cell in cells] for _, cells in table.rows]) == (
        "t",
        [[[("link", "道具")], [("plain", "b")]]],
    )
    assert isinstance(after, TextBlock) and after.number == 6


def test_the_title_line_is_not_shown_again() -> None:
    assert render_page(["題"], RenderContext("niwa")) == ()


def test_a_mark_stands_at_its_span_and_nowhere_else() -> None:
    assert shape(pieces_of("検索と検索", highlight(1, 3, "検索"))) == [("plain", "検索と"), ("mention", "検索")]


def test_a_mark_counts_code_points_also_after_an_emoji_and_a_letter_that_grows_when_folded() -> None:
    assert shape(pieces_of("🌱İ検索", highlight(1, 2, "検索"))) == [("plain", "🌱İ"), ("mention", "検索")]


def test_a_mark_may_stand_inside_a_decoration_and_a_table_cell() -> None:
    (piece,) = pieces_of("[* 検索の話]", highlight(1, 3, "検索"))
    assert shape(piece.children) == [("mention", "検索"), ("plain", "の話")]
    texts = ["題", "table:t", " a\t検索する"]
    (table,) = render_page(texts, RenderContext("niwa", highlights=place_highlights(texts, [highlight(2, 3, "検索")])))
    assert isinstance(table, TableBlock)
    assert shape(table.rows[0][1][1]) == [("mention", "検索"), ("plain", "する")]


@pytest.mark.parametrize(
    ("line", "start", "surface"),
    [
        pytest.param("[検索]", 1, "検索", id="inside a link"),
        pytest.param("`検索`", 1, "検索", id="inside code"),
        pytest.param("https://a.example/検索", 18, "検索", id="inside a URL"),
        pytest.param("見[道具]", 0, "見[道", id="across a link's bracket"),
    ],
)
def test_no_mark_stands_outside_of_prose(line: str, start: int, surface: str) -> None:
    assert all(piece.kind != "mention" for piece in pieces_of(line, highlight(1, start, surface)))


def test_of_overlapping_marks_the_accepted_one_stays_and_else_the_better_one() -> None:
    better, worse = highlight(1, 0, "全文検索", card=1), highlight(1, 2, "検索", card=2)
    assert [each.card for each in place_highlights(["題", "全文検索"], [better, worse])[1]] == [1]
    accepted = highlight(1, 2, "検索", card=2, is_accepted=True)
    assert [each.card for each in place_highlights(["題", "全文検索"], [better, accepted])[1]] == [2]


def test_a_mention_whose_words_have_changed_is_not_marked() -> None:
    texts = ["検索", "検索"]
    assert fits(texts, Mention(1, 0, 2, "検索"))
    assert not fits(texts, Mention(1, 0, 2, "探索"))
    assert not fits(texts, Mention(0, 0, 2, "検索")), "the title line takes no link"
    assert not fits(texts, Mention(9, 0, 2, "検索"))


def test_an_accepted_mention_shows_as_a_link() -> None:
    (piece,) = pieces_of("検索", highlight(1, 0, "検索", is_accepted=True))
    assert (piece.kind, piece.href) == ("accepted", "/p/niwa/%E6%A4%9C%E7%B4%A2")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (" see [x] [https://a.example c]", "see x c"),
        ("> [* 太字の[道具]] #tag", "太字の道具 #tag"),
        ("[https://a.example/b.png] 図", "図"),
        ("[me.icon] よ", "(me) よ"),
        ("あ" * 200, "あ" * 160 + "…"),
    ],
)
def test_plain_text_is_what_a_reader_sees(line: str, expected: str) -> None:
    assert plain_text(line) == expected


@pytest.mark.parametrize(
    ("lines", "picture"),
    [
        (["a", " [https://a.example/b.png]", "[https://a.example/c.png]"], "https://a.example/b.png"),
        (["> [* [https://a.example/b.png]]"], "https://a.example/b.png"),
        (["[https://a.example words]", "`[https://a.example/b.png]`", "[b]"], ""),
        ([], ""),
    ],
)
def test_the_first_picture_of_some_lines(lines: list[str], picture: str) -> None:
    assert first_picture(lines) == picture


def test_a_page_shows_as_many_characters_as_can_be_made_in_a_moment() -> None:
    assert shown_lines(["t", "a", "b"]) == ["t", "a", "b"]
    assert shown_lines(["t", "a" * MOST_CHARACTERS, "b"]) == ["t", "a" * MOST_CHARACTERS]
    assert shown_lines(["t", "ab", "c" * MOST_CHARACTERS, "d"]) == ["t", "ab", "c" * (MOST_CHARACTERS - 2) + "…"]
    assert len(shown_lines(["t", *["" for _ in range(5_000)]])) == MOST_LINES
    assert shown_lines([]) == []


def test_the_cells_of_a_long_row_are_found_in_one_go() -> None:
    row = " [a]\tb`c`" + "\t" * 50_000 + "d"
    before = time.process_time()
    (table,) = render_page(["t", "table:x", row], RenderContext("niwa"))
    assert time.process_time() - before < 60
    assert isinstance(table, TableBlock)
    ((_, cells),) = table.rows
    assert [shape(cell) for cell in (*cells[:3], cells[-1])] == [
        [("red", "a")], [("plain", "b"), ("plain", "`c`")], [], [("plain", "d")],
    ]  # fmt: skip
    assert len(cells) == 50_002


def test_hundreds_of_marks_are_cut_into_thousands_of_pieces_in_one_go() -> None:
    line = "[a] hedge " * 20_000
    marks = [highlight(1, 10 * number + 4, "hedge", number) for number in range(0, 20_000, 40)]
    before = time.process_time()
    pieces = pieces_of(line, *marks)
    assert time.process_time() - before < 60
    assert [piece.card for piece in pieces if piece.kind == "mention"] == [each.card for each in marks]
    assert "".join(piece.text for piece in pieces) == line.replace("[a]", "a")


def test_a_page_of_icons_shows_a_thousand_of_them_and_each_once() -> None:
    pieces = [piece for piece in pieces_of("[me.icon*100]" * 50) if piece.kind == "icon"]
    assert len(pieces) == 50
    assert [piece.count for piece in pieces[:10]] == [100] * 10
    assert [piece.count for piece in pieces[10:]] == [1] * 40


def test_of_a_line_of_a_million_characters_only_what_is_shown_is_read() -> None:
    line = "[a] hedge " * 100_000
    before = time.process_time()
    for start in range(10_004, 900_000, 10_000):
        after = LinesAfter(["t", line]).of("hedge", Mention(1, start, start + 5, "hedge"))
        assert after and "".join(span.text for span in after.spans).count("[hedge]") == 1
        assert plain_text(line[start:]).startswith("hedge a hedge")
    assert time.process_time() - before < 60
