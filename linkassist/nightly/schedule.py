"""Scheduler entries that start a night: a systemd user timer, a launchd agent, or lines of a crontab.

A library has one schedule, named after a hash of its folder; installing again replaces it. It runs the night at its
minute of the day and once an hour, with --if-due: `due.py` decides whether a night was missed or failed some hours ago.
For cron forgets what it missed, launchd what fell into a time switched off, and none of them retries. A persistent
systemd timer catches up as soon as the user's services run.
"""

from __future__ import annotations

import hashlib
import json
import os
import plistlib
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final, Literal

from linkassist.errors import LinkAssistError
from linkassist.files.errors import at_home
from linkassist.nightly.actions import Action, RemoveFile, RunCommand, WriteFile
from linkassist.nightly.clock import now
from linkassist.nightly.health import SCHEDULE_NAME, NightlySchedule
from linkassist.nightly.report import FILE_NAME

Scheduler = Literal["systemd", "launchd", "cron"]
SCHEDULERS: Final[tuple[Scheduler, ...]] = ("systemd", "launchd", "cron")

_HOURLY_AFTER: Final = 17  # minutes after that of the night
_ENV: Final = "/usr/bin/env"  # systemd refuses a program whose own path holds a quotation mark
_SERVICE: Final = """\
# Written by `linkassist nightly --install`; `linkassist nightly --uninstall` removes it.
[Unit]
Description=linkassist nightly of {library}

[Service]
Type=oneshot
ExecStart={command}
Nice=10
IOSchedulingClass=idle
"""
_TIMER: Final = """\
# Written by `linkassist nightly --install`; `linkassist nightly --uninstall` removes it.
[Unit]
Description=linkassist nightly of {library}

[Timer]
OnCalendar=*-*-* {hour:02}:{minute:02}:00
OnCalendar=*-*-* *:{hourly:02}:00
Persistent=true

[Install]
WantedBy=timers.target
"""


def usual_scheduler() -> Scheduler:
    """The scheduler of this machine. Raises LinkAssistError if it has none."""
    if sys.platform == "darwin":
        return "launchd"
    if shutil.which("systemctl") and _succeeds(("systemctl", "--user", "show-environment")):
        return "systemd"
    if shutil.which("crontab"):
        return "cron"
    raise LinkAssistError(
        "This machine has neither systemd for users nor cron. Let another program run `linkassist nightly --if-due` "
        "every hour, or install cron."
    )


def night_command(library: Path, config: Path | None, projects: Sequence[str]) -> tuple[str, ...]:
    """The command line of a night, with absolute paths. Raises LinkAssistError for a name with control characters."""
    words = [sys.executable, "-P", "-m", "linkassist", "nightly", "--library", str(library.absolute())]
    words += ["--config", str(at_home(config).absolute())] if config else []
    words += [word for name in projects for word in ("--project", name)]
    for word in words:
        if any(ord(character) < 0x20 or ord(character) == 0x7F for character in word):
            raise LinkAssistError(f"{word!r} holds a control character, which no scheduler takes. Rename it.")
    return tuple(words)


def install_actions(scheduler: Scheduler, library: Path, command: Sequence[str], at_minute: int) -> tuple[Action, ...]:
    """The actions that schedule the command every day at that minute, in place of an earlier schedule."""
    others = [action for each in SCHEDULERS if each != scheduler for action in _removing(each, library)]
    schedule = NightlySchedule(scheduler, at_minute, now())
    note = WriteFile(library / SCHEDULE_NAME, json.dumps(asdict(schedule)) + "\n")
    # The note comes first: a job that starts at once must find it, or it would take the night for missed.
    return (*others, note, *_installing(scheduler, library, command, at_minute))


def uninstall_actions(library: Path) -> tuple[Action, ...]:
    """The actions that remove the schedule and the last report, so that no night counts as missed. The log stays."""
    found = [action for each in SCHEDULERS for action in _removing(each, library)]
    return (*found, RemoveFile(library / SCHEDULE_NAME), RemoveFile(library / FILE_NAME))


def _installing(scheduler: Scheduler, library: Path, command: Sequence[str], at_minute: int) -> list[Action]:
    hour, minute = divmod(at_minute, 60)
    hourly = (minute + _HOURLY_AFTER) % 60
    if scheduler == "systemd":
        service, timer = _unit_files(library)
        shown = str(library).replace("%", "%%")
        return [
            WriteFile(
                service,
                _SERVICE.format(library=shown, command=" ".join(map(systemd_word, (_ENV, *command, "--if-due")))),
            ),
            WriteFile(timer, _TIMER.format(library=shown, hour=hour, minute=minute, hourly=hourly)),
            RunCommand(("systemctl", "--user", "daemon-reload")),
            RunCommand(("systemctl", "--user", "enable", timer.name)),
            RunCommand(("systemctl", "--user", "restart", timer.name)),
        ]
    if scheduler == "launchd":
        path = _agent_file(library)
        agent = {
            "Label": path.stem,
            "ProgramArguments": [*command, "--if-due"],
            "StartCalendarInterval": [{"Hour": hour, "Minute": minute}, {"Minute": hourly}],
            "RunAtLoad": True,
            "ProcessType": "Background",
            "LowPriorityIO": True,
        }
        return [
            WriteFile(path, plistlib.dumps(agent).decode()),
            RunCommand(("launchctl", "bootout", f"{_domain()}/{path.stem}"), may_fail=True),
            RunCommand(("launchctl", "bootstrap", _domain(), str(path))),
        ]
    line = cron_command(command)
    block = [
        _cron_begin(library),
        f"{minute} {hour} * * * {line} --quiet --if-due",
        f"{hourly} * * * * {line} --quiet --if-due",
        _cron_end(library),
    ]
    return [RunCommand(("crontab", "-"), "\n".join([*_crontab_without(library), *block]) + "\n")]


def _removing(scheduler: Scheduler, library: Path) -> list[Action]:
    """The actions that remove the scheduler's entry; none if there is none."""
    if scheduler == "systemd":
        service, timer = _unit_files(library)
        if not service.exists() and not timer.exists():
            return []
        return [
            RunCommand(("systemctl", "--user", "disable", "--now", timer.name), may_fail=True),
            RemoveFile(timer),
            RemoveFile(service),
            RunCommand(("systemctl", "--user", "daemon-reload"), may_fail=True),
        ]
    if scheduler == "launchd":
        path = _agent_file(library)
        if not path.exists():
            return []
        return [RunCommand(("launchctl", "bootout", f"{_domain()}/{path.stem}"), may_fail=True), RemoveFile(path)]
    if not shutil.which("crontab") or _crontab() == _crontab_without(library):
        return []
    left = _crontab_without(library)
    return [RunCommand(("crontab", "-"), "\n".join(left) + "\n") if left else RunCommand(("crontab", "-r"))]


def systemd_word(word: str) -> str:
    """The word as a unit file has it: `systemd_word('100% of "x"') == '"100%% of \\\\"x\\\\""'`.

    Source: systemd.service(5), "Command lines", and systemd.unit(5), "Specifiers"
    """
    for sign, written in (("\\", "\\\\"), ('"', '\\"'), ("%", "%%"), ("$", "$$")):
        word = word.replace(sign, written)
    return f'"{word}"'


def cron_command(words: Sequence[str]) -> str:
    """The words quoted for the shell, with each percent sign escaped, since it ends the command in a crontab.

    Source: crontab(5)
    """
    return shlex.join(words).replace("%", "\\%")


def _name(library: Path) -> str:
    return f"linkassist-nightly-{hashlib.sha256(os.fsencode(library.absolute())).hexdigest()[:8]}"


def _unit_files(library: Path) -> tuple[Path, Path]:
    """(the service, its timer)."""
    home = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    folder = Path(home) / "systemd" / "user"
    return folder / f"{_name(library)}.service", folder / f"{_name(library)}.timer"


def _agent_file(library: Path) -> Path:
    return Path.home() / "Library" / "LaunchAgents" / f"{_name(library)}.plist"


def _domain() -> str:
    return f"gui/{os.getuid()}"


def _cron_begin(library: Path) -> str:
    return f"# {_name(library)}: written by `linkassist nightly --install`, removed by --uninstall"


def _cron_end(library: Path) -> str:
    return f"# {_name(library)}: end"


def _crontab() -> list[str]:
    """The lines of the user's crontab, empty if there is none."""
    if not shutil.which("crontab"):
        raise LinkAssistError(
            "There is no crontab on this machine. Install cron, or choose another way with --scheduler."
        )
    done = subprocess.run(("crontab", "-l"), capture_output=True, text=True, encoding="utf-8", errors="surrogateescape")
    if done.returncode and "no crontab" not in done.stderr.lower():
        raise LinkAssistError(f"The crontab cannot be read: {done.stderr.strip()}. Put that right first.")
    return [] if done.returncode else done.stdout.splitlines()


def _crontab_without(library: Path) -> list[str]:
    """The crontab's lines without those of this library."""
    kept: list[str] = []
    is_ours = False
    for line in _crontab():
        if line == _cron_begin(library):
            is_ours = True
        if not is_ours:
            kept.append(line)
        if line == _cron_end(library):
            is_ours = False
    return kept


def _succeeds(words: Sequence[str]) -> bool:
    return subprocess.run(words, capture_output=True).returncode == 0
