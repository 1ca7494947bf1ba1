"""A toy wiki in which words do not tell what is linked, but links tell which words belong together.

Each topic has two halves of words. A page is written in the words of one half, and links pages of the other half of
its topic: linked pages share no word, so that vectors that only see words find nothing before they have learnt.
"""

from __future__ import annotations

import random

from linkassist.wiki import Line, Page

N_TOPICS = 4
_SYLLABLES = [consonant + vowel for consonant in "kstnhmr" for vowel in "aiueo"]


def wiki_of_synonyms(n_pages: int = 120, seed: int = 0) -> list[Page]:
    """Pages an hour apart, oldest first; each links two older ones of its topic's other half, where there are any."""
    draw = random.Random(seed)
    words = [[_word(draw) for _ in range(8)] for _ in range(2 * N_TOPICS)]
    pages: list[Page] = []
    for number in range(n_pages):
        half = number % (2 * N_TOPICS)
        across = (half + N_TOPICS) % (2 * N_TOPICS)
        older = [at for at in range(number) if at % (2 * N_TOPICS) == across]
        linked = draw.sample(older, min(2, len(older)))
        texts = [f"p{number}", " ".join(draw.choices(words[half], k=12))]
        texts += [f"[{pages[at].title}]" for at in linked]
        created = 1_700_000_000 + 3600 * number
        lines = tuple(Line(text, created, created) for text in texts)
        pages.append(Page(f"p{number}", lines, f"{number:024x}", created, created))
    return pages


def half_of(title: str) -> int:
    """Which half of which topic the page of this title is written in; the other half of its topic is N_TOPICS away."""
    return int(title[1:]) % (2 * N_TOPICS)


def _word(draw: random.Random) -> str:
    return "".join(draw.choices(_SYLLABLES, k=3))
