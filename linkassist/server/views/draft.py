"""The draft screen: the text as Scrapbox shows it, with highlights, and the cards beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from linkassist.files.catalogs import Language
from linkassist.review.line_after import LinesAfter
from linkassist.scrapbox.notation import page_links
from linkassist.server.jobs.model_requests import Progress
from linkassist.server.views.cards import CardView, open_card
from linkassist.server.views.highlights import Highlight, place_highlights
from linkassist.server.views.page_text import Block, RenderContext, render_page
from linkassist.server.views.preview import PreviewRequest, preview_views
from linkassist.store.library import Library
from linkassist.store.navigation import ProjectName, glances
from linkassist.suggestion import Suggestion
from linkassist.wiki import title_key

DraftState = Literal["empty", "preparing", "none", "failed", "found"]

_N_CARDS: Final = 15
STEPS: Final = ("start", "read", "mentions", "statistics", "phrases")


@dataclass(frozen=True, slots=True)
class Draft:
    """The content of the form; the server does not store it.

    before: the text before the last accepted link, "" if there is none. dismissed: the targets dismissed in this draft
    alone; nothing is learned from them.
    """

    title: str
    text: str
    before: str = ""
    dismissed: tuple[str, ...] = ()

    @property
    def texts(self) -> list[str]:
        """The raw lines, the title line being 0."""
        return [self.title, *self.text.split("\n")]


@dataclass(frozen=True, slots=True)
class DraftView:
    """The whole screen. step, percent: of reading the wiki. message: of the error, in the state "failed".

    notice: what was just done. restorable: the target that was just dismissed. n_weaker: suggestions that are not shown
    since they are less likely.
    """

    draft: Draft
    state: DraftState
    blocks: tuple[Block, ...] = ()
    cards: tuple[CardView, ...] = ()
    n_weaker: int = 0
    step: str = "start"
    percent: int = 0
    message: str = ""
    notice: str = ""
    restorable: str = ""


def found_view(
    library: Library,
    project: ProjectName,
    draft: Draft,
    suggestions: Sequence[Suggestion],
    language: Language,
    notice: str = "",
) -> DraftView:
    """The screen with the suggestions, of which there may be none."""
    unwanted = frozenset(map(title_key, draft.dismissed))
    wanted = [suggestion for suggestion in suggestions if title_key(suggestion.target) not in unwanted]
    likely = [suggestion for suggestion in wanted if suggestion.is_worth_showing][:_N_CARDS]
    previews = preview_views(library, project, [PreviewRequest(each.target, each.kind) for each in likely])
    after = LinesAfter(draft.texts)
    cards = tuple(
        open_card(project, rank, suggestion, draft.texts, language, preview, after)
        for rank, (suggestion, preview) in enumerate(zip(likely, previews, strict=True))
    )
    highlights = [
        Highlight(mention, each.target, each.kind, rank)
        for rank, each in enumerate(likely)
        for mention in each.mentions
    ]
    return DraftView(
        draft,
        "found" if cards else "none",
        blocks=shown_text(library, project, draft, highlights),
        cards=cards,
        n_weaker=len(wanted) - len(likely),
        notice=notice,
    )


def waiting_view(library: Library, project: ProjectName, draft: Draft, progress: Progress, notice: str) -> DraftView:
    """The screen while the wiki is being read."""
    at = STEPS.index(progress.step) if progress.step in STEPS else 0
    done = progress.n_done / progress.n_total if progress.n_total else 0.0
    percent = max(1, min(99, round(100 * (max(0, at - 1) + done * (at > 0)) / (len(STEPS) - 1))))
    blocks = shown_text(library, project, draft)
    return DraftView(draft, "preparing", blocks=blocks, step=STEPS[at], percent=percent, notice=notice)


def shown_text(
    library: Library, project: ProjectName, draft: Draft, highlights: Sequence[Highlight] = ()
) -> tuple[Block, ...]:
    """The text as Scrapbox shows it, with these highlights."""
    keys = sorted({link.key for link in page_links(draft.texts)})
    existing = frozenset(key for key, glance in glances(library, project.id, keys).items() if glance.has_page)
    return render_page(draft.texts, RenderContext(project.name, existing, place_highlights(draft.texts, highlights)))
