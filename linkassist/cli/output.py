"""What the commands print: suggestions and links as JSON lines, reports and the status in words.

The JSON is a contract with other programs: keys are added, never renamed. Line numbers count from 0, the title line
being 0; `start` and `end` are code points of the raw line.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from linkassist.nightly.health import Health, HealthState
from linkassist.pipeline.ingest import IngestReport
from linkassist.settings import Language
from linkassist.store.pages import Project
from linkassist.store.runs import Run
from linkassist.store.summaries.project_totals import Totals
from linkassist.suggest.explain.reasons import reason_text
from linkassist.suggestion import Suggestion
from linkassist.wiki import Link

_N_RENAMED_SHOWN = 20


@dataclass(frozen=True, slots=True)
class ProjectStatus:
    """A project, its numbers, when its suggestions were last brought up to date (0: never), with what encoder, where
    its pages come from ("": not known), and what share of them had changed by then since they were last all read."""

    project: Project
    totals: Totals
    reindexed_at: int
    encoder_fingerprint: str
    source: str
    drift: float = 0.0


def spoken_language(chosen: Language) -> Literal["ja", "en"]:
    """The language of the reasons: the one that was chosen, else that of the locale."""
    if chosen != "auto":
        return chosen
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "ja" if next(filter(None, names), "").startswith("ja") else "en"


def first_of_each_kind(suggestions: Iterable[Suggestion], limit: int) -> list[Suggestion]:
    """At most `limit` suggestions of each kind, in the order given."""
    n_of = {"page": 0, "red": 0, "new": 0}
    chosen = []
    for suggestion in suggestions:
        n_of[suggestion.kind] += 1
        if n_of[suggestion.kind] <= limit:
            chosen.append(suggestion)
    return chosen


def suggestions_json(project: str, page: str, suggestions: Sequence[Suggestion], language: Literal["ja", "en"]) -> str:
    """The JSON line of one page's suggestions, best first."""
    found = [
        {
            "target": each.target,
            "kind": each.kind,
            "probability": round(each.probability, 6),
            "mentions": [
                {"line": mention.line, "start": mention.start, "end": mention.end, "surface": mention.surface}
                for mention in each.mentions
            ],
            "reasons": [{"signal": reason.signal, "text": reason_text(reason, language)} for reason in each.reasons],
        }
        for each in suggestions
    ]
    return _json({"project": project, "page": page, "suggestions": found})


def suggestions_text(page: str, suggestions: Sequence[Suggestion], language: Literal["ja", "en"]) -> Iterator[str]:
    """One page's suggestions in words: each with its probability, kind, places and reasons."""
    yield page
    for each in suggestions:
        places = ", ".join(f"line {mention.line}: {mention.surface}" for mention in each.mentions[:3])
        yield f"  {each.probability:4.0%}  {each.kind:<4}  [{each.target}]" + (f"  ({places})" if places else "")
        for reason in each.reasons:
            yield f"              {reason_text(reason, language)}"
    if not suggestions:
        yield "  no suggestions"


def links_json(page: str, links: Sequence[Link]) -> str:
    """The JSON line of the links that stand in one page, in the order of its text."""
    found = [
        {
            "line": link.line,
            "start": link.span.start,
            "end": link.span.end,
            "target": link.target,
            "notation": link.notation,
        }
        for link in links
    ]
    return _json({"page": page, "links": found})


def ingest_text(report: IngestReport) -> Iterator[str]:
    """What an import found: the counts, the renamed pages, and every page that was left out."""
    found = report.imported
    in_words = ", ".join(f"{number:,} {name}" for name, number in report.counts.items())
    yield f"{found.project.name}: {found.project.n_pages:,} pages ({in_words})"
    for before, after in found.renamed[:_N_RENAMED_SHOWN]:
        yield f"  renamed: {before} -> {after}"
    if len(found.renamed) > _N_RENAMED_SHOWN:
        yield f"  and {len(found.renamed) - _N_RENAMED_SHOWN:,} more renamed"
    if found.n_mended:
        yield f"  {found.n_mended:,} texts in the library were damaged; those of this export took their place"
    for message in report.skipped:
        yield f"  skipped: {message}"


def status_json(library: Path, encoder: str, projects: Sequence[ProjectStatus], nights: Health, damage: str) -> str:
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
    return _json(
        {
            "library": str(library),
            "encoder": encoder,
            "projects": found,
            "nights": _nights_object(nights),
            "damage": damage or None,
        }
    )


def status_text(
    library: Path, encoder: str, projects: Sequence[ProjectStatus], nights: Health, damage: str, now: float
) -> Iterator[str]:
    """The status in words."""
    yield f"library      {library}"
    yield f"encoder      {encoder}"
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
    """How the nights go: what happened, when the last one did everything, and what to do."""
    at, success = _moment(nights.at, now), _moment(nights.last_success_at, now)
    again = "Run `linkassist nightly` to do it now; nightly.log in the library tells more."
    anew = "Look whether it is still started: `linkassist nightly --install` writes that anew."
    words: dict[HealthState, Sequence[str]] = {
        "none": ("not set up; `linkassist nightly --install` does",),
        "waiting": (f"the first is still to come, by {nights.schedule}",),
        "running": ("one is under way",),
        "done": (f"done {at}" + (f", by {nights.schedule}" if nights.schedule else ""),),
        "failed": (f"FAILED {at}; the last that did everything: {success}",),
        "killed": (f"BROKEN OFF, begun {at}; the last that did everything: {success}", again),
        "missed": (f"MISSED; the last that did everything: {success}", anew, again),
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
    if not at:
        return "never"
    age_s = max(0, int(now - at))
    units = (("day", 24 * 3600), ("hour", 3600), ("minute", 60), ("second", 1))
    name, length_s = next((unit for unit in units if age_s >= unit[1]), units[-1])
    n = age_s // length_s
    return f"{time.strftime('%Y-%m-%d %H:%M', time.localtime(at))} ({n} {name}{'' if n == 1 else 's'} ago)"


def _json(value: dict[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False)
