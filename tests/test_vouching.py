"""What a directory that was sent says of processes: those are somebody else's, or other programs of this user's."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness import Tuimon, wait_for
from tuimon import events, runs
from tuimon.joining import inject, join
from tuimon.joining.refusal import Refused
from tuimon.journal import Journal
from tuimon.runs import RunDirectory
from tuimon.supervisor import needed
from tuimon.tui.rescue import Rescue

WORKS = "print(1, flush=True)\nwhile True: sum(range(1000))\n"


@pytest.fixture
def program() -> Iterator[subprocess.Popen[bytes]]:
    """A Python of this user's that has nothing to do with tuimon."""
    process = subprocess.Popen([sys.executable, "-c", WORKS], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.communicate()


def sent(where: Path, **facts: Any) -> RunDirectory:
    """As it is when an archive was unpacked."""
    directory = RunDirectory(where / "20260101-000000-abcd")
    directory.path.mkdir(parents=True)
    journal = Journal(directory.path)
    journal.append(events.JournalOpened(at=1.0, schema=1, run=directory.id))
    journal.append(events.RunStarted(at=1.0, run=directory.id, command=["python", "train.py"]))
    journal.close()
    here = {"host": socket.gethostname(), "boot": runs.boot_id(), "started_at": 1.0}
    (directory.path / "run.json").write_text(json.dumps({"id": directory.id, **here, **facts}))
    return directory


def naming(program: subprocess.Popen[bytes]) -> dict[str, Any]:
    return {"pid": program.pid, "child_started": runs.process_started(program.pid), "injected": True}


def threads(program: subprocess.Popen[bytes]) -> int:
    return len(os.listdir(f"/proc/{program.pid}/task"))


def test_a_run_that_was_sent_gets_nothing_into_a_program_that_it_names(
    tuimon: Tuimon, program: subprocess.Popen[bytes]
) -> None:
    directory = sent(tuimon.home, **naming(program))

    for arguments in (["--readonly"], []):
        process = tuimon.start("attach", "--headless", f"{directory.path}/", *arguments)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(6.0)
        process.terminate()
        done = tuimon.finish(process)

    assert done.said[0] == (
        f"no supervisor of yours has recorded {directory.id}: process {program.pid}, which it names, is left alone"
    )
    assert not directory.supervised()
    assert threads(program) == 1  # the agent has one of its own
    assert sorted(path.name for path in directory.path.iterdir()) == ["journal.jsonl", "run.json"]


def test_nobody_puts_a_supervisor_beside_what_a_sent_run_names(
    tuimon: Tuimon, program: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", tuimon.environment["XDG_STATE_HOME"])
    directory = sent(tuimon.home, **naming(program), remaining=[[program.pid, runs.process_started(program.pid)]])

    assert directory.child_alive()
    assert not needed(directory)
    assert Rescue(directory).look() == ""
    assert join.run_of(tuimon.home, program.pid) is None

    runs.rename(directory, "mine")  # what it said before is still nobody's word

    assert not needed(directory)


def test_a_signature_is_of_one_run_and_its_processes(
    tuimon: Tuimon, program: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", tuimon.environment["XDG_STATE_HOME"])
    tuimon.run("run", "--detach", tuimon.script("import time; time.sleep(600)"))
    own = tuimon.directory
    summary = own.read()
    os.kill(summary.supervisor_pid or 0, signal.SIGKILL)
    wait_for(lambda: not own.supervised(), "the supervisor's end")

    assert needed(own)
    own.update(**naming(program))
    assert not needed(own)
    own.update(pid=summary.pid, child_started=summary.child_started, injected=False, name="other")
    assert needed(own)


def test_a_process_that_is_not_there_is_not_alive(tmp_path: Path) -> None:
    """Signals to -1 reach every process."""
    for pid in (-1, 0, 2**22 + 1):
        assert not sent(tmp_path / str(pid), pid=pid).child_alive()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as a second user")
def test_root_gets_nothing_into_the_process_of_another_user() -> None:
    code = f"import os; os.setgid(65534); os.setuid(65534)\n{WORKS}"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(Refused, match="is another user's"):
            inject.run_in(process.pid, "pass")
    finally:
        process.kill()
        process.communicate()


def test_a_client_with_another_home_knows_a_run_by_its_script(tuimon: Tuimon, tmp_path: Path) -> None:
    tuimon.run("run", "--detach", tuimon.script("import time; time.sleep(600)"))
    own = tuimon.directory
    os.kill(own.read().supervisor_pid or 0, signal.SIGKILL)
    wait_for(lambda: not own.supervised(), "the supervisor's end")
    elsewhere = {"XDG_STATE_HOME": str(tmp_path / "elsewhere")}
    code = """
import sys
from pathlib import Path
from tuimon import runs, supervisor
print(supervisor.needed(runs.RunDirectory(Path(sys.argv[1]))))
"""

    done = subprocess.run(
        [sys.executable, "-c", code, own.path],
        env={**os.environ, **elsewhere}, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout == "True\n"
