"""The fold: what a run's events come to, live, replayed and as a list."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from tests.builders import PID, START, epoch, fit, fit_end, guessed, host, run_of, source, steps, timed
from tests.tui.recorded import Story, recorded
from tuimon import events, wire
from tuimon.follow import Follow
from tuimon.journal import Journal, read
from tuimon.report import report
from tuimon.report.formats import FORMATS
from tuimon.rules import diagnose
from tuimon.runs import RunDirectory
from tuimon.state import Run


def told(value: Any) -> Any:
    """All that an object holds, down to the last number, in a form that can be compared."""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, (str, int, type(None))):
        return value
    if isinstance(value, dict):
        return {repr(key): told(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [told(item) for item in value]
    if hasattr(value, "__slots__"):
        return {name: told(list(item) if hasattr(item := getattr(value, name), "typecode") else item)
                for name in value.__slots__}  # fmt: skip
    return {"is": type(value).__name__, **{name: told(item) for name, item in vars(value).items()}}


# --- one process id, several programs


def program(*parts: Any, python: str = "3") -> list[events.Event]:
    """What a program says from its start on, in a process id that another one had before it."""
    return [events.AgentStarted(pid=PID, python=python), *(event for part in parts for event in part)]


def test_a_program_that_replaces_itself_begins_afresh() -> None:
    """As `os.execv` does: the process stays, and the new program counts its fits from 1 again."""
    first = program(fit(epochs=1), epoch(0, steps=4), fit_end(), python="3.11")
    second = program(fit(epochs=2), epoch(0, steps=6), epoch(1, steps=6), fit_end(), python="3.12")

    run = run_of(first, second)

    assert [(each.started.epochs, each.epochs_done, each.steps_done) for each in run.fits] == [(1, 1, 4), (2, 2, 12)]
    processes = [run.process_of(each) for each in run.fits]
    assert [process.started.python for process in processes if process] == ["3.11", "3.12"]


def test_a_fit_that_was_cut_off_by_exec_is_not_waited_for() -> None:
    first = program(fit(epochs=5), [steps(steps=4, seconds=0.4)])
    second = program(fit(epochs=1), [steps(steps=2, seconds=0.2)])

    run = run_of(first, second, host(at=START + 10_000.0))

    assert [(found.rule, found.fit) for found in diagnose(run) if found.rule == "stalled"] == [("stalled", 1)]


def test_a_process_id_that_is_used_again_is_alive_again() -> None:
    """The first process has ended, and the kernel has come round to its number."""
    run = run_of(program(fit(), fit_end(), [events.AgentEnded(pid=PID)]), program(fit()))

    before, after = (run.process_of(each) for each in run.fits)
    assert before is not None
    assert after is not None
    assert (before.ended_at is None, after.ended_at) == (False, None)


def test_what_is_said_again_is_no_other_program() -> None:
    """An agent says the last of what it sent again, when the supervisor may have died with it unread."""
    told_twice = timed(program(fit(), [steps(steps=3)]))

    run = Run().apply_all([*told_twice[:5], *told_twice[3:5], *told_twice[5:]])

    assert len(run.fits) == 1
    assert run.fits[0].program == 0


def test_programs_of_one_process_id_are_not_remembered_for_ever() -> None:
    run = run_of(*(program(fit()) for _ in range(600)))

    assert run.fits_begun == 600
    assert run.process_of(run.fits[0]) is None
    assert run.process_of(run.fits[-2]) is not None
    assert len(vars(run)["_replaced"]) < 300


# --- the ledger


def test_steps_of_an_epoch_are_the_last_index_and_one() -> None:
    run = run_of(fit(), steps(step=7, steps=8), steps(step=63, steps=8))

    (only,) = run.fits[0].epochs
    assert only.steps == 64, "eight of them were not reported, and have been done all the same"


def test_an_epochs_end_has_the_last_word() -> None:
    run = run_of(fit(), steps(step=9, steps=10, samples=320), epoch(0, steps=12, samples=384, samples_known_by="exact"))

    (only,) = run.fits[0].epochs
    assert (only.steps, only.samples, only.ended) == (12, 384, True)
    assert (run.fits[0].steps_done, run.fits[0].samples_done) == (12, 384)


def test_samples_are_unknown_as_soon_as_one_part_is() -> None:
    run = run_of(fit(), steps(step=0, samples=32, samples_known_by="exact"), steps(step=1), steps(step=2, samples=32))

    (only,) = run.fits[0].epochs
    assert (only.samples, only.samples_known_by) == (None, None)
    assert run.fits[0].samples_done is None


def test_a_part_that_was_estimated_makes_the_sum_an_estimate() -> None:
    exact: dict[str, Any] = {"samples_known_by": "exact"}
    estimated: dict[str, Any] = {"samples_known_by": "estimated"}
    run = run_of(fit(), steps(step=0, samples=32, **exact), steps(step=1, samples=30, **estimated))

    (only,) = run.fits[0].epochs
    assert (only.samples, only.samples_known_by) == (62, "estimated")


def test_times_add_up_where_they_are_known() -> None:
    run = run_of(fit(), steps(step=0, seconds=2.0, wait=0.5), steps(step=1, seconds=1.0))

    (only,) = run.fits[0].epochs
    assert (only.seconds, only.wait, only.compute) == (3.0, 0.5, None)
    assert [point.last for point in run.fits[0].wait_share] == [0.25]


def test_a_fit_that_was_joined_does_not_claim_to_have_seen_its_first_epoch() -> None:
    run = run_of(fit(joined=True), steps(epoch=4, step=99, steps=10), epoch(4, steps=None), epoch(5))

    first, second = run.fits[0].epochs
    assert (first.index, first.complete, second.complete) == (4, False, True)
    assert run.fits[0].steps_done == 10 + 10


def test_a_full_pass_tells_a_size_that_nothing_else_told() -> None:
    run = run_of(
        fit(), source(kind="generator"), epoch(0, steps=7, samples=200, samples_known_by="exact", source_ended=True)
    )

    learned = run.fits[0].source
    assert learned is not None
    assert (learned.size, learned.size_known_by, learned.batches) == (200, "learned", 7)


def test_a_size_that_is_known_is_not_learned_anew() -> None:
    run = run_of(fit(), source(size=320, batches=10), epoch(0, steps=7, samples=200, source_ended=True))

    known = run.fits[0].source
    assert known is not None
    assert (known.size, known.size_known_by, known.batches) == (320, "exact", 10)


def test_a_pass_that_was_cut_off_tells_no_size() -> None:
    run = run_of(fit(), source(kind="generator"), epoch(0, steps=7, samples=200, source_ended=False))

    unknown = run.fits[0].source
    assert unknown is not None
    assert unknown.size is None


def test_a_validation_is_its_epochs_and_not_its_steps() -> None:
    run = run_of(fit(), epoch(0, steps=10, validation={"steps": 3, "samples": 90, "metrics": {"loss": 0.5}}, loss=1.0))

    (only,) = run.fits[0].epochs
    assert only.validation is not None
    assert (only.validation.steps, only.validation.samples, only.validation.metrics) == (3, 90, {"loss": 0.5})
    assert (only.steps, only.metrics) == (10, {"loss": 1.0})


def test_a_running_validation_shows_how_far_it_is() -> None:
    run = run_of(
        fit(),
        [events.ValidationStarted(pid=PID, fit=1, epoch=0, steps=30)],
        [events.ValidationStepsEnded(pid=PID, fit=1, epoch=0, steps=12)],
    )

    running = run.fits[0].validation_running
    assert running is not None
    assert (running.steps, running.planned, running.ended_at) == (12, 30, None)
    assert run.fits[0].phase == "validating"


def test_an_evaluate_within_a_fit_is_a_call_of_its_own() -> None:
    run = run_of(
        fit(1), steps(step=4, steps=5),
        fit(2, call="evaluate", inside=1), fit_end(2, metrics={"loss": 9.0}),
        steps(step=9, steps=5), fit_end(1),
    )  # fmt: skip

    outer, inner = run.fits
    assert (outer.epochs[0].steps, outer.trains) == (10, True)
    assert (inner.trains, inner.started.inside, inner.epochs) == (False, 1, [])
    assert run.fit is outer
    assert len(report(run, [])["fits"]) == 1


def test_two_processes_may_number_their_fits_alike() -> None:
    here, there = 1, 2
    run = run_of(
        [events.FitStarted(pid=here, fit=1), events.FitStarted(pid=there, fit=1)],
        [events.StepsEnded(pid=here, fit=1, step=2, steps=3), events.StepsEnded(pid=there, fit=1, step=6, steps=7)],
    )

    assert [each.steps_done for each in run.fits] == [3, 7]


def test_the_first_value_that_is_no_number_is_remembered_with_its_place() -> None:
    run = run_of(fit(), steps(epoch=1, step=9, steps=5, loss=[1.0, math.nan, 2.0]), steps(epoch=2, loss=math.nan))

    assert run.fits[0].non_finite["loss"][0] == 1
    assert run.fits[0].metrics["loss"].non_finite == 1


def test_where_nothing_moved_a_pause_is_kept() -> None:
    run = run_of(fit(), steps(step=0, at=START + 10), steps(step=1, at=START + 100), steps(step=2, at=START + 101))

    (pause,) = [each for each in run.fits[0].pauses if each.since > START + 5]
    assert (pause.since, pause.until, pause.step) == (START + 10, START + 100, 1)


@pytest.mark.parametrize(
    ("end", "status"),
    [
        ([events.ChildEnded(exit_code=0)], "finished"),
        ([events.ChildEnded(exit_code=3)], "failed"),
        ([events.ChildEnded(signal=9)], "killed"),
        ([events.ChildEnded()], "finished"),
        ([events.ExceptionRaised(where="script", type="ValueError"), events.ChildEnded()], "failed"),
        ([events.RunLost(reason="gone")], "lost"),
        ([], "running"),
    ],
)
def test_how_a_run_is(end: list[events.Event], status: str) -> None:
    assert run_of(end).status == status


def test_a_guess_of_input_wait_stands_until_it_was_measured() -> None:
    run = run_of(guessed(0.5, seconds=30), guessed(0.1, seconds=30))
    estimate = run.wait_estimate
    assert estimate is not None
    assert estimate.whole.value == pytest.approx(0.3)
    assert estimate.recent.value == pytest.approx(0.1)
    assert 0.05 < estimate.recent.error < 0.1
    assert 0.05 < estimate.whole.error < 0.1
    assert estimate.whole.per_batch_at_least == pytest.approx(0.3 / 20)
    for event in timed(fit(), epoch(0, 10, wait=1.0, seconds=2.0), began=False):
        run.apply(event)
    assert run.wait_estimate is None


def test_why_input_wait_cannot_be_guessed() -> None:
    estimate = run_of([events.WaitEstimated(reason="no right")]).wait_estimate
    assert estimate is not None
    assert (estimate.reason, estimate.whole.value, estimate.whole.error) == ("no right", None, 1.0)
    assert run_of(fit()).wait_estimate is None


def test_what_was_lost_is_a_gap() -> None:
    run = run_of([events.EventsLost(at=START + 9, count=3, since=START + 5, reason="a full queue")])

    assert run.events_lost == 3
    assert [(gap.since, gap.until, gap.lost) for gap in run.gaps] == [(START + 5, START + 9, 3)]


def test_time_does_not_go_back() -> None:
    run = run_of(host(at=START + 100, rss=5), host(at=START + 50, rss=6))

    assert run.now == START + 100
    assert [point.last for point in run.host.rss] == [5, 6]


def test_an_unknown_kind_is_counted() -> None:
    assert run_of([events.Unknown(name="MoonSeen")] * 2).unknown == {"MoonSeen": 2}


# --- always true

STORIES = [
    Story(),
    Story(nan_at=300, ends=1, validation=False),
    Story(gpus=2, size=None, size_known_by=None, steps=None, ends=0, epochs_done=8),
]


@pytest.mark.parametrize("story", STORIES, ids=["running", "failed", "finished"])
def test_live_and_replayed_and_from_the_list_it_is_the_same_run(story: Story, tmp_path: Path) -> None:
    those = recorded(story)
    directory = RunDirectory(tmp_path)
    journal, live, source = Journal(tmp_path), Run(), Follow(directory)
    for event in those:
        journal.append(event)
        live.apply_all(source.take(1.0))
    journal.close()

    replayed, listed = Run().apply_all(read(directory.journal)), Run().apply_all(those)

    assert told(live) == told(replayed) == told(listed)
    documents = [report(run, diagnose(run)) for run in (live, replayed, listed)]
    assert documents[0] == documents[1] == documents[2]


# --- whatever comes in

ODD: list[dict[str, Any]] = [
    {"event": "StepsEnded", "steps": 1, "seconds": 1.0, "metrics": {"loss": [1.0, "x"]}},
    {"event": "StepsEnded", "steps": 1, "metrics": {"loss": 5}},
    {"event": "StepsEnded", "steps": 1, "metrics": {"loss": [1.0, 1.0, 1.0, "NaN"]}},
    {"event": "StepsEnded", "steps": 1, "seconds": 1.0, "durations": ["x", 1.0]},
    {"event": "StepsEnded", "steps": 1, "seconds": 1.0, "durations": [[], {}]},
    {"event": "HostSampled", "pressure": {"io_full": "x"}},
    {"event": "GpusSampled", "gpus": [{"index": "x"}]},
    {"event": "GpusSampled", "gpus": [{"uuid": "a", "memory_used": []}, 7]},
    {"event": "AllocatorSampled", "devices": [{"name": {}, "in_use": "x", "peak": 1e308}]},
    {"event": "EpochEnded", "metrics": {"loss": "x"}, "steps": -5, "callback_seconds": {"a": "x"}},
    {"event": "EpochEnded", "epoch": 10**18, "steps": 10**18, "seconds": 1e308, "metrics": {"loss": 1e308}},
    {"event": "SourceDescribed", "pipeline": [{"text": {}, "op": []}, 7], "size": 1.5},
    {"event": "ModelDescribed", "losses": [{"name": {}}], "layers": [{}], "outputs": [{"units": "x"}]},
    {"event": "BatchSampled", "components": [{"role": 5, "classes": [], "shape": "x"}], "row_fingerprints": ["a"]},
    {"event": "ModelProbed", "layers": [{"dead": "x", "gradient": {}}], "outputs": [{"std": "x"}]},
    {"event": "ExceptionRaised", "type": "\x1b[31m", "traceback": "\x1b[2J", "fit": "x"},
    {"event": "AgentStarted", "environment": {"TF_CONFIG": {}}, "argv": [1, None]},
]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: str(odd)[10:40])
def test_what_is_well_formed_and_makes_no_sense_is_a_gap_at_most(odd: dict[str, Any]) -> None:
    run = run_of(fit(), source(), epoch(0, loss=1.0))

    for _ in range(3):
        run.apply(wire.decode(json.dumps({"pid": PID, "fit": 1, "at": run.now + 1, **odd}).encode()))
    for event in timed(epoch(1, loss=0.5), fit_end(), status=0, began=False):
        run.apply(event)

    document = report(run, diagnose(run))
    json.dumps(document, allow_nan=False)
    for form in FORMATS.values():
        assert "\x1b" not in form(document)
    assert run.status == "finished"
    (second,) = [each for each in document["fits"][0]["epochs"] if each["index"] == 1]
    assert second["metrics"] == {"loss": 0.5}


def test_what_could_not_be_taken_in_is_told() -> None:
    run = run_of(fit(), [events.StepsEnded(pid=PID, fit=1, steps=1, metrics={"loss": [1.0, "x"]})])  # type: ignore[list-item]

    assert run.events_lost == 1
    assert "StepsEnded" in run.gaps[0].reason


def test_damage_without_end_is_counted_in_bounded_room() -> None:
    bad = events.HostSampled(pressure={"io_full": "x"})
    run = run_of([bad] * 3000)

    assert run.events_lost == 3000
    assert len(run.gaps) <= 1000


def test_single_steps_are_kept_of_the_first_and_the_newest_epochs() -> None:
    run = run_of(fit(epochs=1000), *(steps(index, durations=[0.1], waits=[0.05]) for index in range(300)))
    assert run.fit is not None
    kept = [epoch.index for epoch in run.fit.epochs if epoch.durations]

    assert kept == [epoch.index for epoch in run.fit.epochs if epoch.waits] == [*range(65), *range(237, 300)]
    assert all(epoch.steps == 1 for epoch in run.fit.epochs)
