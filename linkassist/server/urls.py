"""The addresses of the screens.

A title is one path segment, quoted whole, so that it may contain `/`, `#`, `?`, `%2F` and emoji.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

# Browsers remove these segments, even quoted; "" is no segment at all.
_NOT_A_SEGMENT = frozenset({"", ".", ".."})


def with_query(address: str, values: Mapping[str, str], *, safe: str = "") -> str:
    """The address with those of the values that are not ""; it may have a query already. safe: not quoted."""
    given = {name: value for name, value in values.items() if value}
    return address + ("&" if "?" in address else "?") * bool(given) + urlencode(given, safe=safe)


def project_address(project: str) -> str:
    """The start of a project, with the list of its pages; `page_list.py` adds the filter."""
    return f"/p/{quote(project, safe='')}"


def search_address(project: str, query: str = "", *, by: str = "", title_at: int = 0, text_at: int = 0) -> str:
    """A search. by: "meaning", else by words. title_at, text_at: offsets of further results."""
    asked = {"q": query, "by": by, "titles": str(title_at or ""), "texts": str(text_at or "")}
    return with_query(f"/search/{quote(project, safe='')}", asked)


def page_address(project: str, title: str) -> str:
    """The screen of one page, or of the red link of that title: `/p/notes/a%2Fb`."""
    return _titled("/p", project, title)


def listed_address(project: str, title: str, *, shows_all: bool, group: str) -> str:
    """A page with a choice of its suggestions. shows_all: the less likely ones too. group: "" for all groups."""
    return with_query(page_address(project, title), {"all": "1" if shows_all else "", "kind": group})


def preview_address(project: str, title: str) -> str:
    """The fragment that previews a page or a red link."""
    return _titled("/preview", project, title)


def draft_address(project: str) -> str:
    """The screen for a text that is not in the wiki."""
    return f"/draft/{quote(project, safe='')}"


def quality_address(project: str) -> str:
    """The quality screen of a project."""
    return f"/quality/{quote(project, safe='')}"


def queue_address(project: str) -> str:
    """The queue: the best suggestions of the project, one card after another."""
    return f"/queue/{quote(project, safe='')}"


def outbox_address(project: str, part: str = "", *, number: int = 1) -> str:
    """The outbox, or what is below it: where its forms are posted, the file for an import."""
    address = f"/outbox/{quote(project, safe='')}" + (f"/{part}" if part else "")
    return with_query(address, {"page": str(number) if number > 1 else ""})


def import_address(part: str = "") -> str:
    """The import screen, or what is below it: where its forms are posted, the event stream of its progress."""
    return "/import" + (f"/{part}" if part else "")


def settings_address(project: str, *, search: str = "", number: int = 1, did: str = "", part: str = "") -> str:
    """The settings of a project. search, number: of the rejected ones. did: what was just done. part: the fragment."""
    query = {"q": search, "page": "" if number <= 1 else str(number), "did": did}
    return with_query(f"/settings/{quote(project, safe='')}", query) + (f"#{part}" if part else "")


def script_address(project: str) -> str:
    """The UserScript of a project, each time with a new key in it."""
    return f"/userscript/{quote(project, safe='')}.js"


def login_address(wanted: str = "") -> str:
    """The login. wanted: the address to go to afterwards."""
    return with_query("/login", {"next": wanted if wanted != "/" else ""})


def request_address(scope: Mapping[str, Any]) -> str:
    """The address of a request, quoted as it came: its decoded path does not tell "%2F" from "/"."""
    path = bytes(scope.get("raw_path") or b"/").decode("ascii", "replace").partition("?")[0]
    query = bytes(scope["query_string"]).decode("ascii", "replace")
    return path + (f"?{query}" if query else "")


def own_address(given: str) -> str:
    """`given` if it is a path of this server, else "/": "//host" and "/\\host" would lead away."""
    is_path = given.startswith("/") and not given.startswith(("//", "/\\"))
    return given if is_path and given.isprintable() else "/"


def like_address(project: str, target: str) -> str:
    """The pages that have a suggestion of the same target."""
    return _titled("/like", project, target)


@lru_cache(maxsize=4096)  # a page may repeat an icon on every line
def scrapbox_address(path: str) -> str:
    """A page or a project at Scrapbox itself; `path` begins with "/", as in `[/project/page]`."""
    parts = path.strip("/").split("/", 1)
    return "https://scrapbox.io/" + "/".join(quote(part.replace(" ", "_"), safe="") for part in parts)


def page_in_scrapbox(project: str, title: str) -> str:
    """A page of the project at Scrapbox itself, existing or not: `https://scrapbox.io/notes/a%2Fb`.

    A title that cannot be a path segment leads to the project.
    """
    segment = title.replace(" ", "_")
    start = f"https://scrapbox.io/{quote(project, safe='')}"
    return start if segment in _NOT_A_SEGMENT else f"{start}/{quote(segment, safe='')}"


@lru_cache(maxsize=4096)
def _titled(root: str, project: str, title: str) -> str:
    # Spaces become "_" as in Scrapbox's own addresses; the title key makes them one.
    segment = title.replace(" ", "_")
    start = f"{root}/{quote(project, safe='')}/"
    if segment in _NOT_A_SEGMENT:
        return f"{start}?{urlencode({'title': segment})}"
    return start + quote(segment, safe="")
