"""Processes around a training: who reports, what of, and how an end is told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.agent.harness import (
    INJECT,
    Listener,
    both_lines,
    needs_keras3,
    plain,
    plain_environment,
    training,
    watched,
)
from tuimon import events

SCRIPTS = Path(__file__).parents[1] / "scripts"


@both_lines
def test_children_do_not_report_and_the_end_is_told(python: str) -> None:
    seen = watched(SCRIPTS / "processes.py", python=python)
    bare = plain(SCRIPTS / "processes.py", python=python)
    assert (seen.status, seen.stdout) == (bare.returncode, bare.stdout) == (1, "[1, 4, 9]\nchild\n")
    assert undated(seen.stderr) == undated(bare.stderr)
    assert seen.failures == []
    assert seen.spooled == []
    pid = seen.the(events.AgentStarted).pid
    assert {event.pid for event in seen.events if isinstance(event, events.AgentEvent)} == {pid}
    assert [fit.epochs for fit in seen.of(events.FitEnded)] == [2, 1]
    thread, script = seen.of(events.ExceptionRaised)
    assert (thread.where, thread.type, thread.message) == ("thread", "OSError", "in a thread")
    assert (script.where, script.type, script.causes) == ("script", "RuntimeError", ["ValueError"])
    assert script.traceback.rstrip().endswith("RuntimeError: at the end")
    assert seen.the(events.AgentEnded)


def undated(text: str) -> list[str]:
    """Threads have numbers of their own, forking draws warnings with process ids."""
    return [line for line in text.splitlines() if "pid=" not in line and "os.fork()" not in line]


FAILS_EARLY = """
import subprocess, sys
subprocess.run([sys.executable, "-c", "raise OSError('of a helper')"], stderr=subprocess.DEVNULL)
def parse(line):
    return int(line)
parse("a")
"""


def test_a_script_that_fails_before_it_trains(tmp_path: Path) -> None:
    script = tmp_path / "fails_early.py"
    script.write_text(FAILS_EARLY)
    seen = watched(script, TUIMON_SUPERVISOR=str(os.getpid()))
    assert (seen.status, seen.stderr) == (1, plain(script).stderr)
    raised = seen.the(events.ExceptionRaised)
    assert (raised.where, raised.type, raised.site) == ("script", "ValueError", f"{script}:5")
    assert [type(event).__name__ for event in seen.events] == ["ExceptionRaised"]
    assert watched(script, TUIMON_SUPERVISOR="1").events == []  # a helper itself


STUCK = """
import threading, time
from tuimon import events
from tuimon.agent import process
from tuimon.agent.outbox import outbox

process.install()
stuck = threading.Event()
def poll():  # as one that TensorFlow lets wait for memory
    stuck.set()
    time.sleep(60)
outbox.pollers.append(poll)
outbox.put(events.AgentStarted())
stuck.wait()
raise MemoryError("at the end")
"""


def test_a_part_that_is_stuck_keeps_nothing_from_being_told(tmp_path: Path) -> None:
    script = tmp_path / "stuck.py"
    script.write_text(STUCK)
    seen = watched(script)
    assert seen.status == 1
    assert seen.the(events.ExceptionRaised).message == "at the end"
    assert seen.the(events.AgentEnded)


@needs_keras3
def test_a_supervisor_that_is_gone_changes_nothing_and_the_spool_has_the_rest(tmp_path: Path) -> None:
    with training(SCRIPTS / "held.py", str(tmp_path), "6") as process:
        process.listener.wait_for(events.EpochStarted, epoch=1)
        wait_for_file(tmp_path / "epoch1")
        process.listener.hang_up()
        (tmp_path / "go").touch()
        seen = process.ended()
    assert (seen.status, seen.stdout.strip(), seen.stderr) == (0, "6", "")
    fresh = [event for event in seen.spooled if event not in seen.events]  # the last words are said again
    assert [event.epoch for event in fresh if isinstance(event, events.EpochEnded)] == [1, 2, 3, 4, 5]
    assert any(isinstance(event, events.FitEnded) for event in fresh)
    seen.events += fresh
    fit = seen.run.fits[0]
    assert [epoch.steps for epoch in fit.epochs] == [10] * 6
    assert fit.steps_done == 60


def wait_for_file(path: Path) -> None:
    import time

    deadline = time.monotonic() + 300
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@needs_keras3
def test_a_supervisor_that_comes_back_is_told_the_rest(tmp_path: Path) -> None:
    with training(SCRIPTS / "held.py", str(tmp_path), "4") as process:
        process.listener.wait_for(events.EpochStarted, epoch=1)
        wait_for_file(tmp_path / "epoch1")
        process.listener.hang_up()
        successor = Listener(process.directory)
        successor_is_there = successor.wait_for_connection()
        (tmp_path / "go").touch()
        seen = process.ended()
        successor.finish()
    assert successor_is_there
    assert seen.status == 0
    fresh = [event for event in successor.events if event not in seen.events]  # the last words are said again
    assert [event.epoch for event in fresh if isinstance(event, events.EpochEnded)] == [1, 2, 3]


@needs_keras3
def test_what_a_screen_asks_for_is_done(tmp_path: Path) -> None:
    with training(SCRIPTS / "held.py", str(tmp_path), "1000") as process:
        listener = process.listener
        listener.wait_for(events.EpochStarted, epoch=1)
        wait_for_file(tmp_path / "epoch1")
        listener.send(events.StacksRequested(id="stacks"))
        stacks = listener.wait_for(events.RequestAnswered, request="stacks")
        assert stacks.accepted
        assert "on_epoch_end" in stacks.text
        listener.send(events.WeightsRequested(id="weights", path=str(tmp_path / "kept.weights.h5")))
        (tmp_path / "go").touch()
        weights = listener.wait_for(events.RequestAnswered, request="weights")
        assert weights.accepted, weights.detail
        assert (tmp_path / "kept.weights.h5").stat().st_size
        listener.send(events.EpochStopRequested(id="stop"))
        assert listener.wait_for(events.RequestAnswered, request="stop").accepted
        seen = process.ended()
    assert seen.status == 0
    ended = seen.the(events.FitEnded)
    assert (ended.stop_training, ended.stopped_by) == (True, "tuimon")
    assert int(seen.stdout) == ended.epochs


def test_a_program_without_keras_gets_an_import_hook_and_nothing_else(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import sys\nprint(sorted(sys.modules))\nprint(sys.path, sys.argv)\n")
    seen = watched(script, "argument")
    bare = plain(script, "argument")
    modules, rest = seen.stdout.split("\n", 1)
    bare_modules, bare_rest = bare.stdout.split("\n", 1)
    added = set(eval(modules)) - set(eval(bare_modules))
    assert added <= {"tuimon", "tuimon.agent", "tuimon.agent.imports", "sitecustomize", "__future__"}
    assert rest == bare_rest
    assert seen.events == []
    assert seen.spooled == []


def test_the_users_own_sitecustomize_runs(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "sitecustomize.py").write_text("import sys\nsys.ours = __file__\n")
    environment = {
        **plain_environment(),
        "PYTHONPATH": os.pathsep.join([str(INJECT), str(own)]),
        "TUIMON_SOCKET": str(tmp_path / "nobody"),
    }
    command = [sys.executable, "-c", "import os, sys; print(sys.ours, os.environ['PYTHONPATH'])"]
    printed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert printed.stdout.split() == [str(own / "sitecustomize.py"), environment["PYTHONPATH"]]
    assert printed.stderr == ""


def test_an_error_in_the_users_own_sitecustomize_is_shown_as_ever(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "sitecustomize.py").write_text("raise ValueError('own trouble')\n")
    environment = {**plain_environment(), "TUIMON_SOCKET": str(tmp_path / "nobody")}
    command = [sys.executable, "-c", "print('still here')"]

    def run(path: str) -> subprocess.CompletedProcess[str]:
        variables = {**environment, "PYTHONPATH": path}
        return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)

    ours, bare = run(os.pathsep.join([str(INJECT), str(own)])), run(str(own))
    assert ours.returncode == bare.returncode
    assert ours.stdout == bare.stdout
    assert "own trouble" in ours.stderr


@both_lines
def test_switched_off(python: str, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import sys\nprint('tuimon' in sys.modules)\n")
    seen = watched(script, python=python, TUIMON_AGENT="off")
    assert seen.stdout == "False\n"


def test_what_is_told_of_the_environment_is_tensorflows_and_no_secret(tmp_path: Path) -> None:
    script = tmp_path / "imports.py"
    script.write_text(
        "import keras, numpy as np\n"
        "model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])\n"
        "model.compile('sgd', 'mse')\n"
        "model.fit(np.ones((4, 2)), np.ones(4), verbose=0)\n"
    )
    told = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_NUM_INTRAOP_THREADS": "1", "OMP_NUM_THREADS": "1"}
    seen = watched(script, **told, TF_VAR_password="of Terraform", TF_CLI_ARGS="x", NVIDIA_SECRET="y", JAX_TOKEN="z")

    names = set(seen.the(events.AgentStarted).environment)

    assert names >= set(told)
    assert not names & {"TF_VAR_password", "TF_CLI_ARGS", "NVIDIA_SECRET", "JAX_TOKEN"}
