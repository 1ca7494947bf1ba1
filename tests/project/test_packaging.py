"""What leaves the checkout: the wheel, the pinned versions, and the tracked files themselves."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from support.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


@pytest.fixture(scope="session")
def tracked() -> list[str]:
    """The files that git tracks, less those that are deleted but not yet committed."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is not a git checkout, so no file is tracked")
    if shutil.which("git") is None:
        pytest.skip("git is not installed, so nobody knows which files are tracked")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("hatchling is not installed; `make setup` installs it")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(ROOT)], check=True, capture_output=True)
    (found,) = folder.glob("*.whl")
    with zipfile.ZipFile(found) as opened:
        yield opened


def names_in(wheel: zipfile.ZipFile) -> set[str]:
    return {name for name in wheel.namelist() if not name.endswith("/")}


def test_the_wheel_carries_the_program_its_web_pages_and_the_sample_wiki(
    wheel: zipfile.ZipFile, tracked: list[str]
) -> None:
    expected = {name for name in tracked if name.startswith("linkassist/")}
    expected |= {f"linkassist/{name}" for name in tracked if name.startswith(("web/", "data/"))}
    assert any(name.startswith("linkassist/web/templates/") for name in expected)
    assert any(name.startswith("linkassist/data/") for name in expected)
    assert expected <= names_in(wheel)


def test_the_wheel_carries_nothing_but_the_package(wheel: zipfile.ZipFile) -> None:
    unwanted = re.compile(r"__pycache__|node_modules|sqlite3|\.pyc$")
    assert {name.split("/")[0].split("-")[0] for name in names_in(wheel)} == {"linkassist"}
    assert [name for name in names_in(wheel) if unwanted.search(name)] == []


def test_the_wheel_installs_the_command(wheel: zipfile.ZipFile) -> None:
    (entry_points,) = (name for name in names_in(wheel) if name.endswith("entry_points.txt"))
    assert "linkassist = linkassist.cli.app:main" in wheel.read(entry_points).decode()


def test_installed_from_the_wheel_the_program_finds_its_files(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path / "site")
    program = "from linkassist.files.assets import shipped_folder as f; print(f('web'), f('data'), sep='\\n')"
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "site"), "PYTHONDONTWRITEBYTECODE": "1"}
    found = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, check=True, capture_output=True, text=True
    ).stdout.split("\n")
    assert found[:2] == [str(tmp_path / "site" / "linkassist" / name) for name in ("web", "data")]


LOCKS = ("requirements.lock", "docs/requirements.lock")  # the second one has what the first one lacks for `make docs`


def pinned(*locks: str) -> dict[str, str]:
    lines = [line for lock in locks for line in (ROOT / lock).read_text("utf-8").splitlines()]
    pins = [line.partition("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, _, version in pins}


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_pins_every_package_to_one_version(lock: str) -> None:
    assert [name for name, version in pinned(lock).items() if not re.fullmatch(r"[\w.]+", version)] == []


def test_no_package_is_pinned_in_two_locks() -> None:
    assert pinned(LOCKS[0]).keys() & pinned(LOCKS[1]).keys() == set()


@pytest.mark.parametrize("group", ["", *PROJECT["optional-dependencies"]])
def test_the_lock_meets_what_the_project_asks_for(group: str) -> None:
    asked = PROJECT["optional-dependencies"][group] if group else PROJECT["dependencies"]
    locks = LOCKS if group == "docs" else LOCKS[:1]
    for requirement in map(Requirement, asked):
        if requirement.name != PROJECT["name"]:
            version = pinned(*locks).get(canonicalize_name(requirement.name), "none")
            assert version in requirement.specifier, f"{requirement} in pyproject.toml, {version} in {locks[-1]}"


# Put together here, so that this file does not hold what it forbids.
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("pytorch", "org/whl"),
        ("deb", "debian", "org"),
    )
]
PLACES = ["/".join(("", "work", "")), "/".join(("", "root", "")), "/".join(("file:", "", ""))]


def test_no_tracked_file_names_a_package_registry_or_a_place_on_one_machine(tracked: list[str]) -> None:
    found = []
    for name in tracked:
        text = (ROOT / name).read_text("utf-8", errors="replace")
        found += [f"{name}: {word}" for word in [*REGISTRIES, *PLACES] if word in text]
    assert found == []
