"""The program as a process: what it loads, a closed pipe, Ctrl-C, a terminal, a port that is taken."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from linkassist.pipeline.ingest import ingest
from linkassist.server.auth.password import new_access, write_access
from linkassist.store.library import Library
from linkassist.store.pages import project, read_pages

HEAVY = ("torch", "faiss", "transformers", "lightgbm", "sentencepiece", "scipy", "numpy", "uvicorn", "starlette")
COMMAND = [sys.executable, "-W", "error", "-m", "linkassist"]

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes, signals and terminals are used as POSIX has them")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LINKASSIST_")}
    unwanted = ("DISPLAY", "WAYLAND_DISPLAY", "FORCE_COLOR")
    return {name: value for name, value in kept.items() if name not in unwanted} | {
        "XDG_DATA_HOME": str(tmp_path / "data-home"),
        "LC_ALL": "C",
        "TERM": "xterm",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
    }


def export(path: Path, n_pages: int) -> Path:
    pages = [{"title": f"頁{n}", "lines": [f"頁{n}", f"[頁{n + 1}] " + "と" * 200]} for n in range(n_pages)]
    path.write_text(json.dumps({"name": "niwa", "exported": 1, "pages": pages}), "utf-8")
    return path


def titles(folder: Path) -> list[str]:
    """Those of the pages that the library holds."""
    with Library.open(folder) as library:
        return [page.page.title for page in read_pages(library, project(library, None).id)]


@contextmanager
def started(*arguments: object, environment: dict[str, str], **pipes: int) -> Iterator[subprocess.Popen[bytes]]:
    """The program with these arguments; killed at the end if it still runs."""
    command = [*COMMAND, *(str(argument) for argument in arguments)]
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=pipes.get("stdin"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def said_at_once(process: subprocess.Popen[bytes], within_s: float = 60) -> str:
    """The first line on standard output."""
    assert process.stdout is not None
    assert select.select([process.stdout], [], [], within_s)[0], "nothing was said in time"
    return process.stdout.readline().decode()


def address_in(line: str) -> str:
    return next(word for word in line.split() if word.startswith("http://"))


def end(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    """Ctrl-C, and then the exit code and what was said on standard error."""
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    return process.returncode, errors.decode()


@pytest.mark.parametrize("n_times", [1, 2])
def test_ctrl_c_ends_a_server_without_a_trace_while_a_form_is_on_its_way(
    tmp_path: Path, environment: dict[str, str], n_times: int
) -> None:
    with started("serve", "--port", 0, "--library", tmp_path / "library", environment=environment) as server:
        address = urlsplit(address_in(said_at_once(server)))
        lines = [
            "POST /verdict HTTP/1.1", f"Host: {address.netloc}", f"Origin: http://{address.netloc}",
            "Content-Type: application/x-www-form-urlencoded", "Content-Length: 1000", "Expect: 100-continue", "", "",
        ]  # fmt: skip
        with socket.create_connection((address.hostname, address.port or 0), timeout=60) as reader:
            reader.sendall("\r\n".join(lines).encode())
            assert reader.recv(1000).startswith(b"HTTP/1.1 100")  # it waits for the form now
            for _ in range(n_times - 1):
                server.send_signal(signal.SIGINT)
            code, errors = end(server)
    assert errors == ""
    assert code in (0, -signal.SIGINT)  # the second may come when it has let go of the signal


def test_the_program_loads_nothing_heavy_before_it_is_needed() -> None:
    program = f"import sys, linkassist.cli.app; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_json_lines_are_utf_8_in_every_locale(tmp_path: Path, environment: dict[str, str]) -> None:
    source = export(tmp_path / "niwa.json", 1)
    done = subprocess.run([*COMMAND, "links", str(source)], env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout.decode("utf-8"))["page"] == "頁0"


def test_a_locale_without_japanese_does_not_stop_words(tmp_path: Path, environment: dict[str, str]) -> None:
    ingest(tmp_path / "library", export(tmp_path / "niwa.json", 1), None, lambda *_: None)
    command = [*COMMAND, "suggest", "--all", "--library", str(tmp_path / "library")]
    done = subprocess.run(command, env=environment, capture_output=True, check=True)
    assert done.stdout.splitlines()[0] == rb"\u9801" + b"0"


def test_a_reader_that_goes_away_ends_the_program_quietly(tmp_path: Path, environment: dict[str, str]) -> None:
    with started("links", export(tmp_path / "niwa.json", 20_000), environment=environment) as process:
        assert process.stdout is not None and process.stderr is not None
        assert json.loads(process.stdout.readline())["page"] == "頁0"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=30) == 141


def test_ctrl_c_during_an_import_leaves_the_library_as_it_was(tmp_path: Path, environment: dict[str, str]) -> None:
    library = tmp_path / "library"
    ingest(library, export(tmp_path / "first.json", 2), None, lambda *_: None)
    before = titles(library)
    second = export(tmp_path / "second.json", 500).read_bytes()
    with started("import", "-", "--library", library, environment=environment, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(second)  # more than a pipe holds, so once this is done the program is reading
        process.stdin.flush()
        code, errors = end(process)
    assert code == 130
    assert "linkassist: interrupted. A step that was not finished is undone" in errors
    assert "Traceback" not in errors
    assert titles(library) == before == ["頁0", "頁1"]


def test_on_a_terminal_bars_show_the_progress_and_standard_output_stays_clean(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    import pty

    source = export(tmp_path / "niwa.json", 300)
    controller, terminal = pty.openpty()
    shown = bytearray()

    def read_all() -> None:  # a terminal holds some kilobytes; a slow import draws its bars more often than that
        with suppress(OSError):  # Linux says EIO once nobody writes any more
            while part := os.read(controller, 1 << 16):
                shown.extend(part)

    screen = threading.Thread(target=read_all)
    screen.start()
    try:
        command = [*COMMAND, "import", str(source), "--library", str(tmp_path / "library"), "--no-reindex"]
        utf8 = environment | {"LC_ALL": "C.UTF-8", "COLUMNS": "120"}
        done = subprocess.run(command, env=utf8, stdout=subprocess.PIPE, stderr=terminal, check=True)
    finally:
        os.close(terminal)
        screen.join()
        os.close(controller)
    assert done.stdout.decode() == ("niwa: 300 pages (300 new, 0 changed, 0 unchanged, 0 gone, 0 renamed, 0 skipped)\n")
    assert b"Reading the export" in shown and b"MB of" in shown


def test_serving_prints_the_address_and_ends_by_ctrl_c(tmp_path: Path, environment: dict[str, str]) -> None:
    with started("serve", "--port", "0", "--library", tmp_path / "library", environment=environment) as process:
        address = address_in(said_at_once(process))
        with urllib.request.urlopen(address, timeout=10) as response:
            assert response.status == 200
        assert end(process) == (0, "")


def test_a_port_that_is_taken_is_told(tmp_path: Path, environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with started("serve", "--port", port, "--library", tmp_path / "x", environment=environment) as process:
            _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"Port {port} of 127.0.0.1 is taken by another program" in errors.decode()
    assert "Name another with --port, or 0 for any that is free" in errors.decode()


def test_other_machines_are_served_only_behind_a_password(tmp_path: Path, environment: dict[str, str]) -> None:
    with started("serve", "--host", "0.0.0.0", "--library", tmp_path / "x", environment=environment) as refused:
        _, errors = refused.communicate(timeout=60)
    assert refused.returncode == 1
    assert b"no password. Set one with `linkassist password`" in errors
    assert not (tmp_path / "x").exists()
    write_access(tmp_path / "x", new_access("correct horse"))
    with started(
        "serve", "--host", "0.0.0.0", "--port", "0", "--library", tmp_path / "x", environment=environment
    ) as process:
        assert address_in(said_at_once(process)).startswith("http://127.0.0.1:")
        code, errors = end(process)
    assert code == 0
    assert "0.0.0.0 can be reached from other machines" in errors and "nothing is encrypted" in errors


@pytest.mark.skipif(not hasattr(os, "nice"), reason="this system knows no such priorities")
def test_work_of_minutes_goes_behind_who_reads_meanwhile() -> None:
    program = (
        "import atexit, os, sys\n"
        "from linkassist.cli.app import main\n"
        "atexit.register(lambda: print('lower by', os.nice(0)))\n"
        "main()\n"
    )
    lowered = {}
    for command in ("reindex", "status"):
        run = [sys.executable, "-c", program, command, "--help"]
        done = subprocess.run(run, capture_output=True, text=True, check=True, timeout=60)
        lowered[command] = int(done.stdout.split("lower by ")[1])
    assert lowered["reindex"] == min(19, lowered["status"] + 10)
