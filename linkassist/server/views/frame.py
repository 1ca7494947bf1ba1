"""The frame of every screen: projects, tabs, the reader's preferences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from linkassist.server.preferences import Preferences
from linkassist.server.urls import project_address

Section = Literal["pages", "queue", "outbox", "draft", "quality", "settings"]


@dataclass(frozen=True, slots=True)
class ProjectView:
    """A project with its address."""

    name: str
    display_name: str
    address: str


@dataclass(frozen=True, slots=True)
class TabView:
    """A tab of the project. count: a badge, 0 for none."""

    section: Section
    address: str
    is_here: bool
    count: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame of a screen. here: its own address, to return to after a form. is_logged_in: whether it can log out."""

    preferences: Preferences
    here: str
    title: str
    projects: tuple[ProjectView, ...] = ()
    project: ProjectView | None = None
    search: str = ""
    tabs: tuple[TabView, ...] = ()
    is_logged_in: bool = False


def project_view(name: str, display_name: str) -> ProjectView:
    """The view of a project; one without a display name is called by its name."""
    return ProjectView(name, display_name or name, project_address(name))
