"""The demo: the sample wiki prepared once, and there in a moment from then on."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "linkassist"]

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the demo is ended by a signal as POSIX has it")


@dataclass(frozen=True, slots=True)
class Demo:
    """A machine's place for data in which the demo has run once, and what it said then."""

    environment: dict[str, str]
    first_errors: str


@dataclass(frozen=True, slots=True)
class Started:
    process: subprocess.Popen[str]
    address: str


@contextmanager
def started(environment: dict[str, str], *arguments: str) -> Iterator[Started]:
    """The demo, once it has told its address."""
    command = [*COMMAND, "demo", *arguments]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://[^ ]+", line)
        assert found, f"no address in {line!r}"
        yield Started(process, found[0])
    finally:
        process.kill()
        process.communicate()


def end(process: subprocess.Popen[str]) -> str:
    """Ctrl-C; what was said on standard error."""
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    return errors


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    unwanted = ("DISPLAY", "WAYLAND_DISPLAY")
    kept = {n: v for n, v in os.environ.items() if n not in unwanted and not n.startswith("LINKASSIST_")}
    environment = kept | {"XDG_DATA_HOME": str(tmp_path_factory.mktemp("data-home"))}
    with started(environment, "--port", "0") as first:
        return Demo(environment, end(first.process))


def test_the_first_time_it_imports_and_reindexes(demo: Demo) -> None:
    assert "Reading the export" in demo.first_errors


@pytest.mark.skipif(sys.platform != "linux", reason="the place for data is set as Linux has it")
def test_it_has_a_library_of_its_own_with_suggestions(demo: Demo) -> None:
    folder = Path(demo.environment["XDG_DATA_HOME"]) / "linkassist"
    assert [path.name for path in folder.iterdir()] == ["demo"]
    command = [*COMMAND, "status", "--json", "--library", str(folder / "demo")]
    status = json.loads(subprocess.run(command, env=demo.environment, check=True, capture_output=True).stdout)
    (sample,) = status["projects"]
    assert sample["project"] == "linkassist" and sample["pages"] > 200
    assert sample["suggestions"] > 100
    assert sample["reindexed_at"] is not None
    assert sample["encoder_fingerprint"].startswith("wiki-")


def test_started_again_it_imports_nothing_and_loads_no_model(demo: Demo) -> None:
    with started(demo.environment | {"PYTHONPROFILEIMPORTTIME": "1"}, "--port", "0") as again:
        with urllib.request.urlopen(again.address, timeout=10) as response:
            assert response.status == 200
        errors = end(again.process)
    imported = {line.rpartition("|")[2].strip() for line in errors.splitlines()}
    assert "linkassist.server.app" in imported
    assert imported.isdisjoint({"torch", "faiss", "transformers", "lightgbm", "sentencepiece", "scipy", "numpy"})
    assert "Reading the export" not in errors


def test_it_takes_another_port_if_the_usual_one_is_taken_and_says_so(demo: Demo) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with started(demo.environment | {"LINKASSIST_PORT": str(port)}) as elsewhere:
            with urllib.request.urlopen(elsewhere.address, timeout=10) as response:
                assert response.status == 200
            assert f"Port {port} is taken by another program, so another one is used." in end(elsewhere.process)


def test_on_a_desktop_it_opens_the_browser(demo: Demo, tmp_path: Path) -> None:
    note = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > "{note}.part" && mv "{note}.part" "{note}"\n')
    browser.chmod(0o700)
    desktop = demo.environment | {"DISPLAY": ":99", "BROWSER": str(browser)}
    with started(desktop, "--port", "0") as shown:
        deadline = time.monotonic() + 60
        while not note.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert note.read_text().strip() == shown.address


def test_it_can_be_told_not_to_open_the_browser(demo: Demo, tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\ntouch "{tmp_path}/opened"\n')
    browser.chmod(0o700)
    desktop = demo.environment | {"DISPLAY": ":99", "BROWSER": str(browser)}
    with started(desktop, "--port", "0", "--no-browser") as hidden:
        urllib.request.urlopen(hidden.address, timeout=10).close()
        end(hidden.process)
    assert not (tmp_path / "opened").exists()
