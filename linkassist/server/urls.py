"""The addresses of the screens: where a project, a page or a preview is found.

A title is one path segment, quoted whole, so that `/`, `#`, `?`, `%2F` and emoji in it survive the journey.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

# Browsers resolve these segments away, even when they are quoted; "" leaves no segment at all.
_NOT_A_SEGMENT = frozenset({"", ".", ".."})


def project_address(project: str) -> str:
    """The start of a project, with the list of its pages; `page_list.py` adds which of them."""
    return f"/p/{quote(project, safe='')}"


def search_address(project: str, query: str = "", *, by: str = "", title_at: int = 0, text_at: int = 0) -> str:
    """What the search finds. by: "meaning", else words; title_at, text_at: where a further screen begins."""
    asked = {"q": query, "by": by, "titles": str(title_at or ""), "texts": str(text_at or "")}
    given = {name: value for name, value in asked.items() if value}
    return f"/search/{quote(project, safe='')}" + (f"?{urlencode(given)}" if given else "")


def page_address(project: str, title: str) -> str:
    """The screen of one page, or of the red link of that title: `/p/notes/a%2Fb`."""
    return _titled("/p", project, title)


def listed_address(project: str, title: str, *, shows_all: bool, group: str) -> str:
    """A page with all of its suggestions, the weak ones too, or with those of one group; "" for every group."""
    asked = {"all": "1" if shows_all else "", "kind": group}
    given = {name: value for name, value in asked.items() if value}
    address = page_address(project, title)
    return address + ("&" if "?" in address else "?") * bool(given) + urlencode(given)


def preview_address(project: str, title: str) -> str:
    """The fragment that previews a page or a red link."""
    return _titled("/preview", project, title)


def draft_address(project: str) -> str:
    """The screen for a text that is not in the wiki."""
    return f"/draft/{quote(project, safe='')}"


def quality_address(project: str) -> str:
    """The screen that tells how far the project's suggestions can be trusted."""
    return f"/quality/{quote(project, safe='')}"


def queue_address(project: str) -> str:
    """The queue: the best suggestions of the project, one card after another."""
    return f"/queue/{quote(project, safe='')}"


def outbox_address(project: str, part: str = "", *, number: int = 1) -> str:
    """The accepted links on their way back, or a part of that screen: what is posted to it, the file for an import."""
    query = f"?{urlencode({'page': number})}" if number > 1 else ""
    return f"/outbox/{quote(project, safe='')}" + (f"/{part}" if part else "") + query


def import_address(part: str = "") -> str:
    """The screen that takes in exports, or a part of it: what is posted to it, the progress that it sends."""
    return "/import" + (f"/{part}" if part else "")


def settings_address(project: str, *, search: str = "", number: int = 1, did: str = "", part: str = "") -> str:
    """The settings of a project. search, number: of what was rejected; did: what was just done; part: where to look."""
    query = {"q": search, "page": "" if number <= 1 else str(number), "did": did}
    given = {name: value for name, value in query.items() if value}
    address = f"/settings/{quote(project, safe='')}" + (f"?{urlencode(given)}" if given else "")
    return address + (f"#{part}" if part else "")


def login_address(wanted: str = "") -> str:
    """The screen that asks for the password; wanted: the address to go to from there."""
    return "/login" + (f"?{urlencode({'next': wanted})}" if wanted not in ("", "/") else "")


def request_address(scope: Mapping[str, Any]) -> str:
    """The address of a request, quoted as it came: its path by itself no longer tells "%2F" from "/", nor a line break
    from none."""
    path = bytes(scope.get("raw_path") or b"/").decode("ascii", "replace").partition("?")[0]
    query = bytes(scope["query_string"]).decode("ascii", "replace")
    return path + (f"?{query}" if query else "")


def own_address(given: str) -> str:
    """`given` if it is a path of this server, else "/": "//host" and "/\\host" would lead away."""
    is_path = given.startswith("/") and not given.startswith(("//", "/\\"))
    return given if is_path and given.isprintable() else "/"


def like_address(project: str, target: str) -> str:
    """The pages that are suggested the same target."""
    return _titled("/like", project, target)


@lru_cache(maxsize=4096)  # a page names the same icon on line after line
def scrapbox_address(path: str) -> str:
    """A page or a project at Scrapbox itself; `path` begins with "/", as in `[/project/page]`."""
    parts = path.strip("/").split("/", 1)
    return "https://scrapbox.io/" + "/".join(quote(part.replace(" ", "_"), safe="") for part in parts)


@lru_cache(maxsize=4096)
def _titled(root: str, project: str, title: str) -> str:
    # Spaces become "_" as in Scrapbox's own addresses; the title key makes them one.
    segment = title.replace(" ", "_")
    start = f"{root}/{quote(project, safe='')}/"
    if segment in _NOT_A_SEGMENT:
        return f"{start}?{urlencode({'title': segment})}"
    return start + quote(segment, safe="")
