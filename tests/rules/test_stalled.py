"""Training that does not move."""

from __future__ import annotations

from typing import Any

from tests.builders import PID, START, ended, epoch, fit, fit_end, host, later, run_of, steps
from tests.rules.judging import at_most_a_note, found, quiet
from tuimon import events
from tuimon.rules.stalled import Stalled


def began(*after: Any, **fields: Any) -> list[events.Event]:
    """Five seconds into the second epoch, whose steps take 10 ms."""
    these: list[events.Event] = [*fit(**fields), *epoch(0, 10), steps(1, 5, seconds=0.05, at=START + 10)]
    return these + list(after)


def test_it_stands_still_now() -> None:
    finding = found(Stalled(), run_of(began(later(260))), "warning")
    assert "no step for 250 s (limit 60 s) in epoch 2 after step 5" in finding.message
    assert (finding.epoch, finding.step, finding.at, finding.over) == (1, 5, START + 10, False)
    found(Stalled(), run_of(began(later(700))), "error")


def test_it_stood_still_and_goes_on() -> None:
    finding = found(Stalled(after=5), run_of(began(steps(1, 5, step=9, at=START + 18))), "warning")
    assert "no step for 8 s (limit 5 s)" in finding.message
    assert finding.over


def test_its_identity_stays_when_it_is_over() -> None:
    during = found(Stalled(), run_of(began(later(100))))
    after = found(Stalled(), run_of(began(later(100), steps(1, 5, step=9, at=START + 120))))
    assert (during.fit, during.epoch, during.step, during.at) == (after.fit, after.epoch, after.step, after.at)


def test_what_it_is_busy_with() -> None:
    idle = [host(at=START + 20 + n, cpu_cores=0.01) for n in range(60)]
    assert "it waits, probably for data" in found(Stalled(), run_of(began(*idle))).message
    busy = [host(at=START + 20 + n, cpu_cores=1.5) for n in range(60)]
    assert "the processor is busy (1.5 cores)" in found(Stalled(), run_of(began(*busy))).message


def test_the_limit_grows_with_the_steps() -> None:
    slow = [*fit(), *epoch(0, 10), steps(1, 5, seconds=50.0, at=START + 60)]  # ten seconds each
    quiet(Stalled(), run_of(slow, later(60 + 150)))
    found(Stalled(), run_of(slow, later(60 + 250)))


def test_tracing_saving_and_callbacks_may_take_longer() -> None:
    quiet(Stalled(), run_of(fit(), later(300)))
    saving = events.PhaseChanged(pid=PID, fit=1, phase="saving", at=START + 11)
    quiet(Stalled(), run_of(began(saving, later(300))))
    assert "still saving" in found(Stalled(), run_of(began(saving, later(900)))).message
    assert "no first step for" in found(Stalled(), run_of(fit(), later(900))).message


def test_after_the_first_epoch_tracing_is_no_excuse() -> None:
    tracing = events.PhaseChanged(pid=PID, fit=1, phase="tracing", at=START + 11)
    found(Stalled(), run_of(began(tracing, later(300))), "warning")
    first = [*fit(), steps(0, 5, seconds=0.05, at=START + 10), tracing, later(300)]
    quiet(Stalled(), run_of(first))


def test_an_epoch_may_begin_slowly() -> None:
    quiet(Stalled(), run_of(fit(), epoch(0, 10), events.EpochStarted(pid=PID, fit=1, epoch=1), later(200)))


def test_what_took_long_before_may_take_long_again() -> None:
    uploads = [*fit(epochs=9), *epoch(0, 10)]
    first = events.EpochStarted(pid=PID, fit=1, epoch=1, at=START + 500)
    quiet(Stalled(), run_of(uploads, first, epoch(1, 10), later(500 + 1000)))


def test_a_call_from_a_callback_is_progress() -> None:
    inner = events.FitStarted(pid=PID, fit=2, call="predict", inside=1, at=START + 12)
    done = events.FitEnded(pid=PID, fit=2, at=START + 200)
    quiet(Stalled(), run_of(began(inner, done, steps(1, 5, step=9, at=START + 210))))


def test_near_misses() -> None:
    quiet(Stalled(), run_of(began(later(50))))
    quiet(Stalled(), run_of(began(ended(exit_code=1), later(500))))
    quiet(Stalled(), run_of(began(*fit_end(), later(500))))
    quiet(Stalled(), run_of(began(events.RunLost(), later(500))))
    slept = events.GapRecorded(what="everything", since=START + 12, until=START + 400)
    quiet(Stalled(), run_of(began(slept, steps(1, 5, step=9, at=START + 401))))
    at_most_a_note(Stalled(), run_of(began(later(5000), call="custom-loop")))  # the loop may be over
