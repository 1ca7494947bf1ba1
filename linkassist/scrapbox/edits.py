"""Accepted suggestions to edited lines, and to an import file.

Scrapbox's brackets hold the title and nothing else, so a mention that reads differently from its target is replaced by
the target's title. Sending edits to Scrapbox is left to others.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence

from linkassist.errors import LinkAssistError
from linkassist.scrapbox.notation import page_links
from linkassist.suggestion import Mention
from linkassist.visible import quoted
from linkassist.wiki import Page, title_key

Accepted = tuple[str, Mention | None]


def link_text(target: str) -> str:
    """The target as a link: `[target]`, or `#target` for a title that brackets would turn into something else.

    Raises LinkAssistError for a title that neither can hold, such as `a [b] c`.
    """
    for written in (f"[{target}]", "#" + target.replace(" ", "_")):
        links = page_links(["", written])
        if len(links) == 1 and links[0].span.cut(written) == written and links[0].key == title_key(target):
            return written
    raise LinkAssistError(
        f"{quoted(target)} cannot be written as a link: Scrapbox would read its brackets or signs otherwise. "
        "Expected a title that [title] or #title can hold; link to another page or rename this one."
    )


def linked_text(text: str, accepted: Sequence[tuple[str, Mention]]) -> str:
    """The raw line with each (target, mention) as a link. The mentions do not overlap and all lie in this line.

    Brackets go around the surface where its title key is the target's: `see Sample text` becomes `see [Sample text]`.
    Elsewhere the target's title takes its place: `see the samples` becomes `see [Sample text]`.
    """
    pieces: list[str] = []
    at = 0
    for target, mention in sorted(accepted, key=lambda pair: pair[1]):
        found = text[mention.start : mention.end]
        if mention.start < at or found != mention.surface:
            raise LinkAssistError(
                f"line {mention.line} holds {quoted(found)} at {mention.start}; expected {quoted(mention.surface)}, "
                "unlinked. "
                "The page has changed: reindex it."
            )
        is_title = title_key(mention.surface) == title_key(target)
        pieces += [text[at : mention.start], link_text(mention.surface if is_title else target)]
        at = mention.end
    return "".join(pieces) + text[at:]


def linked_lines(page: Page, accepted: Sequence[Accepted]) -> list[str]:
    """The page's lines with the accepted links in them.

    A mention becomes a link where it stands if Scrapbox will then read the link there and every other as before; of two
    that overlap, the one accepted first. Every other target goes into a last line of its own, unless the page links it.
    """
    texts = page.texts
    targets_before = Counter(link.key for link in page_links(texts))
    placed: dict[int, list[tuple[str, Mention]]] = {}
    for target, mention in accepted:
        if mention is None or not 0 < mention.line < len(page.lines):
            continue
        choice = [*placed.get(mention.line, []), (target, mention)]
        try:
            changed = linked_text(page.lines[mention.line].text, choice)
        except LinkAssistError:
            continue
        trial = [*texts[: mention.line], changed, *texts[mention.line + 1 :]]
        targets = Counter(link.key for link in page_links(trial))
        if targets == targets_before + Counter([title_key(target)]):
            texts, targets_before = trial, targets
            placed[mention.line] = choice
    loose = {title_key(target): target for target, _ in accepted if title_key(target) not in targets_before}
    if loose:
        texts.append(" ".join(link_text(target) for target in loose.values()))
    return texts


def import_file(pages: Iterable[tuple[str, Sequence[str]]]) -> str:
    """The JSON text of a Scrapbox import file, from each page's title and lines; the title line becomes the title.

    On import Scrapbox overwrites pages of the same title: whoever offers this file has to say so.
    """
    entries = [{"title": title, "lines": [title, *lines[1:]]} for title, lines in pages]
    return json.dumps({"pages": entries}, ensure_ascii=False, indent=1) + "\n"
