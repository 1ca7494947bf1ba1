"""Lines whose reading takes a time that grows with the square of their length.

Parts of the notation are repeated, with something at the end that makes what came before wrong. Each shape is read at a
length and at four times that: a reader of linear time takes four times as long, one of quadratic time sixteen times.
"""

from __future__ import annotations

import random
import resource
import signal
import tempfile
import time
from pathlib import Path
from typing import Final

from linkassist.scrapbox.notation import page_links
from linkassist.scrapbox.page_text import read_page
from linkassist.wiki import Line, Page
from scripts.hostile.children import Child
from scripts.hostile.outcome import Budget, Outcome, repeat

PROMISE: Final = "Whatever a line says, the time to read it grows with its length and not with its square"
_LENGTH: Final = 10_000  # characters, and four times as many
_GROWTH: Final = 4
_MOST_GROWTH: Final = 9.0  # between four, which is linear, and sixteen
_LEAST_S: Final = 0.2  # what is faster than that at the greater length is no danger, and is not measured well
_PATIENCE_S: Final = 60  # of processor time
# Units that are repeated, and what ends the line: those that were slow once, and parts of the notation to make others.
_KNOWN: Final = (
    ("[[a", "\u2028]]"), ("[[a", "\r]]"), ("[a ", ",E]"), ("[$ ", "\u2028 ]"), ("[HTTP://a", "]"), ("[", ""),
    ("[[", "]"), ("`", ""), ("`a", "`"), ("#a", ""), ("[* ", "]"), ("[a.icon", "]"), ("[/a/", "]"),
    ("[https://a ", "]"),
)  # fmt: skip
_PARTS: Final = (
    "[", "]", "[[", "]]", "`", "#", "$", "[$ ", " ]", "[* ", "[/", "/", ".icon", "*3]", "http://", "HTTPS://a", "a",
    "E", ",", "N35.6", ",E139.7", ",Z10", " ", "\t", "\u3000", "\u2028", "\r", "\x0b", "\x85", "code:", "table:",
    ">", "? ", "[-", "[_", "([", "漢字", "かな", "https://x/y.png", "javascript:", "&", "\\", "'", '"', "😀", "i\u0307",
    "\u200d", "。", "「", "」",
)  # fmt: skip


def run(budget: Budget, seed: int) -> Outcome:
    """Rounds until the budget is used up."""
    failures: list[str] = []
    with tempfile.TemporaryDirectory(prefix="linkassist-hostile-") as name:
        for number in budget.rounds():
            unit, end = _shape(random.Random(seed + number))
            says = Path(name) / f"line-{number}"
            child = Child("reading a line", says, lambda unit=unit, end=end: _measure(unit, end))
            child.wait(10 * _PATIENCE_S)
            if child.exit_code:
                words = f"more than {_PATIENCE_S} s" if child.exit_code == -signal.SIGXCPU else child.said()[-1000:]
                again = repeat("lines", seed + number)
                failures.append(f"{ascii(unit)} again and again, then {ascii(end)}: {words} ({again})")
            says.unlink(missing_ok=True)
    done = f"{budget.n_done:,} shapes of line, of {_LENGTH:,} and {_GROWTH * _LENGTH:,} characters"
    return Outcome("lines", PROMISE, done, tuple(failures))


def _shape(chance: random.Random) -> tuple[str, str]:
    """A unit and an end, either of which may be long known."""
    known = chance.choice(_KNOWN)
    if chance.random() < 0.25:
        return known
    unit = "".join(chance.choice(_PARTS) for _ in range(chance.randint(1, 3)))
    end = "".join(chance.choice(_PARTS) for _ in range(chance.randint(0, 3)))
    return chance.choice(((unit, end), (unit, known[1]), (known[0], end)))


def _measure(unit: str, end: str) -> None:
    """Reads the line at both lengths; exits with what it found in words where that grows too fast."""
    resource.setrlimit(resource.RLIMIT_CPU, (_PATIENCE_S, _PATIENCE_S + 5))
    _read(unit * 10 + end)
    short_s = min(_read(unit * (_LENGTH // len(unit)) + end) for _ in range(2))
    long_s = _read(unit * (_GROWTH * _LENGTH // len(unit)) + end)
    if long_s > _LEAST_S and long_s > _MOST_GROWTH * short_s:
        raise SystemExit(f"{short_s:.3f} s, and {long_s:.3f} s for {_GROWTH} times the length")


def _read(line: str) -> float:
    """The seconds of processor time that the program takes to read a page of that line."""
    began = time.process_time()
    list(page_links(["title", line]))
    read_page(Page("title", (Line("title"), Line(line))))
    return time.process_time() - began
