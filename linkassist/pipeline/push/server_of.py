"""Which server a project is pushed to."""

from __future__ import annotations

from linkassist.scrapbox.client.address import PUBLIC_BASE, RemoteProject, project_at, remote_project
from linkassist.settings import Settings


def server_of(settings: Settings, project: str, base_url: str | None) -> RemoteProject:
    """The project on its server: the named one, else that of its source, else the public one."""
    source = settings.sources.get(project, "")
    if source.startswith(("http://", "https://")):
        known = remote_project(source)
        return known if base_url is None else project_at(base_url, known.name)
    return project_at(base_url or PUBLIC_BASE, project)
