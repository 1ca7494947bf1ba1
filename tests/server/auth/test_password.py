"""The password of a library and the token for programs: how they are kept, and the command that sets them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import stat
import unicodedata
from pathlib import Path

import pytest
from typer.testing import CliRunner

from linkassist.cli.app import app
from linkassist.errors import SettingsError
from linkassist.server.auth.password import (
    FILE_NAME,
    AccessFile,
    existing_access,
    new_access,
    new_token,
    read_access,
    write_access,
)

WORD = "ひみつの庭 correct horse"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes at a sixth of their cost, which the file then says; one test is about the cost itself."""
    monkeypatch.setattr("linkassist.server.auth.password.SCRYPT_N", 2**14)
    monkeypatch.setattr("linkassist.server.auth.password.SCRYPT_P", 1)


def told(library: Path, *options: str, typed: str = "") -> tuple[int, str]:
    """(exit code, all that was printed) of `linkassist password`."""
    result = CliRunner().invoke(app, ["password", "--library", str(library), *options], input=typed)
    return result.exit_code, result.output


@pytest.mark.skipif(os.name != "posix", reason="rights of files are told as POSIX has them")
def test_the_file_is_for_its_owner_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_access(tmp_path, new_access(WORD))
        write_access(tmp_path, new_access(WORD))
    finally:
        os.umask(before)
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600


def test_what_is_kept_is_scrypt_with_a_salt_of_its_own_and_costs_as_much_as_is_advised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    write_access(tmp_path, new_access(WORD))
    kept = json.loads((tmp_path / FILE_NAME).read_text("utf-8"))
    cost = kept["scrypt"]
    # The witness: hashlib by the parameters in the file, which say how to check it for as long as it lies there.
    salt = base64.b64decode(kept["salt"])
    key = hashlib.scrypt(WORD.encode(), salt=salt, maxmem=2**27, dklen=32, **cost)
    assert base64.b64decode(kept["key"]) == key
    assert cost["n"] * cost["r"] * cost["p"] >= 2**15 * 8 * 3  # OWASP, Password Storage Cheat Sheet


def test_a_password_is_known_in_either_form_of_unicode_and_nothing_else_is() -> None:
    access = new_access("パスワードが十文字だ")
    assert access.is_password(unicodedata.normalize("NFD", "パスワードが十文字だ"))  # of some keyboards
    wrong = ["", "パスワードが十文字", "パスワードが十文字だ ", "\udc80", "x" * 100_000]
    assert [guess for guess in wrong if access.is_password(guess)] == []


def test_secrets_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    access, token = new_token(new_access(WORD))
    compared: list[tuple[bytes, bytes]] = []

    def noted(a: bytes, b: bytes) -> bool:
        compared.append((a, b))
        return a == b

    monkeypatch.setattr(hmac, "compare_digest", noted)
    assert [access.is_password(WORD), access.is_password("wrong"), access.is_token(token), access.is_token("")] == [
        True,
        False,
        True,
        False,
    ]
    assert [kept for _, kept in compared] == [access.key, access.key, access.token, access.token]


@pytest.mark.parametrize("damage", ["", "{}", "[]", '{"scrypt": 1}', "\x00", "cost", "short salt", "no key"])
def test_a_damaged_file_lets_nobody_in_and_says_what_to_do(tmp_path: Path, damage: str) -> None:
    write_access(tmp_path, new_access(WORD))
    kept = json.loads((tmp_path / FILE_NAME).read_text("utf-8"))
    changed = {
        "cost": kept | {"scrypt": {"n": 2, "r": 1, "p": 1}},
        "short salt": kept | {"salt": "AAAA"},
        "no key": kept | {"key": ""},
    }.get(damage)
    (tmp_path / FILE_NAME).write_text(json.dumps(changed) if changed else damage, "utf-8")
    with pytest.raises(SettingsError, match="Run `linkassist password` to write it anew"):
        read_access(tmp_path)


def test_a_server_learns_of_a_new_password_at_once(tmp_path: Path) -> None:
    file = AccessFile(tmp_path)
    assert file.current() is None
    first, second = new_access(WORD), new_access(WORD)
    for access in (first, second):
        write_access(tmp_path, access)
        assert file.current() == access
    assert first.salt != second.salt and first.fingerprint != second.fingerprint
    (tmp_path / FILE_NAME).unlink()
    assert file.current() is None


def test_the_command_sets_a_password_from_a_pipe_and_prints_none_of_it(tmp_path: Path) -> None:
    code, output = told(tmp_path, typed=WORD + "\n")
    assert code == 0 and "The password is set" in output
    assert WORD not in output + (tmp_path / FILE_NAME).read_text("utf-8")
    assert existing_access(tmp_path).is_password(WORD)


def test_a_short_password_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    code, output = told(tmp_path, typed="too short\n")
    assert code == 1 and "fewer than 10 characters. Take a longer one" in " ".join(output.split())
    assert read_access(tmp_path) is None


def test_a_token_is_told_once_and_a_newer_one_takes_its_place(tmp_path: Path) -> None:
    assert told(tmp_path, "--token")[0] == 1  # first a password
    told(tmp_path, typed=WORD + "\n")
    first, second = (told(tmp_path, "--token")[1].strip() for _ in range(2))
    access = existing_access(tmp_path)
    assert len(first) > 43  # 32 random bytes and a sign of whose it is
    assert [access.is_token(each) for each in (first, second, "")] == [False, True, False]
    assert second not in (tmp_path / FILE_NAME).read_text("utf-8")
    told(tmp_path, typed=WORD + " and more\n")
    assert existing_access(tmp_path).is_token(second)


def test_what_was_set_can_be_taken_away(tmp_path: Path) -> None:
    told(tmp_path, typed=WORD + "\n")
    assert told(tmp_path, "--remove")[0] == 0
    assert read_access(tmp_path) is None
    code, output = told(tmp_path, "--remove")
    assert code == 1 and "Run `linkassist password` to set one" in " ".join(output.split())
