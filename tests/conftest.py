"""What holds for all tests: Hypothesis finds failures, not slow machines, and in CI the same examples every time; and
one Chromium drives the screens for them all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, sync_playwright
from support.drafted_wiki import write_drafted_wiki
from support.garden import Garden
from support.little_browser import FLAGS, chromium_path, no_chromium
from support.little_wiki import write_little_wiki

from linkassist.store.library import Library

settings.register_profile(
    "linkassist", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=bool(os.environ.get("CI"))
)
settings.load_profile("linkassist")

# Begun first, so that no worker is left alone with one of them at the end.
_LONGEST = (
    "test_crash.py",
    "test_flipped_bits.py",
    "test_browser_axe.py",
    "test_browser_every_screen.py",
    "test_reindex.py",
    "test_import_screen.py",
    "test_model_worker.py",
    "test_unusable_files.py",
    "test_hostile.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in _LONGEST)


@pytest.fixture(scope="session")
def _drafted_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drafted")
    write_drafted_wiki(folder)
    return folder


@pytest.fixture(scope="module")
def drafted(_drafted_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library of `drafted_wiki.py`, reindexed once for all, as a copy of the module's own."""
    folder = tmp_path_factory.mktemp("wiki") / "library"
    shutil.copytree(_drafted_once, folder)
    return folder


@pytest.fixture(scope="session")
def _written_garden(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("garden")
    write_little_wiki(folder)
    return folder


@pytest.fixture
def garden(_written_garden: Path, tmp_path: Path) -> Iterator[Garden]:
    """The little wiki with a list of suggestions on each page, as a copy of the test's own."""
    folder = tmp_path / "library"
    shutil.copytree(_written_garden, folder)
    with Library.open(folder) as library:
        yield Garden(library)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium_path() or no_chromium()
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield launched
        launched.close()
