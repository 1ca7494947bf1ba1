"""The layers of the package: imports go down only. `python tests/project/test_layers.py` draws them.

The parts are the modules and packages directly inside `linkassist/`. Parts on one layer are strangers to each other.
Below the parts, no two modules import each other, directly or by a detour.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "linkassist"

# From the top down. An import may skip layers.
LAYERS = (
    ("__main__",),
    ("cli",),
    ("server",),
    ("nightly", "research"),
    ("pipeline", "evaluate"),
    ("model",),
    ("bert", "review"),
    ("scrapbox", "store", "suggest", "embed"),
    ("suggestion", "settings", "spelling"),
    ("wiki", "files"),
    ("errors",),
    ("terminal_escape", "progress"),
)
LAYER_OF = {part: len(LAYERS) - place for place, parts in enumerate(LAYERS) for part in parts}


def part_of(module: str) -> str | None:
    """The part that a dotted module name belongs to: `part_of("linkassist.store.pages") == "store"`; None outside."""
    names = module.split(".")
    return names[1] if names[0] == "linkassist" and len(names) > 1 else None


def imported_modules(source: str, module: str, *, is_package: bool) -> set[str]:
    """Every module that `source` imports, at its top or inside a function, relative imports made absolute.

    Of `from linkassist import store` the answer is `linkassist.store`: a name may be a module, so it is counted as one.
    """
    return {name for node in ast.walk(ast.parse(source)) for name in _imported(node, module, is_package=is_package)}


def _imported(node: ast.AST, module: str, *, is_package: bool) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            above = module.split(".")[: None if is_package else -1]
            base = ".".join([*above[: len(above) - node.level + 1], *([base] if base else [])])
        yield from (f"{base}.{alias.name}" for alias in node.names)


def modules(package: Path) -> Iterator[tuple[str, bool, str]]:
    """(dotted name, whether it is a package, source) of every module."""
    for path in sorted(package.rglob("*.py")):
        names = ["linkassist", *path.relative_to(package).with_suffix("").parts]
        is_package = names[-1] == "__init__"
        yield ".".join(names[:-1] if is_package else names), is_package, path.read_text("utf-8")


def imports_between_parts(package: Path) -> dict[str, set[str]]:
    """For each part of the package, the other parts that it imports."""
    found: dict[str, set[str]] = {}
    for module, is_package, source in modules(package):
        part = part_of(module)
        if part is None:
            continue
        imported = {part_of(name) for name in imported_modules(source, module, is_package=is_package)}
        found.setdefault(part, set()).update(name for name in imported if name is not None and name != part)
    return found


def imports_between_modules(package: Path) -> dict[str, set[str]]:
    """For each module, the modules of the package that it imports, at its top or inside a function."""
    sources = {module: (is_package, source) for module, is_package, source in modules(package)}
    found: dict[str, set[str]] = {}
    for module, (is_package, source) in sources.items():
        names = imported_modules(source, module, is_package=is_package)
        known = {name if name in sources else name.rpartition(".")[0] for name in names}
        found[module] = (known & sources.keys()) - {module, "linkassist"}
    return found


def complaints(imports: dict[str, set[str]]) -> list[str]:
    """What breaks the rule of the layers, a sentence each."""
    found = [
        f"linkassist/{part} is on no layer: give it one in tests/project/test_layers.py"
        for part in sorted(imports.keys() - LAYER_OF.keys())
    ]
    for part, others in sorted(imports.items()):
        for other in sorted(others & LAYER_OF.keys()):
            here, there = LAYER_OF.get(part, 0), LAYER_OF[other]
            if part in LAYER_OF and there >= here:
                found.append(f"{part} (layer {here}) imports {other} (layer {there}), which is not below it")
    return found


def circle(imports: dict[str, set[str]]) -> list[str]:
    """The names of a circle of imports, [] where there is none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def picture(imports: dict[str, set[str]]) -> str:
    """The layers as text, the top one first; under each part the parts that it imports, the nearest layer first."""
    lines = []
    for parts in LAYERS:
        lines.append(f"{LAYER_OF[parts[0]]}")
        for part in (part for part in parts if part in imports):
            others = sorted(imports[part], key=lambda other: (-LAYER_OF.get(other, 0), other))
            lines.append((f"    {part:<15}" + (f" -> {', '.join(others)}" if others else "")).rstrip())
    return "\n".join(lines)


def test_imports_go_down_only() -> None:
    assert complaints(imports_between_parts(PACKAGE)) == []


def test_no_two_modules_import_each_other() -> None:
    assert circle(imports_between_modules(PACKAGE)) == []


def test_every_part_on_the_list_exists() -> None:
    parts = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert parts - {"__init__"} == LAYER_OF.keys()


@pytest.mark.parametrize(
    ("imports", "complaint"),
    [
        pytest.param({"store": {"server"}}, "which is not below it", id="upwards"),
        pytest.param({"store": {"scrapbox"}}, "which is not below it", id="on one layer"),
        pytest.param({"misc": set()}, "misc is on no layer", id="a part that nobody placed"),
    ],
)
def test_a_broken_rule_is_found(imports: dict[str, set[str]], complaint: str) -> None:
    assert any(complaint in found for found in complaints(imports))


def test_a_circle_is_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}}) != []
    assert circle({"a": {"b", "c"}, "b": {"c"}}) == []


@pytest.mark.parametrize(
    ("source", "module", "is_package", "expected"),
    [
        ("import linkassist.store", "linkassist.cli", False, "linkassist.store"),
        ("from linkassist import store", "linkassist.cli", False, "linkassist.store"),
        ("def f():\n    from linkassist.store import pages", "linkassist.cli", False, "linkassist.store.pages"),
        ("from . import pages", "linkassist.store", True, "linkassist.store.pages"),
        ("from ..wiki import Page", "linkassist.store.pages", False, "linkassist.wiki.Page"),
    ],
)
def test_every_way_to_import_is_seen(source: str, module: str, is_package: bool, expected: str) -> None:
    assert expected in imported_modules(source, module, is_package=is_package)


if __name__ == "__main__":
    print(picture(imports_between_parts(PACKAGE)))
