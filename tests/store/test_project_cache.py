"""What is kept in step with a project's pages is made once, however many threads ask at the same moment."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from support.little_wiki import PROJECT, write_little_wiki

from linkassist.store.library import Library
from linkassist.store.pages import project
from linkassist.store.project_cache import ProjectCache


def test_of_many_threads_that_ask_at_once_one_makes_the_value(tmp_path: Path) -> None:
    write_little_wiki(tmp_path)
    made: list[object] = []

    def make(library: Library, project_id: int) -> object:
        time.sleep(0.1)
        made.append(object())
        return made[-1]

    kept = ProjectCache(make)

    def ask(_: int) -> object:
        with Library.open(tmp_path) as library:
            return kept.of(library, project(library, PROJECT).id)

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(ask, range(8))) == set(made)
    assert len(made) == 1
