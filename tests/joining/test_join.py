"""A training that was started as plain `python train.py` is joined: what was before, what follows, and its results."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.agent.harness import both_lines, needs_keras3, plain_environment
from tests.harness import Tuimon, wait_for
from tests.joining.test_inject import allowed as allowed
from tuimon import events
from tuimon.control import Control

SCRIPT = Path(__file__).parents[1] / "scripts" / "plain_fit.py"
STEPS = 12

pytestmark = [pytest.mark.timeout(900), pytest.mark.usefixtures("allowed")]


class Job:
    """The training, held before step 5 of epoch 2 until `go`."""

    def __init__(self, python: str, directory: Path, epochs: int) -> None:
        directory.mkdir()
        self.directory = directory
        self.output = directory / "out"
        with self.output.open("wb") as out, (directory / "err").open("wb") as err:
            command = [python, str(SCRIPT), str(directory), str(epochs)]
            self.process = subprocess.Popen(command, stdout=out, stderr=err, env=plain_environment())
        wait_for(lambda: self.process.poll() is not None or (directory / "here").exists(), "epoch 2", 300)
        assert self.process.poll() is None, (directory / "err").read_text()

    @property
    def pid(self) -> str:
        return str(self.process.pid)

    def go(self) -> None:
        (self.directory / "go").touch()

    def result(self) -> str:
        """What it printed at its end."""
        assert self.process.wait(300) == 0, (self.directory / "err").read_text()
        return self.output.read_text().splitlines()[-1]


@contextmanager
def job(python: str, directory: Path, epochs: int = 5) -> Iterator[Job]:
    started = Job(python, directory, epochs)
    try:
        yield started
    finally:
        started.process.kill()
        started.process.wait()


def history(result: str) -> dict[str, list[float]]:
    """The first fit's, of a result that a job printed."""
    end = result.index(")] [") + 2
    return dict(ast.literal_eval(result[len("RESULT ") : end]))


def joined(tuimon: Tuimon, job: Job, *options: str) -> Any:
    return tuimon.start("attach", job.pid, "--headless", *options)


@both_lines
def test_a_fit_is_joined_in_the_middle_and_comes_to_the_same(tuimon: Tuimon, tmp_path: Path, python: str) -> None:
    with job(python, tmp_path / "inside") as inside:
        attached = joined(tuimon, inside, "--yes")
        tuimon.wait_for_event(events.ModelDescribed)  # told when all is in place
        came_in = tuimon.wait_for_event(events.EpochStarted)
        inside.go()
        done = tuimon.finish(attached)
        result = inside.result()
    run = tuimon.folded()
    seen = tuimon.events()
    with job(python, tmp_path / "outside") as outside:
        watched = joined(tuimon, outside, "--no-inject")
        wait_for(lambda: tuimon.directory.read().read_printed and tuimon.folded().fits, "what was printed")
        wait_for(lambda: 0.0 in guesses(tuimon), "a guess while the training is held by something else")
        (tmp_path / "outside" / "starve").touch()
        outside.go()
        wait_for(lambda: 1.0 in guesses(tuimon), "a guess while no batch comes")
        (tmp_path / "outside" / "starve").unlink()
        assert tuimon.finish(watched).status == 0
        assert outside.result() == result, "it came to something else than without the agent"
    told = tuimon.folded()

    assert done.status == 0, done.text
    assert [event for event in seen if isinstance(event, events.AgentFailed)] == []
    assert run.started is not None
    assert (run.started.source, run.name, run.status) == ("attach", "plain_fit", "finished")
    assert run.child_ended is not None
    assert run.child_ended.exit_code == 0
    check_joined(run, came_in, history(result))
    check_printed(told, history(result))


def guesses(tuimon: Tuimon) -> list[float]:
    """The shares of input wait that were guessed from outside."""
    told = [event for event in tuimon.events() if isinstance(event, events.WaitEstimated)]
    return [event.wait / event.seconds for event in told if event.wait is not None and event.seconds]


def check_joined(run: Any, came_in: events.EpochStarted, truth: dict[str, list[float]]) -> None:
    first, second = run.fits
    assert run.wait_estimate is None
    assert came_in.joined
    assert came_in.epoch == 2
    assert first.started.joined
    assert first.started.site.startswith(f"{SCRIPT}:")
    assert (first.started.epochs, first.started.steps, first.started.validation) == (5, STEPS, True)
    assert first.model.optimizer == "Adam"
    assert first.sources["train"].described.kind == "generator"
    assert first.sources["validation"].size == 40
    assert [epoch.index for epoch in first.epochs] == [0, 1, 2, 3, 4]
    for epoch in first.epochs:
        assert epoch.metrics == pytest.approx({name: values[epoch.index] for name, values in truth.items()})
        assert epoch.backfilled == (epoch.index < came_in.epoch)
        assert epoch.complete == (epoch.index > came_in.epoch)
        assert epoch.counted == (epoch.index >= came_in.epoch)
        assert epoch.steps == (STEPS if epoch.counted else 0)
    assert first.epochs[0].seconds is None
    assert first.epochs[-1].seconds is not None
    assert first.epochs[-1].validation.steps == 2
    assert first.epochs[-1].learning_rate == pytest.approx(0.01)
    assert first.ended is not None
    assert (first.ended.epochs, first.ended.steps) == (5, None)
    assert first.steps_done == 6 + 2 * STEPS, "from the first step on that was seen from its begin"
    assert not second.started.joined
    assert (second.ended.epochs, second.ended.steps) == (2, 2 * STEPS)
    assert [epoch.samples for epoch in second.epochs] == [96, 96]
    assert all(epoch.wait is not None for epoch in second.epochs)


def check_printed(run: Any, truth: dict[str, list[float]]) -> None:
    """What was read of the output file: it has four decimals, and nothing of the second fit."""
    (fit,) = run.fits
    assert [epoch.index for epoch in fit.ended_epochs] == [0, 1, 2, 3, 4]
    for epoch in fit.ended_epochs:
        assert epoch.metrics == pytest.approx({name: each[epoch.index] for name, each in truth.items()}, abs=1e-3)
    assert fit.epochs[0].backfilled
    assert not fit.epochs[-1].backfilled
    assert run.status == "finished"
    assert run.wait_estimate is not None
    assert run.wait_estimate.known_by == "stack-pointer"


def answered(tuimon: Tuimon, control: Control, request: events.Request) -> events.RequestAnswered:
    asked = control.ask(request)

    def answer() -> events.RequestAnswered | None:
        known = tuimon.folded().requests.get(asked)
        return known.answer if known is not None else None

    found = wait_for(answer, type(request).__name__)
    assert found is not None
    return found


def let_go_and_come_back(tuimon: Tuimon) -> None:
    """The agent is quiet in between, and tells what it missed when it is called back."""
    assert tuimon.run("detach", "plain_fit").status == 0
    assert not tuimon.directory.supervised()
    ended = tuimon.wait_for_event(events.SupervisorEnded)
    assert ended.reason == "detached"
    before = len(tuimon.folded().fits)
    tuimon.start("attach", "plain_fit", "--headless")
    wait_for(lambda: len(tuimon.folded().fits) > before, "the fit, once more")
    wait_for(lambda: tuimon.folded().fits[-1].steps_done, "its steps")


@needs_keras3
def test_a_joined_fit_answers_is_let_go_and_stops(tuimon: Tuimon, tmp_path: Path) -> None:
    with job(sys.executable, tmp_path / "job", epochs=100_000) as endless:
        attached = joined(tuimon, endless, "--yes")
        tuimon.wait_for_event(events.EpochStarted)
        control = Control(tuimon.directory, "test")
        stacks = answered(tuimon, control, events.StacksRequested())
        endless.go()
        weights = answered(tuimon, control, events.WeightsRequested())
        control.close()
        let_go_and_come_back(tuimon)
        answered(tuimon, control, events.EpochStopRequested())
        control.close()
        assert tuimon.finish(attached).status == 0
        endless.result()
    run = tuimon.folded()
    assert "plain_fit.py" in stacks.text
    assert weights.accepted
    assert list(tuimon.directory.path.glob("*.weights.h5"))
    assert run.fits[0].ended is None, "nobody saw the end of what was let go"
    ended = run.fits[1].ended
    assert ended is not None
    assert ended.stop_training
    assert ended.stopped_by == "tuimon"


WAITING = "import sys; print('here', flush=True); sys.stdin.read()"


@pytest.fixture
def waiting() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", WAITING], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.communicate()


def test_without_a_yes_nothing_is_done(tuimon: Tuimon, waiting: subprocess.Popen[bytes]) -> None:
    done = tuimon.run("attach", str(waiting.pid))

    assert done.status == 2
    assert len(done.said) == 1
    assert "--yes" in done.text
    assert "--no-inject" in done.text
    assert not tuimon.runs


def test_a_process_that_opted_out_is_watched_from_outside(tuimon: Tuimon) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHON_DISABLE_REMOTE_DEBUG": "1"},
    )
    assert process.stdout is not None
    process.stdout.readline()
    attached = tuimon.start("attach", str(process.pid), "--yes", "--headless")
    wait_for(lambda: tuimon.runs and tuimon.runs[0].read().read_printed, "the run that only looks")
    tuimon.wait_for_event(events.HostSampled)
    process.stdin.close()  # type: ignore[union-attr]
    done = tuimon.finish(attached)
    process.wait()
    process.stdout.close()

    assert done.status == 0
    assert "opted out" in done.text
    assert "does not print to a file" in done.text
    assert tuimon.folded().status == "finished"
    assert len(tuimon.runs) == 1


def test_a_process_that_is_the_script_of_a_run_is_that_run(tuimon: Tuimon) -> None:
    script = tuimon.script("import time\nopen('here', 'w').close()\nwhile True: time.sleep(0.01)\n")
    tuimon.run("run", "--detach", script)
    wait_for((tuimon.path / "here").exists, "the script")
    pid = tuimon.directory.read().pid
    attached = tuimon.start("attach", str(pid), "--headless")
    tuimon.wait_for_event(events.ScreenAttached)
    os.kill(pid or 0, 15)

    assert tuimon.finish(attached).status == 143
    assert len(tuimon.runs) == 1


def test_what_can_be_joined_is_listed(tuimon: Tuimon, tmp_path: Path) -> None:
    from tuimon.joining import offers
    from tuimon.joining.candidates import Candidate

    other = Candidate(7, 0.0, 90_000.0, 3 << 30, ["python", "train.py"], ["tensorflow"], False)
    listed = offers.table([], [other])
    assert offers.NOT_OURS in listed
    assert "3.0 GiB" in listed
    assert "25 h" in listed
    heading, ((choice, line),) = offers.lines([], [other])
    assert choice == 7
    assert heading.index("command") == line.index("train.py")
    assert "gpu" not in heading, "there is none"
