"""The documents are true: generated parts are up to date, settings are complete, links and names lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.paths import PACKAGE, TESTS

from linkassist.settings import Settings
from scripts.generated_docs import DOCS, PARTS, ROOT, WIDTH, between_comments, command_paths, help_of

README = ROOT / "README.md"
PAGES = sorted(DOCS.rglob("*.md"))
DOCUMENTS = [README, ROOT / "data" / "README.md", *PAGES]
IN_JAPANESE = ("index.md", "tour.md", "screens.md", "nightly.md")  # index.md says what README.md says

_CODE = re.compile(r"(?ms)^ *```.*?^ *```$|`[^`\n]+`")
_LINK = re.compile(r"(?<!\\)\]\(([^)\s]+)\)")


def name_of(document: Path) -> str:
    return str(document.relative_to(ROOT))


def links_of(document: Path) -> list[str]:
    """The targets of links and pictures that are on this machine, as they are written."""
    targets = _LINK.findall(_CODE.sub("", document.read_text("utf-8")))
    return [target for target in targets if not target.startswith(("http://", "https://"))]


def anchors_of(document: Path) -> set[str]:
    """The anchors that Git hosts and the site give to the headings."""
    text = re.sub(r"(?ms)^```.*?^```$", "", document.read_text("utf-8"))
    return {
        re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower())
        for heading in re.findall(r"(?m)^#+ (.+)$", text)
    }


def titles_in(navigation: Any) -> Iterator[str]:
    """The files that a part of mkdocs' navigation names, in its order."""
    if isinstance(navigation, str):
        yield navigation
    else:
        for each in navigation.values() if isinstance(navigation, dict) else navigation:
            yield from titles_in(each)


def test_the_readme_fits_on_two_screens() -> None:
    assert len(README.read_bytes()) <= 8192


@pytest.mark.parametrize("name", PARTS)
def test_a_generated_part_is_what_the_program_says(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", WIDTH)
    path, generated = PARTS[name]
    (found,) = between_comments(name).findall(path.read_text("utf-8"))
    assert found == generated(), "run `python scripts/generated_docs.py` to write it anew"


@pytest.mark.parametrize("path", command_paths(), ids=" ".join)
def test_every_help_ends_with_an_example(path: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", WIDTH)
    last = re.split(r"\n\n", help_of(path))[-1]
    assert " ".join(last.split()).startswith(f"Example: linkassist {' '.join(path)}")


def test_every_command_that_a_help_lists_has_its_own_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", WIDTH)
    for path in [(), *command_paths()]:
        listed = re.findall(r"(?m)^  ([\w-]+) ", help_of(path).partition("\nCommands:\n")[2].partition("\n\n")[0])
        assert [(*path, name) for name in listed if (*path, name) not in command_paths()] == []
    assert ("bert", "finetune", "compare") in command_paths()


def test_every_setting_is_listed_with_its_variable_and_default() -> None:
    text, defaults = (DOCS / "settings.md").read_text("utf-8"), Settings(Path())
    for field in fields(Settings):
        (row,) = re.findall(rf"(?m)^\| `{field.name}` \|.*$", text)
        assert f"`LINKASSIST_{field.name.upper()}`" in row
        if field.name != "library":
            default = getattr(defaults, field.name)
            assert f"`{default}`" in row.replace('"', "")


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_link_leads_to_a_file_and_a_heading_that_are_there(document: Path) -> None:
    broken = []
    for target in links_of(document):
        file, _, anchor = target.partition("#")
        path = document.parent / file if file else document
        if not path.exists() or (anchor and anchor not in anchors_of(path)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("document", PAGES, ids=name_of)
def test_a_page_of_the_site_links_to_nothing_outside_of_it(document: Path) -> None:
    paths = [document.parent / target.partition("#")[0] for target in links_of(document) if not target.startswith("#")]
    assert [path for path in paths if not path.resolve().is_relative_to(DOCS)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_test_and_script_that_a_document_names_is_there(document: Path) -> None:
    text = document.read_text("utf-8")
    tests = {path.name for path in TESTS.rglob("test_*.py")}
    assert [name for name in re.findall(r"\btest_\w+\.py\b", text) if name not in tests] == []
    paths = re.findall(r"\b(?:tests|scripts|linkassist)/[\w/]+(?:\.\w+)?", text)
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_bold_type_that_ends_in_a_full_stop_is_followed_by_a_space(document: Path) -> None:
    # Without one CommonMark does not see its end: https://spec.commonmark.org/0.31.2/#right-flanking-delimiter-run
    text = _CODE.sub("", document.read_text("utf-8"))
    assert re.findall(r"(?<!\*)\*\*[^*\s][^*\n]*[。、」）:.)]\*\*(?=[^\W*])", text) == []


def test_the_site_shows_every_page_once() -> None:
    shown = list(titles_in(yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))["nav"]))
    assert sorted(shown) == sorted(["index.md", *(str(page.relative_to(DOCS)) for page in PAGES)])


@pytest.mark.parametrize("name", IN_JAPANESE)
def test_the_pages_of_everyday_use_are_there_in_japanese(name: str) -> None:
    assert re.search(r"[ぁ-ん]{2}", (DOCS / "ja" / name).read_text("utf-8"))


def test_the_map_of_the_design_has_every_package() -> None:
    text = (DOCS / "design.md").read_text("utf-8")
    listed = re.findall(r"(?m)^\| `(\w+)` \|", text)
    assert sorted(listed) == sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))


def test_every_module_that_the_design_names_is_there() -> None:
    text = (DOCS / "design.md").read_text("utf-8")
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    named = [name for name in re.findall(r"`(\w+/\w+)`", text) if name.split("/")[0] in packages]
    missing = [name for name in named if not any((PACKAGE / f"{name}{end}").exists() for end in (".py", ""))]
    assert named and missing == []


def test_no_picture_weighs_more_than_a_page_should() -> None:
    pictures = list((DOCS / "images").iterdir())
    assert pictures and [path.name for path in pictures if path.stat().st_size > 150_000] == []
