"""The nouns of suggesting: mentions, candidates, evidence, suggestions, reasons and verdicts.

How they are found is left to `suggest/`, where they are kept to `store/`, how reasons are worded to
`suggest/explain/reasons.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["page", "red", "new"]
# What a reader can ask to see alone: a kind, or existing pages that lie far apart. Kept in libraries, so never renamed.
Group = Literal["page", "red", "new", "far"]
Decision = Literal["accept", "reject"]
# What a reader can say against a suggestion: `Verdict.why` of a rejection. Kept in libraries, so never renamed.
Objection = Literal["too_common", "wrong_sense", "wrong_span", "too_near"]

# The least probability of a suggestion that is put before the reader. Less likely ones are kept for those who ask, and
# count for nothing: a page with nothing likelier is a page with nothing to suggest.
WORTH_SHOWING: Final = 0.1
# Reasons against showing a suggestion, however likely it is by itself: a better one stands for it, or the page has its
# fill, by the wiki's custom or by the reader's wish.
HELD_BACK: Final = frozenset(("same_title", "same_place", "taken", "enough", "beyond"))


@dataclass(frozen=True, slots=True, order=True)
class Mention:
    """A span of a page's own text that could become a link: `lines[line][start:end] == surface`."""

    line: int
    start: int
    end: int
    surface: str


@dataclass(frozen=True, slots=True)
class Reason:
    """A piece of evidence, ready to be put into words in any language.

    `count` of `total` is the figure the words need, `names` the page titles they name, `quote` a line of text.
    Of a pair of lines, `quote` is the page's own and `names` are the other page's title and its line.
    `weight` is the share of the score that it carried, in log-odds.
    """

    signal: str
    count: int = 0
    total: int = 0
    names: tuple[str, ...] = ()
    quote: str = ""
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A scored candidate: a link that a page lacks. `target` is the title as it would be written in brackets."""

    target: str
    kind: Kind
    probability: float
    mentions: tuple[Mention, ...] = ()
    reasons: tuple[Reason, ...] = ()
    evidence: bytes = b""

    @property
    def group(self) -> Group:
        """Where a reader looks for it: "far" where two lines of pages far apart speak for it, else its kind."""
        is_far = any(reason.signal == "far" and len(reason.names) == 2 for reason in self.reasons)
        return "far" if is_far else self.kind

    @property
    def is_worth_showing(self) -> bool:
        """Whether it is likely enough to be put before the reader, and nothing holds it back."""
        return self.probability >= WORTH_SHOWING and not any(reason.signal in HELD_BACK for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the reader decided about one target for one page.

    `probability` is what the ranker gave, before what the reader had taught moved it. `mention` is what an accepted
    link brackets, or what a rejected one would have, if anything. `why` is a rejection's Objection, "" without one.
    """

    target: str
    decision: Decision
    decided_at: int
    kind: Kind
    probability: float
    mention: Mention | None = None
    why: str = ""
