"""Files of a run that somebody deletes, cuts or replaces: while it goes on nothing recorded is lost, afterwards it is
said in a line."""

from __future__ import annotations

import os
import shutil
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest

from tests.builders import START
from tests.harness import Tuimon, wait_for
from tests.supervisor.test_survival import Job, _pressed, screen
from tuimon import events
from tuimon.runs import RunDirectory
from tuimon.supervisor.output import Output


@pytest.fixture
def job(tuimon: Tuimon) -> Job:
    started = Job(tuimon).start()
    started.steps(10)
    started.wait_until_recorded(10)
    return started


def finished(job: Job) -> Job:
    job.end()
    job.tuimon.wait_for_event(events.SupervisorEnded)
    wait_for(lambda: not job.tuimon.directory.supervised(), "the supervisor to end")
    return job


# --- the journal, while the run goes on


def fifo(path: Path) -> None:
    os.mkfifo(path)


def symlink(path: Path) -> None:
    path.symlink_to(path.parent.parent / "elsewhere")


def unix_socket(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(f"/proc/self/fd/{folder}/{path.name}")  # the path itself is too long
    os.close(folder)


def nothing(path: Path) -> None:
    """It stays deleted."""


def empty(path: Path) -> None:
    path.touch()


def directory(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("put", [nothing, empty, fifo, symlink], ids=lambda put: put.__name__)
def test_a_journal_that_is_removed_is_put_back_whole(job: Job, put: Callable[[Path], None]) -> None:
    path = job.tuimon.directory.journal
    follower = job.tuimon.start("attach", "--last", "--headless", "--json", "followed.json")
    job.tuimon.wait_for_event(events.ScreenAttached)
    before = path.read_bytes()

    path.unlink()
    put(path)
    wait_for(
        lambda: stat.S_ISREG(os.lstat(path).st_mode) and path.stat().st_size if os.path.lexists(path) else False, "it"
    )
    job.steps(20)
    job.wait_until_recorded(20)
    done = finished(job).tuimon.finish(follower)

    assert path.read_bytes().startswith(before)
    assert job.recorded() == list(range(20))
    assert not job.tuimon.folded().gaps
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not (path.parent.parent / "elsewhere").exists()
    assert "20 steps" in done.text
    assert done.status == 0


def test_a_journal_that_cannot_be_put_back_at_once_is_later(job: Job) -> None:
    path = job.tuimon.directory.journal

    path.unlink()
    path.mkdir()
    job.steps(20)
    wait_for(lambda: b"cannot be put back" in job.tuimon.directory.log.read_bytes(), "the complaint")
    path.rmdir()
    job.wait_until_recorded(20)
    finished(job)

    assert job.recorded() == list(range(20))
    assert job.tuimon.directory.log.read_bytes().count(b"cannot be put back") == 1


def test_a_screen_without_a_journal_ends_with_a_line(job: Job) -> None:
    path = job.tuimon.directory.journal
    terminal = screen(job.tuimon, "attach", "--last")

    path.unlink()
    path.mkdir()
    terminal.expect(pexpect.EOF)
    terminal.close()
    path.rmdir()
    job.wait_until_recorded(10)

    left = str(terminal.before)
    assert terminal.exitstatus == 1
    assert f"{path} cannot be read: it is not a regular file" in left.replace("\r\n", "")
    assert "Traceback" not in left


@pytest.mark.parametrize("put", [nothing, fifo], ids=lambda put: put.__name__)
def test_a_screen_goes_on_when_its_journal_is_put_back(job: Job, put: Callable[[Path], None]) -> None:
    path = job.tuimon.directory.journal
    terminal = screen(job.tuimon, "attach", "--last")

    path.unlink()
    put(path)
    wait_for(path.is_file, "the journal")
    job.steps(20)
    job.wait_until_recorded(20)
    finished(job)
    wait_for(lambda: _pressed(terminal, b"q"), "the screen to close")

    assert terminal.exitstatus == 0
    assert ": 0 epochs, 20 steps" in str(terminal.before)


@pytest.mark.parametrize("size", [0, 700], ids=["to nothing", "within a line"])
def test_a_journal_that_is_cut_gets_what_the_rest_needs_again(job: Job, size: int) -> None:
    path = job.tuimon.directory.journal
    follower = job.tuimon.start("attach", "--last", "--headless", "--json", "followed.json")
    job.tuimon.wait_for_event(events.ScreenAttached)

    os.truncate(path, size)
    job.steps(20)
    wait_for(lambda: 19 in job.recorded(), "the last step")
    done = finished(job).tuimon.finish(follower)

    run = job.tuimon.folded()
    assert run.started is not None
    assert run.child is not None
    assert [len(fit.epochs) for fit in run.fits] == [1]
    assert run.schema == events.SCHEMA_VERSION
    (gap,) = (gap for gap in run.gaps if gap.what == "everything")
    assert gap.reason == ("the journal was deleted" if not size else "the journal was cut short")
    assert gap.since < (gap.until or 0)
    assert job.recorded()[-10:] == list(range(10, 20))
    assert len(job.recorded()) == len(set(job.recorded()))
    again = job.tuimon.run("replay", path.parent, "--headless", "--json", "again.json")
    assert done.report is None
    assert (job.tuimon.path / "followed.json").read_bytes() == (job.tuimon.path / "again.json").read_bytes()
    assert again.report is not None


# --- the journal, after the end


@pytest.mark.parametrize("put", [nothing, empty, directory, fifo, unix_socket], ids=lambda put: put.__name__)
@pytest.mark.parametrize("verb", ["attach", "replay"])
def test_a_run_without_a_journal_is_said_to_have_none(tuimon: Tuimon, verb: str, put: Callable[[Path], None]) -> None:
    tuimon.run("run", "--headless", tuimon.script("print('done')"))
    path = tuimon.directory.journal

    path.unlink()
    put(path)
    done = tuimon.run(verb, tuimon.directory.id, "--headless", limit=60.0)

    assert done.status == 1
    assert len(done.said) == 1, done.said
    assert str(path) in done.text
    assert not done.stderr.strip()


def test_a_journal_without_its_end_is_said_to_be_one(tuimon: Tuimon) -> None:
    tuimon.run("run", "--headless", tuimon.script("print('done')"))
    path = tuimon.directory.journal
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(
        b"".join(line for line in lines if b'"ChildEnded"' not in line and b'"SupervisorEnded"' not in line)
    )

    done = tuimon.run("attach", tuimon.directory.id, "--headless", limit=60.0)

    assert "the end of the journal is missing" in done.text
    assert "the script finished" in done.text  # as the summary says


# --- the directory, while the run goes on


def test_a_removed_directory_comes_back_with_all_that_was_in_it(job: Job) -> None:
    tuimon, run = job.tuimon, job.tuimon.directory
    tuimon.run("runs", "rename", run.id, "mine")
    seen = len([event for event in tuimon.events() if isinstance(event, events.HostSampled)])
    tuimon.wait_for_event(events.HostSampled, seen + 2)  # by then the name is known
    before, said, printed = run.journal.read_bytes(), run.read(), run.stdout.read_bytes()
    follower = tuimon.start("attach", "--last", "--headless", "--json", "followed.json")
    tuimon.wait_for_event(events.ScreenAttached)

    shutil.rmtree(tuimon.home)
    wait_for(run.journal.exists, "the journal")
    job.steps(20)
    job.wait_until_recorded(20)

    assert run.supervised()
    assert stat.S_IMODE(run.path.stat().st_mode) == 0o700
    assert run.read() == said
    assert run.read().name == "mine"
    listed = tuimon.run("runs", "--json")
    assert b'"status": "running"' in listed.stdout
    assert b'"supervisor_pid": %d' % job.supervisor in listed.stdout
    done = finished(job).tuimon.finish(follower)

    assert run.journal.read_bytes().startswith(before)
    assert job.recorded() == list(range(20))
    assert run.stdout.read_bytes() == printed + b"".join(b"step %d\n" % step for step in range(11, 21))
    assert run.status() == "finished"
    assert done.status == 0
    assert "20 steps" in done.text


def test_a_damaged_summary_is_written_again(job: Job) -> None:
    run = job.tuimon.directory
    said = run.read()

    (run.path / "run.json").write_text("{")
    wait_for(lambda: run.read() == said, "the summary")
    (run.path / "run.json").unlink()
    job.end("exit 3")
    wait_for(lambda: run.read().exit_code == 3, "the end")

    assert run.read().started_at == said.started_at
    assert run.read().command == said.command


def test_removed_output_is_copied_to_where_it_was(job: Job) -> None:
    out = job.tuimon.directory.stdout

    out.unlink()
    wait_for(out.exists, "the copy")
    job.steps(20)
    out.unlink()
    job.steps(25)
    finished(job)

    assert out.read_bytes() == b"".join(b"step %d\n" % step for step in range(1, 26))
    assert not job.tuimon.folded().gaps


def test_output_that_was_removed_for_its_size_is_not_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tuimon.supervisor.output.LARGEST_COPY", 1000)
    run = RunDirectory(tmp_path)
    with run.stdout.open("ab", buffering=0) as script:
        output = Output(run)
        script.write(b"x" * 2000)
        assert not _gaps(output)

        run.stdout.unlink()
        (gap,) = _gaps(output)
        script.write(b"more")
        assert not _gaps(output)

    assert (gap.what, gap.reason) == ("output", "stdout.log was deleted")
    assert run.stdout.read_bytes() == b""


def _gaps(output: Output) -> list[events.GapRecorded]:
    return [event for event in output.look(START) if isinstance(event, events.GapRecorded)]
