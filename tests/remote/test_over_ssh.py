"""Runs on another machine, over a real sshd: watched from here, and started there by somebody whose line breaks."""

from __future__ import annotations

import contextlib
import json
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest

from tests.harness import Tuimon, wait_for
from tests.remote.sshd import Sshd
from tests.supervisor.test_survival import SPEAKING, Job
from tuimon import events, runs, wire
from tuimon.errors import TuimonError
from tuimon.remote.link import linked
from tuimon.remote.remote_control import RemoteControl
from tuimon.remote.target import Target

FIT = Path(__file__).parents[1] / "scripts" / "plain_fit.py"


@pytest.fixture
def sshd(tuimon: Tuimon) -> Iterator[Sshd]:
    with contextlib.closing(Sshd(tuimon)) as server:
        yield server


def terminal(tuimon: Tuimon, command: list[str]) -> pexpect.spawn[str]:
    """The command in a terminal of its own, which the test leaves closed."""
    screen = pexpect.spawn(
        command[0],
        command[1:],
        env={**tuimon.environment, "TERM": "xterm-256color"},
        dimensions=(40, 120),
        timeout=120,
        encoding="utf-8",
        codec_errors="replace",
    )
    tuimon.terminals.append(screen)
    return screen


def replayed(tuimon: Tuimon) -> dict[str, Any]:
    """The report of the newest run, from its journal."""
    done = tuimon.run("replay", "--headless", "--format", "json", tuimon.directory.id)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def test_a_run_there_is_watched_from_here_to_its_end(tuimon: Tuimon, sshd: Sshd) -> None:
    job = Job(tuimon).start()
    job.steps(5)
    command: list[str | Path] = [
        "attach",
        sshd.user_at_host,
        *sshd.options,
        "--headless",
        "--json",
        tuimon.path / "report.json",
    ]
    process = tuimon.start(*command, env={"XDG_STATE_HOME": str(tuimon.path / "other")})
    tuimon.wait_for_event(events.ScreenAttached)
    job.steps(9)
    job.end()

    done = tuimon.finish(process)
    assert done.status == 0, done.stderr
    assert b"step 9\n" in done.stdout
    assert b"step 5\n" not in done.stdout, "what was printed before is history"
    assert json.loads((tuimon.path / "report.json").read_text()) == replayed(tuimon)
    attached = tuimon.wait_for_event(events.ScreenAttached)
    assert "headless of " in attached.by


def test_a_line_that_breaks_is_taken_up_where_it_broke(tuimon: Tuimon, sshd: Sshd) -> None:
    job = Job(tuimon).start()
    job.steps(5)
    report = tuimon.path / "report.json"
    process = tuimon.start("attach", f"{sshd.user_at_host}:{tuimon.directory.id}", *sshd.options, "--headless",
                           "--json", report)  # fmt: skip
    tuimon.wait_for_event(events.ScreenAttached)
    sshd.drop()
    sshd.stop()
    job.steps(50)
    sshd.start()
    wait_for(sshd.sessions, "the line to be there again")
    job.steps(60)
    job.end("exit 3")

    done = tuimon.finish(process)
    assert done.status == 3
    assert any(f"no line to {sshd.user_at_host}" in line for line in done.said)
    assert any("is there again" in line for line in done.said)
    assert json.loads(report.read_text()) == replayed(tuimon)


def test_the_screen_here_stops_the_run_there(tuimon: Tuimon, sshd: Sshd) -> None:
    job = Job(tuimon).start()
    job.steps(3)
    screen = terminal(tuimon, tuimon.command("attach", sshd.user_at_host, *sshd.options))
    screen.expect("speaking")
    screen.send("\x03")
    screen.expect("interrupt the script")
    for key in ("j", "j", "\r"):
        screen.send(key)
    answer = tuimon.wait_for_event(events.RequestAnswered)
    assert answer.accepted
    assert "screen of " in tuimon.wait_for_event(events.SignalRequested).by
    wait_for(lambda: not job.tuimon.directory.child_alive(), "the script to end")


def test_who_only_looks_hands_on_nothing(tuimon: Tuimon, sshd: Sshd) -> None:
    job = Job(tuimon).start()
    job.steps(2)
    goal = Target(sshd.user_at_host, ssh=tuple(sshd.ssh), tuimon=f"{sys.executable} -m tuimon")
    with linked(goal._replace(readonly=True)) as link:
        with pytest.raises(TuimonError, match="only look"):
            RemoteControl(link, "test", readonly=True).ask(events.SignalRequested(signal=signal.SIGINT))
        RemoteControl(link, "test").ask(events.SignalRequested(signal=signal.SIGINT))  # the other side refuses, too
        assert wait_for(link.look, "a word about it") == "this client may only look"
    with linked(goal) as link:
        asked = RemoteControl(link, "test").ask(events.SignalRequested(signal=signal.SIGUSR1))
        answer = tuimon.wait_for_event(events.RequestAnswered)
        assert (answer.request, answer.accepted) == (asked, True)
        assert "test of " in tuimon.wait_for_event(events.SignalRequested).by
    job.end()


def test_training_goes_on_when_the_line_breaks_that_it_was_started_over(tuimon: Tuimon, sshd: Sshd) -> None:
    command = f"cd {tuimon.path} && {' '.join(tuimon.command())} run {SPEAKING}"
    screen = terminal(tuimon, [*sshd.ssh, "-tt", sshd.user_at_host, command])
    job = Job(tuimon)
    job.steps(5)
    screen.expect("speaking")
    screen.kill(signal.SIGKILL)
    sshd.drop()
    job.steps(12)
    assert tuimon.directory.status() == "running"
    job.end()
    wait_for(lambda: tuimon.directory.status() == "finished", "the run to end")
    assert replayed(tuimon)["gaps"] == []
    assert sum(epoch.steps for epoch in tuimon.folded().fits[0].epochs) == 12


def test_a_fit_that_was_started_over_a_line_that_breaks_is_recorded_whole(tuimon: Tuimon, sshd: Sshd) -> None:
    pytest.importorskip("tensorflow")
    command = f"cd {tuimon.path} && {' '.join(tuimon.command())} run {FIT} {tuimon.path} 4"
    screen = terminal(tuimon, [*sshd.ssh, "-tt", sshd.user_at_host, command])
    wait_for((tuimon.path / "here").exists, "the middle of an epoch")
    screen.kill(signal.SIGKILL)
    sshd.drop()
    (tuimon.path / "go").touch()
    wait_for(lambda: tuimon.directory.status() == "finished", "the run to end")

    assert replayed(tuimon)["gaps"] == []
    broken, later = tuimon.folded().training
    assert [(epoch.steps, epoch.samples, epoch.ended) for epoch in broken.epochs] == [(12, 96, True)] * 4
    assert [(epoch.steps, epoch.samples, epoch.ended) for epoch in later.epochs] == [(12, 96, True)] * 2
    assert tuimon.run("attach", tuimon.directory.id, "--headless").status == 0


def test_what_is_asked_in_one_breath_with_the_beginning_is_heard(tuimon: Tuimon) -> None:
    job = Job(tuimon).start()
    request = events.SignalRequested(at=time.time(), id="first", by="test", signal=signal.SIGUSR1)
    sending = subprocess.Popen(tuimon.command("send", "--", ""), env=tuimon.environment, stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL)  # fmt: skip
    assert sending.stdin is not None
    with sending.stdin as line:
        line.write(b"{}\n" + wire.encode(request))
        line.flush()
        assert tuimon.wait_for_event(events.RequestAnswered).request == "first"
    assert sending.wait(60) == 0
    job.end()


@pytest.mark.parametrize(
    ("what", "options", "said"),
    [
        ("root@", [], "names no run on another machine"),
        ("ada@-oProxyCommand=x", [], "names no run on another machine"),
        ("ada@host:\x1b[31m", [], "cannot be a run's name"),
        ("ada@host", ["--ssh", "no-such-ssh"], "cannot run no-such-ssh"),
        ("ada@host", ["--ssh", "sh -c 'echo no route >&2; exit 255' --"], "ssh does not reach ada@host: no route"),
        ("ada@host", ["--ssh", "sh -c 'exit 127' --"], "has no 'tuimon'"),
        ("ada@host", ["--ssh", "sh -c 'echo hello' --"], "ada@host sent no run"),
        ("ada@host", ["--ssh", "sh -c 'printf \"\\033[2Jno\\007\" >&2; exit 1' --"], r"\x1b[2Jno\x07"),
        ("ada@host", ["--ssh", "sh -c 'echo tuimon-run 1 []' --"], "does not greet with a run"),
        ("ada@host", ["--ssh", "sh -c 'yes welcome' --"], "ada@host sent no run"),
    ],
)
def test_one_line_says_what_is_wrong(tuimon: Tuimon, what: str, options: list[str], said: str) -> None:
    done = tuimon.run("attach", what, *options)
    assert done.status != 0
    assert len(done.said) == 1, done.stderr
    assert said in done.said[0]


def test_what_the_other_side_does_not_know(tuimon: Tuimon, sshd: Sshd) -> None:
    done = tuimon.run("attach", sshd.user_at_host, *sshd.options)
    assert (done.status, len(done.said)) == (1, 1)
    assert "127.0.0.1: no runs" in done.said[0]
    for name in ("twin-1", "twin-2"):
        runs.create(tuimon.home, name)
    old = tuimon.path / "old.py"
    old.write_text("import sys; from tuimon import cli, verbs; verbs.NAMES.pop(); sys.exit(cli.main())")
    for run, options, said in (
        ("nothing", sshd.options, "no run 'nothing' in"),
        ("twin", sshd.options, "'twin' matches 2 runs"),
        ("twin", [*sshd.options[:2], "--remote-tuimon", "/no/tuimon"], "has no '/no/tuimon'"),
        ("twin", [*sshd.options[:2], "--remote-tuimon", f"{sys.executable} {old}"], "too old"),
        ("twin", ["--ssh", shlex.join([*sshd.ssh, "-i", "/dev/null", "-o", "BatchMode=yes"])], "Permission denied"),
    ):
        sshd.let_in(said != "Permission denied")
        done = tuimon.run("attach", f"{sshd.user_at_host}:{run}", *options)
        assert (done.status != 0, len(done.said)) == (True, 1), done.stderr
        assert said in done.said[0]
