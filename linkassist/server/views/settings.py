"""The settings screen of a project."""

from __future__ import annotations

from dataclasses import dataclass

from linkassist.server.urls import page_address, settings_address
from linkassist.server.views.commands import command_for
from linkassist.server.views.links import NamedLink
from linkassist.settings import OWN_ENCODER
from linkassist.store.floors import floors_of, starting_floors
from linkassist.store.ignored import Ignored, ignored, ignored_patterns, pages_like
from linkassist.store.library import Library
from linkassist.store.navigation import ProjectName
from linkassist.store.navigation import figures as project_figures
from linkassist.store.project_settings import project_setting
from linkassist.store.verdict_history import DecisionFigures, Rejection, decision_figures, rejections
from linkassist.store.write_back.outbox import n_waiting

_AT_ONCE = 30


@dataclass(frozen=True, slots=True)
class EncoderView:
    """The encoder, with the command that changes it. is_own: whether it is learned from the wiki itself."""

    name: str
    is_own: bool
    command: str


@dataclass(frozen=True, slots=True)
class RejectionView:
    """A rejected suggestion. page: without an address if it is gone."""

    page_id: int
    page: NamedLink
    target: str
    at: int
    why: str


@dataclass(frozen=True, slots=True)
class RejectionsView:
    """A page of rejected suggestions. n_found: how many match `search`. n_all: how many there are."""

    shown: tuple[RejectionView, ...]
    search: str
    n_found: int
    n_all: int
    first: int
    previous: str
    next: str


@dataclass(frozen=True, slots=True)
class FloorView:
    """The floors in whole per cent: of page and red links, and of new ones. n_shown: suggestions that reach them.

    is_measured: whether the floors that the wiki starts with come from its own examination.
    """

    known: int
    new: int
    default_known: int
    default_new: int
    n_shown: int
    is_measured: bool

    @property
    def is_default(self) -> bool:
        """Whether both are those that a wiki starts with."""
        return (self.known, self.new) == (self.default_known, self.default_new)


@dataclass(frozen=True, slots=True)
class PatternsView:
    """The patterns of titles whose pages get no suggestions, and how many present pages they match."""

    written: tuple[str, ...]
    n_pages: int


@dataclass(frozen=True, slots=True)
class ScriptView:
    """The UserScript. origin: of the pages that it is answered in. copied_at: when the copies in force were made.

    is_here: whether the reader sits at the machine that the server runs on.
    """

    address: str
    origin: str
    copied_at: tuple[int, ...]
    is_here: bool


@dataclass(frozen=True, slots=True)
class SettingsView:
    """The whole screen. most: suggestions per page at most, None for the number of links usual in the wiki."""

    encoder: EncoderView
    most: int | None
    floor: FloorView
    patterns: PatternsView
    words: tuple[Ignored, ...]
    pages: tuple[Ignored, ...]
    figures: DecisionFigures
    n_waiting: int
    rejections: RejectionsView

    @property
    def share_accepted(self) -> int:
        """Accepted suggestions in per cent of those decided on."""
        n_decided = self.figures.n_accepted + self.figures.n_rejected
        return round(100 * self.figures.n_accepted / n_decided) if n_decided else 0


def settings_view(library: Library, project: ProjectName, encoder: str, search: str, number: int) -> SettingsView:
    """The screen. encoder: its name in the settings. search, number: of the page of rejected suggestions, from 1."""
    everything = ignored(library, project.id)
    most = project_setting(library, project.id, "most_per_page")
    figures = decision_figures(library, project.id)
    patterns = ignored_patterns(library, project.id)
    words = ["linkassist", "reindex", "--encoder", "NAME" if encoder == OWN_ENCODER else OWN_ENCODER]
    return SettingsView(
        encoder=EncoderView(encoder, encoder == OWN_ENCODER, command_for(library, project, words)),
        most=int(most) if most else None,
        floor=_floor(library, project),
        patterns=PatternsView(patterns, len(pages_like(library, project.id, patterns))),
        words=tuple(each for each in everything if each.sort == "word"),
        pages=tuple(each for each in everything if each.sort == "page"),
        figures=figures,
        n_waiting=n_waiting(library, project.id),
        rejections=_rejections(library, project, figures, search, number),
    )


def _floor(library: Library, project: ProjectName) -> FloorView:
    now = floors_of(library, project.id)
    default, is_measured = starting_floors(library, project.id)
    known, new, default_known, default_new = (
        round(100 * share) for share in (now.page, now.new, default.page, default.new)
    )
    n_shown = project_figures(library, project.id).n_suggestions
    return FloorView(known, new, default_known, default_new, n_shown, is_measured)


def _rejections(
    library: Library, project: ProjectName, figures: DecisionFigures, search: str, number: int
) -> RejectionsView:
    first = (number - 1) * _AT_ONCE
    found, n_found = rejections(library, project.id, search=search, limit=_AT_ONCE, offset=first)
    part = "rejected"
    before = settings_address(project.name, search=search, number=number - 1, part=part) if number > 1 else ""
    has_more = n_found > first + _AT_ONCE
    after = settings_address(project.name, search=search, number=number + 1, part=part) if has_more else ""
    shown = tuple(_rejection(project, each) for each in found)
    return RejectionsView(shown, search, n_found, figures.n_rejected, first + 1, before, after)


def _rejection(project: ProjectName, found: Rejection) -> RejectionView:
    address = "" if found.is_gone else page_address(project.name, found.title)
    verdict = found.verdict
    return RejectionView(
        found.page_id, NamedLink(found.title, address), verdict.target, verdict.decided_at, verdict.why
    )
