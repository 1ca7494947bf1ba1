"""Which titles are dates: those of diary pages, which are neither pages nor red links nor new links to suggest.

Dates as people write them: in figures, in Japanese, Chinese and Korean with their eras, with the names of the months,
by week or quarter; with a weekday, a time or the word "diary" beside them; and from one date to another.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import chain
from typing import Final

import numpy as np
import numpy.typing as npt

_LONGEST: Final = 200  # code points
_YEAR: Final = r"(?:1\d|2[01])\d\d"
_MONTH: Final = r"(?:1[0-2]|0?[1-9])"
_DAY: Final = r"(?:3[01]|[12]\d|0?[1-9])"
_TWO_DIGIT_MONTH, _TWO_DIGIT_DAY = r"(?:1[0-2]|0[1-9])", r"(?:3[01]|[12]\d|0[1-9])"
_SEP: Final = r"\s?[-‐–−/.・\s]\s?"
_IN_FIGURES: Final = rf"""
    \d{{2,8}}
  | {_YEAR}(?:{_SEP})?{_MONTH}(?:(?:{_SEP})?{_DAY})?
  | \d\d{_SEP}{_MONTH}{_SEP}{_DAY}
  | (?:{_DAY}{_SEP}{_MONTH}|{_MONTH}{_SEP}{_DAY}){_SEP}{_YEAR}
  | {_MONTH}/{_DAY} | {_TWO_DIGIT_MONTH}[-.]{_TWO_DIGIT_DAY}
"""

_ERA: Final = r"(?:令和|平成|昭和|大正|明治|民[國国]|西[暦历元]|公元)"
_NUMBER: Final = r"(?:\d{1,4}|元|[〇零一二三四五六七八九十廿]{1,4})"
_YEARS, _MONTHS, _DAYS = rf"{_NUMBER}\s*[年년]度?", rf"{_NUMBER}\s*[月월]", rf"{_NUMBER}\s*[日号號일]"
_EAST_ASIAN: Final = rf"""
    (?:(?:{_ERA}\s*)?{_YEARS}\s*(?:(?:{_MONTHS}(?:\s*{_DAYS})?|第{_NUMBER}週)?)|{_MONTHS}(?:\s*{_DAYS})?|{_DAYS})
    (?:[上中下初]旬|末|初め|頃|ごろ|前半|後半|[春夏秋冬])?
  | {_ERA}\s*\d{{1,3}}(?:[./-]{_MONTH}(?:[./-]{_DAY})?)?
  | [rhstm]\d{{1,2}}(?:[./-]{_MONTH}[./-]{_DAY}|/{_MONTH}|年(?:{_MONTHS}(?:\s*{_DAYS})?)?)
  | 第?{_NUMBER}[週周]目?
"""

_MONTH_NAME: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?|janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre"
    r"|januar|februar|märz|juni|juli|oktober|dezember|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre"
    r"|octubre|noviembre|diciembre)\.?"
)
_DAY_NUMBER: Final = rf"{_DAY}(?:st|nd|rd|th|er|\.)?"
_NAMED: Final = rf"""
    {_MONTH_NAME}\s+(?:{_DAY_NUMBER}(?:,?\s+\d{{4}})?|(?:de\s+)?\d{{1,4}})
  | {_DAY_NUMBER}\s+(?:(?:of|de)\s+)?{_MONTH_NAME}(?:,?\s+(?:de\s+)?\d{{4}})?
"""

_PART_OF_YEAR: Final = r"(?:spring|summer|autumn|fall|winter|q[1-4])"
_PARTS_OF_YEARS: Final = rf"""
    {_YEAR}-?w\d\d(?:-\d)? | (?:{_YEAR}\s+)?(?:week|w)[\s-]*\d+
  | {_YEAR}[-\s]?{_PART_OF_YEAR} | {_PART_OF_YEAR}\s*{_YEAR} | {_YEAR}\s*年?度?\s*第[1-4一二三四]四半期
"""

_WEEKDAY: Final = (
    r"(?:[月火水木金土日](?:曜日?)?|(?:星期|[周週])[一二三四五六日天]|[월화수목금토일](?:요일)?"
    r"|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?)"
)
_WHOLE_WEEKDAY: Final = r"(?:[月火水木金土日]曜日?|星期[一二三四五六日天]|[월화수목금토일]요일)"
_TIME: Final = r"(?:t|\s+)\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?\s?(?:z|[+-]\d\d:?\d\d)?"
_DIARY: Final = r"(?:日記|日记|日报|日報|日誌|daily(?:\s+notes?)?|diary|journal|일기)"
_DATE: Final = rf"""
    (?:{_WEEKDAY},?\s+)? (?:{_IN_FIGURES}|{_EAST_ASIAN}|{_NAMED}|{_PARTS_OF_YEARS})
    (?:{_TIME})? (?:(?:\W+{_WEEKDAY}|{_WHOLE_WEEKDAY})\W*)?
"""
_DATE_TITLE: Final = re.compile(
    rf"""\W*(?:
        (?:{_DATE}) (?: \s*(?:[-‐–−~〜→]|から|to|until|bis)\s* (?:{_DATE}) )? (?:\W*の?{_DIARY})?
      | {_DIARY}(?:\W*\d.*|\W*)
      | \d+\s*[年月日년월일]\s*\d.*
    )\W*""",
    re.VERBOSE | re.IGNORECASE,
)

_IN_BRACKETS: Final = rf"(?:_?\({_WEEKDAY}\))?"
_DAY_IN_TEXT: Final = rf"_?{_DAY}[日일]{_IN_BRACKETS}"
_STARTS_WITH_FIGURES: Final = re.compile(
    rf"""\d\d{{0,3}}(?:
        [年년](?:_?{_MONTH}[月월](?:{_DAY_IN_TEXT})? | _?第\d{{1,2}}[週周])? | [月월]{_DAY_IN_TEXT}
      | (?:/{_MONTH}/{_DAY} | /\d{{1,2}} | -\d\d-\d\d | \.{_MONTH}\.{_DAY}){_IN_BRACKETS} | -w\d\d | -q[1-4]
      | (?:st|nd|rd|th)?_(?:of_)?{_MONTH_NAME}(?:,?_\d{{4}})?(?![^\W_])
    )?(?:st|nd|rd|th)?(?![\d/])""",
    re.VERBOSE,
)
_IN_KANJI: Final = "[一二三四五六七八九十][一二三四五六七八九十]{0,2}"
# Each begins with one of a set of characters, which Python's `re` looks for fast.
_WITH_ERA: Final = re.compile(rf"{_ERA}_?{_NUMBER}[年년]度?(?:{_NUMBER}[月월](?:{_NUMBER}[日일])?)?")
_WITHOUT_YEAR: Final = re.compile(rf"{_IN_KANJI}月{_IN_KANJI}日")
_BEFORE_FIGURES: Final = re.compile(rf"(?:{_ERA}_?|(?<![^\W_]){_MONTH_NAME}_|(?<![a-z0-9])[rhs])\Z")
_LONGEST_BEFORE: Final = 13  # code points of `_BEFORE_FIGURES`


def date_interiors(folded: str) -> npt.NDArray[np.bool_]:
    """(len(folded) + 1,): whether the place before that code point is inside a date that is written out: the year,
    the month with its day, or both, in figures or with an era and numerals."""
    inside = np.zeros(len(folded) + 1, np.bool_)
    for match in _STARTS_WITH_FIGURES.finditer(folded):
        start, end = match.span()
        before = _BEFORE_FIGURES.search(folded[max(0, start - _LONGEST_BEFORE) : start])
        if before or not match[0].isdigit():
            inside[start - (len(before[0]) if before else 0) + 1 : end] = True
    for match in chain(_WITH_ERA.finditer(folded), _WITHOUT_YEAR.finditer(folded)):
        inside[match.start() + 1 : match.end()] = True
    return inside


def is_date_title(title: str) -> bool:
    """True for the titles of diary pages and for bare numbers, which are never suggested.

    "2026-05-01", "5/1", "令和8年5月1日(金)", "R8.5.1", "5월 1일", "May 1st, 2026", "2026-W18", "日記 2026-05-01"; not
    "日記の書き方", "3月のライオン", "Decision 3", "24/7".
    """
    if len(title) > _LONGEST:
        return False
    return _DATE_TITLE.fullmatch(unicodedata.normalize("NFKC", title.replace("_", " ").strip())) is not None
