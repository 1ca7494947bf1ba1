"""A first look at a link's target: the first lines of a page, or, where there is none, the pages that link it."""

from __future__ import annotations

from linkassist.scrapbox.notation import Token, parse_page
from linkassist.server.addresses import page_address
from linkassist.server.views import NamedLink, PreviewView
from linkassist.store.library import Library
from linkassist.store.pages import Project, preview
from linkassist.suggestion import Kind
from linkassist.wiki import title_key

_N_LINKERS = 4
_N_CHARACTERS = 160


def preview_view(library: Library, project: Project, target: str, kind: Kind | None = None) -> PreviewView:
    """The preview of a title as it is written. kind: what it was suggested as; None says what the library says."""
    found = preview(library, project.id, title_key(target), n_backlinks=_N_LINKERS)
    if found.page_id is not None:
        shown: Kind = "page"
    else:
        shown = kind if kind and kind != "page" else "red"
    return PreviewView(
        title=found.title if found.page_id is not None else target,
        address=page_address(project.name, target),
        kind=shown,
        lines=tuple(plain_text(line) for line in found.lines),
        linkers=tuple(
            NamedLink(each.title, page_address(project.name, each.title), plain_text(each.text))
            for each in found.backlinks
        ),
        n_linked=found.n_linked,
    )


def plain_text(line: str) -> str:
    """What a reader sees of a line, without notation: `plain_text(" see [x] [https://a.b c]") == "see x c"`."""
    # The empty line stands in for the title, in which nothing is notation.
    tokens = parse_page(["", line])[1].tokens
    text = "".join(_plain(token, line) for token in tokens).strip()
    return f"{text[:_N_CHARACTERS]}…" if len(text) > _N_CHARACTERS else text


def _plain(token: Token, line: str) -> str:
    match token.kind:
        case "indent" | "image":
            return ""
        case "decoration" | "bold":
            return "".join(_plain(child, line) for child in token.children)
        case "mark" | "verbatim" | "hashtag" | "command" | "helpfeel" | "block_name" | "number":
            return token.span.cut(line)
        case "icon":
            return f"({token.target})"
        case "location":
            return token.target
        case _:
            return token.content.cut(line)
