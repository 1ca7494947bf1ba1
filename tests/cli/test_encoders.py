"""An encoder that cannot be used is refused before an import stores a page."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.paths import ROOT
from typer.testing import CliRunner

from linkassist.cli.app import app
from linkassist.store.library import DATABASE_NAME

SAMPLE = ROOT / "data" / "sample-2026-11-01.json"


@pytest.mark.parametrize("command", ["import", "fetch"])
@pytest.mark.parametrize(
    ("encoder", "told"),
    [
        ("bert-japanese:nosuch", "There is no folder and no checkpoint"),
        ("bert-japanese:nosuch?poolin=cls", 'there is no option "poolin"'),
        ("./nosuch", "does not exist"),
    ],
)
def test_an_encoder_that_cannot_be_used_is_refused_before_anything_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, encoder: str, told: str
) -> None:
    monkeypatch.setenv("LINKASSIST_ENCODER", encoder)
    result = CliRunner().invoke(app, [command, str(SAMPLE), "--library", str(tmp_path / "library")])
    assert result.exit_code == 1
    assert told in result.output
    assert not (tmp_path / "library" / DATABASE_NAME).exists()
