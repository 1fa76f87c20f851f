"""What clients ask of a run: recorded with who asked, carried out or refused, and answered."""

from __future__ import annotations

import os
import pwd
import signal
import time

import pytest

from tests.harness import Tuimon, wait_for
from tests.supervisor.test_survival import Job
from tuimon import events, ownership, wire
from tuimon.control import Control
from tuimon.errors import TuimonError


@pytest.fixture
def job(tuimon: Tuimon) -> Job:
    started = Job(tuimon).start()
    started.steps(3)
    started.wait_until_recorded(3)
    return started


def answer(tuimon: Tuimon, request: str) -> events.RequestAnswered:
    def found() -> events.RequestAnswered | None:
        answers = [event for event in tuimon.events() if isinstance(event, events.RequestAnswered)]
        return next((event for event in answers if event.request == request), None)

    answered = wait_for(found, "an answer")
    assert answered is not None
    return answered


def test_a_request_is_recorded_with_who_asked(job: Job) -> None:
    control = Control(job.tuimon.directory, "screen")
    id = control.ask(events.SignalRequested(signal=signal.SIGTERM))

    assert answer(job.tuimon, id).accepted
    assert answer(job.tuimon, id).detail == "SIGTERM was sent"
    job.tuimon.wait_for_event(events.SupervisorEnded)
    asked = job.tuimon.folded().requests[id].request
    assert asked.by.startswith(f"{pwd.getpwuid(os.geteuid()).pw_name}@")
    assert "(screen, pid " in asked.by
    assert job.tuimon.folded().status == "killed"


def test_what_is_meant_for_the_training_process_reaches_it_and_is_answered(job: Job) -> None:
    control = Control(job.tuimon.directory, "screen")

    stacks = answer(job.tuimon, control.ask(events.StacksRequested()))
    stop = answer(job.tuimon, control.ask(events.EpochStopRequested()))
    weights = control.ask(events.WeightsRequested())

    assert stacks.accepted
    assert "speaking.py" in stacks.text
    assert (stop.accepted, stop.detail) == (False, "no fit is running")
    assert not answer(job.tuimon, weights).accepted
    recorded = job.tuimon.folded().requests[weights].request
    assert isinstance(recorded, events.WeightsRequested)
    assert recorded.path.startswith(str(job.tuimon.directory.path))


def test_nobody_there_to_do_it_is_an_answer_too(tuimon: Tuimon) -> None:
    tuimon.run("run", "--detach", tuimon.script("import time; time.sleep(600)"))

    control = Control(tuimon.directory, "screen")

    refused = answer(tuimon, control.ask(events.EpochStopRequested()))
    assert (refused.accepted, refused.detail) == (False, "no training process is connected")
    unknown = answer(tuimon, control.ask(events.SignalRequested(signal=1000)))
    assert (unknown.accepted, unknown.detail) == (False, "there is no signal 1000")


def test_a_client_that_may_only_look_asks_for_nothing(job: Job) -> None:
    control = Control(job.tuimon.directory, "screen", readonly=True)
    control.greet()

    with pytest.raises(TuimonError):
        control.ask(events.SignalRequested(signal=signal.SIGKILL))

    Control(job.tuimon.directory, "another").greet()
    assert job.tuimon.wait_for_event(events.ScreenAttached).by.startswith("another")
    assert job.tuimon.directory.child_alive()


def test_rubbish_on_the_socket_is_counted_and_does_no_harm(job: Job) -> None:
    path = job.tuimon.directory.socket_path()
    assert path is not None
    with ownership.connect(path, 10.0) as link:
        link.sendall(b"\xff\x00rubbish\n[]\n" + wire.encode(events.ScreenAttached(at=time.time(), by="x"))[:-5])

    lost = job.tuimon.wait_for_event(events.EventsLost)
    assert lost.count == 2
    job.steps(6)
    job.wait_until_recorded(6)


def test_a_request_after_the_end_is_refused_at_once(job: Job) -> None:
    job.end()
    job.tuimon.wait_for_event(events.SupervisorEnded)

    with pytest.raises(TuimonError, match="does not answer"):
        Control(job.tuimon.directory, "screen").ask(events.SignalRequested(signal=signal.SIGINT))


def test_several_follow_at_once(job: Job) -> None:
    followers = [job.tuimon.start("attach", "--last", "--headless") for _ in range(3)]
    job.tuimon.wait_for_event(events.ScreenAttached, count=3)
    job.end("exit 4")

    done = [job.tuimon.finish(follower) for follower in followers]

    assert [each.status for each in done] == [4, 4, 4]
    assert all("3 steps" in each.text for each in done)
