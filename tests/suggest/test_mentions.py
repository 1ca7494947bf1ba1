"""Mentions: which titles are found where in a page's text."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.wiki_by_hand import corpus_of, reading

from linkassist.suggest.folding import fold, fold_key, scripts
from linkassist.suggest.mentions import Mentions, TitleFinder
from linkassist.suggest.title_variants import spellings
from linkassist.wiki import Reading, title_key


def find(titles: list[str], *pages: Reading) -> Mentions:
    return TitleFinder(titles).find(pages)


def surfaces(titles: list[str], line: str) -> list[str]:
    """What the mentions of these titles cut out of the raw line; "-" for one where no link can be put."""
    page = reading("頁", line)
    found = find(titles, page)
    spans = [
        page.passages[passage].raw_span(start, end)
        for passage, start, end in zip(found.passage.tolist(), found.start.tolist(), found.end.tolist(), strict=True)
    ]
    return [span.cut(line) if span else "-" for span in spans]


# raw line, titles, expected mentions
FOUND = {
    "as it is written": ("深層学習を読む", ["深層学習"], ["深層学習"]),
    "in another case": ("bErT", ["BERT"], ["bErT"]),
    "in another width": ("ＢＥＲＴとﾘﾝｸ", ["BERT", "リンク"], ["ＢＥＲＴ", "ﾘﾝｸ"]),
    "with an underscore for a space": ("sample_text", ["Sample Text"], ["sample_text"]),
    "with another space": ("sample\u3000text", ["Sample Text"], ["sample\u3000text"]),
    "a letter that lowers to two code points": ("İstanbul ve İzmir", ["İstanbul", "İzmir"], ["İstanbul", "İzmir"]),
    "a letter that lowers by its place": ("ΟΔΟΣ", ["Οδος"], ["ΟΔΟΣ"]),
    "a sign that stands for several letters": ("第Ⅲ章", ["第Ⅲ章"], ["第Ⅲ章"]),
    "beyond the basic plane": ("🌱芽と𝔹ERT", ["🌱芽", "BERT"], ["🌱芽", "𝔹ERT"]),
    "not in the middle of a Latin word": ("MAIN AI", ["AI"], ["AI"]),
    "not in the middle of a katakana word": ("クリスマスのリス", ["リス"], ["リス"]),
    "but in the middle of a kanji word": ("東京都", ["東京"], ["東京"]),
    "a Latin word among Japanese": ("昔のAIは", ["AI"], ["AI"]),
    "behind the number of a list item": ("1. BERT", ["BERT"], ["BERT"]),
    "twice": ("AIとAI", ["AI"], ["AI", "AI"]),
    "the longer of two": ("深層学習の学習", ["深層学習", "学習"], ["深層学習", "学習"]),
    "the longer of two Latin ones": ("Work ethics at work", ["Work", "Work ethics"], ["Work ethics", "work"]),
    "the longer of two in another spelling": ("good work-ethics", ["Work", "Work ethics"], ["work-ethics"]),
    "the longer of two beside its link": (
        "[Work ethics], Work ethics",
        ["Work", "Work ethics"],
        ["-", "-", "Work ethics"],
    ),
    "the longer of two Korean ones": ("지식 관리를", ["지식", "관리", "지식 관리"], ["지식 관리"]),
    "the longer of two Chinese ones": ("知识管理", ["知识", "管理", "知识管理"], ["知识管理"]),
    "two that overlap": ("深層学習法", ["深層学習", "学習法"], ["深層学習", "学習法"]),
    "a link inside a longer one": ("[Work] ethics", ["Work", "Work ethics"], ["-", "-"]),
    "a link that is a piece of a word": ("[死]んだ Face[book]", ["死", "book"], ["-", "-"]),
    "one kanji is a word where none stands beside it": ("木と木材", ["木", "木材"], ["木", "木材"]),
    "one character of another script is too short": ("a と い と ア", ["a", "い", "ア"], []),
    "a short title in spaces is still too short": ("a 木 b", [" 木 "], []),
    "not across a gap": ("a`x`b", ["a b"], []),
    "not in code": ("`BERT` [$ BERT] [BERT.icon]", ["BERT"], []),
    "not in a URL": ("https://a.example/BERT", ["BERT"], []),
    "in bold, a decoration and a quote": ("> [[BERT]] [* BERT]", ["BERT"], ["BERT", "BERT"]),
    "in a link, where no other link can be put": ("[BERT] [BERTの話]", ["BERT"], ["-", "-"]),
    "half in a link": ("[深層]学習", ["深層学習"], ["-"]),
    "no titles": ("BERT", [], []),
}

# raw line, titles, expected mentions: nothing begins or ends inside a token
TOKENS = {
    "not a piece of a contraction": ("they couldn't say", ["couldn", "couldn't"], ["couldn't"]),
    "nor with a curly apostrophe": ("they couldn’t say", ["couldn"], []),
    "but before a possessive s": ("Darwin's and Lovelace’s notes", ["Darwin", "Lovelace"], ["Darwin", "Lovelace"]),
    "which ends its word": ("the rock'star", ["rock", "star"], []),
    "in single quotation marks": ("say 'Darwin', 'Lovelace'", ["Darwin", "Lovelace"], ["Darwin", "Lovelace"]),
    "in single quotation marks among Japanese": ("彼は'Darwin'と'道具'を", ["Darwin", "道具"], ["Darwin", "道具"]),
    "not a piece of an identifier": ("load_model and __main__", ["load", "model", "main"], []),
    "nor before an underscore at its end": ("class_ と道具_", ["class", "道具"], []),
    "an identifier that is a title": ("__main__ load_model", ["__main__", "load model"], ["__main__", "load_model"]),
    "not a piece of a longer identifier": ("reload_model_", ["load model", "reload model"], []),
    "beside a space, which folds to an underscore": ("the model  here", ["model"], ["model"]),
    "not a piece of an address": ("write to anna@garden.example", ["anna", "garden", "example"], []),
    "a place behind an at sign": ("読書会@京都", ["京都"], ["京都"]),
    "not a piece of a domain": ("see www.garden.example", ["garden", "www"], []),
    "nor of one with hyphens": ("see https.my-garden.example or Tea-leaves.txt", ["my", "garden", "Tea"], []),
    "but a word with a hyphen ends at the dot of its sentence": ("a KJ-method. Then", ["KJ"], ["KJ"]),
    "not a piece of a name with a dot": ("Vue.js を使う", ["Vue", "js", "Vue.js"], ["Vue.js"]),
    "nor behind it where the title begins with the dot": ("ASP.NETと .NET", [".NET"], [".NET"]),
    "before the dot that ends a sentence": ("I like Vue. Really", ["Vue"], ["Vue"]),
    "beside a dot among Japanese": ("道具.Vueです", ["道具", "Vue"], ["道具", "Vue"]),
    "not a piece of a number": ("12:30 1,500 3.14", ["30", "12", "500", "14"], []),
    "not before a hyphen and a digit": ("BEST-20とスライド-3", ["BEST", "20", "スライド", "BEST-20"], ["BEST-20"]),
    "nor before another hyphen and a digit": ("BEST‑20 BEST−20", ["BEST", "20"], []),
    "nor a digit behind a hyphen alone": ("-20 度", ["20"], []),
    "before a hyphen and a letter": ("KJ-method", ["KJ"], ["KJ"]),
    "not across a tab, nor beside one between words": (
        "Data\tBase x",
        ["Data Base", "Data", "Base", "Data\tBase"],
        [],
    ),
    "before a tab at the end of a line": ("道具\t", ["道具"], ["道具"]),
    "not behind a letter alone and a hyphen": ("an e-mail, a T-shirt", ["mail", "shirt", "e-mail"], ["e-mail"]),
    "nor before one": ("vitamin-c と plan-b", ["vitamin", "plan"], []),
    "not a piece of a date": (
        "平成31年4月、平成 26年、昭和二十年八月、令和元年、2014年、May 2014、5/3(土)、十二月八日",
        ["平成", "昭和", "令和", "2014", "May", "土", "十二月", "4月"],
        [],
    ),
    "an era by itself": ("平成の終わり、昭和時代", ["平成", "昭和"], ["平成", "昭和"]),
    "a title that is more than a date": (
        "3月のライオン、2020年代",
        ["3月のライオン", "2020年代"],
        ["3月のライオン", "2020年代"],
    ),
    "a title that ends in a date": ("昭和48年 1973年の本", ["昭和48年 1973", "昭和"], ["昭和48年 1973"]),
    "a title that begins in one": ("2019年末、Windows 10/11", ["年末", "Windows 10"], ["年末", "Windows 10"]),
    "in wide letters": ("Ｖｕｅ．ｊｓ ｂｅｓｔ＿ａｉ", ["Vue", "best", "Vue.js"], ["Ｖｕｅ．ｊｓ"]),
}


@pytest.mark.parametrize(("line", "titles", "expected"), FOUND.values(), ids=FOUND)
def test_titles_are_found(line: str, titles: list[str], expected: list[str]) -> None:
    assert surfaces(titles, line) == expected


# raw line, titles, expected mentions: nothing begins or ends inside a character
CHARACTERS = {
    "not before a combining sound mark": ("次のトラ\u3099マは", ["トラ"], []),
    "nor behind it, in the rest of the word": ("カ\u3099ラス", ["ラス"], []),
    "not before a half-width sound mark": ("ﾊﾗﾊﾟ", ["ハラハ", "ハラ"], []),
    "nor behind it": ("ｶﾞﾗｽ", ["ラス"], []),
    "not before an accent": ("le fiance\u0301 et", ["fiance"], []),
    "nor behind it, in the rest of a Latin word": ("the nai\u0308ve one", ["ve", "nai"], []),
    "not before an accent at the end of a line": ("resume\u0301", ["resume"], []),
    "not before a variation selector": ("葛\U000e0100城と☂\ufe0f傘", ["葛", "雨☂"], []),
    "not inside a family of emoji": ("👩\u200d🚀🌍", ["👩\u200d🚀", "🚀🌍"], ["👩\u200d🚀"]),
    "not before a skin tone": ("手👋\U0001f3fb", ["手👋"], []),
    "not inside a flag": ("🇯🇵🇺🇸", ["🇯🇵", "🇵🇺", "🇺🇸"], ["🇯🇵", "🇺🇸"]),
    "not before a Hangul vowel": ("나의 한그\u11af", ["한그"], []),
    "a title with an accent where it is written so": ("nai\u0308ve art", ["nai\u0308ve"], ["nai\u0308ve"]),
    "before a possessive s behind an accent": ("the fiance\u0301's", ["fiance\u0301"], ["fiance\u0301"]),
    "beside a whole character": ("🌍地球🌍", ["地球"], ["地球"]),
}


# raw line, titles, expected mentions: other forms of the same text, in spans of the raw line
FORMS = {
    "a decomposed word": ("次のト\u3099ラマは", ["ドラマ", "トラマ"], ["ト\u3099ラマ"]),
    "a decomposed title": ("次のドラマは", ["ト\u3099ラマ"], ["ドラマ"]),
    "half-width kana with sound marks": ("この ﾊﾟﾋﾟﾙｽ と", ["パピルス"], ["ﾊﾟﾋﾟﾙｽ"]),
    "behind half-width kana": ("ﾊﾟﾝﾀﾞの道具", ["道具", "パンダ"], ["ﾊﾟﾝﾀﾞ", "道具"]),
    "an accent of its own": ("le fiance\u0301 et", ["fiancé"], ["fiance\u0301"]),
    "decomposed Hangul": (
        "이 \u1112\u1161\u11ab\u1100\u1173\u11af은",
        ["한글"],
        ["\u1112\u1161\u11ab\u1100\u1173\u11af"],
    ),
    "a sign for several letters": ("㍻の㍿です", ["株式会社", "平成", "会社"], ["㍻", "㍿"]),
    "three dots are not the sign for them": ("そして... それから…", ["…", "..."], ["..."]),
    "several letters for a sign": ("株式会社です", ["㍿"], ["株式会社"]),
    "a curly apostrophe": ("they couldn’t say", ["couldn't"], ["couldn’t"]),
    "a curly apostrophe in the title": ("they couldn't say", ["couldn’t"], ["couldn't"]),
    "curly quotation marks": ("the “best” tool", ['"best" tool'], ["“best” tool"]),
    "the other wave dash": ("京都〜大阪、奈良～大阪", ["京都～大阪", "奈良〜大阪"], ["京都〜大阪", "奈良～大阪"]),
    "a hyphen that does not break": ("use a k\u2011means here", ["k-means"], ["k\u2011means"]),
}


@pytest.mark.parametrize(("line", "titles", "expected"), FORMS.values(), ids=FORMS)
def test_titles_are_found_in_every_form_of_the_same_text(line: str, titles: list[str], expected: list[str]) -> None:
    assert surfaces(titles, line) == expected


def test_a_line_that_begins_with_a_digit_is_no_date_of_the_line_before() -> None:
    found = find(["5G"], reading("頁", "plan r", "5Gが始まる"))

    assert len(found) == 1


def test_only_the_form_of_the_title_is_exact() -> None:
    composed, decomposed = "ドラマ", "ト\u3099ラマ"
    found = find([composed, decomposed, "say’s", "say's"], reading("頁", composed, decomposed, "say's", "say’s"))

    assert found.target[found.is_exact].tolist() == [0, 1, 3, 2]
    assert len(found) == 8


@pytest.mark.parametrize(("line", "titles", "expected"), CHARACTERS.values(), ids=CHARACTERS)
def test_a_mention_is_made_of_whole_characters(line: str, titles: list[str], expected: list[str]) -> None:
    assert surfaces(titles, line) == expected


@pytest.mark.parametrize(("line", "titles", "expected"), TOKENS.values(), ids=TOKENS)
def test_a_mention_is_made_of_whole_tokens(line: str, titles: list[str], expected: list[str]) -> None:
    assert surfaces(titles, line) == expected


def test_a_mention_does_not_cross_the_cells_of_a_table() -> None:
    page = reading("頁", "table:x", " Data\tBase", " Data Base")
    found = find(["Data Base", "Base"], page)

    assert [page.passages[row].line for row in found.passage] == [2, 3]
    assert found.target.tolist() == [1, 0]


@pytest.mark.parametrize(("line", "titles"), [(row[0], row[1]) for row in TOKENS.values()], ids=TOKENS)
def test_a_text_says_the_titles_that_are_mentioned_in_it(line: str, titles: list[str]) -> None:
    page = reading("頁", line)
    said = TitleFinder(titles).saying([page.text])

    assert {member for _, member in said} == set(find(titles, page).target.tolist())


def test_a_mention_in_the_title_counts_and_none_goes_over_the_end_of_a_line() -> None:
    found = find(["深層学習", "学習の続き"], reading("深層学習", "深層学習", "の続き"))

    assert found.passage.tolist() == [-1, 0]
    assert found.start.tolist() == [0, 0]
    assert found.end.tolist() == [4, 4]


def test_places_are_counted_within_each_page_and_passage() -> None:
    found = find(["BERT", "犬"], reading("猫", "x BERT"), reading("BERT", "", "ab [$ x] BERT"))

    assert found.page.tolist() == [0, 1, 1]
    assert found.passage.tolist() == [0, -1, 0]
    assert found.start.tolist() == [2, 0, 5]
    assert len(found) == 3


def test_a_mention_within_a_longer_one_is_kept_in_links_alone_and_is_not_free() -> None:
    found = find(["深層学習", "学習", "層学"], reading("頁", "深層学習と[深層学習]と学習"))
    rows = sorted(zip(found.start.tolist(), found.end.tolist(), found.is_free.tolist(), strict=True))

    assert rows == [(0, 4, True), (5, 9, True), (6, 8, False), (7, 9, False), (10, 12, True)]


def test_a_link_that_is_a_piece_of_a_word_has_no_word_boundary_there() -> None:
    assert find(["死", "book", "boo"], reading("頁", "[死]んだ Face[book] Face[boo]k")).edges.tolist() == [1, 1, 0]


def test_what_the_title_of_a_page_says_is_kept_within_it() -> None:
    found = find(["道具", "道具箱"], reading("道具箱", "この道具箱"))

    assert sorted(zip(found.passage.tolist(), found.target.tolist(), strict=True)) == [(-1, 0), (-1, 1), (0, 1)]


def test_titles_that_fold_alike_are_all_found_and_only_the_one_as_written_is_exact() -> None:
    found = find(["ＢＥＲＴ", "BERT"], reading("頁", "BERT"), reading("頁2", "ＢＥＲＴ"))

    assert found.target.tolist() == [0, 1, 0, 1]
    assert found.is_exact.tolist() == [False, True, True, False]
    assert found.is_free.tolist() == [True] * 4


@pytest.mark.parametrize(
    ("line", "edges"), [("東京", 2), ("「東京」", 2), ("東京都", 1), ("大東京都", 0), ("の東京を", 2), ("AI東京", 2)]
)
def test_ends_in_a_run_of_one_script_are_no_word_boundaries(line: str, edges: int) -> None:
    assert find(["東京"], reading("頁", line)).edges.tolist() == [edges]


# raw line; of the mentions of 道具: whether it is linked, what stands before and after, its share of the line
BESIDE = {
    "alone on its line": ("道具", [(False, "\n", "\n", 1.0)]),
    "a link alone on its line": (" [道具]", [(True, "\n", "\n", 1.0)]),
    "within a sentence": ("古い道具だ", [(False, "い", "だ", 2 / 5)]),
    "a link within a sentence": ("古い[道具]だ", [(True, "い", "だ", 2 / 5)]),
    "a hashtag": ("#道具 など", [(True, "\n", "_", 2 / 4)]),
    "spaces count for nothing": ("a 道具 \u3000b", [(False, "_", "_", 2 / 4)]),
    "what is beside it is folded": ("Ａ道具ﾀﾞ", [(False, "a", "タ", 2 / 5)]),
    "code beside it is a gap": ("`x`道具", [(False, "\x1f", "\n", 2 / 3)]),
    "once as a link and once not": ("[道具]と道具", [(True, "\n", "と", 2 / 5), (False, "と", "\n", 2 / 5)]),
    "in the text of another link": ("[道具の話]", [(True, "\n", "の", 2 / 4)]),
    "behind a link": ("[古い]道具", [(False, "い", "\n", 2 / 4)]),
}


@pytest.mark.parametrize(("line", "expected"), BESIDE.values(), ids=BESIDE)
def test_a_mention_knows_what_is_beside_it(line: str, expected: list[tuple[bool, str, str, float]]) -> None:
    found = find(["道具"], reading("頁", "前の行", line, "後の行"))
    is_linked, before, after, cover = zip(*expected, strict=True)

    assert tuple(found.is_linked.tolist()) == is_linked
    assert tuple(map(chr, found.before)) == before
    assert tuple(map(chr, found.after)) == after
    assert found.cover == pytest.approx(cover)


def test_what_is_beside_a_mention_is_counted_from_the_start_and_to_the_end_of_all_pages() -> None:
    """The first title begins the scanned text and the last line ends it."""
    found = find(["道具"], reading("道具", "x"), reading("頁", "使う道具"))

    assert [chr(code) for code in found.before] == ["\n", "う"]
    assert [chr(code) for code in found.after] == ["\n", "\n"]
    assert found.cover.tolist() == [1.0, 0.5]
    assert found.is_linked.tolist() == [False, False]


def test_mentions_of_pages_read_anew_take_the_old_ones_places() -> None:
    titles = ["道具", "検索"]
    pages = [reading("甲", "[道具]"), reading("乙", "道具と検索"), reading("丙", "検索")]
    anew = [pages[0], reading("乙", "[検索]の古い道具箱"), pages[2]]

    merged = find(titles, *pages).with_pages(np.array([1]), find(titles, anew[1]))

    expected = find(titles, *anew)
    for field in fields(Mentions):
        assert np.array_equal(getattr(merged, field.name), getattr(expected, field.name)), field.name


def test_a_title_that_is_no_target_is_not_found() -> None:
    keys = ["bert", "bart"]

    found = TitleFinder(keys, np.array([False, True])).find([reading("頁", "BERT BART")])

    assert found.target.tolist() == [1]


def test_a_wiki_without_pages_has_no_mentions() -> None:
    assert len(find(["BERT"])) == 0


def test_progress_ends_at_the_last_page() -> None:
    reports: list[tuple[int, int]] = []

    TitleFinder(["bert"]).find(
        [reading("頁", "BERT"), reading("頁2", "x")], lambda done, total: reports.append((done, total))
    )

    assert reports[-1] == (2, 2)


def test_scripts_tell_kanji_from_kana_from_latin() -> None:
    assert scripts("a漢かカー・가!").tolist() == [1, 4, 2, 3, 3, 0, 5, 0]


def test_a_mark_has_the_script_of_what_it_follows() -> None:
    assert scripts("\u0301e\u0301\u0323カ\u3099か\u3099葛\U000e0100!\u0301").tolist() == [
        0,
        1,
        1,
        1,
        3,
        3,
        2,
        2,
        4,
        4,
        0,
        0,
    ]


@given(st.text())
def test_folding_keeps_the_length(text: str) -> None:
    assert len(fold(text)) == len(text)


@given(st.text())
def test_folding_again_changes_nothing_and_case_makes_no_difference(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(st.characters(exclude_categories=("Cs", "Cc"))))
def test_a_folded_key_is_the_folded_title_where_case_alone_differs(title: str) -> None:
    if "\u0307" not in title:
        assert fold_key(title_key(title)) == fold(title)


WORDS = st.lists(
    st.sampled_from(
        ["AI", "ai", "深層", "学習", "リス", "İ", "ｶﾞ", " ", "[深層]", "`AI`", "[* AI]", "の", "𝔹", "#学習 "]
    ),
    min_size=1,
    max_size=8,
).map("".join)


@given(st.lists(WORDS, min_size=1, max_size=3))
def test_a_mentions_raw_span_cuts_out_its_surface(lines: list[str]) -> None:
    titles = ["AI", "深層学習", "学習", "リス", "İAI", "𝔹の"]
    page = reading("頁", *lines)
    found = find(titles, page)
    for i in range(len(found)):
        if found.passage[i] < 0:
            continue
        passage = page.passages[int(found.passage[i])]
        surface = passage.text[int(found.start[i]) : int(found.end[i])]
        assert fold(surface) == fold(titles[int(found.target[i])])
        span = passage.raw_span(int(found.start[i]), int(found.end[i]))
        if span is not None:
            assert span.cut(lines[passage.line - 1]) == surface


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("サーバー", "サーバを立てる"),
        ("ユーザ", "ユーザーの声"),
        ("インターフェース", "インタフェースの話"),
        ("インタフェース", "インターフェースの話"),
        ("ユーザーインターフェース", "ユーザインタフェースの話"),
        ("エンターテインメント業界", "エンタテインメント業界の話"),
        ("データ・ベース", "データベースを使う"),
        ("data base", "a database of ours"),
        ("full-text search", "our full text search"),
        ("wiki page", "two wiki pages"),
        ("Notebooks", "a notebook"),
        ("読み込み", "設定の読込が遅い"),
        ("読込", "設定の読み込みが遅い"),
        ("取り組み", "次の取組に"),
        ("問合せ先", "問い合わせ先を書く"),
        ("書き出す", "頭の中を書き出した"),
        ("振り返り", "週末に振り返る"),
        ("片付ける", "机を片付けて"),
        ("面倒くさい", "面倒くさくなる"),
        ("글쓰기", "글쓰는 방법"),
        ("메모하기", "메모한 것"),
        ("지식관리", "지식 관리를 위해"),
    ],
)
def test_other_spellings_are_found_and_are_not_exact(title: str, text: str) -> None:
    corpus = corpus_of({title: "", "手帖": text})
    found = TitleFinder(corpus.names).find(corpus.readings)
    is_said = (found.page == 1) & (found.target == 0) & found.is_free

    assert is_said.sum() == 1 and not found.is_exact[is_said].any()


def test_a_spelling_that_is_a_title_itself_stands_for_that_title_alone() -> None:
    corpus = corpus_of({"サーバー": "", "サーバ": "", "手帖": "サーバを立てる"})
    found = TitleFinder(corpus.names).find(corpus.readings)

    assert found.target[(found.page == 2) & (found.passage >= 0)].tolist() == [1]


@pytest.mark.parametrize(
    "title", ["リス", "new", "KJ法", "pass", "3-1", "考え方", "書く", "組合", "読書", "上下", "길"]
)
def test_short_titles_and_those_without_other_spellings_are_as_they_are(title: str) -> None:
    assert spellings(fold(title)) == set()
