"""An answer to a suggestion given by its page and target, as a program gives it: a verdict, or one taken back."""

from __future__ import annotations

import time

from linkassist.errors import NotFoundError
from linkassist.review.verdicts import decide, lessons_of, object_to, undo
from linkassist.store.library import Library
from linkassist.store.pages import StoredPage
from linkassist.store.suggestions import page_suggestions
from linkassist.store.verdicts import decided
from linkassist.suggest.feedback.learn import apply_to_one
from linkassist.suggestion import Decision, Objection, Verdict
from linkassist.terminal_escape import quoted
from linkassist.wiki import title_key


def answer(library: Library, page: StoredPage, target: str, decision: Decision, why: Objection | None) -> Verdict:
    """Stores the decision on a target that is suggested for the page, and returns the verdict in force.

    It is about the first place that is shown, as on the screen. An earlier decision is replaced; the same one again
    changes nothing. why: the objection of a rejection. Raises NotFoundError if the target is not suggested.
    """
    in_force = verdict_in_force(library, page, target)
    if in_force is None or in_force.decision != decision:
        decide(library, page.project_id, page.id, _verdict(library, page, target, decision))
    if why:
        object_to(library, page.project_id, page.id, target, why)
    found = verdict_in_force(library, page, target)
    assert found is not None
    return found


def take_back(library: Library, page: StoredPage, target: str) -> Verdict | None:
    """Takes back the last decision on the target; returns the verdict in force now, None if it is open again.

    Raises NotFoundError if nothing is decided.
    """
    undo(library, page.project_id, page.id, target)
    return verdict_in_force(library, page, target)


def verdict_in_force(library: Library, page: StoredPage, target: str) -> Verdict | None:
    """The verdict on the target, None while it is open."""
    return decided(library, page.id).get(title_key(target))


def _verdict(library: Library, page: StoredPage, target: str, decision: Decision) -> Verdict:
    for each in page_suggestions(library, page.id, with_decided=True):
        if title_key(each.suggestion.target) == title_key(target):
            break
    else:
        title = page.page.title
        raise NotFoundError(
            f"{quoted(target)} is not suggested for page {quoted(title)}. Name a target that "
            f"`linkassist suggest --page {quoted(title)}` lists."
        )
    suggestion = apply_to_one(lessons_of(library, page.project_id), each.suggestion) or each.suggestion
    mention = next(iter(suggestion.mentions), None)
    stored = each.suggestion
    return Verdict(stored.target, decision, int(time.time()), stored.kind, stored.probability, mention)
