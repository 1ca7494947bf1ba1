"""The command `links`: the links of an export with their spans, as JSON lines.

The JSON is a contract with other programs: keys are added, never renamed. `line` counts from 0, the title line being 0;
`start` and `end` are code points of the raw line.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from linkassist.cli.lazy_group import command
from linkassist.cli.options import ExportFile
from linkassist.cli.output import print_utf8
from linkassist.scrapbox.export import read_export
from linkassist.scrapbox.notation import page_links
from linkassist.wiki import Link


@command(epilog="Example: linkassist links notes.json | head")
def links(export: ExportFile) -> None:
    """Print every link of an export as JSON lines.

    One object per page, with its links and their spans. No library is needed.
    """
    print_utf8()
    with read_export(export) as opened:
        for page in opened:
            print(_links_json(page.title, page_links(page.texts)))


def _links_json(page: str, links: Sequence[Link]) -> str:
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
    return json.dumps({"page": page, "links": found}, ensure_ascii=False)
