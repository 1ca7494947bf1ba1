"""Where a mention stands: quotations, tables, code, sources, lists of links and template lines are told from prose."""

from __future__ import annotations

from random import Random

import pytest
from support.wiki_by_hand import corpus_of, readings

from linkassist.model.fit import suggest_wiki
from linkassist.suggest.line_kinds import LineKind, line_kind, template_lines
from linkassist.suggest.mentions import TitleFinder
from linkassist.suggestion import WORTH_SHOWING, Suggestion

OF_LINES = {
    "a sentence": ("よく使う道具を磨く", LineKind.PROSE),
    "an English sentence": ('He said: "keep your tools sharp" (and clean).', LineKind.PROSE),
    "a sentence with a link": ("よく使う[道具]を磨く", LineKind.PROSE),
    "a heading": ("[* 道具の手入れ]", LineKind.PROSE),
    "a quotation": ("> よく使う道具を磨く", LineKind.QUOTE),
    "JSON": ('{"道具": "のみ", "数": 3}', LineKind.CODE),
    "a statement": ("const tool = tools[0]; // 道具", LineKind.CODE),
    "a tag": ('<a class="tool" href="/x">道具</a>', LineKind.CODE),
    "an error": ("TypeError: 道具 is not a function", LineKind.CODE),
    "a line of a trace": ("    at tool (tool.js:12:3) 道具", LineKind.CODE),
    "a place in a file": ("see 道具 in main.py:42", LineKind.CODE),
    "a shell's answer": ("bash: 道具: command not found", LineKind.CODE),
    "words before an address": ("道具の話 https://a.example/tool", LineKind.PROSE),
    "words beside an icon": ("[大工.icon]道具の話", LineKind.PROSE),
    "days": ("2021/3/4、2021/3/5 道具を買った", LineKind.PROSE),
    "a row of signs": ("******* 道具 #大工 @home", LineKind.PROSE),
    "a day": ("2021/3/4 道具を買った", LineKind.PROSE),
    "a page's title and its site": ("道具の手入れ | 大工の日記", LineKind.SOURCE),
}


@pytest.mark.parametrize(("text", "expected"), OF_LINES.values(), ids=OF_LINES)
def test_the_kind_of_a_line_follows_from_what_stands_in_it(text: str, expected: LineKind) -> None:
    [reading] = readings({"頁": text})

    assert [line_kind(passage, frozenset()) for passage in reading.passages] == [expected]


def test_the_rows_of_a_table_are_a_table() -> None:
    [reading] = readings({"頁": "table:道具\n\tのみ\t三本\n\tかんな\t二台"})

    assert [line_kind(passage, frozenset()) for passage in reading.passages] == [LineKind.TABLE] * 2


def test_a_line_that_stands_on_eight_pages_is_a_template() -> None:
    seven, eight = ({f"頁{i}": f"次に読む道具\n文{i}" for i in range(n)} for n in (7, 8))

    assert template_lines(readings(seven)) == frozenset()
    templates = template_lines(readings(eight))
    assert templates == {"次に読む道具"}
    [reading] = readings({"ほか": "次に読む道具\nこれは道具"})
    assert [line_kind(each, templates) for each in reading.passages] == [LineKind.TEMPLATE, LineKind.PROSE]


def test_a_title_that_is_linked_alone_in_its_line_on_many_pages_is_no_template() -> None:
    assert template_lines(readings({f"頁{i}": f"[道具]\n文{i}" for i in range(9)})) == frozenset()


def kinds_of(text: str) -> list[int]:
    """Of the mentions of 道具 on a page of this text."""
    corpus = corpus_of({"道具": "x", "頁": text})
    mentions = TitleFinder(corpus.names).find(corpus.readings)
    return mentions.line_kind[(mentions.page == 1) & (mentions.target == 0)].tolist()


def test_a_mention_among_links_stands_in_a_list_of_links() -> None:
    assert kinds_of("[散歩の道] [検索の話] [庭の手入れ] 道具") == [LineKind.LINKS]
    assert kinds_of("[散歩の道] の後は、いつもの 道具 を洗って棚にしまっておく") == [LineKind.PROSE]


def test_a_mentions_own_link_does_not_make_its_line_a_list() -> None:
    assert kinds_of("道具 の話") == kinds_of("[道具] の話") == [LineKind.PROSE]
    assert kinds_of("[道具]") == kinds_of("道具") == [LineKind.PROSE]


TOOLS = [f"{material}の{tool}" for material in "木石鉄竹紙銀" for tool in ("鑿", "鉋", "鑢", "槌", "砥", "壺")]
OUTSIDE_PROSE = {
    "quotation": "> 昔の人は{}を大切にした",
    "table": "table:表\n\t{}\t三",
    "code": 'use({{"name": "{}"}}); // ok',
}


def a_wiki_that_links_in_prose(*asked: str) -> dict[str, list[Suggestion]]:
    """By asked text. 240 pages link three tools each in sentences, and say others in quotations, tables and code."""
    random = Random(7)
    pages = {name: f"{name}とは、大工が使うものである" for name in TOOLS}
    for i in range(240):
        first, second, third, *others = random.sample(TOOLS, 6)
        lines = [f"今日は[{first}]を使って、[{second}]はしまっておいた", f"第{i}の日、[{third}]も要る"]
        lines += [text.format(name) for text, name in zip(OUTSIDE_PROSE.values(), others, strict=True)]
        pages[f"作業{i}"] = "\n".join(random.sample(lines, len(lines)))
    pages |= {f"問い{i}": text for i, text in enumerate(asked)}
    found = suggest_wiki(readings(pages))
    return dict(zip(asked, found[len(pages) - len(asked) :], strict=True))


def test_where_links_are_made_in_prose_alone_other_lines_are_no_reason_to_lead_a_list() -> None:
    prose = "朝から石の槌を洗っておいた"
    others = [text.format("石の槌") for text in OUTSIDE_PROSE.values()]
    found = a_wiki_that_links_in_prose(prose, *others)

    def suggestion(text: str) -> Suggestion:
        nothing = Suggestion("石の槌", "page", 0.0)
        return next((each for each in found[text] if each.target == "石の槌"), nothing)

    assert suggestion(prose).probability > 0.5
    for text in others:
        assert suggestion(text).probability < WORTH_SHOWING, text
        assert not suggestion(text).is_worth_showing, text
