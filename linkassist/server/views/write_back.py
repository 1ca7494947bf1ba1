"""The screen that writes to Scrapbox: the job under way or the last one, page by page."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from linkassist.pipeline.push.report import LinkReport, LinkState, PageReport
from linkassist.scrapbox.client.address import PUBLIC_BASE, RemoteProject
from linkassist.scrapbox.client.throttle import MOST_REQUESTS, PER_S
from linkassist.server.jobs.write_job import WriteJob
from linkassist.server.urls import page_address
from linkassist.server.views.outbox import ChangeView, change_view

# Requests for one page: read, preview, read, submit, read. A preview alone needs two.
_REQUESTS_OF: Final = {"preview": 2, "write": 5, "undo": 5}
_STATES: Final[tuple[LinkState, ...]] = ("written", "previewed", "undone", "already", "skipped", "left")


@dataclass(frozen=True, slots=True)
class WrittenPageView:
    """A page of the job. changes: as Scrapbox's preview showed them. can_be_written: of a preview."""

    row: int
    title: str
    address: str
    changes: tuple[ChangeView, ...]
    links: tuple[LinkReport, ...]
    can_be_written: bool


@dataclass(frozen=True, slots=True)
class WriteView:
    """The job. left_s: about how many seconds are left, 0 where that cannot be told. counts: (state, links) if any.

    batch_id: of the push, 0 where nothing was written.
    """

    kind: Literal["preview", "write", "undo"]
    state: Literal["running", "stopping", "done", "stopped", "failed"]
    n_done: int
    n_total: int
    clock: str
    left_s: int
    pages: tuple[WrittenPageView, ...]
    counts: tuple[tuple[str, int], ...]
    batch_id: int
    message: str

    @property
    def is_under_way(self) -> bool:
        return self.state in ("running", "stopping")

    @property
    def percent(self) -> int:
        return round(100 * self.n_done / self.n_total) if self.n_total else 0

    @property
    def n_to_write(self) -> int:
        """How many pages of a preview can be written."""
        return sum(page.can_be_written for page in self.pages)


def write_view(job: WriteJob, now: float, remote: RemoteProject, told: Callable[[str], str]) -> WriteView:
    """The view of a job. now: monotonic seconds. told: the words of a reason for the reader."""
    passed_s = (job.ended_at or now) - job.began_at
    reports = job.report.pages if job.report else job.pages
    links = [link for page in reports for link in page.links]
    counts = ((state, sum(link.state == state for link in links)) for state in _STATES)
    return WriteView(
        kind=job.order.kind,
        state=_state(job),
        n_done=job.done.n_done,
        n_total=job.done.n_total,
        clock=f"{int(passed_s) // 60}:{int(passed_s) % 60:02}",
        left_s=_left_s(job, passed_s, remote) if job.ended_at is None else 0,
        pages=tuple(_page(job, page, told) for page in reports),
        counts=tuple((state, n) for state, n in counts if n),
        batch_id=(job.report.batch_id or 0) if job.report and job.order.kind == "write" else 0,
        message=told(job.failure) if job.failure else "",
    )


def login_command(remote: RemoteProject, library_option: list[str]) -> str:
    """The command that asks for a key to the project's server."""
    base = [] if remote.base == PUBLIC_BASE else ["--base-url", remote.base]
    return shlex.join(["linkassist", "login", *base, *library_option])


def _state(job: WriteJob) -> Literal["running", "stopping", "done", "stopped", "failed"]:
    if job.ended_at is None:
        return "stopping" if job.is_stopping else "running"
    if job.failure:
        return "failed"
    return "stopped" if job.is_stopping and (job.report is None or job.report.stopped) else "done"


def _left_s(job: WriteJob, passed_s: float, remote: RemoteProject) -> int:
    """By the pace so far; not less than the rate limit of a server elsewhere allows."""
    n_done, n_total = job.done.n_done, job.done.n_total
    by_pace = passed_s / n_done * (n_total - n_done) if n_done else 0.0
    if remote.is_on_this_machine or not n_total:
        return round(by_pace)
    windows = (n_total * _REQUESTS_OF[job.order.kind] - 1) // MOST_REQUESTS
    return max(1, round(max(by_pace, windows * PER_S - passed_s)))


def _page(job: WriteJob, page: PageReport, told: Callable[[str], str]) -> WrittenPageView:
    address = page_address(job.order.project, page.title)
    states = {link.state for link in page.links}
    return WrittenPageView(
        row=page.row,
        title=page.title,
        address=address,
        changes=tuple(change_view(change, address) for change in page.changes),
        links=tuple(LinkReport(link.target, link.state, told(link.why) if link.why else "") for link in page.links),
        can_be_written=job.order.kind == "preview" and bool(states & {"previewed", "already"}),
    )
