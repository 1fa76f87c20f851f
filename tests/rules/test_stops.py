"""What nobody could observe, and what could not run: rules take it into account."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import PID, START, agent, ended, epoch, fit, host, later, run_of, source, steps
from tests.rules.judging import found, quiet
from tuimon import events
from tuimon.rules.dead_worker import DeadWorker
from tuimon.rules.ended_early import EndedEarly
from tuimon.rules.input_bound import InputBound
from tuimon.rules.io_wait import IoWait
from tuimon.rules.slow_callbacks import SlowCallbacks
from tuimon.rules.slow_start import SlowStart
from tuimon.rules.slowing_down import SlowingDown
from tuimon.rules.stalled import Stalled
from tuimon.rules.step_outliers import StepOutliers
from tuimon.state import Run


def everything(since: float, until: float, asleep: float | None = None) -> events.GapRecorded:
    """Seconds after the start."""
    reason = "the machine was asleep" if asleep else "the supervisor and the script were stopped"
    since, until = START + since, START + until
    return events.GapRecorded(at=until, what="everything", since=since, until=until, reason=reason, asleep=asleep)


def stopped(since: float, pid: int = PID) -> events.ProcessStopped:
    return events.ProcessStopped(at=START + since + 1, pid=pid, since=START + since, reason="stopped by a signal")


def continued(at: float, pid: int = PID) -> events.ProcessContinued:
    return events.ProcessContinued(at=START + at, pid=pid)


def began(*after: events.Event) -> list[events.Event]:
    """In the second epoch, ten seconds after the start."""
    return [*fit(), *epoch(0, 10), steps(1, 5, seconds=0.05, at=START + 10), *after]


# --- stalled


def test_a_night_with_the_lid_closed_is_no_stall() -> None:
    night = everything(12, 30_000, asleep=29_987.0)
    quiet(Stalled(), run_of(began(night, later(30_001))))
    quiet(Stalled(), run_of(began(night, steps(1, 5, step=9, at=START + 30_003), later(30_010))))


def test_a_stall_around_a_short_sleep_is_one() -> None:
    finding = found(Stalled(), run_of(began(everything(20, 50, asleep=29.0), later(260))), "warning")
    assert "no step for 220 s (limit 60 s, 30 s in which the process could not run not counted)" in finding.message


def test_who_is_stopped_now_is_said_to_be() -> None:
    finding = found(Stalled(), run_of(began(stopped(20), later(120))), "note")
    assert finding.message == "the process has not run for 100 s (limit 60 s): it is stopped by a signal"
    assert f"kill -CONT {PID}" in finding.advice
    assert (finding.epoch, finding.step, finding.at) == (1, 5, START + 20)
    quiet(Stalled(), run_of(began(stopped(20), later(60))))
    quiet(Stalled(), run_of(began(stopped(20), later(1000), continued(1001), later(1010))))


def test_who_does_not_move_after_a_stop_is_stalled() -> None:
    finding = found(Stalled(), run_of(began(stopped(20), continued(500), later(600))), "warning")
    assert "no step for 110 s (limit 60 s, 480 s in which" in finding.message


def test_another_process_that_is_stopped_is_no_excuse() -> None:
    found(Stalled(), run_of(began(stopped(20, pid=PID + 1), later(200))), "warning")


def test_the_supervisor_alone_is_no_excuse() -> None:
    """Steps of the time are there when the training went on meanwhile."""
    gap = events.GapRecorded(at=START + 200, what="host", since=START + 11, until=START + 200, reason="stopped")
    found(Stalled(), run_of(began(gap)), "warning")


def test_what_a_process_says_of_itself_counts_where_nobody_watched() -> None:
    alone = events.GapRecorded(at=START + 200, what="host", since=START + 11, until=START + 200, reason="died")
    own = events.GapRecorded(
        at=START + 195, what="agent", since=START + 12, until=START + 195, reason="the process was stopped", pid=PID
    )
    quiet(Stalled(), run_of(began(alone, own, later(201))))
    found(Stalled(), run_of(began(own, later(201))), "warning")  # a supervisor saw it wait for Python's lock


def test_after_the_script_a_daemon_may_stall() -> None:
    went_on = events.ProcessesRemained(at=START + 12, pids=[PID], training=[PID])
    those = [agent(), *began(events.ChildEnded(at=START + 11, pid=PID + 1, exit_code=0), went_on, later(200))]
    found(Stalled(), run_of(those), "warning")
    quiet(Stalled(), run_of(began(events.ChildEnded(at=START + 11, pid=PID + 1, exit_code=0), later(200))))


# --- measured durations, which hold a stop and no sleep


def held_epoch(**changed: float) -> list[events.Event]:
    """An epoch of 100 steps of 10 ms in which something took two minutes."""
    fields: dict[str, Any] = {"seconds": 121.0, "wait": 0.1, "compute": 0.8, "callbacks": 0.1, "first_step": 0.1}
    fields.update(changed)
    return [
        *fit(),
        *source(kind="tf.data", pipeline=[{"op": "map"}]),
        events.EpochStarted(pid=PID, fit=1, epoch=0, at=START + 10),
        steps(0, 100, seconds=fields["seconds"], wait=fields["wait"], durations=[0.01] * 31 + [120.0], at=START + 131),
        events.EpochEnded(pid=PID, fit=1, epoch=0, at=START + 131, steps=100, **fields),
    ]


STOP = [stopped(10), continued(135)]
SLEEP = [everything(10, 135, asleep=124.0)]


def test_a_stop_in_a_callback_is_no_slow_callback() -> None:
    slow = held_epoch(callbacks=120.0)
    slow[-1] = events.EpochEnded(
        pid=PID, fit=1, epoch=0, at=START + 131, steps=100, seconds=121.0, wait=0.1, compute=0.8, callbacks=120.0,
        callback_seconds={"Plot": 120.0},
    )  # fmt: skip
    found(SlowCallbacks(), run_of(slow), "warning")
    quiet(SlowCallbacks(), run_of(slow, STOP))
    found(SlowCallbacks(), run_of(slow, SLEEP), "warning")  # callbacks took as long beside the sleep


def test_a_stop_within_a_wait_is_no_wait() -> None:
    waiting = held_epoch(wait=120.0)
    found(InputBound(), run_of(waiting))
    quiet(InputBound(), run_of(waiting, STOP))
    found(InputBound(), run_of(waiting, SLEEP))


def test_a_stop_that_goes_on_is_in_no_wait_yet() -> None:
    waiting = [
        *fit(),
        *source(kind="tf.data", pipeline=[{"op": "map"}]),
        events.EpochStarted(pid=PID, fit=1, epoch=0, at=START + 10),
        steps(0, 100, seconds=10.0, wait=9.0, durations=[0.1] * 100, at=START + 20),
    ]
    before = found(InputBound(), run_of(waiting))
    for after in (later(25), later(29), later(200)):
        finding = found(InputBound(), run_of(waiting, [stopped(21), after]))
        assert (finding.message, finding.severity) == (before.message, before.severity)
    quiet(InputBound(), run_of(waiting, [stopped(10), steps(0, 1, step=100, seconds=0.1, wait=0.01, at=START + 20.1)]))


def test_a_stop_within_the_first_step_is_not_its_time() -> None:
    first = held_epoch(first_step=120.0)
    found(SlowStart(), run_of(first), "note")
    quiet(SlowStart(), run_of(first, [stopped(11), continued(130)]))
    half = found(SlowStart(), run_of(first, [stopped(20), continued(70)]), "note")
    assert "the first step took 70 s" in half.message


def test_as_many_steps_as_there_were_stops_are_left_out() -> None:
    durations = [0.01] * 300 + [10.0] * 12
    slow = [*fit(), events.EpochStarted(pid=PID, fit=1, epoch=0)]
    slow += [
        steps(
            0, 13, step=13 * n + 12, durations=durations[n::24], seconds=sum(durations[n::24]), at=START + 20 + n * 40
        )
        for n in range(24)
    ]
    found(StepOutliers(), run_of(slow), "note")
    stops = [event for n in range(12) for event in (stopped(20 + n * 80), continued(30 + n * 80))]
    quiet(StepOutliers(), run_of(slow, stops))


def test_a_machine_shared_in_turn_does_not_slow_a_training_down() -> None:
    """More and more of its time goes to others: each step holds a longer stop."""
    those: list[events.Event] = [*fit(), events.EpochStarted(pid=PID, fit=1, epoch=0, at=START + 5)]
    at, stops = 10.0, []
    for step in range(200):
        held = 0.1 * step
        those.append(steps(0, 1, step=step, seconds=1.0 + held, durations=[1.0 + held], at=START + at + 1 + held))
        stops += [stopped(at), continued(at + held)]
        at += 1.0 + held
    found(SlowingDown(), run_of(those), "warning")
    quiet(SlowingDown(), run_of(those, stops))


# --- samples


def test_a_child_that_a_stopped_process_cannot_wait_for_is_not_dead() -> None:
    dead = [host(at=START + 20 + n, dead_workers=1) for n in range(20)]
    found(DeadWorker(), run_of(began(*dead)))
    quiet(DeadWorker(), run_of(began(stopped(15), *dead, continued(45))))


def test_a_frozen_process_does_not_wait_for_the_disk() -> None:
    frozen = [host(at=START + 20 + n, io_waiting=True) for n in range(200)]
    found(IoWait(), run_of(began(*frozen)))
    quiet(IoWait(), run_of(began(stopped(15), *frozen, continued(225))))


def test_a_script_that_is_stopped_may_still_fail() -> None:
    """It has not gone on after what fit() raised: it could not."""
    raised = [*began(), events.FitEnded(pid=PID, fit=1, at=START + 12, exception="ValueError", message="no")]
    late = later(5000)
    found(EndedEarly(), run_of(raised, late))
    quiet(EndedEarly(), run_of(raised, stopped(13), late))


# --- the state


@pytest.mark.parametrize("measured", [False, True])
def test_time_that_is_told_twice_counts_once(measured: bool) -> None:
    run = run_of(began(stopped(20), everything(40, 60, asleep=10.0), continued(100)))
    assert run.not_running(PID, START, START + 200, measured) == (70 if measured else 80)
    assert run.not_running(PID, START + 90, START + 200) == 10
    assert run.not_running(PID + 1, START, START + 200) == 20


def test_a_stop_ends_with_its_process() -> None:
    assert run_of(began(stopped(20))).stopped(PID) is not None
    assert run_of(began(stopped(20)), ended(exit_code=0)).stopped(PID) is None
    run = run_of(began(stopped(20), events.ProcessEnded(at=START + 40, pid=PID)))
    assert run.stopped(PID) is None


def test_very_many_stops_are_kept_first_and_last() -> None:
    run = run_of(began())
    for n in range(3000):
        run.apply(stopped(100 + 10 * n))
        run.apply(continued(105 + 10 * n))
    assert len(run.gaps) <= 1000
    assert run.not_running(PID, START + 30_000, START + 30_100) == 50
    assert run.not_running(PID, START + 100, START + 200) == 50


def test_an_older_journal_is_folded_as_it_was() -> None:
    gap = events.GapRecorded(at=START + 300, what="everything", since=START + 12, until=START + 300, reason="asleep")
    quiet(Stalled(), run_of(began(gap, later(301))))
    assert Run().clock_set is None
