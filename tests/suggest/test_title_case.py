"""Case is evidence: a title in capitals is another word in small letters."""

from __future__ import annotations

import pytest
from support.wiki_by_hand import reading

from linkassist.suggest.mentions import Mentions, TitleFinder


def find(titles: list[str], *lines: str) -> Mentions:
    return TitleFinder(titles).find([reading("頁", *lines)])


# title, raw line
OTHER_WORDS = {
    "a pronoun": ("US", "let us go"),
    "at the start of a sentence": ("IT", "It is late."),
    "a question": ("WHO", "and who?"),
    "alone on its line": ("WHO", "Who?"),
    "contracted": ("IT", "it's late"),
    "with a capital in the middle of a sentence": ("US", "Between Them And Us there"),
    "a noun": ("AIDS", "hearing aids for all"),
    "a verb": ("SWIFT", "a swift answer"),
    "an auxiliary": ("Will", "I will come"),
    "a pronoun that is a film": ("It", "as it is"),
    "a plural": ("PINS", "two pins, one needle"),
    "in wide letters": ("ＵＳ", "let us go"),
    "small letters in quotation marks": ("IT", 'say "it" twice'),
    "among Japanese": ("US", "let us goと言った"),
}

# title, raw line, edges, whether it is exact
SAID = {
    "its own case": ("US", "made in the US now", 2, True),
    "its own case alone": ("WHO", "WHO", 2, True),
    "its own plural": ("URLS", "two URLS", 2, True),
    "a possessive": ("US", "the US's", 2, True),
    "among Japanese": ("US", "USの会社", 2, True),
    "small letters among Japanese": ("API", "そのapiを叩く", 0, False),
    "small letters alone": ("HTML", "html", 0, False),
    "a capital inside": ("iPhone", "my iPhone is", 2, True),
    "a capital inside in small letters": ("GitHub", "on github now", 0, False),
    "a capital inside at the start of a sentence": ("iPhone", "Iphone is", 0, False),
    "all is shouted": ("US", "ALL ABOUT US", 0, False),
    "among other names in capitals": ("NATO", "NATO AND OTHERS", 2, True),
    "a plain word at the start of a sentence": ("apple", "Apple is", 2, True),
    "a plain word with a capital in small letters": ("Apple", "an apple a day", 2, True),
    "a plain word in capitals": ("Python", "PYTHON rocks", 2, True),
    "an English word among names": ("BASIC", "Visual Basic 6", 0, False),
    "a stop word in capitals": ("Go", "ポケモンGOで", 2, True),
    "an empty word in capitals": ("Will", "ウィルのWILLで", 0, False),
    "a name that is an auxiliary": ("Will", "ask Will about", 2, True),
    "two words": ("US Army", "the us army", 2, True),
    "a word of two scripts": ("IT用語", "it用語", 2, True),
    "one letter and a sign": ("C++", "in c++ code", 2, True),
    "Greek": ("ΝΑΤΟ", "το νατο εδώ", 2, True),
}


@pytest.mark.parametrize(("title", "line"), OTHER_WORDS.values(), ids=OTHER_WORDS)
def test_another_word_in_small_letters_is_no_mention(title: str, line: str) -> None:
    assert len(find([title], line)) == 0


@pytest.mark.parametrize(("title", "line", "edges", "is_exact"), SAID.values(), ids=SAID)
def test_another_case_costs_where_the_title_wants_its_own(title: str, line: str, edges: int, is_exact: bool) -> None:
    found = find([title], line)

    assert (found.edges.tolist(), found.is_exact.tolist()) == ([edges], [is_exact])


def test_what_stands_in_the_next_line_says_nothing_about_case() -> None:
    assert find(["API"], "x the", "api", "is").passage.tolist() == [1]
