"""What a killed supervisor had set aside is given back as soon as nobody of the run is alive, and not before."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness import Tuimon, wait_for
from tests.supervisor.test_survival import Job
from tests.test_other_users import picture
from tuimon import leftovers, prune
from tuimon.runs import RunDirectory
from tuimon.supervisor.output import Output

HALF_MADE = [
    *("run.json.4194305.new", "digest.json.4194305.new", "journal.jsonl.new"),
    "checkpoints/100.0123456789abcdef.4194305.new",
]
"""No process has so high a number."""


@pytest.fixture
def job(tuimon: Tuimon) -> Job:
    started = Job(tuimon).start()
    started.steps(5)
    started.wait_until_recorded(5)
    if prune.size(tuimon.directory) < 2 << 20:
        pytest.skip("this file system sets no room aside")
    return started


@pytest.mark.parametrize(
    "asked", [["runs"], ["attach", "--last", "--headless"], ["runs", "prune", "--keep", "9"]], ids=str
)
def test_a_killed_supervisors_room_on_the_disk_is_given_back(job: Job, asked: list[str]) -> None:
    run, pid = job.tuimon.directory, job.pid
    (run.path / "checkpoints").mkdir(exist_ok=True)
    for name in HALF_MADE:
        (run.path / name).touch()
    (run.path / f"run.json.{os.getpid()}.new").touch()  # of a process that is about to finish it

    job.kill_supervisor()
    job.tuimon.run("runs")
    assert prune.size(run) > 2 << 20  # the script is alive, and prints
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not run.child_alive(), "the script to die")
    job.tuimon.run(*asked)

    assert prune.size(run) < 1 << 20
    assert run.stdout.read_bytes().startswith(b"step 1\n")
    left = {str(path.relative_to(run.path)) for path in run.path.rglob("*")}
    assert not left & {*HALF_MADE, "reserve"}
    assert f"run.json.{os.getpid()}.new" in left


def test_a_screen_that_only_reads_leaves_them(job: Job) -> None:
    run, pid = job.tuimon.directory, job.pid
    (run.path / HALF_MADE[0]).touch()
    job.kill_supervisor()
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not run.child_alive(), "the script to die")
    before = picture(run.path)

    job.tuimon.run("attach", run.id, "--headless", "--readonly")

    assert picture(run.path) == before


def test_the_room_of_a_run_that_ended_is_given_back(job: Job) -> None:
    job.end()
    wait_for(lambda: not job.tuimon.directory.supervised(), "the supervisor to end")

    assert prune.size(job.tuimon.directory) < 1 << 20


def test_nothing_is_cut_off_where_a_process_may_still_print(tmp_path: Path) -> None:
    path = tmp_path / "stdout.log"
    path.touch()
    Output(RunDirectory(tmp_path)).keep_ahead()
    if path.stat().st_blocks * 512 < 1 << 20:
        pytest.skip("this file system sets no room aside")
    holds = "import sys\nfile = open(sys.argv[1], 'a')\nprint(flush=True)\nsys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", holds, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()

        assert not leftovers.give_back(path)
        assert path.stat().st_blocks * 512 > 1 << 20
        process.communicate()

    assert leftovers.give_back(path)
    assert path.stat().st_blocks == 0


def test_nothing_is_removed_from_where_a_link_leads(tuimon: Tuimon) -> None:
    """An archive may hold one, in the place of a directory of ours."""
    precious = tuimon.path / "precious"
    precious.mkdir()
    names = ["reserve", "journal.jsonl.new", "run.json.4194305", "100.4194305.new"]
    for name in names:
        (precious / name).touch()
    run = RunDirectory(tuimon.home / "20260101-000000-abcd")
    run.path.mkdir(parents=True)
    (run.path / "run.json").write_text('{"started_at": 1.0}')
    (run.path / "reserve").touch()
    (run.path / "checkpoints").symlink_to(precious)

    tuimon.run("runs")

    assert sorted(os.listdir(precious)) == sorted(names)
    assert not (run.path / "reserve").exists()
