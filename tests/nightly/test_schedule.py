"""What is written for systemd, launchd and cron, held against their own rules; the programs are stand-ins."""

from __future__ import annotations

import json
import os
import plistlib
import re
import shlex
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from linkassist.cli.app import app
from linkassist.nightly.clock import now
from linkassist.nightly.health import health
from linkassist.nightly.schedule import cron_command, night_command, systemd_word

pytestmark = pytest.mark.skipif(os.name != "posix", reason="these schedulers are those of Linux and macOS")

AWKWARD = '100% 庭 "x" $HOME \\ it\'s'
ITS_OWN = "MAILTO=me\n0 1 * * * echo 100\\%  \n# 庭\n"

# Writes down what it was called with; crontab keeps its table in a file, as the real one does.
_STAND_IN = """#!/bin/sh
echo "$(basename "$0") $*" >> "$CALLS"
if [ "$(basename "$0")" = crontab ]; then
    case "$1" in
        -l) [ -f "$TABLE" ] && exec cat "$TABLE"; echo "no crontab for me" >&2; exit 1 ;;
        -r) rm "$TABLE" ;;
        -) cat > "$TABLE" ;;
    esac
fi
"""


class Machine:
    """A machine with stand-ins for systemctl, launchctl and crontab, and a library under an awkward name."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home 100% 庭"
        self.calls = folder / "calls"
        self.table = folder / "table"
        self.library = folder / AWKWARD
        self.library.mkdir()
        (self.library / "linkassist.toml").write_text('[sources]\nniwa = "/n.json"\n')

    def run(self, *arguments: object) -> Result:
        return CliRunner().invoke(app, ["nightly", "--library", str(self.library), *map(str, arguments)])

    def called(self) -> list[str]:
        return self.calls.read_text().splitlines() if self.calls.exists() else []

    def files(self) -> list[Path]:
        return sorted(path for path in self.home.rglob("*") if path.is_file())


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    for name in [name for name in os.environ if name.startswith("LINKASSIST_")]:
        monkeypatch.delenv(name)
    found = Machine(tmp_path)
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("systemctl", "launchctl", "crontab"):
        (programs / name).write_text(_STAND_IN)
        (programs / name).chmod(0o755)
    for name, value in {"HOME": found.home, "CALLS": found.calls, "TABLE": found.table}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    return found


class TestSystemd:
    def test_a_timer_is_written_and_enabled(self, machine: Machine) -> None:
        done = machine.run("--install", "--at", "4:05", "--scheduler", "systemd")
        assert done.exit_code == 0, done.output
        service, timer = machine.files()
        assert service.parent == machine.home / ".config" / "systemd" / "user"
        text = timer.read_text("utf-8")
        assert (
            "OnCalendar=*-*-* 04:05:00\nOnCalendar=*-*-* *:22:00\n" in text
            and "Persistent=true\n" in text
            and "WantedBy=timers.target" in text
        )
        assert machine.called()[-3:] == [
            "systemctl --user daemon-reload",
            f"systemctl --user enable {timer.name}",
            f"systemctl --user restart {timer.name}",
        ]
        assert "Every night at 4:05, by systemd" in done.stdout
        assert health(machine.library, now()).state == "waiting"

    @pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not on this machine")
    def test_systemd_understands_what_is_written(
        self, machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
        machine.run("--install", "--scheduler", "systemd")
        service, timer = machine.files()
        verify = ["systemd-analyze", "--user", "verify", "--man=no"]
        done = subprocess.run([*verify, str(service), str(timer)], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        calendar = re.findall("OnCalendar=(.*)", timer.read_text("utf-8"))
        assert subprocess.run(["systemd-analyze", "calendar", *calendar], capture_output=True).returncode == 0
        # systemd names a program that is not there as it has read it: a witness for our quoting.
        program = tmp_path / "100% 庭 a b"
        odd = tmp_path / "odd.service"
        odd.write_text(f"[Service]\nType=oneshot\nExecStart={systemd_word(str(program))} x\n", "utf-8")
        done = subprocess.run([*verify, str(odd)], capture_output=True, text=True)
        assert f"Command {program} is not executable" in done.stderr

    def test_the_command_is_read_back_as_it_was_meant(self, machine: Machine) -> None:
        machine.run("--install", "--scheduler", "systemd", "--project", "a b")
        (command,) = re.findall("ExecStart=(.*)", machine.files()[0].read_text("utf-8"))
        words = [
            re.sub(r"\\(.)", r"\1", word).replace("%%", "%").replace("$$", "$")
            for word in re.findall(r'"((?:[^"\\]|\\.)*)"', command)
        ]
        assert words == ["/usr/bin/env", *night_command(machine.library, None, ["a b"]), "--if-due"]
        assert words[1:6] == [sys.executable, "-P", "-m", "linkassist", "nightly"]
        assert words[7].endswith(AWKWARD)


class TestLaunchd:
    def test_an_agent_is_written_and_started(self, machine: Machine) -> None:
        assert machine.run("--install", "--scheduler", "launchd").exit_code == 0
        (path,) = machine.files()
        assert path.parent == machine.home / "Library" / "LaunchAgents"
        agent = plistlib.loads(path.read_bytes())
        assert agent["StartCalendarInterval"] == [{"Hour": 3, "Minute": 30}, {"Minute": 47}]
        assert agent["ProgramArguments"] == [*night_command(machine.library, None, []), "--if-due"]
        assert agent["RunAtLoad"] is True and agent["Label"] == path.stem
        domain = f"gui/{os.getuid()}"
        assert machine.called()[-2:] == [
            f"launchctl bootout {domain}/{path.stem}",
            f"launchctl bootstrap {domain} {path}",
        ]
        if plutil := shutil.which("plutil"):
            assert subprocess.run([plutil, "-lint", path]).returncode == 0


class TestCron:
    def test_two_lines_are_added_and_the_others_stay(self, machine: Machine) -> None:
        machine.table.write_text(ITS_OWN)
        machine.run("--install", "--scheduler", "cron", "--at", "03:50")
        text = machine.table.read_text("utf-8")
        assert text.startswith(ITS_OWN)
        nightly, hourly = [line for line in text.splitlines() if line[0] != "#" and "nightly" in line]
        assert nightly.startswith("50 3 * * * ") and nightly.endswith(" --quiet --if-due")
        assert hourly.startswith("7 * * * * ") and hourly.endswith(" --quiet --if-due")
        machine.run("--uninstall")
        assert machine.table.read_text("utf-8") == ITS_OWN

    def test_a_table_of_our_own_goes_whole(self, machine: Machine) -> None:
        machine.run("--install", "--scheduler", "cron")
        machine.run("--uninstall")
        assert not machine.table.exists()

    def test_the_shell_reads_the_command_as_it_was_meant(self, tmp_path: Path) -> None:
        show = tmp_path / "show 100%"
        show.write_text('#!/bin/sh\nfor word; do printf "%s\\n" "$word"; done\n')
        show.chmod(show.stat().st_mode | stat.S_IXUSR)
        command = cron_command([str(show), AWKWARD, "a b"])
        assert not re.search(r"(?<!\\)%", command)  # one that is not escaped ends the command
        done = subprocess.run(["sh", "-c", command.replace("\\%", "%")], capture_output=True, text=True)
        assert done.stdout.splitlines() == [AWKWARD, "a b"]


@pytest.mark.parametrize("scheduler", ["systemd", "launchd", "cron"])
class TestAll:
    def test_a_second_installation_changes_nothing_but_the_time(self, machine: Machine, scheduler: str) -> None:
        machine.run("--install", "--scheduler", scheduler)
        before = {path: path.read_text("utf-8") for path in [*machine.files(), machine.table] if path.exists()}
        machine.run("--install", "--scheduler", scheduler)
        again = {path: path.read_text("utf-8") for path in [*machine.files(), machine.table] if path.exists()}
        assert before == again
        machine.run("--install", "--scheduler", scheduler, "--at", "05:00")
        assert {path for path in [*machine.files(), machine.table] if path.exists()} == before.keys()

    def test_nothing_is_left_when_it_is_taken_back(self, machine: Machine, scheduler: str) -> None:
        machine.run("--install", "--scheduler", scheduler)
        done = machine.run("--uninstall")
        assert done.exit_code == 0, done.output
        assert machine.files() == [] and not machine.table.exists()
        assert sorted(path.name for path in machine.library.iterdir()) == ["linkassist.toml"]
        assert health(machine.library, now()).state == "none"
        assert machine.run("--uninstall").exit_code == 0

    def test_another_scheduler_takes_over(self, machine: Machine, scheduler: str) -> None:
        machine.run("--install", "--scheduler", scheduler)
        other = "cron" if scheduler != "cron" else "systemd"
        machine.run("--install", "--scheduler", other)
        assert health(machine.library, now()).schedule == other
        assert bool(machine.files()) == (other == "systemd") and machine.table.exists() == (other == "cron")

    def test_a_dry_run_shows_all_and_does_nothing(self, machine: Machine, scheduler: str) -> None:
        shown = machine.run("--install", "--scheduler", scheduler, "--dry-run")
        assert shown.exit_code == 0 and "--library" in shown.stdout and "run " in shown.stdout
        assert machine.files() == [] and not machine.table.exists()
        assert [path.name for path in machine.library.iterdir()] == ["linkassist.toml"]
        machine.run("--install", "--scheduler", scheduler)
        for path in machine.files():
            assert str(path) in shown.stdout
            assert all(line in shown.stdout for line in path.read_text("utf-8").splitlines())
        before = machine.called()
        assert "remove " in machine.run("--uninstall", "--dry-run").stdout
        assert [call for call in machine.called()[len(before) :] if call != "crontab -l"] == []

    def test_a_scheduler_that_refuses_is_told_of(self, machine: Machine, scheduler: str, tmp_path: Path) -> None:
        program = {"systemd": "systemctl", "launchd": "launchctl", "cron": "crontab"}[scheduler]
        refusing = '#!/bin/sh\ncase "$*" in -l) exit 0;; *bootout*) exit 0;; esac\necho "no bus" >&2\nexit 3\n'
        (tmp_path / "bin" / program).write_text(refusing)
        done = machine.run("--install", "--scheduler", scheduler)
        assert done.exit_code == 1 and "has failed: no bus. Put that right" in done.stderr
        assert health(machine.library, now()).state == "none"


class TestInstalling:
    def test_it_finds_out_what_the_machine_has(
        self, machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "platform", "linux")
        assert "by systemd" in machine.run("--install").stdout
        (tmp_path / "bin" / "systemctl").write_text("#!/bin/sh\nexit 1\n")
        assert "by cron" in machine.run("--install").stdout
        monkeypatch.setattr(sys, "platform", "darwin")
        assert "by launchd" in machine.run("--install").stdout
        monkeypatch.setattr(sys, "platform", "linux")
        monkeypatch.setenv("PATH", "")
        done = machine.run("--install")
        assert done.exit_code == 1 and "linkassist nightly --if-due" in done.stderr

    def test_it_says_what_the_nights_will_not_see(self, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LINKASSIST_SCRAPBOX_KEY", "s:secret")
        done = machine.run("--install", "--scheduler", "cron")
        assert "do not see LINKASSIST_SCRAPBOX_KEY. Set that in linkassist.toml" in done.stderr
        assert "secret" not in done.output + machine.table.read_text("utf-8")

    def test_without_a_library_or_a_source_there_is_nothing_to_install(self, tmp_path: Path) -> None:
        done = CliRunner().invoke(
            app, ["nightly", "--install", "--scheduler", "cron", "--library", str(tmp_path / "none")]
        )
        assert done.exit_code == 1 and "Run `linkassist fetch SOURCE` first" in done.stderr

    @pytest.mark.parametrize(
        "options",
        [
            ("--install", "--uninstall"),
            ("--at", "03:00"),
            ("--dry-run",),
            ("--install", "--at", "25:00"),
            ("--install", "--scheduler", "anacron"),
            ("--uninstall", "--at", "03:00"),
        ],
        ids=shlex.join,
    )
    def test_options_that_do_not_fit_are_wrong_usage(self, machine: Machine, options: tuple[str, ...]) -> None:
        assert machine.run(*options).exit_code == 2
        assert machine.files() == [] and not machine.table.exists()

    def test_the_schedule_is_noted_in_the_library(self, machine: Machine) -> None:
        machine.run("--install", "--scheduler", "cron", "--at", "22:10")
        note = json.loads((machine.library / "nightly-schedule.json").read_text())
        assert (note["scheduler"], note["at_minute"]) == ("cron", 22 * 60 + 10)
