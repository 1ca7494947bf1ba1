"""A wiki whose titles and lines try to become markup, script, paths and orders to a terminal."""

from __future__ import annotations

import json
from pathlib import Path

from linkassist.pipeline.ingest import ingest
from linkassist.store.library import Library
from linkassist.store.pages import find_page, project
from linkassist.store.runs import finish_run, start_run
from linkassist.store.suggestions import replace_suggestions
from linkassist.suggestion import Kind, Mention, Reason, Suggestion
from linkassist.wiki import title_key

PROJECT = "wild"
TITLES = (
    "<script>window.harmed=1</script>",
    '"><img src=x onerror="window.harmed=1">',
    "' onmouseover='window.harmed=1",
    "</textarea></title></style><svg onload=window.harmed=1>",
    "{{ 7*7 }}{% raw %}",
    "javascript:window.harmed=1",
    "../../../etc/passwd",
    "..%2f..%2f%00",
    "a\u202etxt.exe",
    "\u2066\u2069\u2069\u202eup",
    "ring\x07 \x1b[2J\x1b]0;harm\x07 nul\x00 del\x7f c1\x9b31m",
    "line\u2028and\u2029paragraph",
    "&lt;b&gt; &amp; &#x27;",
    "CON",
    "Z\u0351\u036b\u0343\u036a\u0302\u036balgo" * 30,
    "W" * 900,
)
LINES = (
    '[javascript:window.harmed=1 click] [https://example.com/"onmouseover="window.harmed=1 over]',
    "[data:text/html,<script>window.harmed=1</script> d] [https://example.com/<svg/onload=window.harmed=1>.svg]",
    "[* <b onclick=window.harmed=1>x</b>] `</code><script>window.harmed=1</script>` [[</strong><script>]]",
    '[$ </span><script>window.harmed=1</script>] [/../../<i> x] [/icons/"><script>.icon] [<script>.icon*3]',
    "> <style>body{display:none}</style> \x1b[31mred\x1b[0m \u202eright to left",
    'code:"><script>window.harmed=1</script>.html',
    " <script>window.harmed=1</script>",
    "table:<script>window.harmed=1</script>",
    "\t<td onclick=window.harmed=1>\t</table><script>window.harmed=1</script>",
    '#<script>window.harmed=2</script> #"onclick="x',
)


def export_of_hostile_wiki() -> bytes:
    """Its export: each page has all lines, links the next page and says the title of the one after it."""
    pages = []
    for number, title in enumerate(TITLES):
        linked, said = (TITLES[(number + step) % len(TITLES)] for step in (1, 2))
        lines = [title, f"[{linked}] {said}", *LINES]
        pages.append({"id": f"<{number}>", "title": title, "lines": lines, "updated": 1_700_000_000 + number})
    users = [{"id": "<script>", "name": "<script>", "email": "nobody@example.com"}]
    return json.dumps({"name": PROJECT, "displayName": TITLES[0], "users": users, "pages": pages}).encode()


def write_hostile_wiki(folder: Path) -> None:
    """A library of it, taken in like any export; each page has suggestions of every kind with every sort of reason."""
    file = folder / "hostile.json"
    folder.mkdir(parents=True, exist_ok=True)
    file.write_bytes(export_of_hostile_wiki())
    ingest(folder, file, None, lambda *_: None)
    with Library.open(folder) as library:
        wiki = project(library, PROJECT)
        ids = {title: find_page(library, wiki.id, title_key(title)).id for title in TITLES}
        run = start_run(library, "reindex", wiki.id)
        found = ((ids[title], _suggestions(number)) for number, title in enumerate(TITLES))
        replace_suggestions(library, wiki.id, run, found)
        finish_run(library, run, "done", {"pages": len(TITLES)})


def _suggestions(number: int) -> list[Suggestion]:
    said, joined = (TITLES[(number + step) % len(TITLES)] for step in (2, 3))
    reasons = (
        Reason("link_probability", 3, 4, weight=2.0),
        Reason("neighbours", names=TITLES[:3], weight=1.0),
        Reason("similar_line", names=(TITLES[4], LINES[2]), quote=LINES[0], weight=0.5),
    )
    start = len(f"[{TITLES[(number + 1) % len(TITLES)]}] ")
    spans = (Mention(1, start, start + len(said), said),)
    kinds: tuple[tuple[str, Kind, tuple[Mention, ...]], ...] = ((said, "page", spans), (joined, "page", ()))
    new = Suggestion("<b onclick=window.harmed=1>", "new", 0.5, (Mention(4, 3, 30, LINES[2][3:30]),), reasons[1:2])
    return [Suggestion(target, kind, 0.9, mentions, reasons) for target, kind, mentions in kinds] + [new]
