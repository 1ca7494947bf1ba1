"""Every screen with something on it, for what must hold on all of them: names, addresses and the libraries behind."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, ViewportSize

from linkassist.evaluate.last_report import keep_report
from linkassist.nightly.clock import now
from linkassist.nightly.report import NightReport, ProjectReport, StepReport, write_night
from linkassist.review.days import Today
from linkassist.review.queue import put_off, queue_day
from linkassist.review.verdicts import decide as decide_in
from linkassist.review.verdicts import ignore
from linkassist.server.auth.password import write_access
from linkassist.server.urls import like_address, search_address
from linkassist.store.library import Library
from linkassist.store.pages import project
from linkassist.store.summaries.quality_samples import QualitySample, put_sample
from linkassist.suggestion import Decision, Verdict
from support.little_browser import PICTURE
from support.little_server import address, client_of, decide, running_server
from support.little_wiki import PROJECT, write_little_wiki
from support.locked_wiki import cheap_access
from support.reports_by_hand import report

GARDEN = "庭としてのWiki"
LONG_TITLE = "とても長い題名" * 12


@dataclass(frozen=True, slots=True)
class Origins:
    """The addresses of four servers: one whose library has something for every screen, one whose cards of the day are
    answered, one whose library is empty, and one that asks for a password first."""

    full: str
    ended: str
    empty: str
    locked: str


# "empty" is the first screen of the empty library, "login" that of the one with a password, "end of the queue" of the
# one whose cards are answered; the rest are of the full.
SCREENS = {
    "home": f"/p/{PROJECT}",
    "home, filtered": f"/p/{PROJECT}?only=alone&sort=title",
    "search": search_address(PROJECT, "道具"),
    "search without finds": search_address(PROJECT, LONG_TITLE),
    "page": address(GARDEN),
    "page with all suggestions": address(GARDEN) + "?all=1",
    "page of every notation": address("記法の見本"),
    "red page": address("まだないページ"),
    "more like this": like_address(PROJECT, "道具"),
    "queue": f"/queue/{PROJECT}",
    "end of the queue": f"/queue/{PROJECT}",
    "outbox": f"/outbox/{PROJECT}",
    "write to Scrapbox": f"/outbox/{PROJECT}/write",
    "draft": f"/draft/{PROJECT}",
    "quality": f"/quality/{PROJECT}",
    "settings": f"/settings/{PROJECT}",
    "import": "/import",
    "error": "/p/no-such-project",
    "empty": "/",
    "login": f"/p/{PROJECT}",
}


def write_full_library(folder: Path) -> None:
    """Puts the little wiki there, with measurements, a failed night, accepted and rejected links, and ignored words."""
    write_little_wiki(folder)
    with Library.open(folder) as library:
        wiki = project(library, PROJECT)
        keep_report(library, wiki.id, report())
        for week in range(3):
            put_sample(library, wiki.id, QualitySample(1_700_000_000 + 604_800 * week, 120, 500, 0.6 + week / 10, 0.5))
        ignore(library, wiki.id, "word", "手入れ")
        ignore(library, wiki.id, "page", "さみしいページ")
    _fail_a_night(folder)
    with client_of(folder) as client:
        decide(client, GARDEN, "KJ法", "accept")
        decide(client, GARDEN, "孤立したページ", "accept")
        decide(client, GARDEN, "草むしり", "reject")
        decide(client, "記法の見本", "書き方", "reject")


def write_ended_library(folder: Path) -> None:
    """Puts the little wiki there, its cards of today accepted, rejected and put off in turn."""
    write_little_wiki(folder)
    today = Today(int(time.time()))
    with Library.open(folder) as library:
        of = project(library, PROJECT).id
        decisions: Iterator[Decision | None] = cycle(("accept", "reject", None))
        for card, decision in zip(queue_day(library, of, today).cards, decisions, strict=False):
            item = card.item
            if decision is None:
                put_off(library, item.page_id, item.target, today)
            else:
                decide_in(library, of, item.page_id, Verdict(item.target, decision, today.now, "page", 0.5))


def _fail_a_night(folder: Path) -> None:
    step = StepReport("fetch", "failed", 1.0, f"https://scrapbox.io/{'niwa' * 30} cannot be reached")
    projects = (ProjectReport(PROJECT, "", (step,)),)
    write_night(folder, NightReport("", "failed", now(), now(), None, 10, projects))


@contextmanager
def every_screen(folder: Path) -> Iterator[Origins]:
    """Servers of the four libraries, all below `folder`."""
    write_full_library(folder / "full")
    write_ended_library(folder / "ended")
    write_access(folder / "locked", cheap_access())
    with (
        running_server(folder / "full") as full,
        running_server(folder / "ended") as ended,
        running_server(folder / "empty") as empty,
        running_server(folder / "locked") as locked,
    ):
        yield Origins(full, ended, empty, locked)


def screen_at(origins: Origins, name: str) -> str:
    """The whole address of a screen."""
    others = {"empty": origins.empty, "login": origins.locked, "end of the queue": origins.ended}
    return others.get(name, origins.full) + SCREENS[name]


@contextmanager
def looking_page(
    browser: Browser, viewport: ViewportSize, locale: str = "ja-JP", theme: Literal["light", "dark"] = "light"
) -> Iterator[Page]:
    """A page for all screens, also that of an error; what it logs is not looked at, and nothing on it moves."""
    context = browser.new_context(viewport=viewport, locale=locale, color_scheme=theme, reduced_motion="reduce")
    context.route("https://example.com/**", lambda route: route.fulfill(content_type="image/svg+xml", body=PICTURE))
    yield context.new_page()
    context.close()
