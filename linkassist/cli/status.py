"""The command `status`: what the library holds, how old it is, and its nightly runs; as text or as JSON.

The JSON is a contract with other programs: keys are added, never renamed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from linkassist.cli.lazy_group import command
from linkassist.cli.options import ConfigOption, LibraryOption, existing_library
from linkassist.cli.output import print_lines, print_utf8
from linkassist.nightly.clock import now
from linkassist.nightly.health import Health, HealthState, health
from linkassist.settings import Settings, load_settings
from linkassist.store.integrity.damage import damage_message, damaged_rows
from linkassist.store.library import Library
from linkassist.store.pages import Project, projects
from linkassist.store.runs import Run, artefact, last_run
from linkassist.store.summaries.project_totals import Totals, totals
from linkassist.wiki import unix_second

_ALARM = 3  # the exit code when a night failed or was missed, or something decided or chosen is damaged


@command(epilog="Example: linkassist status --json")
def status(
    is_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    library: LibraryOption = None,
    config: ConfigOption = None,
) -> None:
    """Show what the library holds and how old it is.

    Its projects and pages, the encoder, the age of the suggestions, the last run, and the nightly runs. The exit code
    is 3 if a night failed or was missed, or if one of your decisions or choices is damaged.
    """
    settings = load_settings(library, config=config)
    nights = health(settings.library, now())
    with existing_library(settings) as opened:
        found = [_project_status(opened, each, settings.sources.get(each.name, "")) for each in projects(opened)]
        rows = damaged_rows(opened.path)
        damage = damage_message(opened.path, rows) if rows else ""
    if is_json:
        print_utf8()
        print(_status_json(settings, found, nights, damage))
    else:
        print_lines(_status_text(settings, found, nights, damage, time.time()))
    if nights.is_alarm or damage:
        raise typer.Exit(_ALARM)


@dataclass(frozen=True, slots=True)
class _ProjectStatus:
    """A project and its numbers.

    reindexed_at: when its suggestions were last brought up to date, 0 for never; encoder_fingerprint: with what
    encoder. source: where its pages come from, "" where that is not known. drift: the share of its pages that had
    changed by the last reindex since they were last all read.
    """

    project: Project
    totals: Totals
    reindexed_at: int
    encoder_fingerprint: str
    source: str
    drift: float


def _project_status(library: Library, project: Project, source: str) -> _ProjectStatus:
    run = last_run(library, "reindex", project.id, "done")
    encoder = artefact(library, project.id, "encoder")
    return _ProjectStatus(
        project,
        totals(library, project),
        reindexed_at=run.finished_at if run and run.finished_at else 0,
        encoder_fingerprint=encoder.fingerprint if encoder else "",
        source=source,
        drift=run.counts.get("drift_permille", 0) / 1000 if run else 0.0,
    )


def _status_json(settings: Settings, projects: Sequence[_ProjectStatus], nights: Health, damage: str) -> str:
    """The status as one JSON object; times are Unix seconds, null where something never happened. damage: in words."""
    found = [
        {
            "project": each.project.name,
            "display_name": each.project.display_name,
            "pages": each.totals.n_pages,
            "lines": each.totals.n_lines,
            "links": each.totals.n_links,
            "suggestions": each.totals.n_suggestions,
            "verdicts": each.totals.n_verdicts,
            "accepted": each.totals.n_accepted,
            "exported_at": each.project.exported_at or None,
            "imported_at": each.totals.imported_at or None,
            "reindexed_at": each.reindexed_at or None,
            "encoder_fingerprint": each.encoder_fingerprint or None,
            "drift": each.drift,
            "source": each.source or None,
            "last_run": _run_object(each.totals.last_run),
        }
        for each in projects
    ]
    return json.dumps(
        {
            "library": str(settings.library),
            "encoder": settings.encoder,
            "projects": found,
            "nights": _nights_object(nights),
            "damage": damage or None,
        },
        ensure_ascii=False,
    )


def _status_text(
    settings: Settings, projects: Sequence[_ProjectStatus], nights: Health, damage: str, now: float
) -> Iterator[str]:
    """The status in words."""
    yield f"library      {settings.library}"
    yield f"encoder      {settings.encoder}"
    if damage:
        yield f"DAMAGE       {damage}"
    yield from _nights_text(nights, now)
    if not projects:
        yield "projects     none yet; run `linkassist import EXPORT.json`"
    for each in projects:
        found = each.totals
        yield ""
        yield f"project      {each.project.name}"
        yield f"pages        {found.n_pages:,} with {found.n_lines:,} lines and {found.n_links:,} links"
        yield f"suggestions  {found.n_suggestions:,} open"
        yield f"verdicts     {found.n_verdicts:,}, of these {found.n_accepted:,} accepted"
        if each.source:
            yield f"source       {each.source}"
        yield f"imported     {_moment(found.imported_at, now)}, exported {_moment(each.project.exported_at, now)}"
        made_with = f", encoder {each.encoder_fingerprint}" if each.encoder_fingerprint else ""
        yield f"reindexed    {_moment(each.reindexed_at, now)}{made_with}"
        if each.drift:
            yield f"drift        {each.drift:.1%} of the pages have changed since all were read; at 5 % they are again"
        if (run := found.last_run) is not None:
            yield f"last run     {run.kind}, {run.status.replace('_', ' ')}" + (
                f": {run.message}" if run.message else ""
            )


def _nights_object(nights: Health) -> dict[str, object]:
    return {
        "state": nights.state,
        "is_alarm": nights.is_alarm,
        "at": nights.at or None,
        "last_success_at": nights.last_success_at or None,
        "exit_code": nights.exit_code,
        "scheduler": nights.schedule or None,
        "failures": [
            {"project": each.project or None, "step": each.step, "message": each.message} for each in nights.failures
        ],
    }


def _nights_text(nights: Health, now: float) -> Iterator[str]:
    """The state of the nightly runs, the last success, and what to do."""
    at, success = _moment(nights.at, now), _moment(nights.last_success_at, now)
    again = "Run `linkassist nightly` to do it now; nightly.log in the library tells more."
    anew = "Check whether it is still scheduled: `linkassist nightly --install` schedules it again."
    words: dict[HealthState, Sequence[str]] = {
        "none": ("not set up; `linkassist nightly --install` does",),
        "waiting": (f"the first is still to come, by {nights.schedule}",),
        "running": ("one is under way",),
        "done": (f"done {at}" + (f", by {nights.schedule}" if nights.schedule else ""),),
        "failed": (f"FAILED {at}; the last that succeeded: {success}",),
        "killed": (f"BROKEN OFF, begun {at}; the last that succeeded: {success}", again),
        "missed": (f"MISSED; the last that succeeded: {success}", anew, again),
        "clock": (f"NOT KNOWN: the last is dated {at}, in the future, so the clock was set back", again),
    }
    first, *more = words[nights.state]
    yield f"nights       {first}"
    for each in nights.failures:
        yield f"             {each.project + ', ' if each.project else ''}{each.step}: {each.message}"
    if nights.failures:
        yield f"             {again}"
    for line in more:
        yield f"             {line}"


def _run_object(run: Run | None) -> dict[str, object] | None:
    if run is None:
        return None
    return {
        "kind": run.kind,
        "status": run.status,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "step": run.step,
        "counts": dict(run.counts),
        "message": run.message,
    }


def _moment(at: int, now: float) -> str:
    """`2026-11-22 14:07 (3 days ago)`, in local time."""
    at = unix_second(at)
    if not at:
        return "never"
    age_s = max(0, int(now - at))
    units = (("day", 24 * 3600), ("hour", 3600), ("minute", 60), ("second", 1))
    name, length_s = next((unit for unit in units if age_s >= unit[1]), units[-1])
    n = age_s // length_s
    return f"{time.strftime('%Y-%m-%d %H:%M', time.localtime(at))} ({n} {name}{'' if n == 1 else 's'} ago)"
