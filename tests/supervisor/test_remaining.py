"""Training in processes that outlive the script belongs to the run: launchers, daemons, what nobody listened to."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.harness import Tuimon, wait_for
from tests.supervisor.test_survival import SPEAKING, Job
from tuimon import events, prune
from tuimon.joining import join
from tuimon.runs import RunDirectory

LAUNCHER = f"""
import subprocess, sys
quiet = subprocess.DEVNULL if "quiet" in sys.argv else None
subprocess.Popen([sys.executable, {str(SPEAKING)!r}], start_new_session=True, stdout=quiet, stderr=quiet)
print("launched")
"""


class Launched(Job):
    """The same, of a script that starts it and ends."""

    def start(self) -> Launched:
        done = self.tuimon.run("run", "--detach", self.tuimon.script(LAUNCHER))
        assert done.status == 0, done.text
        return self

    def trainer(self) -> int:
        """The process that trains, once its supervisor has seen the script end."""
        return wait_for(lambda: remaining(self.tuimon), "the process that remains")[0]

    def kill_supervisor(self) -> None:
        super().kill_supervisor()
        assert self.tuimon.directory.read().ended_at is not None


def remaining(tuimon: Tuimon) -> list[int]:
    """The processes that train on, as far as the journal says."""
    those = [event for event in tuimon.events() if isinstance(event, events.ProcessesRemained)]
    return those[-1].training if those else []


@pytest.fixture
def launched(tuimon: Tuimon) -> Launched:
    return Launched(tuimon)


def gone(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def test_a_launcher_returns_and_its_training_is_recorded(launched: Launched) -> None:
    tuimon = launched.tuimon
    done = tuimon.run("run", "--headless", tuimon.script(LAUNCHER))

    assert done.status == 0
    assert done.stdout == b"launched\n"
    directory = tuimon.directory
    assert f"attach with: tuimon attach {directory.id}" in done.said
    trainer = launched.trainer()
    assert {f"process {trainer} goes on training", f"process {trainer} goes on"} & set(done.said)
    launched.steps(10)
    launched.wait_until_recorded(10)

    run = tuimon.folded()
    assert (run.status, run.remaining, run.ended_at) == ("running", [trainer], None)
    assert (directory.status(), directory.remaining(), prune.is_over(directory)) == ("running", [trainer], False)
    assert "running" in tuimon.run("runs").stdout.decode()
    follower = tuimon.start("attach", "--last", "--headless")
    launched.steps(20)
    launched.end()
    shown = tuimon.finish(follower)
    tuimon.wait_for_event(events.SupervisorEnded)

    assert shown.status == 0
    assert "the script finished" in shown.text
    assert "20 steps" in shown.text
    assert launched.recorded() == list(range(20))
    run = tuimon.folded()
    assert run.child_ended is not None
    assert run.ended_at is not None
    assert (run.status, run.remaining) == ("finished", [])
    assert run.ended_at > run.child_ended.at
    later = f"what it left behind went on training and ended {run.ended_at - run.child_ended.at:.1f} s later"
    assert later in tuimon.run("replay", directory.id).said
    (told,) = [line.partition(":")[0] for line in done.said if "the script finished after" in line]
    assert any(line.startswith(told + ":") for line in shown.said)
    assert (directory.status(), directory.remaining(), prune.is_over(directory)) == ("finished", [], True)
    assert run.processes_ended[trainer].signal is None


def test_the_machine_is_watched_where_the_training_goes_on(launched: Launched) -> None:
    tuimon = launched.start().tuimon
    trainer = launched.trainer()
    seen = len(tuimon.events())

    def sampled() -> list[events.HostSampled]:
        return [event for event in tuimon.events()[seen:] if isinstance(event, events.HostSampled) and event.main_rss]

    wait_for(sampled, "memory of the process that trains")
    os.kill(trainer, signal.SIGKILL)
    tuimon.wait_for_event(events.SupervisorEnded)
    ended = tuimon.wait_for_event(events.ProcessEnded)
    assert ended.pid == trainer
    assert ended.signal in (signal.SIGKILL, None)  # None where the kernel does not tell of other people's children
    assert tuimon.folded().status == "finished"


def test_a_request_reaches_the_process_that_goes_on(launched: Launched) -> None:
    from tuimon.control import Control

    tuimon = launched.start().tuimon
    trainer = launched.trainer()
    control = Control(tuimon.directory, "test")
    wait_for(lambda: tuimon.folded().host.latest, "the first look")
    control.ask(events.SignalRequested(signal=signal.SIGTERM))
    tuimon.wait_for_event(events.SupervisorEnded)
    control.close()
    assert gone(trainer)


def test_a_supervisor_that_dies_meanwhile_is_replaced(launched: Launched) -> None:
    tuimon = launched.start().tuimon
    trainer = launched.trainer()
    launched.steps(5)
    launched.wait_until_recorded(5)

    launched.kill_supervisor()
    launched.steps(10)
    wait_for(lambda: tuimon.directory.spools(), "the agent to keep its events")
    assert tuimon.directory.status() == "running"
    assert not prune.is_over(tuimon.directory)
    follower = tuimon.start("attach", "--last", "--headless")
    launched.wait_until_recorded(10)
    launched.steps(15)
    launched.end()
    done = tuimon.finish(follower)

    assert launched.recorded() == list(range(15))
    assert done.status == 0
    assert not tuimon.directory.spools()
    run = tuimon.folded()
    assert trainer in run.processes_ended
    assert len([event for event in tuimon.events() if isinstance(event, events.ChildEnded)]) == 1


def test_what_was_kept_after_the_end_is_taken_in(launched: Launched) -> None:
    tuimon = launched.start().tuimon
    trainer = launched.trainer()
    launched.kill_supervisor()
    launched.steps(10)
    launched.end()
    wait_for(lambda: gone(trainer), "the training to end")
    directory = tuimon.directory
    assert directory.spools()
    assert launched.recorded() == []

    done = tuimon.run("attach", "--last", "--headless")

    assert launched.recorded() == list(range(10))
    assert "10 steps" in done.text
    assert done.status == 0
    assert not directory.spools()
    assert len([event for event in tuimon.events() if isinstance(event, events.ChildEnded)]) == 1
    assert directory.status() == "finished"
    assert prune.is_over(directory)


def test_replay_says_that_there_is_more(launched: Launched) -> None:
    tuimon = launched.start().tuimon
    trainer = launched.trainer()
    launched.kill_supervisor()
    launched.steps(10)
    launched.end()
    wait_for(lambda: gone(trainer), "the training to end")

    done = tuimon.run("replay", tuimon.directory.id, "--format", "text")
    assert any("`tuimon attach" in line and str(trainer) in line for line in done.said)


LATER = """
import os, subprocess, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep({seconds})
        os.execv(sys.executable, [sys.executable, {script!r}])
    os._exit(0)
os.wait()
sys.exit(3)
"""


def test_a_daemon_that_begins_to_train_later_is_waited_for(launched: Launched) -> None:
    tuimon = launched.tuimon
    done = tuimon.run("run", "--headless", tuimon.script(LATER.format(seconds=4, script=str(SPEAKING))))
    assert done.status == 3
    assert any(" goes on" in line and "goes on training" not in line for line in done.said)
    launched.trainer()
    launched.steps(10)
    launched.end()
    tuimon.wait_for_event(events.SupervisorEnded)

    assert launched.recorded() == list(range(10))
    assert tuimon.directory.read().exit_code == 3
    assert tuimon.folded().status == "failed"


def test_a_daemon_that_begins_when_nobody_listens_any_more_is_found(launched: Launched) -> None:
    tuimon = launched.tuimon
    tuimon.run("run", "--headless", tuimon.script(LATER.format(seconds=4, script=str(SPEAKING))))
    launched.kill_supervisor()
    assert tuimon.directory.status() == "failed"
    launched.steps(10)
    (trainer,) = wait_for(lambda: tuimon.directory.spools(), "the agent to keep its events")
    assert tuimon.directory.status() == "running"
    assert tuimon.directory.remaining() == [trainer]

    follower = tuimon.start("attach", "--last", "--headless")
    launched.wait_until_recorded(10)
    launched.steps(12)
    launched.end()
    done = tuimon.finish(follower)
    assert launched.recorded() == list(range(12))
    assert done.status == 3


def test_a_helper_does_not_hold_the_end_up(tuimon: Tuimon) -> None:
    script = "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(3)'])\n"
    done = tuimon.run("run", "--headless", tuimon.script(script))
    assert done.status == 0
    tuimon.wait_for_event(events.SupervisorEnded)
    run = tuimon.folded()
    assert (run.status, run.remaining, run.left) == ("finished", [], [])
    assert run.child_ended is not None
    assert run.ended_at == run.child_ended.at  # nobody has trained since
    (told,) = [line for line in done.said if "the script finished after" in line]
    assert told in tuimon.run("replay", tuimon.directory.id).said


def test_a_script_that_leaves_nothing_ends_as_before(tuimon: Tuimon) -> None:
    pool = "from multiprocessing import get_context\n\nif __name__ == '__main__':\n    "
    done = tuimon.run("run", "--headless", tuimon.script(pool + "print(get_context('spawn').Pool(2).map(abs, [-1]))\n"))
    assert done.stdout == b"[1]\n"
    tuimon.wait_for_event(events.SupervisorEnded)
    assert not [event for event in tuimon.events() if isinstance(event, events.ProcessesRemained) and event.training]
    assert not any("attach with" in line for line in done.said)


KERAS = """
import os, sys
if os.fork():
    print("launched")
    sys.exit(0)
os.setsid()
if os.fork():
    os._exit(0)
import numpy as np
import keras
model = keras.Sequential([keras.layers.Dense(1)])
model.compile(loss="mse", optimizer="sgd")
model.fit(np.zeros((64, 4)), np.zeros((64, 1)), epochs=5, verbose=2)
"""


def test_keras_in_a_daemon_is_seen_to_its_end(tuimon: Tuimon) -> None:
    pytest.importorskip("tensorflow")
    done = tuimon.run("run", "--headless", tuimon.script(KERAS))
    assert done.status == 0
    ended = tuimon.wait_for_event(events.SupervisorEnded)

    run = tuimon.folded()
    (fit,) = run.training
    assert [(epoch.steps, epoch.samples, epoch.ended) for epoch in fit.epochs] == [(2, 64, True)] * 5
    assert fit.ended is not None
    assert ended.reason == "the script ended"
    assert isinstance(tuimon.directory, RunDirectory)
    assert run.status == "finished"


def test_a_stopped_daemon_is_still_the_runs(launched: Launched) -> None:
    tuimon = launched.start().tuimon
    trainer = launched.trainer()
    os.kill(trainer, signal.SIGSTOP)
    stopped = tuimon.wait_for_event(events.ProcessStopped)
    assert stopped.pid == trainer
    os.kill(trainer, signal.SIGCONT)
    launched.end()
    tuimon.wait_for_event(events.SupervisorEnded)
    assert tuimon.folded().stopped(trainer) is None


def test_a_supervisor_told_to_end_leaves_the_daemon_alone(launched: Launched) -> None:
    tuimon = launched.start().tuimon
    trainer = launched.trainer()
    os.kill(launched.supervisor, signal.SIGTERM)
    tuimon.wait_for_event(events.SupervisorEnded)
    time.sleep(0.2)
    assert not gone(trainer)
    assert tuimon.directory.status() == "running"
    launched.end()
    wait_for(lambda: gone(trainer), "the training to end")


def test_a_script_that_ends_unseen_leaves_its_daemon_to_the_run(launched: Launched) -> None:
    """The supervisor died first: nobody saw the script end."""
    tuimon = launched.tuimon
    script = tuimon.script(
        "import pathlib, time\n" + LAUNCHER + "while not pathlib.Path('go').exists(): time.sleep(0.05)\n"
    )
    assert tuimon.run("run", "--detach", script).status == 0
    launched.steps(5)
    launched.wait_until_recorded(5)
    pid = launched.pid
    Job.kill_supervisor(launched)
    launched.write("go", "")
    wait_for(lambda: gone(pid), "the script to end")
    launched.steps(10)
    wait_for(lambda: tuimon.directory.spools(), "the agent to keep its events")
    assert tuimon.directory.status() == "running"
    assert tuimon.directory.lost() is None
    (trainer,) = tuimon.directory.remaining()
    assert join.run_of(tuimon.home, trainer) == tuimon.directory

    follower = tuimon.start("attach", "--last", "--headless")
    launched.wait_until_recorded(10)
    launched.end()
    done = tuimon.finish(follower)
    assert launched.recorded() == list(range(10))
    assert "the script ended, with a status that nobody saw" in done.text
    assert tuimon.directory.status() == "finished"
