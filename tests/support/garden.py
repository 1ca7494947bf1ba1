"""The little wiki with a list of suggestions on each of its ten pages, and what is decided about them."""

from __future__ import annotations

from linkassist.review.verdicts import decide, lessons_of, object_to, shown_suggestions, undo
from linkassist.store.library import Library
from linkassist.store.pages import list_pages, project
from linkassist.store.suggestions import replace_suggestions
from linkassist.suggestion import Decision, Mention, Objection, Reason, Suggestion, Verdict
from linkassist.wiki import title_key
from support.little_wiki import AWKWARD_TITLES, PROJECT

SAID, NEAR = Reason("link_probability", 2, 5), Reason("neighbours", names=("道具",))
Lists = dict[str, list[Suggestion]]


def suggestions(page: str) -> list[Suggestion]:
    """What each of the ten pages with awkward titles is given: something for every lesson, and something for none."""
    word = Mention(1, 0, 2, "知的")
    return [
        Suggestion("みどり", "page", 0.62, (Mention(1, 0, 3, "みどり"),), (SAID,)),
        Suggestion("発想法", "page", 0.55, (Mention(1, 0, 2, "発想"), Mention(1, 3, 6, "発想法")), (SAID, NEAR)),
        Suggestion("のこと", "new", 0.5, (Mention(1, 3, 6, "のこと"),), (Reason("bridges", 0, 3, ("検索",)),)),
        Suggestion("知識", "red", 0.45, (word,), (SAID,)),
        Suggestion("検索", "page", 0.4, (), (NEAR, Reason("co_citation", names=("道具",)))),
        Suggestion("道具", "page", 0.25, (), (Reason("related"),)),
        Suggestion("類似度", "page", 0.22, (Mention(1, 0, 3, "類似度"),), (SAID,)),
        Suggestion(f"{page}のうら", "red", 0.2, (), (Reason("joins", 0, 2, ("検索",)),)),
    ]


class Garden:
    """The little wiki with the lists above, and what is done with it in these tests."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.project_id = project(library, PROJECT).id
        found, _ = list_pages(library, self.project_id, limit=100)
        self.ids = {page.title: page.id for page in found}
        pages = [(self.ids[title], suggestions(title)) for title in AWKWARD_TITLES]
        replace_suggestions(library, self.project_id, 1, pages)

    def decide(self, page: int, target: str, decision: Decision, why: Objection | None = None) -> None:
        title = AWKWARD_TITLES[page]
        suggestion = next(each for each in suggestions(title) if each.target == target)
        mention = suggestion.mentions[0] if suggestion.mentions else None
        verdict = Verdict(target, decision, 5, suggestion.kind, suggestion.probability, mention)
        decide(self.library, self.project_id, self.ids[title], verdict)
        if why:
            object_to(self.library, self.project_id, self.ids[title], target, why)

    def undo(self, page: int, target: str) -> None:
        undo(self.library, self.project_id, self.ids[AWKWARD_TITLES[page]], target)

    def shown(self) -> Lists:
        """What every page shows, open suggestions best first."""
        lessons = lessons_of(self.library, self.project_id)
        return {
            title: [each.suggestion for each in shown_suggestions(self.library, page_id, lessons)]
            for title, page_id in self.ids.items()
        }

    def gains(self) -> dict[str, tuple[int, float]]:
        found, _ = list_pages(self.library, self.project_id, limit=100)
        return {page.title: (page.n_suggestions, page.gain) for page in found}

    def kept(self) -> list[tuple[int, bytes]]:
        return list(self.library.rows("SELECT page_id, suggestions FROM suggestion_lists ORDER BY page_id"))


def changes(before: Lists, after: Lists) -> dict[str, str]:
    """Per target that changed anywhere, how: "gone", "lower", "higher" or "other words"."""
    found: dict[str, set[str]] = {}
    for title, was in before.items():
        is_now = {title_key(each.target): each for each in after[title]}
        for each in was:
            now = is_now.get(title_key(each.target))
            if now == each:
                continue
            if now is None:
                how = "gone"
            elif now.probability == each.probability:
                how = "other words"
            else:
                how = "lower" if now.probability < each.probability else "higher"
            found.setdefault(each.target, set()).add(how)
    return {target: "/".join(sorted(how)) for target, how in found.items()}
