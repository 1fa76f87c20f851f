"""Clocks that are set, machines that sleep, processes that are stopped: a healthy run stays one, in a recorded time
that neither jumps nor stands still."""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import os
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from tests.harness import Tuimon, wait_for
from tests.supervisor.test_survival import SPEAKING, Job
from tuimon import events
from tuimon.rules.stalled import Stalled
from tuimon.state import Run
from tuimon.supervisor import unobserved

E = TypeVar("E", bound=events.Event)

SOURCE = Path(__file__).with_name("clocks.c")

HOURS = 2 * 3600


class Clocks:
    """The machine's clocks, as far as the processes of a test can tell."""

    def __init__(self, library: Path, path: Path) -> None:
        self.path = path
        self.path.write_bytes(bytes(4096))
        self.environment = {"LD_PRELOAD": str(library), "MOVED_CLOCKS": str(path)}
        self._set, self._since_boot = 0, 0

    def set_by(self, seconds: int) -> None:
        """As `date -s` does."""
        self._set += seconds
        self._write()

    def sleep(self, seconds: int) -> None:
        """As a laptop whose lid is closed."""
        self._set += seconds
        self._since_boot += seconds
        self._write()

    def _write(self) -> None:
        with self.path.open("r+b") as file:
            file.write(struct.pack("ll", self._set, self._since_boot))


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler to build clocks with that can be moved")
    path = tmp_path_factory.mktemp("clocks") / "clocks.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", path, SOURCE, "-ldl"], check=True, timeout=120)
    return path


@pytest.fixture
def clocks(library: Path, tuimon: Tuimon) -> Clocks:
    made = Clocks(library, tuimon.path / "clocks")
    tuimon.environment.update(made.environment)
    return made


def patient(run: Run) -> list[str]:
    """What a rule that does not wait for long says."""
    return [f"{found.severity}: {found.message}" for found in Stalled(after=4.0, patience=1.0).check(run)]


def complaints(those: list[events.Event]) -> list[str]:
    """The same, of the run as it was after each of its events: what a screen would have shown for a moment, too."""
    run, said = Run(), []
    for event in those:
        run.apply(event)
        said += patient(run)
    return said


def of_kind(those: list[events.Event], kind: type[E]) -> list[E]:
    return [event for event in those if isinstance(event, kind)]


def spread(those: list[events.Event]) -> float:
    """Seconds between the earliest and the latest time of all."""
    times = [event.at for event in those if event.at]
    return max(times) - min(times)


OF_THE_SOURCE = {"input-bound", "serial-pipeline"}
"""Rules that rightly speak of the source below, which sleeps for each batch."""


def alarms(said: list[str]) -> set[str]:
    """The rules that spoke."""
    return {line.split()[1].strip(":,") for line in said if line.startswith(("error", "warning"))}


# --- the machine's clock


TRAIN = """
import sys, time
import numpy as np
import tensorflow as tf
import keras

def rows():
    for _ in range(100):
        time.sleep(0.02)
        yield np.zeros((8, 4), "float32"), np.zeros((8, 1), "float32")

shapes = (tf.TensorSpec((8, 4)), tf.TensorSpec((8, 1)))
dataset = tf.data.Dataset.from_generator(rows, output_signature=shapes)
model = keras.Sequential([keras.layers.Dense(1)])
model.compile(loss="mse", optimizer="sgd")
model.fit(dataset, epochs=3, verbose=2)
"""


@pytest.mark.parametrize("by", [HOURS, -HOURS])
def test_a_clock_that_is_set_moves_no_time_of_the_run(tuimon: Tuimon, clocks: Clocks, by: int) -> None:
    pytest.importorskip("tensorflow")
    began = time.monotonic()
    process = tuimon.start("run", "--headless", "--json", tuimon.path / "report.json", tuimon.script(TRAIN))
    tuimon.wait_for_event(events.EpochEnded)
    clocks.set_by(by)
    done = None
    try:
        done = tuimon.finish(process, 60.0)
    except subprocess.TimeoutExpired:
        if by > 0:
            raise
    took = time.monotonic() - began

    those, run = tuimon.events(), tuimon.folded()
    (known,) = of_kind(those, events.ClockSet)
    assert known.by == pytest.approx(by, abs=1)
    assert spread(those) < took
    assert run.now == max(event.at for event in those)
    assert complaints(those) == []
    assert not run.gaps
    if done is None:
        pytest.skip("TensorFlow waits for a time of day that is two hours off by now, as it often does without tuimon")
    way = "forward" if by > 0 else "back"
    assert f"the machine's clock was set {way} by {HOURS} s; times of the run go on as before" in done.said
    (fit,) = run.training
    for epoch in fit.epochs:
        assert epoch.seconds is not None
        assert epoch.wait is not None
        assert 1.5 < epoch.wait <= epoch.seconds < took
        assert epoch.steps == 100
    assert alarms(done.said) <= OF_THE_SOURCE
    summary = tuimon.directory.read()
    assert summary.ended_at is not None
    assert 0 < summary.ended_at - summary.started_at < took


def test_a_clock_that_ntp_corrects_is_not_worth_a_word(tuimon: Tuimon, clocks: Clocks) -> None:
    # The kernel slews the clock and the time since boot together: what is left is below what is recorded.
    moments = unobserved.Unobserved(1.0)
    assert list(moments.woken()) == []
    assert unobserved.SET > 0.128  # seconds from which `ntpd` steps the clock
    job = Job(tuimon).start()
    job.steps(5)
    job.wait_until_recorded(5)
    job.end()
    tuimon.wait_for_event(events.SupervisorEnded)
    assert not of_kind(tuimon.events(), events.ClockSet)


def test_a_request_has_the_time_of_the_run(tuimon: Tuimon, clocks: Clocks) -> None:
    from tuimon.control import Control

    job = Job(tuimon).start()
    job.steps(1)
    clocks.set_by(HOURS)
    control = Control(tuimon.directory, "test")
    wait_for(lambda: asked(control), "a connection")
    control.close()
    tuimon.wait_for_event(events.SupervisorEnded)

    assert spread(tuimon.events()) < HOURS / 2


def asked(control: object) -> bool:
    from tuimon.control import Control
    from tuimon.errors import TuimonError

    assert isinstance(control, Control)
    try:
        control.ask(events.SignalRequested(signal=signal.SIGTERM))
    except TuimonError:
        return False
    return True


def test_a_supervisor_that_takes_over_goes_on_with_the_line(tuimon: Tuimon, clocks: Clocks) -> None:
    job = Job(tuimon).start()
    job.steps(5)
    job.wait_until_recorded(5)
    job.kill_supervisor()
    clocks.set_by(-HOURS)
    job.steps(10)
    wait_for(lambda: tuimon.directory.spools(), "the agent to keep its events")
    follower = tuimon.start("attach", "--last", "--headless")
    job.wait_until_recorded(10)
    job.end()
    tuimon.finish(follower)

    those = tuimon.events()
    assert spread(those) < HOURS / 2
    assert all(gap.since <= gap.until for gap in of_kind(those, events.GapRecorded))
    assert complaints(those) == []


# --- the machine sleeps


def test_a_laptop_that_slept_is_excused(tuimon: Tuimon, clocks: Clocks) -> None:
    pytest.importorskip("tensorflow")
    process = tuimon.start("run", "--headless", tuimon.script(TRAIN))
    tuimon.wait_for_event(events.EpochEnded)
    clocks.sleep(HOURS)
    done = tuimon.finish(process)

    those, run = tuimon.events(), tuimon.folded()
    (gap,) = [gap for gap in of_kind(those, events.GapRecorded) if gap.what == "everything"]
    assert gap.asleep == pytest.approx(HOURS, abs=1)
    assert gap.until - gap.since == pytest.approx(HOURS, abs=3)
    assert gap.reason == "the machine was asleep"
    assert not of_kind(those, events.ClockSet)
    assert complaints(those) == []
    assert alarms(done.said) <= OF_THE_SOURCE
    (fit,) = run.training
    for epoch in fit.epochs:
        assert epoch.seconds is not None
        assert epoch.wait is not None
        assert 1.5 < epoch.wait <= epoch.seconds < HOURS / 2


def test_a_sleep_without_a_supervisor_is_told_by_the_agent(tuimon: Tuimon, clocks: Clocks) -> None:
    job = Job(tuimon).start()
    job.steps(5)
    job.wait_until_recorded(5)
    job.kill_supervisor()
    clocks.sleep(HOURS)
    job.steps(10)
    wait_for(lambda: tuimon.directory.spools(), "the agent to keep its events")
    follower = tuimon.start("attach", "--last", "--headless")
    job.wait_until_recorded(10)
    job.end()
    tuimon.finish(follower)

    run = tuimon.folded()
    (gap,) = [gap for gap in run.gaps if gap.what == "training"]
    assert gap.reason == "the machine was asleep"
    assert patient(run) == []


# --- somebody stops it


def test_a_stopped_training_is_said_to_be_stopped(tuimon: Tuimon) -> None:
    job = Job(tuimon)
    with (tuimon.path / "said").open("wb") as said_to:
        process = tuimon.start("run", "--headless", SPEAKING, stdout=subprocess.DEVNULL, stderr=said_to)
    job.steps(5)
    job.wait_until_recorded(5)

    os.kill(job.pid, signal.SIGSTOP)
    stopped = tuimon.wait_for_event(events.ProcessStopped)
    wait_for(lambda: patient(tuimon.folded()), "the rule to say so")
    said = patient(tuimon.folded())
    wait_for(lambda: f"process {job.pid} does not run: it is stopped by a signal" in told(tuimon), "the line")
    os.kill(job.pid, signal.SIGCONT)
    tuimon.wait_for_event(events.ProcessContinued)
    wait_for(lambda: f"process {job.pid} runs again" in told(tuimon), "the line")
    job.steps(10)
    job.end()
    assert process.wait(120) == 0

    assert (stopped.pid, stopped.reason) == (job.pid, "stopped by a signal")
    assert stopped.since <= stopped.at
    assert all(line.startswith("note: the process has not run for") for line in said)
    assert all(line.startswith("note: the process has not run for") for line in complaints(tuimon.events()))
    run = tuimon.folded()
    (gap,) = [gap for gap in run.gaps if gap.what == "training"]
    assert gap.until is not None
    assert 4 < gap.until - gap.since < 120
    assert patient(run) == []


def told(tuimon: Tuimon) -> str:
    return (tuimon.path / "said").read_text()


def test_a_stopped_run_is_not_stalled(tuimon: Tuimon) -> None:
    job = Job(tuimon).start()
    job.steps(500)
    job.wait_until_recorded(500)

    stopped = [job.supervisor, job.pid]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(8)  # longer than what is excused without a word
    for pid in reversed(stopped):
        os.kill(pid, signal.SIGCONT)
    job.steps(510)
    job.wait_until_recorded(510)
    job.end()
    tuimon.wait_for_event(events.SupervisorEnded)

    (gap,) = [gap for gap in tuimon.folded().gaps if gap.what in ("host", "everything")]
    assert (gap.what, gap.reason) == ("everything", "the supervisor and the script were stopped")
    assert complaints(tuimon.events()) == []


def test_a_stop_without_a_supervisor_is_told_by_the_agent(tuimon: Tuimon) -> None:
    job = Job(tuimon).start()
    job.steps(5)
    job.wait_until_recorded(5)

    job.kill_supervisor()
    os.kill(job.pid, signal.SIGSTOP)
    time.sleep(8)
    os.kill(job.pid, signal.SIGCONT)
    job.steps(10)
    wait_for(lambda: tuimon.directory.spools(), "the agent to keep its events")
    follower = tuimon.start("attach", "--last", "--headless")
    job.wait_until_recorded(10)
    job.end()
    tuimon.finish(follower)

    run = tuimon.folded()
    (gap,) = [gap for gap in run.gaps if gap.what == "training"]
    assert gap.reason == "the process was stopped"
    assert patient(run) == []


@pytest.fixture
def freezer() -> Iterator[tuple[Path, str, str, str]]:
    """A control group, the file that freezes it, and what is written to freeze and to thaw it."""
    first, second = ("freezer.state", "FROZEN", "THAWED"), ("cgroup.freeze", "1", "0")
    for parent, words in (("freezer", first), ("unified", second), ("", second)):
        name, frozen, thawed = words
        group = Path("/sys/fs/cgroup") / parent / f"tuimon-test-{os.getpid()}"
        if not (group.parent / "cgroup.procs").exists():
            continue
        try:
            group.mkdir()
        except OSError:
            continue
        if (group / name).exists():
            break
        group.rmdir()
    else:
        pytest.skip("may not make a control group that can be frozen")
    yield group, name, frozen, thawed
    (group / name).write_text(thawed)
    wait_for(lambda: not (group / "cgroup.procs").read_text(), "the group to be empty")
    group.rmdir()


def test_a_frozen_control_group_is_told_apart(tuimon: Tuimon, freezer: tuple[Path, str, str, str]) -> None:
    group, name, frozen, thawed = freezer
    job = Job(tuimon).start()
    job.steps(5)
    job.wait_until_recorded(5)

    (group / "cgroup.procs").write_text(str(job.pid))
    (group / name).write_text(frozen)
    stopped = tuimon.wait_for_event(events.ProcessStopped)
    (group / name).write_text(thawed)
    tuimon.wait_for_event(events.ProcessContinued)
    job.end()
    tuimon.wait_for_event(events.SupervisorEnded)

    assert stopped.reason == "frozen with its control group"
    assert tuimon.folded().status == "finished"


def test_a_debugger_that_holds_a_process_is_told_apart() -> None:
    sleeper = subprocess.Popen(["sleep", "600"])
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
    attach, detach = 16, 17
    try:
        assert unobserved.held(sleeper.pid) is None
        if libc.ptrace(attach, sleeper.pid, None, None):
            pytest.skip("may not trace a process")
        wait_for(lambda: unobserved.held(sleeper.pid) is not None, "the process to be held")
        assert unobserved.held(sleeper.pid) == "held by a debugger"
        with contextlib.suppress(ChildProcessError):
            os.waitpid(sleeper.pid, os.WNOHANG)
        libc.ptrace(detach, sleeper.pid, None, None)
        wait_for(lambda: unobserved.held(sleeper.pid) is None, "the process to go on")
    finally:
        sleeper.kill()
        sleeper.wait()


def test_a_process_that_is_gone_is_held_by_nobody() -> None:
    done = subprocess.Popen(["true"])
    done.wait()
    assert unobserved.held(done.pid) is None


def test_a_long_interval_is_no_gap(tuimon: Tuimon) -> None:
    job = Job(tuimon, "--interval", "6").start()
    seen = [tuimon.wait_for_event(events.HostSampled, count).at for count in (1, 2, 3)]
    job.end()
    tuimon.wait_for_event(events.SupervisorEnded)
    assert seen[2] - seen[0] > 11
    assert not tuimon.folded().gaps


def test_a_process_that_counts_its_time_since_boot_otherwise(tuimon: Tuimon) -> None:
    """In a time namespace, as containers that were moved from another machine are."""
    shift = ["unshare", "--time", "--fork", "--boottime", "90000", "--monotonic", "90000"]
    if shutil.which("unshare") is None or subprocess.run([*shift, "true"], capture_output=True).returncode:
        pytest.skip("may not make a time namespace")
    job = Job(tuimon)
    assert tuimon.run("run", "--detach", "--", *shift, sys.executable, str(SPEAKING)).status == 0
    job.steps(10)
    job.wait_until_recorded(10)
    job.end()
    tuimon.wait_for_event(events.SupervisorEnded)
    assert spread(tuimon.events()) < 3600


def test_times_of_a_run_are_in_order(tuimon: Tuimon) -> None:
    """Of a run that nothing happened to, for what one line of time is good."""
    job = Job(tuimon).start()
    job.steps(20)
    job.wait_until_recorded(20)
    job.end()
    tuimon.wait_for_event(events.SupervisorEnded)
    steps = [event.at for event in tuimon.events() if isinstance(event, events.StepsEnded)]
    assert all(one <= other for one, other in itertools.pairwise(steps))
    assert not tuimon.folded().gaps
