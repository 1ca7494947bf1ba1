"""What stands around every screen: the projects, the tabs, the reader's preferences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from linkassist.server.preferences import Preferences
from linkassist.server.urls import project_address

Section = Literal["pages", "queue", "outbox", "draft", "quality", "settings"]


@dataclass(frozen=True, slots=True)
class ProjectView:
    """A project as the frame and the home screen name it."""

    name: str
    display_name: str
    address: str


@dataclass(frozen=True, slots=True)
class TabView:
    """A way to one of the project's screens; `count` is how much waits there, where that is told."""

    section: Section
    address: str
    is_here: bool
    count: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every screen. `here` is its own address, to come back to after a choice.

    is_logged_in: with the password, so that it can log out.
    """

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
