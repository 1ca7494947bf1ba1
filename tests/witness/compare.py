"""Compare our link targets with the reference parser's over whole exports: `python tests/witness/compare.py EXPORT...`

Prints each page on which they differ, with the lines that may be why, sorted by cause, and the share that agrees.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path

from reference import missing, our_keys, reference_keys

from linkassist.scrapbox.export import read_export

_AFTER_TOKEN = re.compile(r"[\]`]#\S")


def cause(ours: set[str], theirs: set[str], lines: list[str]) -> str:
    """The known reason for a difference, or "unexplained"."""
    if not ours - theirs and any(_AFTER_TOKEN.search(line) for line in lines):
        return "# right behind a token: the reference takes it for a hashtag, Scrapbox wants white space before it"
    return "unexplained"


def main(paths: list[str]) -> int:
    """Print the comparison; the exit code is 1 where fewer than 99.99 % of the pages agree."""
    if reason := missing():
        sys.exit(reason)
    causes: Counter[str] = Counter()
    n_pages = 0
    for path in paths:
        pages = [page.texts for page in read_export(Path(path))]
        n_pages += len(pages)
        for texts, theirs in zip(pages, reference_keys(pages), strict=True):
            ours = our_keys(texts)
            if ours == theirs:
                continue
            why = cause(ours, theirs, texts)
            causes[why] += 1
            print(f"{path}: {texts[0]}\n  only ours: {sorted(ours - theirs)}")
            print(f"  only theirs: {sorted(theirs - ours)}\n  {why}")
    n_alike = n_pages - causes.total()
    print(f"{n_alike:,} of {n_pages:,} pages agree ({n_alike / max(n_pages, 1):.4%})")
    for why, count in causes.most_common():
        print(f"{count:6,} {why}")
    return 0 if n_alike >= 0.9999 * n_pages else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
