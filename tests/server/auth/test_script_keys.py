"""The keys of UserScripts: made for a project, known by their hash, revoked for good."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from linkassist.errors import SettingsError
from linkassist.server.auth.script_keys import FILE_NAME, MOST_COPIES, ScriptKeys


def test_a_key_is_of_its_project_and_only_its_hash_is_on_the_disk(tmp_path: Path) -> None:
    keys = ScriptKeys(tmp_path)
    key = keys.issue("niwa")
    assert keys.is_key("niwa", key)
    assert not keys.is_key("other", key) and not keys.is_key("niwa", key[:-1]) and not keys.is_key("niwa", "")
    path = tmp_path / FILE_NAME
    assert key not in path.read_text("utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_each_copy_has_its_own_key_and_all_of_a_project_are_revoked_together(tmp_path: Path) -> None:
    keys = ScriptKeys(tmp_path)
    first, second, other = keys.issue("niwa"), keys.issue("niwa"), keys.issue("other")
    assert first != second and len(keys.issued_at("niwa")) == 2
    ScriptKeys(tmp_path).revoke("niwa")  # by another process: the server reads the file anew
    assert not keys.is_key("niwa", first) and not keys.is_key("niwa", second)
    assert keys.is_key("other", other)
    assert keys.issued_at("niwa") == []


def test_the_oldest_copy_goes_when_there_are_too_many(tmp_path: Path) -> None:
    keys = ScriptKeys(tmp_path)
    made = [keys.issue("niwa") for _ in range(MOST_COPIES + 1)]
    assert [keys.is_key("niwa", key) for key in made] == [False] + MOST_COPIES * [True]


@pytest.mark.parametrize("content", ["", "[]", '{"niwa": [{}]}', '{"niwa": 3}', "null"])
def test_a_damaged_file_lets_nobody_in_and_says_what_to_do(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE_NAME).write_text(content)
    with pytest.raises(SettingsError, match="Delete it and copy the scripts anew"):
        ScriptKeys(tmp_path).is_key("niwa", "linkassist_script_")
