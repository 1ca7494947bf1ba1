"""The data types of suggestions: mentions, reasons, suggestions and verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["page", "red", "new"]
# What a reader can filter by: a kind, or existing pages far away by links. Stored in libraries, so never renamed.
Group = Literal["page", "red", "new", "far"]
Decision = Literal["accept", "reject"]
# The reasons for a rejection (`Verdict.why`). Stored in libraries, so never renamed.
Objection = Literal["too_common", "wrong_sense", "wrong_span", "too_near"]

# The least probability of a suggestion that can be shown unasked, whatever the floors. Less likely ones are stored for
# readers who ask for all, and not counted: a page with only such suggestions counts as one without.
WORTH_SHOWING: Final = 0.1
# Signals of reasons against showing a likely suggestion: a better one covers it, or the page has enough by the wiki's
# link budget or the reader's rule.
HELD_BACK: Final = frozenset(("same_title", "same_place", "taken", "enough", "beyond"))


@dataclass(frozen=True, slots=True, order=True)
class Mention:
    """A span of a page's text that could become a link: `lines[line][start:end] == surface`."""

    line: int
    start: int
    end: int
    surface: str


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason for a suggestion, independent of language.

    count, total: the figures in its text. names: page titles. quote: a line of text. For a pair of lines, quote is the
    page's own line, and names are the other page's title and line. weight: its contribution to the score, in log-odds.
    """

    signal: str
    count: int = 0
    total: int = 0
    names: tuple[str, ...] = ()
    quote: str = ""
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Floors:
    """The least probability of a suggestion that is shown unasked and counted, by kind; from WORTH_SHOWING to 1.

    The defaults: at 20 % and above two in three are links that an author wants, of new ones from 30 % on.
    """

    page: float = 0.2
    red: float = 0.2
    new: float = 0.3

    def of(self, group: Group) -> float:
        """The floor of a group; a page far away by links counts as a page."""
        return self.new if group == "new" else self.red if group == "red" else self.page


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A scored candidate: a link that a page lacks. `target` is the title as it would be written in brackets.

    is_below_floor: whether it waits until the reader asks for all; of lists as they are read, never stored.
    """

    target: str
    kind: Kind
    probability: float
    mentions: tuple[Mention, ...] = ()
    reasons: tuple[Reason, ...] = ()
    evidence: bytes = b""
    is_below_floor: bool = False

    @property
    def group(self) -> Group:
        """The group to filter by: "far" if a similar line of a far page supports it, else its kind."""
        is_far = any(reason.signal == "far" and len(reason.names) == 2 for reason in self.reasons)
        return "far" if is_far else self.kind

    @property
    def is_worth_showing(self) -> bool:
        """Whether it is likely enough and not held back."""
        return (
            self.probability >= WORTH_SHOWING
            and not self.is_below_floor
            and not any(reason.signal in HELD_BACK for reason in self.reasons)
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """The reader's decision about one target for one page.

    probability: the ranker's, before lessons. mention: the span of the link, None where it has none. why: the Objection
    of a rejection, "" without one.
    """

    target: str
    decision: Decision
    decided_at: int
    kind: Kind
    probability: float
    mention: Mention | None = None
    why: str = ""
