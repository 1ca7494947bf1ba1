"""Nothing that comes from outside is run: models are numbers, never programs, whoever made the file."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
from support.paths import PACKAGE

# What runs code that it finds in a file, or a text that it is given.
RUNNING = {
    "cPickle", "cloudpickle", "dill", "joblib", "marshal", "pandas.read_pickle", "pickle", "shelve", "torch.jit.load",
    "torch.load", "xmlrpc", "yaml",
}  # fmt: skip


def complaints(source: str) -> list[str]:
    """What in a module could run code of a file, a sentence each."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            names = {alias.name for alias in node.names} | {f"{module}.{alias.name}" for alias in node.names}
            found += [f"{name} is imported" for name in sorted(names | {module or ""}) if name in RUNNING]
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            if called in RUNNING | {"eval", "exec", "compile", "__import__", "os.system", "os.popen"}:
                found.append(f"{called} is called")
            if called in ("np.load", "numpy.load") and given.get("allow_pickle") != "False":
                found.append("np.load without allow_pickle=False")
            is_of_any_kind = called.startswith("Auto") and called.endswith(".from_pretrained")
            if is_of_any_kind and given.get("trust_remote_code") != "False":
                found.append(f"{called} without trust_remote_code=False")
            if given.get("trust_remote_code", "False") != "False" or given.get("weights_only", "True") != "True":
                found.append(f"{called} trusts what it reads")
            if given.get("shell", "False") != "False":
                found.append(f"{called} by way of a shell")
    return found


def test_no_module_can_run_the_code_of_a_file() -> None:
    paths = list(PACKAGE.rglob("*.py"))
    assert len(paths) > 200
    told = {str(path.relative_to(PACKAGE)): complaints(path.read_text("utf-8")) for path in paths}
    assert {path: found for path, found in told.items() if found} == {}


@pytest.mark.parametrize(
    "source",
    ["import pickle", "from pickle import loads", "import torch\ntorch.load('x')", "np.load('x')", "eval('1')",
     "np.load('x', allow_pickle=True)", "AutoModel.from_pretrained('x')", "from torch import load",
     "BertModel.from_pretrained('x', trust_remote_code=True)", "subprocess.run('ls', shell=True)", "import yaml"],
)  # fmt: skip
def test_the_search_for_such_code_finds_it(source: str) -> None:
    assert complaints(source)


def test_an_array_that_is_a_pickle_is_refused_by_what_reads_arrays(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", x=np.array([{"a": 1}], dtype=object))
    with np.load(tmp_path / "x.npz", allow_pickle=False) as arrays, pytest.raises(ValueError, match="allow_pickle"):
        _ = arrays["x"]
