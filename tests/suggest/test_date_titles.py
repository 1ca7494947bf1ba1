"""Which titles are dates, which are never suggested."""

from __future__ import annotations

import pytest

from linkassist.suggest.date_titles import is_date_title

DATES = [
    *("2026-05-01", "2026/5/1", "2026.05.01", "20260501", "2026_05_01", "2026", "1984年", "2026年5月", "5月1日", "3月"),
    *(
        "2026年5月1日(金)",
        "2026年5月1日（金）",
        "2026-05-01 Fri",
        "日記",
        "日記 2026-05-01",
        "日記2026/5/1",
        "일기",
        "10년",
    ),
    *("Diary", "Daily Note", "daily notes 2026-05-01", "journal/2026", "May 2026", "May 1, 2026", "1 May 2026"),
    *("Sept. 2026", "Week 12", "w12", "42"),
    *("3/3", "03/03", "12/31", "3/3(水)", "3/3（水）", "3/3 Wed", "2026/3", "2026/3/3 (Tue)", "3/3/2026", "24.12.2026"),
    *("令和3年", "令和3年3月3日", "令和元年", "令和三年三月", "平成31年4月", "R3.3.3", "R8/5/1", "H31-4-30"),
    *(
        "3月3日",
        "３月３日",
        "三月三日",
        "3月",
        "十二月",
        "3月3日（水）",
        "3月3日 水曜日",
        "3月上旬",
        "3月3日の日記",
        "2026年春",
    ),
    *("March 3", "march 3rd", "Mar 3", "3 March", "3rd of March 2026", "Mar. 3, 2026", "Wed, March 3, 2026"),
    *(
        "2026-W05",
        "2026W05",
        "2026-W05-3",
        "2026年第5週",
        "第5週",
        "2026-Q1",
        "Q1 2026",
        "2026Q1",
        "2026 summer",
        "Summer 2026",
    ),
    *(
        "3월 3일",
        "3월3일",
        "2026년 3월 3일",
        "2026년 3월 3일 (수)",
        "3월",
        "3월 3일 수요일",
        "2026. 3. 3.",
        "2026. 3. 3",
    ),
    *("2026年3月3號", "三月三日 星期三", "2026年3月3日 周三", "二〇二六年三月", "民國115年3月", "二零二六年"),
    *("2026-03-03 10:30", "2026-03-03T10:30:00Z", "2026/3/3 日記", "3/3日記", "2026-03-03〜2026-03-05", "3/3-3/5"),
    *("3 de marzo de 2026", "3 mars 2026", "3. März 2026", "3. März", "1er mars"),
]
NO_DATES = [
    *(
        "日記の書き方",
        "日々の記録",
        "3月のライオン",
        "2001年宇宙の旅",
        "2020年代",
        "昭和50年代",
        "3日坊主",
        "7つの習慣",
        "1Q84",
        "3D",
    ),
    *("journalism", "Journal Club", "diary of a madman", "Decision 3", "Section 2", "March Hare", "W3C", "1on1", "C#"),
    *("24時間", "Mayfly 2", "5"),
    *(
        "24/7",
        "50/50",
        "9/11テロ",
        "0/1",
        "13/13",
        "3/32",
        "TCP/IP",
        "R3",
        "H2O",
        "S3",
        "R2D2",
        "T.S. 3",
        "R3.3.3.3",
        "M1",
    ),
    *(
        "令和の怪物",
        "令和",
        "昭和レトロ",
        "平成たぬき",
        "春",
        "三月の兎",
        "三日月",
        "十月十日町",
        "一月万冊",
        "8月の光",
    ),
    *("May", "March", "1990s", "March of Progress", "march 3 miles", "Second March", "Q1", "QA 2026", "spring boot 2"),
    *("3월의 라이온", "일본", "수요일", "星期三", "周三", "Summer", "2026-W05 回顧", "1990s music", "2026年の目標"),
    *("2026-03-03 Wiki勉強会", "3/3の会議", "mars", "marzo", "3 mars bars", "v2026.3.3", "10:30", "1.2.3.4"),
]


@pytest.mark.parametrize("title", DATES)
def test_a_date_or_a_diary_is_a_date_title(title: str) -> None:
    assert is_date_title(title)


@pytest.mark.parametrize("title", NO_DATES)
def test_a_title_that_only_begins_like_a_date_is_none(title: str) -> None:
    assert not is_date_title(title)
