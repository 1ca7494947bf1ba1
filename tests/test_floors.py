"""The house: which part of linkassist may import which. `python tests/test_floors.py` draws it.

The parts are the modules and packages directly inside `linkassist/`. An import points down, or stays on its floor;
the skills of floor 1 know nothing of each other; and no two parts import each other, directly or by a detour.
"""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "linkassist"

FLOORS = (
    ("nouns", ("wiki", "suggestion", "settings", "errors", "file_errors", "shipped", "visible", "private_files")),
    ("skills", ("scrapbox", "embed", "index", "suggest", "store")),
    (
        "recipes",
        (
            "suggesting",
            "new_links",
            "deciding",
            "writing_back",
            "queueing",
            "ingest",
            "fetching",
            "reindex",
            "steps",
            "freshness",
            "learnt",
            "frozen",
            "knowledge",
            "listing",
            "asking",
            "since",
            "drafting",
            "demo",
            "nightly",
            "evaluate",
            "finetune",
            "experiments",
            "compare_pooling",
        ),
    ),
    (
        "doors",
        (
            "cli",
            "cli_finetune_links",
            "cli_backup",
            "cli_bert",
            "cli_evaluate",
            "cli_experiments",
            "cli_nightly",
            "cli_options",
            "cli_password",
            "cli_serve",
            "cli_features",
            "cli_finetune",
            "outcomes",
            "terminal",
            "printing",
            "server",
            "__main__",
        ),
    ),
)
FLOOR_OF = {part: floor for floor, (_, parts) in enumerate(FLOORS) for part in parts}
SKILLS = 1


def part_of(module: str) -> str | None:
    """The part that a dotted module name belongs to: `part_of("linkassist.store.pages") == "store"`; None outside."""
    names = module.split(".")
    return names[1] if names[0] == "linkassist" and len(names) > 1 else None


def imported_modules(source: str, module: str, *, is_package: bool) -> set[str]:
    """Every module that `source` imports, at its top or inside a function, relative imports made absolute.

    Of `from linkassist import store` the answer is `linkassist.store`: a name may be a module, so it is counted as one.
    """
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = module.split(".")[: None if is_package else -1]
                base = ".".join([*above[: len(above) - node.level + 1], *([base] if base else [])])
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return found


def imports_between_parts(package: Path) -> dict[str, set[str]]:
    """For each part of the package, the other parts that it imports."""
    found: dict[str, set[str]] = {}
    for path in sorted(package.rglob("*.py")):
        names = ["linkassist", *path.relative_to(package).with_suffix("").parts]
        is_package = names[-1] == "__init__"
        module = ".".join(names[:-1] if is_package else names)
        part = part_of(module)
        if part is None:
            continue
        imported = {part_of(name) for name in imported_modules(path.read_text("utf-8"), module, is_package=is_package)}
        found.setdefault(part, set()).update(name for name in imported if name is not None and name != part)
    return found


def complaints(imports: dict[str, set[str]]) -> list[str]:
    """What breaks the rules of the house, a sentence each."""
    found: list[str] = []
    for part in sorted(imports.keys() - FLOOR_OF.keys()):
        found.append(f"linkassist/{part} stands on no floor: give it one in tests/test_floors.py")
    for part, others in sorted(imports.items()):
        for other in sorted(others & FLOOR_OF.keys()):
            here, there = FLOOR_OF.get(part, len(FLOORS)), FLOOR_OF[other]
            if there > here:
                found.append(f"{part} (floor {here}) imports {other} (floor {there}), which is above it")
            elif here == there == SKILLS:
                found.append(f"{part} imports {other}: let a recipe pass what it needs as an argument")
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        found.append("these import each other in a circle: " + " -> ".join(error.args[1]))
    return found


def picture(imports: dict[str, set[str]]) -> str:
    """The house as text, the doors on top; under each part the parts that it imports, nearest floor first."""
    lines = []
    for floor, (name, parts) in reversed(list(enumerate(FLOORS))):
        lines.append(f"{floor} {name}")
        for part in (part for part in parts if part in imports):
            others = sorted(imports[part], key=lambda other: (-FLOOR_OF.get(other, 0), other))
            lines.append(f"    {part:<12}" + (f"-> {', '.join(others)}" if others else ""))
    return "\n".join(line.rstrip() for line in lines)


def test_imports_point_down_and_skills_do_not_import_each_other() -> None:
    imports = imports_between_parts(PACKAGE)
    print(picture(imports))
    assert complaints(imports) == []


@pytest.mark.parametrize(
    ("path", "source", "complaint"),
    [
        ("wiki.py", "from linkassist.store.pages import read_pages", "wiki (floor 0) imports store (floor 1)"),
        ("embed/pooling.py", "import linkassist.cli", "embed (floor 1) imports cli (floor 3)"),
        ("suggest/mentions.py", "def f():\n    from ..scrapbox import notation", "suggest imports scrapbox: let"),
        ("store/pages.py", "from .. import index", "store imports index: let"),
        ("store/__init__.py", "from ..embed.encoder import Encoder", "store imports embed: let"),
        ("nightly.py", "from linkassist import reindex", "these import each other in a circle"),
        ("helpers.py", "", "linkassist/helpers stands on no floor"),
    ],
)
def test_the_drawing_finds_what_breaks_the_rules(tmp_path: Path, path: str, source: str, complaint: str) -> None:
    (tmp_path / "reindex.py").write_text("import linkassist.nightly\n" if path == "nightly.py" else "")
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_text(source)
    assert any(complaint in found for found in complaints(imports_between_parts(tmp_path)))


def test_imports_within_a_part_and_downwards_are_allowed(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "pages.py").write_text("from ..wiki import Page\nfrom .library import Library\n")
    (tmp_path / "cli.py").write_text("from linkassist.server.app import create_app\nimport json\n")
    assert imports_between_parts(tmp_path) == {"store": {"wiki"}, "cli": {"server"}}
    assert complaints(imports_between_parts(tmp_path)) == []


if __name__ == "__main__":
    print(picture(imports_between_parts(PACKAGE)))
