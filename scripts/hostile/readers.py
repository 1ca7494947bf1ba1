"""Readers of a server, in a process of their own: they look at screens and decide, and write down what was answered."""

from __future__ import annotations

import http.client
import json
import random
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

from linkassist.wiki import title_key

_N_READERS: Final = 3
_LEAD: Final = re.compile(r'<p class="lead">(.*?)</p>', re.DOTALL)  # what a screen of a failure says
_PAUSE_S: Final = 0.015  # at most, between two requests
_ANSWER_S: Final = 30.0
_SCREENS: Final = ("/p/{}", "/p/{}/hedge", "/queue/{}", "/outbox/{}", "/settings/{}", "/search/{}?q=hedge", "/import")


@dataclass(frozen=True, slots=True)
class Pair:
    """A suggestion to decide about. page_id: the row of the page."""

    page_id: int
    page: str
    target: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request. status: 0 where no answer came, since the server had ended.

    page_id, target_key, decision: of a verdict; 0 and "" for a screen. words: the beginning of an unexpected answer.
    """

    asked: str
    status: int
    page_id: int = 0
    target_key: str = ""
    decision: str = ""
    words: str = ""


def read_and_decide(address: str, project: str, pairs: Sequence[Pair], answers: Path, seed: int) -> None:
    """Lets readers begin at once with a screen each, then decide about the pairs, each accepted, undone and rejected.

    A reader ends with its share of the pairs, or with the server. Writes the answers as JSON to the file `answers`.
    """
    found: list[Answer] = []
    together = threading.Barrier(_N_READERS)
    threads = [
        threading.Thread(
            target=_Reader(address, project, found, random.Random(seed + number)).read,
            args=(pairs[number::_N_READERS], together),
        )
        for number in range(_N_READERS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers.write_text(json.dumps([asdict(each) for each in found]))


def answers_in(path: Path) -> list[Answer]:
    """What `read_and_decide` has written; nothing where it was ended before."""
    return [Answer(**each) for each in json.loads(path.read_text())] if path.exists() else []


class _Reader:
    def __init__(self, address: str, project: str, found: list[Answer], chance: random.Random) -> None:
        self._origin = address.rstrip("/")
        self._project = project
        self._found = found
        self._chance = chance
        self._connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=_ANSWER_S)

    def read(self, pairs: Sequence[Pair], together: threading.Barrier) -> None:
        together.wait()
        try:
            self._look()
            for pair in pairs:
                for decision in ("accept", "undo", "reject"):
                    if self._chance.random() < 0.15:
                        self._look()
                    self._decide(pair, decision)
                    time.sleep(self._chance.uniform(0, _PAUSE_S))
        except TimeoutError:
            self._found.append(Answer("a request", -1, words=f"no answer within {_ANSWER_S:g} s"))
        except (OSError, http.client.HTTPException):
            pass  # the server has ended; whether it was told to is asked where it was begun
        finally:
            self._connection.close()

    def _look(self) -> None:
        screen = self._chance.choice(_SCREENS).format(quote(self._project))
        self._connection.request("GET", screen)
        status, words = self._answer()
        self._found.append(Answer(f"GET {screen}", status, words=words if status != 200 else ""))

    def _decide(self, pair: Pair, decision: str) -> None:
        fields = {"project": self._project, "page": pair.page, "target": pair.target, "decision": decision}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self._origin}
        status, words = 0, ""
        try:
            self._connection.request("POST", "/verdict", urlencode(fields), headers)
            status, words = self._answer()
        finally:
            asked = f"{decision} of {pair.target} on {pair.page}"
            words = words if status not in (0, 303) else ""
            self._found.append(Answer(asked, status, pair.page_id, title_key(pair.target), decision, words))

    def _answer(self) -> tuple[int, str]:
        answer = self._connection.getresponse()
        words = answer.read().decode(errors="replace")
        lead = _LEAD.search(words)
        return answer.status, lead[1] if lead else words[:500]
