"""Which signals the program gives as reasons, by its own source."""

from __future__ import annotations

import ast
from pathlib import Path

from linkassist.suggest import link_budget
from linkassist.suggest.explain import explainer, similar_lines


def signals_of_the_explainers() -> set[str]:
    """The first argument of every `Reason(...)` in the modules that give reasons, and the signals of marks."""
    trees = (
        ast.parse(Path(str(module.__file__)).read_text("utf-8")) for module in (explainer, similar_lines, link_budget)
    )
    calls = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call))
    return set(explainer.SIGNAL_OF_MARK.values()) | {
        node.args[0].value
        for node in calls
        if isinstance(node.func, ast.Name)
        and node.func.id == "Reason"
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }
