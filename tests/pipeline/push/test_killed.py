"""A push or an undo that ends at any of its steps is finished by the next one, and nothing is written twice."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from support.little_scrapbox import LittleScrapbox, little_scrapbox
from support.pushed_wiki import PushedWiki, as_json, yes

from linkassist.store.library import Library

TEA, CUP = "a" * 24, "b" * 24


class Killed(BaseException):
    """The end of the process, at this step."""


class Steps:
    """Counts the moments before and after each request and each transaction; raises Killed at number `last`."""

    def __init__(self) -> None:
        self.n = 0
        self.last = 0

    def step(self) -> None:
        self.n += 1
        if self.n == self.last:
            raise Killed


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    found = Steps()
    request, transaction = requests.Session.request, Library.transaction

    def request_in_steps(*arguments: Any, **options: Any) -> Any:
        found.step()
        answer = request(*arguments, **options)
        found.step()
        return answer

    @contextmanager
    def transaction_in_steps(self: Library, *, is_durable: bool = False) -> Iterator[Any]:
        found.step()
        with transaction(self, is_durable=is_durable) as connection:
            yield connection
            found.step()
        found.step()

    monkeypatch.setattr(requests.Session, "request", request_in_steps)
    monkeypatch.setattr(Library, "transaction", transaction_in_steps)
    return found


@pytest.fixture
def scrapbox() -> Iterator[LittleScrapbox]:
    with little_scrapbox() as found:
        yield found


def plant(scrapbox: LittleScrapbox) -> None:
    scrapbox.put(TEA, "Tea", "green tea in a cup", "see the [pot]")
    scrapbox.put(CUP, "Cup", "made of clay")


@pytest.fixture
def wiki(tmp_path: Path, scrapbox: LittleScrapbox) -> PushedWiki:
    plant(scrapbox)
    found = PushedWiki(tmp_path / "library", scrapbox)
    found.fetch()
    found.accept("Tea", "Cup", "cup", 1)
    found.accept("Tea", "Green", "green", 1)
    found.accept("Tea", "Kettle")
    found.accept("Cup", "Clay", "clay", 1)
    return found


WRITTEN = {TEA: ["Tea", "[green] tea in a [cup]", "see the [pot]", "[Kettle]"], CUP: ["Cup", "made of [clay]"]}


def n_steps(steps: Steps, work: Callable[[], object]) -> int:
    steps.n, steps.last = 0, 0
    work()
    return steps.n


def kill_at(steps: Steps, number: int, work: Callable[[], object]) -> None:
    steps.n, steps.last = 0, number
    with pytest.raises(Killed):
        work()
    steps.last = 0


def in_force(wiki: PushedWiki) -> list[str]:
    return sorted(target for _, target, state in wiki.states() if state == "done")


def test_a_push_that_ends_at_any_step_is_finished_by_the_next(
    tmp_path: Path, scrapbox: LittleScrapbox, wiki: PushedWiki, steps: Steps
) -> None:
    shutil.copytree(wiki.folder, tmp_path / "kept")
    before = as_json(scrapbox)
    n = n_steps(steps, wiki.push)
    assert n > 20
    for number in range(1, n + 1):
        shutil.rmtree(wiki.folder)
        shutil.copytree(tmp_path / "kept", wiki.folder)
        plant(scrapbox)
        kill_at(steps, number, wiki.push)
        wiki.push()
        assert {page_id: scrapbox.texts(page_id) for page_id in WRITTEN} == WRITTEN, number
        assert in_force(wiki) == ["Clay", "Cup", "Green", "Kettle"] and wiki.n_waiting() == 0, number
        for batch_id in {batch_id for batch_id, _, _ in wiki.states()}:
            wiki.undo(batch_id)
        assert as_json(scrapbox) == before, number


def test_an_undo_that_ends_at_any_step_is_finished_by_the_next(
    tmp_path: Path, scrapbox: LittleScrapbox, wiki: PushedWiki, steps: Steps
) -> None:
    before = as_json(scrapbox)
    batch_id = wiki.push(approve=yes).batch_id
    shutil.copytree(wiki.folder, tmp_path / "kept")
    pages = {page_id: dict(page) for page_id, page in scrapbox.pages.items()}
    n = n_steps(steps, lambda: wiki.undo(batch_id))
    assert n > 20 and as_json(scrapbox) == before
    for number in range(1, n + 1):
        shutil.rmtree(wiki.folder)
        shutil.copytree(tmp_path / "kept", wiki.folder)
        scrapbox.pages.update({page_id: dict(page) for page_id, page in pages.items()})
        kill_at(steps, number, lambda: wiki.undo(batch_id))
        wiki.undo(batch_id)
        assert as_json(scrapbox) == before, number
        assert in_force(wiki) == [] and wiki.n_waiting() == 4, number
