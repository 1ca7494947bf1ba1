"""A page as a reader reads it: which words are visible, which of them are prose, and what is left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.wiki_by_hand import MARKER, reading

from linkassist.scrapbox.page_text import SEPARATOR, read_page
from linkassist.wiki import Line, Page, Span

LINE_ID = "0123456789abcdef01234567"

# raw line, what is read of it, and the stretches of it in which a link may be put
VISIBLE = {
    "plain text": ("言葉 and words", "言葉 and words", ["言葉 and words"]),
    "an indent is left out": ("\u3000\t 言葉", "言葉", ["言葉"]),
    "a link reads as its title": ("[道具]を使う", "道具を使う", ["を使う"]),
    "a link to a line reads as its title": (f"[道具#{LINE_ID}]", "道具", []),
    "a hashtag reads as its title": ("#道具 を使う", "道具 を使う", [" を使う"]),
    "inline code": ("前`中`後", f"前{SEPARATOR}後", ["前", "後"]),
    "math": ("前[$ x 中]後", f"前{SEPARATOR}後", ["前", "後"]),
    "an icon": ("前[中.icon]後", f"前{SEPARATOR}後", ["前", "後"]),
    "an image": ("前[https://a.example/中.png]後", f"前{SEPARATOR}後", ["前", "後"]),
    "a bare URL": ("前 https://a.example/中 後", f"前 {SEPARATOR} 後", ["前 ", " 後"]),
    "the words of an outside link": ("前[中 https://a.example]後", "前中後", ["前", "後"]),
    "a link to another project": ("前[/project/中]後", f"前{SEPARATOR}後", ["前", "後"]),
    "a place on the map": ("前[N35.1,E139.2,Z14 中]後", f"前{SEPARATOR}後", ["前", "後"]),
    "a decoration": ("[* 太い [道具] の字]", "太い 道具 の字", ["太い ", " の字"]),
    "bold": ("[[太い]]字", "太い字", ["太い", "字"]),
    "a quote": (">引用 [道具]", "引用 道具", ["引用 "]),
    "the number of a list item": ("1. 言葉", f"{SEPARATOR}言葉", ["言葉"]),
    "a question of the help": ("? 使い方", "使い方", []),
}


@pytest.mark.parametrize(("line", "text", "prose"), VISIBLE.values(), ids=VISIBLE)
def test_a_line_is_read_as_its_reader_sees_it(line: str, text: str, prose: list[str]) -> None:
    (passage,) = reading("題", line).passages

    assert passage.text == text
    assert [line[part.raw_start : part.raw_start + part.length] for part in passage.segments if part.is_prose] == prose


@pytest.mark.parametrize("line", ["", " \t\u3000", "`code`", "[$ x]", "[a.icon]", "https://a.example/b", "$ make run"])
def test_a_line_without_visible_words_is_no_passage(line: str) -> None:
    assert reading("題", line).passages == ()


def test_the_title_line_is_no_passage_and_its_brackets_are_no_link() -> None:
    found = reading("題 [道具]", "言葉")

    assert [passage.line for passage in found.passages] == [1]
    assert found.links == ()


def test_code_blocks_are_left_out_and_tables_are_read_cell_by_cell() -> None:
    lines = ["code:a.py", " [道具] 言葉", "table:名 [道具]", " [検索]\tひと\t`ふた`", "外"]

    found = reading("題", *lines)

    assert [(passage.line, passage.text.split(SEPARATOR)[:2]) for passage in found.passages] == [
        (4, ["検索", "ひと"]),
        (5, ["外"]),
    ]
    assert found.links == ("検索",)


def test_links_are_distinct_by_title_key_and_a_page_does_not_link_itself() -> None:
    assert reading("My Page", "[Sample Text] [sample_text] [my page] #MY_PAGE [other]").links == (
        "Sample Text",
        "other",
    )


@pytest.mark.parametrize(
    "marker", ["__BELOW_IS_AI_GENERATED__", "___BELOW_IS_LESS_INTERESTING___", " ___BELOW_IS_AI_GENERATED___ "]
)
def test_what_follows_a_marker_is_not_learnt_from_but_counts_as_linked(marker: str) -> None:
    found = reading("題", "[上] 言葉", marker, "[下] [上] [題] [絵.icon] 隠れた言葉")

    assert found.text == "題\n上 言葉"
    assert found.links == ("上",)
    assert found.icons == ()
    assert found.also_linked == ("下",)


def test_a_marker_must_stand_alone_on_its_line() -> None:
    found = reading("題", f"see {MARKER}", f"{MARKER} などと書く", "[下]")

    assert found.links == ("下",)


def test_a_page_that_is_called_as_the_marker_is_read() -> None:
    assert reading(MARKER, "[下]").links == ("下",)


def test_a_diarys_line_of_dates_is_not_learnt_from_but_counts_as_linked() -> None:
    found = reading("2026-05-01", "[2026-04-30]←2026-05-01→[2026-05-02]", "[道具]←これ→あれ")

    assert [passage.line for passage in found.passages] == [2]
    assert found.links == ("道具",)
    assert found.also_linked == ("2026-04-30", "2026-05-02")


def test_a_target_linked_above_is_not_also_linked_below() -> None:
    found = reading("題", MARKER, "[Sample Text]")
    both = reading("題", "[sample_text]", MARKER, "[Sample Text]")

    assert found.also_linked == ("Sample Text",)
    assert both.also_linked == ()


def test_icons_are_kept_once_and_in_order() -> None:
    assert reading("題", "[b.icon] [a.icon*3]", "[* [b.icon]]").icons == ("b", "a")


def test_the_author_is_who_wrote_most_lines() -> None:
    lines = (Line("題", user_id="ann"), Line("x", user_id="bob"), Line("y", user_id="bob"), Line("z"))

    assert "author:bob" in read_page(Page("題", lines)).marks
    assert reading("題", "x").marks == ()


# raw line, what it shows beside its words
MARKS = {
    "words alone show nothing": ("言葉 [道具] #札 `x` [$ x]", ()),
    "the host of a bare URL": ("見よ https://a.example/b?c#d", ("host:a.example",)),
    "of an outside link": ("[中 https://a.example]", ("host:a.example",)),
    "of an image, and not the page there": ("[https://a.example/中.png]", ("host:a.example",)),
    "of the image that a link shows": ("[https://a.example https://b.example/c.png]", ("host:b.example",)),
    "with its port": ("http://a.example:8080/b", ("host:a.example:8080",)),
    "without www, in small letters": ("https://www.A.Example/B", ("host:a.example",)),
    "another project": ("[/Project]", ("project:/project",)),
    "and not the page in it": ("[/project/中]", ("project:/project",)),
    "an icon by its title key": ("[Big One.icon*3]", ("icon:big_one",)),
    "an icon of another project": ("[/icons/Star.icon]", ("icon:/icons/star",)),
    "what a decoration and a quote hold": ("> [* [絵.icon] https://a.example]", ("icon:絵", "host:a.example")),
    "each once, in order": (
        "[/p/a] https://a.example/1 [/p/b] https://www.a.example/2",
        ("project:/p", "host:a.example"),
    ),
    "nothing in code": ("`https://a.example [絵.icon]`", ()),
}


@pytest.mark.parametrize(("line", "marks"), MARKS.values(), ids=MARKS)
def test_marks_are_what_a_page_shows_beside_its_words(line: str, marks: tuple[str, ...]) -> None:
    assert reading("題", line).marks == marks


def test_nothing_below_a_marker_and_in_a_code_block_is_a_mark() -> None:
    lines = ["code:a.py", " https://a.example", "https://b.example", MARKER, "https://c.example [絵.icon] [/p/q]"]

    assert reading("題", *lines).marks == ("host:b.example",)


def test_the_author_is_a_mark_where_known() -> None:
    lines = (Line("題", user_id="ann"), Line("[絵.icon]", user_id="bob"), Line("y", user_id="bob"))

    assert read_page(Page("題", lines)).marks == ("icon:絵", "author:bob")


def test_the_text_is_the_title_and_the_passages() -> None:
    assert reading("題", "`x`", "一 [二]", "三").text == "題\n一 二\n三"


NOTATION = st.sampled_from(
    ["[道具]", "#札", " ", "\t", "`c`", "[$ x]", "[a.icon]", "[* 字 [b]]", "[[太]]", "https://e.example", "> ", "1. "]
    + ["[案内 https://e.example]", "[/p/q]", "言葉", "word", "[", "]", "İ", "𝔹", "ｶﾞ", "\u3000"]
)
LINES = st.lists(NOTATION, min_size=1, max_size=8).map("".join)


@given(LINES)
def test_a_passages_parts_cut_the_raw_line(line: str) -> None:
    for passage in reading("題", line).passages:
        tiled = [SEPARATOR] * len(passage.text)
        for part in passage.segments:
            cut = line[part.raw_start : part.raw_start + part.length]
            assert cut == passage.text[part.start : part.start + part.length]
            tiled[part.start : part.start + part.length] = cut
        assert "".join(tiled) == passage.text


@given(LINES, st.data())
def test_a_raw_span_cuts_out_the_same_words(line: str, data: st.DataObject) -> None:
    for passage in reading("題", line).passages:
        start = data.draw(st.integers(0, len(passage.text)))
        end = data.draw(st.integers(start, len(passage.text)))
        span = passage.raw_span(start, end)
        if span is not None:
            assert span.cut(line) == passage.text[start:end]


def test_a_raw_span_stays_within_one_stretch_of_prose() -> None:
    (passage,) = reading("題", "前[道具]後").passages

    assert passage.text == "前道具後"
    assert passage.raw_span(0, 1) == Span(0, 1)
    assert passage.raw_span(3, 4) == Span(5, 6)
    assert passage.raw_span(0, 2) is None
    assert passage.raw_span(1, 3) is None


def test_an_address_in_brackets_shows_no_words() -> None:
    (passage,) = reading("題", "前[https://a.example/words]後").passages
    assert passage.text == f"前{SEPARATOR}後"
