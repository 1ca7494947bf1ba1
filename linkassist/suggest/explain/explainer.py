"""Scored pairs to suggestions, with their mentions as raw spans and the reasons for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from linkassist.spelling import is_spelling_of
from linkassist.suggest.aliases import leads_to
from linkassist.suggest.candidates import Pairs
from linkassist.suggest.corpus import BoolArray, Corpus, FloatArray, IntArray
from linkassist.suggest.explain.attribution import FEATURE_GROUPS, Contributions
from linkassist.suggest.explain.similar_lines import LineExplainer
from linkassist.suggest.explain.supporting_pages import SupportingPages
from linkassist.suggest.features import FEATURES
from linkassist.suggest.line_kinds import LineKind
from linkassist.suggest.mentions import Mentions
from linkassist.suggest.phrases.extraction import PhrasePostings, Phrases, by_phrase
from linkassist.suggest.phrases.features import PHRASE_FEATURES, PhrasePairs
from linkassist.suggest.same_titles import title_and_forms
from linkassist.suggest.search_text import search_key
from linkassist.suggest.statistics import Statistics
from linkassist.suggestion import WORTH_SHOWING, Mention, Reason, Suggestion
from linkassist.wiki import Reading, title_key

MOST_MENTIONS = 5
_MOST_REASONS = 3
_MOST_NAMES = 7
_LEAST = 0.05  # log-odds; a smaller contribution is no reason
_WHOLE_LINE = 0.95  # of a line's characters
_ALWAYS = frozenset(("variant", "inflected", "alias"))  # reasons that are never left out
SIGNAL_OF_MARK = {"host": "same_host", "project": "same_project", "icon": "same_icon", "author": "same_author"}
_USED_FEATURES: Final = """
    n_mentions in_title context cover link_probability links_back is_icon titles titles_rank
    co_cited_rank co_cited_self page_similarity page_similarity_rank profile_similarity seeds_link namesakes
    marked linked_lately
"""
_P = {name: i for i, name in enumerate(PHRASE_FEATURES)}


class MentionFinder:
    """Looks up the prose mentions of (page, target) pairs.

    First come those with two word boundaries, then those in the title's own spelling, then those in prose rather than a
    quotation, a table or code, then what stands first. Only a spelling of the title is a mention that can become a
    link; an inflected form is told of.
    """

    def __init__(self, corpus: Corpus, mentions: Mentions) -> None:
        self._corpus = corpus
        self._aliases: defaultdict[int, list[int]] = defaultdict(list)
        for alias, target in enumerate(leads_to(corpus).tolist()):
            if alias != target:
                self._aliases[target].append(alias)
        keys = mentions.page * corpus.n_targets + mentions.target
        order = np.lexsort((mentions.line_kind != LineKind.PROSE, ~mentions.is_exact, -mentions.edges, keys))
        self._keys = keys[order]
        self._places = np.stack([mentions.passage[order], mentions.start[order], mentions.end[order]], axis=1)

    def mentions_of(self, page: IntArray, target: IntArray) -> list[tuple[Mention, ...]]:
        """Per pair, at most five; none where the target is said only inside links, longer titles or the title."""
        keys = page * self._corpus.n_targets + target
        low, high = self._keys.searchsorted(keys), self._keys.searchsorted(keys + 1)
        return [
            self._chosen(number, self._corpus.names[of], start, end) if end > start else ()
            for number, of, start, end in zip(page.tolist(), target.tolist(), low.tolist(), high.tolist(), strict=True)
        ]

    def in_other_words(self, page: int, target: int) -> str:
        """What the page's prose first says of the target in words that are no spelling of its title; "" for nothing."""
        key = page * self._corpus.n_targets + target
        said = [each.surface for each in self._in_prose(page, *self._keys.searchsorted([key, key + 1]).tolist())]
        return next((words for words in said if not is_spelling_of(words, self._corpus.names[target])), "")

    def alias(self, target: int, words: str) -> str:
        """The title of the page that only points to this target and is said in these words; "" where there is none."""
        folded = search_key(title_key(words))
        names = (
            alias for alias in self._aliases.get(target, ()) if folded in title_and_forms(self._corpus.keys[alias])
        )
        return next((self._corpus.names[alias] for alias in names), "")

    def _chosen(self, page: int, title: str, start: int, end: int) -> tuple[Mention, ...]:
        return _first_apart(each for each in self._in_prose(page, start, end) if is_spelling_of(each.surface, title))

    def _in_prose(self, page: int, start: int, end: int) -> Iterator[Mention]:
        reading = self._corpus.readings[page]
        places = self._places[start:end].tolist()
        yield from filter(None, (prose_mention(reading, *place) for place in places))


def prose_mention(reading: Reading, passage: int, start: int, end: int) -> Mention | None:
    """The mention at this place of a passage; None in the title, in a link or across two segments of prose."""
    if passage < 0:
        return None
    found = reading.passages[passage]
    span = found.raw_span(start, end)
    return Mention(found.line, span.start, span.end, found.text[start:end]) if span else None


def _first_apart(mentions: Iterable[Mention | None]) -> tuple[Mention, ...]:
    """The first five mentions that do not overlap."""
    found: list[Mention] = []
    for mention in mentions:
        if mention and not any(_overlap(mention, other) for other in found):
            found.append(mention)
        if len(found) == MOST_MENTIONS:
            break
    return tuple(found)


def _overlap(one: Mention, other: Mention) -> bool:
    return one.line == other.line and one.start < other.end and other.start < one.end


def _rounded(probability: float) -> float:
    """The probability to four digits, and never 0 or 1."""
    return min(max(round(probability, 4), 0.0001), 0.9999)


_GroupedReason = tuple[str, Reason]  # the group of features whose contribution is its weight, and the reason


class LinkExplainer:
    """Makes suggestions of existing targets, with reasons, for one choice of teachers."""

    def __init__(
        self,
        corpus: Corpus,
        statistics: Statistics,
        mentions: Mentions,
        supporting: SupportingPages,
        lines: LineExplainer,
        contributions: Contributions,
    ) -> None:
        """mentions: of the pages that suggestions are made for."""
        self._corpus = corpus
        self._statistics = statistics
        self._finder = MentionFinder(corpus, mentions)
        self._supporting = supporting
        self._contributions = contributions
        self._lines = lines

    def suggestions(
        self, pairs: Pairs, rows: IntArray, features: FloatArray, probability: FloatArray
    ) -> list[Suggestion]:
        """The suggestions of these rows of `pairs`. features: (rows, len(FEATURES)). probability: (rows,).

        Reasons are ranked by their contributions to the score; where that is not worth showing, by rules of thumb.
        """
        is_shown = probability >= WORTH_SHOWING
        carried = np.zeros((len(rows), len(FEATURE_GROUPS)), np.float32)
        carried[is_shown] = self._contributions.of(features[is_shown])
        mentions = self._finder.mentions_of(pairs.page[rows], pairs.target[rows])
        reasons = _ReasonBuilder(
            self._corpus, self._statistics, self._supporting, self._finder, pairs, rows, features, carried
        )
        kept = features.astype(np.float16)
        lines = self._lines_of(pairs, rows, probability, np.array([not found for found in mentions], np.bool_))
        return [
            Suggestion(
                target=self._corpus.names[target],
                kind="page" if target < self._corpus.n_pages else "red",
                probability=_rounded(float(probability[i])),
                mentions=mentions[i],
                reasons=_with_line(
                    reasons.by_score(i, mentions[i]) if is_shown[i] else reasons.by_rule(i, mentions[i]), lines.get(i)
                ),
                evidence=kept[i].tobytes(),
            )
            for i, target in enumerate(pairs.target[rows].tolist())
        ]

    def _lines_of(
        self, pairs: Pairs, rows: IntArray, probability: FloatArray, is_unsaid: BoolArray
    ) -> dict[int, Reason]:
        """By index in `rows`, the reasons by similar lines for targets that the text does not say."""
        found: dict[int, Reason] = {}
        unsaid = np.flatnonzero(is_unsaid)
        unsaid = unsaid[np.lexsort((-probability[unsaid], pairs.page[rows[unsaid]]))]
        page = pairs.page[rows[unsaid]]
        self._lines.read(np.unique(page).tolist())
        for places in np.split(unsaid, np.flatnonzero(np.diff(page)) + 1) if len(unsaid) else ():
            targets, is_shown = pairs.target[rows[places]].tolist(), (probability[places] >= WORTH_SHOWING).tolist()
            by_place = self._lines.reasons(int(pairs.page[rows[places[0]]]), targets, is_shown)
            found |= {int(places[i]): reason for i, reason in by_place.items()}
        return found


def _with_line(reasons: tuple[Reason, ...], line: Reason | None) -> tuple[Reason, ...]:
    """The reasons with a pair of lines among them: first where it is far, else in place of the weakest."""
    if line is None:
        return reasons
    return (line, *reasons[: _MOST_REASONS - 1]) if line.signal == "far" else (*reasons[: _MOST_REASONS - 1], line)


class _ReasonBuilder:
    """The reasons for some suggestions; supporting pages are looked up for all of them at once.

    carried: (rows, len(FEATURE_GROUPS)), the contributions, 0 where they are not computed.
    """

    def __init__(
        self,
        corpus: Corpus,
        statistics: Statistics,
        supporting: SupportingPages,
        finder: MentionFinder,
        pairs: Pairs,
        rows: IntArray,
        features: FloatArray,
        carried: FloatArray,
    ) -> None:
        self._corpus = corpus
        self._statistics = statistics
        self._supporting = supporting
        self._finder = finder
        self._page, self._target = pairs.page[rows].tolist(), pairs.target[rows].tolist()
        self._value = {name: features[:, FEATURES.index(name)].tolist() for name in _USED_FEATURES.split()}
        self._carried = {name: carried[:, column].tolist() for column, name in enumerate(FEATURE_GROUPS)}
        self._neighbours = supporting.neighbours(pairs, rows)
        self._companions = supporting.companions(pairs, rows)
        self._linked_pages = supporting.linked_pages(pairs, rows)
        asked = np.flatnonzero(carried[:, FEATURE_GROUPS.index("namesakes")] >= _LEAST)
        found = supporting.namesakes(pairs.page[rows[asked]], pairs.target[rows[asked]])
        self._namesakes = dict(zip(asked.tolist(), found, strict=True))

    def by_rule(self, i: int, mentions: tuple[Mention, ...]) -> tuple[Reason, ...]:
        """The reasons for suggestion i, by rules of thumb."""
        return _heaviest([reason for _, reason in self._evident(i, mentions)])

    def by_score(self, i: int, mentions: tuple[Mention, ...]) -> tuple[Reason, ...]:
        """The reasons for suggestion i with the largest contributions, and always that the spelling differs."""
        evident = [*self._evident(i, mentions)]
        weighed = [
            replace(reason, weight=round(self._carried[group][i], 3))
            for group, reason in (*evident, *self._further(i, mentions))
        ]
        always = [reason for reason in weighed if reason.signal in _ALWAYS]
        rest = [reason for reason in weighed if reason.weight >= _LEAST and reason.signal not in _ALWAYS]
        rest.sort(key=lambda reason: -reason.weight)
        kept = always + rest[: _MOST_REASONS - len(always)]
        return _heaviest(kept or [reason for _, reason in evident])

    def _evident(self, i: int, mentions: tuple[Mention, ...]) -> Iterator[_GroupedReason]:
        """The reasons that are cheap to find."""
        value, target = self._value, self._target[i]
        is_page = target < self._corpus.n_pages
        yield from self._of_text(i, mentions)
        if value["links_back"][i]:
            yield "backlink", Reason("backlink", weight=1.2)
        if value["is_icon"][i]:
            yield "icon", Reason("icon", weight=1.4)
        if value["titles"][i] > 0.45 and value["titles_rank"][i] < 5:
            yield "titles", Reason("title_words", weight=value["titles"][i] * 2)
        if not is_page and (n_linked := int(self._statistics.n_linked[target])) >= 2:
            names = self._names(self._supporting.linking(target)[:_MOST_NAMES].tolist())
            # the profile of a red link is that of the pages that link it
            yield "profile", Reason("joins", total=n_linked, names=names, weight=1.1)
        if self._neighbours[i]:
            names = self._names(self._neighbours[i])
            yield "neighbours", Reason("neighbours", names=names, weight=0.6 + 0.5 * len(names))
        if value["co_cited_rank"][i] < 10 and self._companions[i]:
            names = self._names(self._companions[i])
            yield "co_citation", Reason("co_citation", names=names, weight=1.3 - 0.1 * value["co_cited_rank"][i])
        if is_page and value["page_similarity_rank"][i] < 5 and value["page_similarity"][i] > 0.5:
            yield "similar_page", Reason("similar_page", weight=value["page_similarity"][i] * 2)

    def _further(self, i: int, mentions: tuple[Mention, ...]) -> Iterator[_GroupedReason]:
        """The reasons that are looked up only where their group contributed."""
        value, carried, page, target = self._value, self._carried, self._page[i], self._target[i]
        if mentions and value["cover"][i] > _WHOLE_LINE and value["context"][i] > 0:
            yield "context", Reason("own_line")
        if self._linked_pages[i]:
            yield "seeds_link", Reason("seeds_link", names=self._names(self._linked_pages[i]))
        if names := self._namesakes.get(i):
            yield "namesakes", Reason("namesakes", names=self._names(names))
        if carried["co_cited_self"][i] >= _LEAST and (names := self._supporting.linking_both(page, target)):
            yield "co_cited_self", Reason("linked_beside", names=self._names(names))
        if value["linked_lately"][i] > 0:
            n_lately = int(self._statistics.n_linked_lately[target])
            yield "recency", Reason("lately", n_lately, n_lately)
        if carried["marked"][i] >= _LEAST and (mark := self._supporting.mark(page, target)):
            quote = "" if mark.kind == "author" else mark.value
            yield "marked", Reason(SIGNAL_OF_MARK[mark.kind], mark.n_linking, mark.n_showing, quote=quote)
        if target < self._corpus.n_pages and value["profile_similarity"][i] > 0:
            yield "profile", Reason("related")

    def _of_text(self, i: int, mentions: tuple[Mention, ...]) -> Iterator[_GroupedReason]:
        value, target = self._value, self._target[i]
        n_linked, n_mentioned = int(self._statistics.n_linked[target]), int(self._statistics.n_mentioned[target])
        if value["in_title"][i] and not mentions:
            yield "text", Reason("in_title", weight=1.2)
        elif mentions:
            if n_linked:
                weight = 1.0 + 3 * value["link_probability"][i]
                yield "text", Reason("link_probability", n_linked, n_mentioned, weight=weight)
            elif target < self._corpus.n_pages:
                yield "text", Reason("mention", weight=1.5)
            if title_key(mentions[0].surface) != self._corpus.keys[target]:
                yield "text", self._of_words(target, Reason("variant", quote=mentions[0].surface, weight=2.5))
        elif value["n_mentions"][i] > 0 and (said := self._finder.in_other_words(self._page[i], target)):
            yield "text", self._of_words(target, Reason("inflected", quote=said, weight=2.5))
        elif value["n_mentions"][i] > 0:
            yield "text", Reason("in_link", weight=1.0)

    def _of_words(self, target: int, reason: Reason) -> Reason:
        """The reason, or that its quote is the title of a page that only points to the target."""
        alias = self._finder.alias(target, reason.quote)
        if not alias:
            return reason
        return Reason("alias", names=(alias, self._corpus.names[target]), quote=reason.quote, weight=reason.weight)

    def _names(self, numbers: Sequence[int]) -> tuple[str, ...]:
        return tuple(self._corpus.names[number] for number in numbers)


def _heaviest(reasons: list[Reason]) -> tuple[Reason, ...]:
    reasons.sort(key=lambda reason: -reason.weight)
    return tuple(reasons[:_MOST_REASONS]) or (Reason("related", weight=0.5),)


class PhraseExplainer:
    """Makes suggestions of new links, which name the pages that they would join."""

    def __init__(self, corpus: Corpus, phrases: Phrases) -> None:
        self._corpus = corpus
        self._phrases = phrases
        self._order, self._starts = by_phrase(phrases)
        self._postings = PhrasePostings(phrases)

    def suggestion(self, pairs: PhrasePairs, row: int, probability: float) -> Suggestion | None:
        """The suggestion of this row of `pairs`; None where the page says the phrase nowhere in prose."""
        page, phrase = int(pairs.page[row]), int(pairs.phrase[row])
        rows = self._order[self._starts[phrase] : self._starts[phrase + 1]]
        pages = self._phrases.page[rows]  # ascending
        of_page = rows[slice(*np.searchsorted(pages, [page, page + 1]))]
        others = [self._corpus.names[other] for other in self._postings.of_phrase(phrase) if other != page]
        reading = self._corpus.readings[page]
        return phrase_suggestion(reading, self._phrases, of_page, others, pairs.features[row], probability)


def phrase_suggestion(
    reading: Reading, phrases: Phrases, rows: IntArray, others: Sequence[str], features: FloatArray, probability: float
) -> Suggestion | None:
    """The suggestion of a phrase that the page says in these rows of `phrases`; None where none of them is prose.

    others: the titles of the other pages that say it. features: (len(PHRASE_FEATURES),).
    """
    mentions = _first_apart(
        prose_mention(reading, int(phrases.passage[i]), int(phrases.start[i]), int(phrases.end[i]))
        for i in rows.tolist()
    )
    if not mentions:
        return None
    reasons = []
    if others:
        reasons.append(Reason("bridges", total=len(others), names=tuple(others[:_MOST_NAMES]), weight=1.5))
    if features[_P["is_quoted"]]:
        reasons.append(Reason("quoted", weight=1.2))
    if features[_P["title_likeness"]] > 0 or not reasons:
        reasons.append(Reason("phrase", weight=1.0))
    return Suggestion(
        target=mentions[0].surface,
        kind="new",
        probability=_rounded(probability),
        mentions=mentions,
        reasons=tuple(reasons),
        evidence=features.astype(np.float16).tobytes(),
    )


def best_rows(
    page: IntArray, probability: FloatArray, *, limit: int, floor: float | FloatArray, at_least: int
) -> list[IntArray]:
    """Per page (ascending), its rows best first: those of at least `floor`, but no fewer than `at_least` nor more than
    `limit`. floor: for all rows, or (rows,), of which those of a page are equal."""
    order = np.lexsort((-probability, page))
    is_likely = probability >= floor
    groups = np.split(order, np.flatnonzero(np.diff(page[order])) + 1) if len(order) else []
    return [group[: min(limit, max(at_least, int(is_likely[group].sum())))].astype(np.int64) for group in groups]
