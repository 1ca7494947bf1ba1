"""The key to Scrapbox: asked for without being shown, sent in the header of its sort, and found nowhere else."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.little_scrapbox import CSRF, KEY, SERVICE_KEY, TOKEN, Account, LittleScrapbox, little_scrapbox
from typer.testing import CliRunner, Result

from linkassist.cli.app import app
from linkassist.errors import SettingsError
from linkassist.scrapbox.client.keys import access_key
from linkassist.settings import FILE_NAME, load_settings

SECRETS = (TOKEN[4:], KEY[2:], SERVICE_KEY[3:], CSRF, "example.com")


@pytest.fixture(autouse=True)
def no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("LINKASSIST_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def scrapbox() -> Iterator[LittleScrapbox]:
    with little_scrapbox() as found:
        found.put("a" * 24, "庭", "[道具]")
        yield found


def login(folder: Path, key: str, *arguments: str, code: int = 0) -> Result:
    options = ["login", *arguments, "--library", str(folder)]
    result = CliRunner().invoke(app, options, prog_name="linkassist", input=f"{key}\n")
    assert result.exit_code == code, result.output
    assert not [secret for secret in SECRETS if secret in result.stdout + result.stderr]
    return result


@pytest.mark.parametrize(
    ("key", "of_whom"),
    [(TOKEN, "the personal access token of gardener (Gardener)"), (KEY, "the session of gardener (Gardener)")],
)
def test_it_says_whose_the_key_is_and_what_it_may_do(
    tmp_path: Path, scrapbox: LittleScrapbox, key: str, of_whom: str
) -> None:
    scrapbox.accounts[key].projects = ("niwa", "mori")
    said = login(tmp_path, key, "--base-url", scrapbox.address).stdout
    assert of_whom in said and "read and edit: mori, niwa." in said
    assert load_settings(tmp_path, environment={}).scrapbox_key == key
    assert set(scrapbox.keys) == {key}


def test_a_key_of_a_service_account_is_for_the_project_that_is_named(tmp_path: Path, scrapbox: LittleScrapbox) -> None:
    said = login(tmp_path, SERVICE_KEY, scrapbox.project).stdout
    assert "a service account's key" in said and "read and edit: niwa." in said
    refused = login(tmp_path / "other", SERVICE_KEY, "--base-url", scrapbox.address, code=1)
    assert "is for one project. Name it" in refused.stderr


def test_the_rest_of_the_settings_is_kept_and_the_file_closed_to_others(
    tmp_path: Path, scrapbox: LittleScrapbox
) -> None:
    path = tmp_path / FILE_NAME
    path.write_text('encoder = "wiki"\n[sources]\nniwa = "https://scrapbox.io/niwa"\n')
    path.chmod(0o644)
    login(tmp_path, TOKEN, "--base-url", scrapbox.address)
    scrapbox.accounts["pat_" + "7" * 64] = Account("token", "other")
    login(tmp_path, "pat_" + "7" * 64, "--base-url", scrapbox.address)
    assert path.read_text() == (
        f'scrapbox_key = "pat_{"7" * 64}"\nencoder = "wiki"\n[sources]\nniwa = "https://scrapbox.io/niwa"\n'
    )
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("pat_" + "0" * 64, "The key has expired or is wrong"),
        ("abcdef", "of no known sort. Run `linkassist login`"),
        ("", "No key was given"),
    ],
)
def test_what_opens_nothing_is_not_kept(tmp_path: Path, scrapbox: LittleScrapbox, key: str, words: str) -> None:
    refused = login(tmp_path, key, scrapbox.project, code=1)
    assert words in refused.stderr
    assert not (tmp_path / FILE_NAME).exists()


def test_what_is_of_no_known_sort_is_sent_to_nobody(tmp_path: Path, scrapbox: LittleScrapbox) -> None:
    login(tmp_path, "abcdef", scrapbox.project, code=1)
    assert scrapbox.asked == []


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        (TOKEN, {"x-personal-access-token": TOKEN}),
        (f" {TOKEN}\n", {"x-personal-access-token": TOKEN}),
        (SERVICE_KEY, {"x-service-account-access-key": SERVICE_KEY}),
        ("s:a.b+c/", {"Cookie": "connect.sid=s:a.b+c/"}),
        ("s%3Aa.b%2Bc%2F", {"Cookie": "connect.sid=s:a.b+c/"}),
        ("connect.sid=s%3Aa.b", {"Cookie": "connect.sid=s:a.b"}),
        ("", {}),
    ],
)
def test_each_sort_goes_into_its_own_header(text: str, headers: dict[str, str]) -> None:
    assert access_key(text).headers == headers


@pytest.mark.parametrize("text", ["xyzzy", "Bearer pat_1", "pat_1 2", "s:a; b=c", "cs_ü"])
def test_any_other_text_is_no_key_and_not_repeated(text: str) -> None:
    with pytest.raises(SettingsError, match="of no known sort") as refused:
        access_key(text)
    assert text not in str(refused.value).replace("pat_...", "")
    assert TOKEN not in repr(access_key(TOKEN))


@pytest.mark.skipif(os.name != "posix", reason="a pseudo-terminal is POSIX's")
def test_on_a_terminal_the_key_is_not_echoed(tmp_path: Path, scrapbox: LittleScrapbox) -> None:
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "linkassist", "login", scrapbox.project, "--library", str(tmp_path)]
    process = subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower, start_new_session=True)
    os.close(follower)
    shown = b""
    while b"not shown" not in shown:
        shown += os.read(leader, 1 << 16)
    os.write(leader, TOKEN.encode() + b"\n")
    while True:
        try:
            piece = os.read(leader, 1 << 16)
        except OSError:  # the other side is closed
            break
        if not piece:
            break
        shown += piece
    os.close(leader)
    assert process.wait(timeout=60) == 0, shown
    assert TOKEN.encode() not in shown and re.search(rb"token of gardener", shown)
