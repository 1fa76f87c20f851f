"""Very many fits: what is kept of them, what their sums are, and that nothing is found or lost by it."""

from __future__ import annotations

import cProfile
import json
import math
import pstats
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.builders import PID, START, batch, epoch, fit, fit_end, later, model, raised, run_of, source, steps, timed
from tests.test_state import told
from tuimon import events, wire
from tuimon.checkpoints import store
from tuimon.follow import Follow
from tuimon.journal import Journal, read
from tuimon.recordings import Recording
from tuimon.report import report
from tuimon.report.compare import compare
from tuimon.report.formats import FORMATS
from tuimon.rules import Finding, diagnose
from tuimon.rules.ended_early import EndedEarly
from tuimon.rules.low_coverage import LowCoverage
from tuimon.rules.memory_near_limit import MemoryNearLimit
from tuimon.rules.non_finite_loss import NonFiniteLoss
from tuimon.rules.stalled import Stalled
from tuimon.runs import RunDirectory
from tuimon.state import Run
from tuimon.state.keeping import CALLS, FIRST, NEWEST, ROOM

MOST = FIRST + NEWEST + sum(ROOM.values())


def short(number: int, loss: float = 0.5, **fields: Any) -> list[events.Event]:
    """A fit of one epoch of two steps."""
    fields.setdefault("site", "train.py:9")
    fields.setdefault("epochs", 1)
    return [
        *fit(number, **fields),
        *source(number, kind="numpy", size=64, batches=2, batch_size=32),
        *model(number, name="m", trainable=9),
        steps(0, 2, number=number, samples=64, seconds=0.5, wait=0.1, loss=loss),
        *epoch(0, 2, number, samples=64, samples_known_by="exact", seconds=0.5, wait=0.1, loss=loss),
        batch(0, 4, number=number),
        *fit_end(number, epochs=1, steps=2),
    ]


def many(count: int, first: int = 1, **fields: Any) -> Iterator[events.Event]:
    for number in range(first, first + count):
        yield from short(number, **fields)


def grown(run: Run, those: Iterable[events.Event]) -> Run:
    """The run goes on with these, a hundredth of a second apart."""
    for each in those:
        run.apply(each if each.at else type(each)(**{**vars(each), "at": run.now + 0.01}))
    return run


def calls(do: Callable[[], object]) -> int:
    """How many functions were called: what a loop costs, whatever else the machine does."""
    profile = cProfile.Profile()
    profile.runcall(do)
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]


# --- the sums


def test_the_sums_over_all_fits_are_exact_and_few_are_kept() -> None:
    run = grown(run_of(), many(1000))

    assert len(run.fits) == FIRST + NEWEST
    assert [each.index for each in run.fits] == [*range(FIRST), *range(1000 - NEWEST, 1000)]
    assert (run.fits_begun, run.trained) == (1000, 1000)
    assert (run.epochs_done, run.steps_done, run.samples_done) == (1000, 2000, 64_000)
    assert run.fit is not None
    assert run.fit.index == 999
    assert [run.fit_at(index) is not None for index in (0, 500, 999, 1000)] == [True, False, True, False]


def test_samples_are_unknown_as_soon_as_those_of_a_summed_fit_are() -> None:
    run = grown(run_of(), [*many(100), *fit(101), steps(number=101), *fit_end(101), *many(100, 102)])

    assert (run.steps_done, run.samples_done) == (401, None)


def test_fits_that_go_on_beyond_any_room_are_counted_all_the_same() -> None:
    begun = [each for number in range(1, 401) for each in fit(number)]
    going_on = [
        steps(0, 3, step=3 * turn + 2, number=number, samples=96) for turn in range(2) for number in range(1, 401)
    ]
    run = grown(run_of(), [*begun, *going_on])

    assert len(run.fits) <= MOST
    assert (run.fits_begun, run.steps_done, run.samples_done) == (400, 2400, 400 * 192)
    ended = [each for number in range(1, 401) for each in epoch(0, None, number=number)]
    assert grown(run, ended).epochs_done == 400


def test_a_fit_that_is_kept_because_it_runs_has_all_its_steps() -> None:
    run = grown(run_of(), [*many(100), *fit(101, epochs=2), steps(number=101), *many(500, 102)])
    going_on = run.fit_at(100)
    assert going_on is not None

    grown(run, [steps(0, 9, step=9, number=101), *epoch(0, 10, number=101), *fit_end(101)])
    assert (going_on.steps_done, going_on.epochs_done, run.fit_at(100) is going_on) == (10, 1, True)
    grown(run, many(200, 602))
    assert run.fit_at(100) is None
    assert (run.steps_done, run.epochs_done) == (2 * 800 + 10, 801)


def test_calls_that_do_not_train_leave_trainings_where_they_are() -> None:
    predicted = [each for n in range(3, 3003) for each in [*fit(n, call="predict"), *fit_end(n)]]
    run = grown(run_of(), [*many(2), *predicted])

    assert len(run.training) == 2
    assert (run.fits_begun, run.trained) == (3002, 2)
    assert len(run.fits) == 2 + 2 * CALLS
    assert run.fit is not None
    assert run.fit.index == 1


def test_a_fit_that_is_told_again_is_not_counted_twice() -> None:
    run = grown(run_of(), many(400))

    grown(run, [*fit(200), *fit(3, at=run.fits[2].started_at)])
    assert run.fits_begun == 400


def test_a_process_may_get_the_number_of_one_that_has_ended() -> None:
    first = [events.AgentStarted(pid=PID), *many(200), events.AgentEnded(pid=PID)]
    run = grown(run_of(), [*first, events.AgentStarted(pid=PID), *many(200)])

    assert (run.fits_begun, run.steps_done) == (400, 800)
    assert run.processes[PID].ended_at is None


# --- what stands out is kept


def test_findings_of_early_fits_are_there_after_very_many_more() -> None:
    early = [*many(4), *short(5, loss=math.nan), *many(195, 6), *short(201, loss=math.nan), *many(99, 202)]
    run = grown(run_of(), early)
    before = {finding.fit for finding in diagnose(run) if finding.rule == "non-finite-loss"}

    grown(run, many(10_000, 301))
    after = {finding.fit for finding in NonFiniteLoss().check(run)}
    assert before == after == {4, 200}


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param([*fit(101), *fit_end(101, exception="ValueError")], id="failed"),
        pytest.param([*fit(101), steps(number=101, loss=math.nan), *fit_end(101)], id="not finite"),
        pytest.param([*fit(101), later(50_000), steps(number=101), *fit_end(101)], id="paused"),
        pytest.param(
            [*fit(101), *(steps(step=n, number=101, at=START + 100 + 4.0 * n) for n in range(20)), *fit_end(101)],
            id="lasting",
        ),
        pytest.param(short(101, site="other.py:3"), id="of another line"),
        pytest.param(fit(101), id="running"),
    ],
)
def test_what_stands_out_is_kept(odd: list[events.Event]) -> None:
    run = grown(run_of(), [*many(100), *odd, *many(1000, 102)])

    assert run.fit_at(100) is not None
    assert len(run.fits) == FIRST + NEWEST + 1


def test_what_stands_out_without_end_is_kept_in_part_and_counted() -> None:
    bad = [each for n in range(1, 1001) for each in [*fit(n), *fit_end(n, exception="ValueError")]]
    run = grown(run_of(), bad)

    assert len(run.fits) == FIRST + NEWEST + ROOM["failed"]
    summed = 1000 - len(run.fits)
    assert run.summed.standing_out == {"failed": summed}
    (said,) = report(run, [])["left_out"]
    assert said["words"] == (
        f"{summed} of 1,000 fits were not judged one by one and are kept as sums only; of these, {summed} failed"
    )


# --- what is found


def test_a_call_within_a_fit_excuses_its_pause_though_it_is_not_kept() -> None:
    """A callback that predicts 300 times for 19 seconds each, while the fit itself says nothing."""
    within: list[events.Event] = [*fit(1), *epoch(0, 10), steps(1, 5, seconds=0.05, at=START + 100)]
    for number in range(2, 302):
        began = START + 100 + 20 * (number - 2)
        within.append(events.FitStarted(pid=PID, fit=number, call="predict", inside=1, at=began))
        within.append(events.FitEnded(pid=PID, fit=number, at=began + 19.0))

    going_on = run_of(within, later(6110))
    assert len(going_on.fits) == 1 + 2 * CALLS
    assert list(Stalled().check(going_on)) == []
    assert list(Stalled().check(run_of(within, steps(1, 5, step=9, at=START + 6110)))) == []


def test_a_call_within_a_fit_moves_it_though_calls_of_another_process_came_after_it() -> None:
    other = PID + 1
    parts: list[events.Event] = [*fit(1), *epoch(0, 10), steps(1, 5, seconds=0.05, at=START + 100)]
    parts.append(events.FitStarted(pid=PID, fit=2, call="predict", inside=1, at=START + 900))
    parts.append(events.FitEnded(pid=PID, fit=2, at=START + 1000))
    for number in range(1, 301):
        parts.append(events.FitStarted(pid=other, fit=number, call="predict", at=START + 1001))
        parts.append(events.FitEnded(pid=other, fit=number, at=START + 1001))
    first = [events.FitStarted(pid=other, fit=1000 + n, call="predict") for n in range(CALLS)]
    run = run_of(first, [events.FitEnded(pid=other, fit=1000 + n) for n in range(CALLS)], parts, later(1050))

    assert not [each for each in run.fits if each.key == (PID, 2)]
    assert list(Stalled().check(run)) == []
    assert len(list(Stalled().check(grown(run, [later(1100)])))) == 1


def test_a_script_that_went_on_is_known_though_the_next_fits_are_not_kept() -> None:
    failed = [*short(1), *fit(2, site="train.py:9"), *fit_end(2, exception="ValueError", message="no")]
    (finding,) = EndedEarly().check(grown(run_of(failed), many(300, 3)))

    assert finding.fit == 1


def test_memory_is_not_put_down_to_a_fit_that_did_not_run_then() -> None:
    full = [
        events.HostSampled(cores=4, memory_total=1000, memory_available=1, rss=900, memory_in_cgroup=999)
        for _ in range(60)
    ]
    between: list[events.Event] = [*many(100), *fit(101, site="train.py:9"), *full, *fit_end(101)]
    run = grown(run_of(), [*between, *many(300, 102)])
    findings = list(MemoryNearLimit().check(run))

    assert findings
    assert run.fit_at(100) is None
    assert [finding.fit for finding in findings] == [None] * len(findings)


def test_data_that_is_seen_in_very_many_fits_is_seen() -> None:
    parts = []
    for number in range(1, 1001):
        parts += fit(number, site="train.py:9", epochs=1, steps_per_epoch=1, steps=1)
        parts += source(
            number, kind="tf.data", size=32_000, batches=1000, batch_size=32, upstream_size=32_000, shuffled=True
        )
        parts += [*epoch(0, 1, number), *fit_end(number)]

    assert list(LowCoverage().check(grown(run_of(), parts))) == []


# --- live, replayed, from a state that was kept


def mixed() -> list[events.Event]:
    """Fits of all kinds, some of which stand out, with calls within them."""
    parts: list[events.Event] = []
    number = 0
    for turn in range(300):
        number += 1
        loss = math.nan if turn % 97 == 50 else 1 / (turn + 1)
        parts += short(number, loss=loss, site=f"train.py:{turn % 7}" if turn % 50 else "once.py:1")[:-1]
        number += 1
        parts += [*fit(number, call="evaluate", inside=number - 1), *fit_end(number, metrics={"loss": loss})]
        if turn % 41 != 7:
            parts += fit_end(number - 1, exception="ValueError" if turn % 60 == 30 else "")
    return timed(parts, [raised("ValueError", where="fit", fit=120)], status=0)


def test_live_replayed_and_restored_it_is_the_same_run(tmp_path: Path) -> None:
    those = mixed()
    directory = RunDirectory(tmp_path)
    journal, live, followed = Journal(tmp_path), Run(), Follow(directory)
    looked: list[list[Finding]] = []
    for index, each in enumerate(those):
        journal.append(each)
        live.apply_all(followed.take(1.0))
        if index % 100 == 0:
            looked.append(diagnose(live))
    journal.close()
    listed, replayed = Run().apply_all(those), Run().apply_all(read(directory.journal))
    for place in (len(those) // 4, len(those) // 2, len(those) - 1):
        before = those[:place]
        store.write(directory.journal, sum(len(wire.encode(each)) for each in before), Run().apply_all(before))
    states = store.known(directory.journal)
    assert len(states) == 3

    assert told(live) == told(listed) == told(replayed)
    documents = [report(run, diagnose(run)) for run in (live, listed, replayed)]
    for state in states:
        restored = Run().apply_all(store.read(directory.journal, most=state.events))
        documents.append(report(restored, diagnose(restored)))
    assert all(json.dumps(each) == json.dumps(documents[0]) for each in documents[1:])
    assert documents[0]["summed_fits"]["fits"] == live.summed.training > 100


# --- what it costs


def test_a_look_for_findings_costs_the_same_after_four_times_as_many_fits() -> None:
    few, more = grown(run_of(), many(500)), grown(run_of(), many(2000))
    for run in (few, more):
        diagnose(run)

    assert calls(lambda: diagnose(more)) <= 1.02 * calls(lambda: diagnose(few))


def test_the_fold_costs_each_fit_the_same() -> None:
    first, second = list(many(1000)), list(many(1000, 1001))
    run = run_of()
    before = calls(lambda: grown(run, first))

    assert calls(lambda: grown(run, second)) <= 1.1 * before


def test_all_that_is_said_of_it_has_the_same_length() -> None:
    documents = [report(run, diagnose(run)) for run in (grown(run_of(), many(count)) for count in (500, 2000))]

    for form in FORMATS.values():
        one, other = (len(form(document)) for document in documents)
        assert other <= 1.1 * one


# --- in words and figures


def test_two_runs_of_very_many_fits_are_compared_by_all_of_them() -> None:
    one, other = (report(run, []) for run in (grown(run_of(), many(500)), grown(run_of(), many(1000))))
    figures = {each["name"]: each["values"] for each in compare(one, other)["figures"]}

    assert figures["epochs"] == [500, 1000]
    assert figures["steps"] == [1000, 2000]
    assert figures["samples"] == [32_000, 64_000]
    assert figures["seconds per epoch"] == pytest.approx([0.5, 0.5])
    assert figures["input wait"] == pytest.approx([0.2, 0.2])


@pytest.mark.parametrize("form", ["text", "markdown", "html", "json"])
def test_every_form_of_the_report_says_what_was_left_out(form: str) -> None:
    run = grown(run_of(), many(500))

    assert "372 of 500 fits were not judged one by one" in FORMATS[form](report(run, diagnose(run))).replace("\\", "")


def test_a_recording_knows_where_each_epoch_begins_though_its_state_does_not(tmp_path: Path) -> None:
    those = timed(many(300))
    directory, journal = RunDirectory(tmp_path), Journal(tmp_path)
    for each in those:
        journal.append(each)
    journal.close()
    store.write(directory.journal, directory.journal.stat().st_size, Run().apply_all(those))

    begun = [each.at for each in those if isinstance(each, events.EpochStarted)]
    assert list(Recording(directory.journal, run=directory).player(1.0).epochs) == begun
