"""What the first readers would else wait for: templates and catalogs, and the titles and orphans of each project.

It takes a second and a half of the processor's time for 23,000 pages, behind a server that answers already.
"""

from __future__ import annotations

from linkassist.errors import LinkAssistError
from linkassist.server.context import ServerContext
from linkassist.server.messages.catalog import read_catalogs
from linkassist.store.navigation import project_names
from linkassist.store.search.titles import titles
from linkassist.store.summaries.overview import n_alone


def warm_up(context: ServerContext) -> None:
    """Makes ready what stays in memory; a library that cannot be read is told to its first reader."""
    context.templates.read_all()
    read_catalogs()
    try:
        with context.open_library() as library:
            for each in project_names(library):
                titles(library, each.id)
                n_alone(library, each.id)
    except LinkAssistError:
        return
