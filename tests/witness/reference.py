"""What the reference parser finds, through Node.js, and what is known to differ from it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from linkassist.scrapbox.notation import page_links
from linkassist.wiki import title_key

FOLDER = Path(__file__).parent
# The reference takes a line id for part of the title, and [ ] inside decorations for a link.
_LINE_ID = re.compile(r"#[0-9a-f]{24,32}\Z")


def missing() -> str:
    """Why the reference parser cannot run here, "" where it can."""
    if shutil.which("node") is None:
        return "Node.js is not installed: the reference parser cannot run"
    if not (FOLDER / "node_modules" / "@progfay" / "scrapbox-parser").is_dir():
        return "the reference parser is not installed: run `npm ci --prefix tests/witness`"
    return ""


def reference_keys(pages: Iterable[Sequence[str]]) -> list[set[str]]:
    """For each page the title keys of its links as the reference parser sees them, line ids taken off."""
    written = "".join(json.dumps(list(texts)) + "\n" for texts in pages)
    command = ["node", str(FOLDER / "links.mjs")]
    ended = subprocess.run(command, input=written, capture_output=True, check=True, encoding="utf-8")
    return [_keys(json.loads(line)) for line in ended.stdout.splitlines()]


def our_keys(texts: Sequence[str]) -> set[str]:
    """The title keys of the links that our parser sees."""
    return {link.key for link in page_links(texts)}


def _keys(links: list[tuple[str, str]]) -> set[str]:
    targets = {_LINE_ID.sub("", target) if notation == "bracket" else target for notation, target in links}
    return {title_key(target) for target in targets if target.strip()}
