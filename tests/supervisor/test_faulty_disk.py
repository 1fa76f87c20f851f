"""A file system that fails in every call that it is asked for: the script goes on, and nothing recorded is lost without
a word."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.harness import Tuimon, wait_for
from tests.supervisor.test_survival import Job
from tuimon import events, journal

SOURCE = Path(__file__).with_name("faults.c")

HALF = 0
"""Of what is to be written is taken, and no error given."""


class Faults:
    """The failures of a file system, as they are now."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clear()

    def set(self, *faults: tuple[str, str, int]) -> None:
        fresh = self.path.with_name("faults.new")
        fresh.write_text("".join(f"{call} {part} {error}\n" for call, part, error in faults))
        fresh.replace(self.path)

    def clear(self) -> None:
        self.set()


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler to build the failing file system with")
    path = tmp_path_factory.mktemp("library") / "faults.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", path, SOURCE, "-ldl"], check=True, timeout=120)
    return path


@pytest.fixture
def faults(tuimon: Tuimon, library: Path) -> Faults:
    made = Faults(tuimon.path / "faults")
    tuimon.environment |= {"LD_PRELOAD": str(library), "TUIMON_TEST_FAULTS": str(made.path)}
    return made


@pytest.fixture
def job(tuimon: Tuimon, faults: Faults) -> Job:
    started = Job(tuimon).start()
    started.steps(5)
    started.wait_until_recorded(5)
    return started


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS, HALF])
def test_a_journal_that_cannot_be_written_for_a_while_is_complete_in_the_end(
    job: Job, faults: Faults, error: int
) -> None:
    faults.set(("write", journal.NAME, error))
    job.steps(60)
    time.sleep(2.5)  # two ticks
    faults.clear()
    job.steps(70)
    job.end("exit 3")
    job.tuimon.wait_for_event(events.SupervisorEnded)

    run, tail = job.tuimon.folded(), journal.Tail(job.tuimon.directory.journal)
    tail.take()
    assert tail.unreadable == 0
    assert job.recorded() == list(range(70))
    assert run.status == "failed"
    reasons = [gap.reason for gap in run.gaps]
    assert reasons == ([] if error == HALF else [f"recording paused: {os.strerror(error)}"] * len(reasons))
    assert bool(reasons) == bool(error)


def test_a_journal_that_was_deleted_on_another_machine_is_begun_anew(job: Job, faults: Faults) -> None:
    """There it can be neither read nor written any more, although it is open."""
    gone = "(deleted)"  # as the kernel calls it
    follower = job.tuimon.start("attach", "--last", "--headless", "--json", "followed.json")
    job.tuimon.wait_for_event(events.ScreenAttached)

    faults.set(("fstat", gone, errno.ESTALE), ("write", gone, errno.ESTALE))
    job.tuimon.directory.journal.unlink()
    wait_for(job.tuimon.directory.journal.exists, "a journal")
    job.steps(20)
    job.wait_until_recorded(15)
    job.end()
    job.tuimon.wait_for_event(events.SupervisorEnded)
    done = job.tuimon.finish(follower)

    run = job.tuimon.folded()
    assert run.started is not None
    assert [len(fit.epochs) for fit in run.fits] == [1]
    assert "the journal was deleted" in {gap.reason for gap in run.gaps}
    assert job.recorded() == list(range(5, 20))
    assert done.status == 0
    assert "15 steps" in done.text


@pytest.mark.parametrize("error", [errno.ESTALE, errno.EBUSY, errno.EROFS])
def test_a_summary_that_cannot_be_replaced_for_a_while_is_right_in_the_end(
    tuimon: Tuimon, faults: Faults, error: int
) -> None:
    job = Job(tuimon)
    process = tuimon.start("run", "--headless", Path(__file__).with_name("speaking.py"))
    job.steps(5)
    faults.set(("rename", "run.json", error))
    job.steps(10)
    job.wait_until_recorded(10)
    job.end("exit 3")
    done = tuimon.finish(process)

    assert done.status == 3
    assert "the script failed with status 3" in done.text
    assert job.recorded() == list(range(10))
    faults.clear()
    assert b'"status": "failed"' in tuimon.run("runs", "--json").stdout
    assert tuimon.directory.read().exit_code == 3


def test_a_start_without_a_summary_leaves_no_script_alone(tuimon: Tuimon, faults: Faults) -> None:
    """The summary of a new run is there, and cannot be replaced when the script has started."""
    faults.set(("rename", "run.json", errno.EBUSY))
    done = tuimon.run("run", "--detach", Path(__file__).with_name("speaking.py"))

    assert done.status == 1
    assert len(done.said) == 1
    assert "cannot keep runs" in done.text
    assert not tuimon.runs
    assert not (tuimon.path / "steps").exists()


@pytest.mark.parametrize("part", ["/lock", "/.lock"])
def test_a_file_system_without_locks_is_said_to_be_one(tuimon: Tuimon, faults: Faults, part: str) -> None:
    faults.set(("lock", part, errno.ENOLCK))
    done = tuimon.run("run", "--headless", tuimon.script("print('never')"), limit=60)

    assert done.status == 1
    assert len(done.said) == 1, done.said
    assert "No locks available" in done.text
    assert "--log-dir" in done.text
    assert b"never" not in done.stdout


def test_agents_without_locks_hold_no_descriptors(job: Job, faults: Faults) -> None:
    faults.set(("lock", "spool", errno.ENOLCK))
    job.kill_supervisor()
    job.steps(20)
    time.sleep(2)
    before = len(os.listdir(f"/proc/{job.pid}/fd"))
    job.steps(200)
    time.sleep(2)

    assert len(os.listdir(f"/proc/{job.pid}/fd")) == before


def test_a_directory_that_becomes_read_only_ends_nothing(job: Job, faults: Faults) -> None:
    """For good: what can be said is said where it can be."""
    run = job.tuimon.directory
    written = (journal.NAME, "run.json", "supervisor.log", "reserve", "spool")
    refused = [(call, part, errno.EROFS) for call in ("open", "write", "rename", "unlink") for part in written]
    faults.set(("open", run.id, errno.EROFS), *refused)
    job.steps(20)
    time.sleep(3)
    assert run.supervised()
    job.end("exit 3")
    wait_for(lambda: not run.supervised() and not run.child_alive(), "the end")
    faults.clear()
    done = job.tuimon.run("attach", run.id, "--headless", limit=60)

    assert done.status == 1
    assert "lost" in done.text
    assert b"Traceback" not in run.log.read_bytes()


def test_a_directory_that_its_user_may_not_write_any_more_ends_nothing(tuimon: Tuimon) -> None:
    """Root may write anywhere, unless that capability is taken away."""
    setpriv = [shutil.which("setpriv") or "", "--bounding-set=-dac_override,-dac_read_search"]
    if os.geteuid() == 0 and subprocess.run([*setpriv, "true"], capture_output=True, check=False).returncode:
        pytest.skip("root's right to write anywhere cannot be taken away here")
    job = Job(tuimon)
    become = setpriv if os.geteuid() == 0 else []
    command = [*become, *tuimon.command("run", "--detach", Path(__file__).with_name("speaking.py"))]
    subprocess.run(command, env=tuimon.environment, cwd=tuimon.path, check=True, capture_output=True)
    job.steps(5)
    job.wait_until_recorded(5)
    run = tuimon.directory

    for folder in (run.path, run.path.parent):
        folder.chmod(0o500)
    job.steps(20)
    job.end("exit 3")
    tuimon.wait_for_event(events.SupervisorEnded)
    wait_for(lambda: not run.supervised(), "the supervisor to end")
    for folder in (run.path.parent, run.path):
        folder.chmod(0o700)

    assert job.recorded() == list(range(20))
    assert tuimon.folded().status == "failed"
    assert b"Traceback" not in run.log.read_bytes()
    assert b'"status": "failed"' in tuimon.run("runs", "--json").stdout
