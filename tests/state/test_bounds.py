"""Whatever a program does without end, its state stays small, and what is not kept is said with its number."""

from __future__ import annotations

import cProfile
import pickle
import pstats
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.builders import PID, epoch, fit, fit_end, raised, run_of, steps
from tests.tui.screen import screen, shown
from tuimon import events
from tuimon.report import report
from tuimon.report.compare import compare
from tuimon.report.formats import FORMATS
from tuimon.rules import diagnose, evidence
from tuimon.rules.ended_early import EndedEarly
from tuimon.state import Run
from tuimon.state.fit import KEPT_EPOCHS, LONGEST_NAME, MOST_METRICS
from tuimon.state.left_out import left_out
from tuimon.state.run import MOST_AT_ONCE, MOST_MET, MOST_NAMES, MOST_REQUESTS
from tuimon.telling import summary
from tuimon.tui import curves


def words(run: Run) -> list[str]:
    return [each.words for each in left_out(run)]


def calls(do: Callable[[], object]) -> int:
    profile = cProfile.Profile()
    profile.runcall(do)
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]


# --- metrics whose names have no end

NAMES = 2000


def numbered_steps() -> Run:
    """The number of the step is in the name of a metric, in steps and at the ends of epochs."""
    named: list[dict[str, Any]] = [{f"loss at {n}": 1.0} for n in range(NAMES)]
    each = [steps(0, step=n, loss=0.5, **one) for n, one in enumerate(named)]
    logs: dict[str, Any] = {f"loss at {n}": 1.0 for n in range(NAMES)}
    return run_of(fit(), each, epoch(0, NAMES, loss=0.5, **logs), fit_end())


def test_so_many_names_are_kept_and_the_loss_among_them() -> None:
    run = numbered_steps()
    (only,) = run.fits

    assert len(only.metrics) == len(only.epoch_metrics) == MOST_METRICS
    assert len(only.epochs[0].metrics) == MOST_METRICS
    assert only.metrics["loss"].count == NAMES
    assert only.values_left_out == 2 * (NAMES + 1 - MOST_METRICS)


def test_the_loss_is_kept_though_it_comes_last() -> None:
    names: dict[str, Any] = {f"a{n}": 1.0 for n in range(NAMES)}
    run = run_of(fit(), steps(**names, loss=0.5), epoch(0, 1, **names, loss=0.5, val_loss=0.7))

    assert run.fits[0].metrics["loss"].count == 1
    assert {"loss", "val_loss"} <= set(run.fits[0].epochs[0].metrics)


def test_values_that_are_not_finite_are_kept_of_so_many_names() -> None:
    bad: dict[str, Any] = {f"a{n}": float("nan") for n in range(NAMES)}
    run = run_of(fit(), steps(**bad), epoch(0, 1, **bad), steps(1, loss=float("nan")))

    assert len(run.fits[0].non_finite) == MOST_METRICS + 1
    assert run.fits[0].non_finite["loss"] == (1, 0)


def test_what_a_validation_or_an_evaluate_tells_is_kept_of_so_many_names() -> None:
    metrics: dict[str, float | None] = {f"a{n}": 1.0 for n in range(NAMES)}
    validated = epoch(0, 1, validation={"steps": 1, "metrics": metrics})
    run = run_of(fit(), validated, fit_end(), fit(2, call="evaluate"), fit_end(2, metrics=metrics))
    first, second = run.fits

    assert first.epochs[0].validation is not None
    assert len(first.epochs[0].validation.metrics) == MOST_METRICS
    assert second.ended is not None
    assert len(second.ended.metrics) == MOST_METRICS
    assert first.values_left_out == second.values_left_out == NAMES - MOST_METRICS


def test_names_without_end_are_told_apart_by_a_few_characters() -> None:
    one, other = "x" * 1_000_000 + "1", "x" * 1_000_000 + "2"
    told: dict[str, Any] = {one: 1.0, other: 2.0}
    run = run_of(fit(), steps(**told), steps(step=1, **told), epoch(0, 2, **told))
    (only,) = run.fits

    assert [series.count for series in only.metrics.values()] == [2, 2]
    assert [series.count for series in only.epoch_metrics.values()] == [1, 1]
    assert all(len(name) < LONGEST_NAME + 20 for name in [*only.metrics, *only.epoch_metrics])
    assert len(pickle.dumps(run)) < 100_000


async def test_the_cut_is_said_once_wherever_metrics_are_shown() -> None:
    run = numbered_steps()
    cut = run.fits[0].values_left_out
    expected = f"{cut:,} values of metrics are left out: of a fit, the first {MOST_METRICS} names are kept"

    assert words(run) == [expected]
    assert [line for line in summary(run, []) if "metrics" in line] == [f"left out: {expected}"]
    document = report(run, diagnose(run))
    for form in ("text", "markdown", "html", "json"):
        assert FORMATS[form](document).replace("\\", "").count(expected) == 1
    async with screen([], (120, 40)) as (app, _):
        app.view.run = run
        app.paint()
        await app.animator.wait_for_idle()
        assert f"{cut / 1000:.3g}k values of other names left out" in shown(app)


# --- epochs without end


def trained(epochs: int) -> Run:
    each = [
        [steps(n, 2, seconds=0.1, wait=0.02, loss=1.0), *epoch(n, 2, seconds=0.1, wait=0.02, samples=64, loss=1.0)]
        for n in range(epochs)
    ]
    return run_of(fit(epochs=epochs), *each, fit_end())


def test_of_very_many_epochs_the_first_and_the_newest_are_kept_and_the_sums_are_exact() -> None:
    run = trained(3 * KEPT_EPOCHS)
    (only,) = run.fits

    assert [each.index for each in only.epochs] == [*range(KEPT_EPOCHS), *range(2 * KEPT_EPOCHS, 3 * KEPT_EPOCHS)]
    assert (only.epochs_done, only.epochs_begun, only.steps_done) == (3 * KEPT_EPOCHS,) * 2 + (6 * KEPT_EPOCHS,)
    assert only.summed.steps == 2 * KEPT_EPOCHS
    assert only.summed.seconds == pytest.approx(0.1 * KEPT_EPOCHS)
    assert only.epoch_metrics["loss"].count == 3 * KEPT_EPOCHS


def test_very_many_epochs_are_drawn_and_reported_as_what_they_are() -> None:
    run = trained(3 * KEPT_EPOCHS)
    knots = curves.knots(run.fits[0])

    assert knots.step == sorted(knots.step)
    assert (knots.step[-1], knots.epoch[-1]) == (6 * KEPT_EPOCHS, 3 * KEPT_EPOCHS)
    assert knots.convert(4 * KEPT_EPOCHS, "step", "epoch") == pytest.approx(2 * KEPT_EPOCHS)
    assert words(run) == [
        f"{KEPT_EPOCHS:,} of {3 * KEPT_EPOCHS:,} epochs of fit 1 were not judged one by one and are kept as sums only"
    ]
    document = report(run, diagnose(run))
    assert f"… {3 * KEPT_EPOCHS - 40} epochs more …" in FORMATS["text"](document)
    figures = {each["name"]: each["values"] for each in compare(document, document)["figures"]}
    assert figures["epochs"] == [3 * KEPT_EPOCHS] * 2
    assert figures["seconds per epoch"] == pytest.approx([0.1, 0.1])
    assert figures["input wait"] == pytest.approx([0.2, 0.2])


def test_no_epoch_is_looked_for_that_cannot_be_there() -> None:
    class Counted(list[Any]):
        looked = 0

        def __reversed__(self) -> Iterator[Any]:
            self.looked += 1
            return super().__reversed__()

    (only,) = run_of(fit(), epoch(0, 1)).fits
    only.epochs = counted = Counted(only.epochs)
    for index in range(1, 100):
        only.apply(events.EpochStarted(at=1.0, pid=PID, fit=1, epoch=index))
    assert counted.looked == 0
    only.apply(events.EpochEnded(at=1.0, pid=PID, fit=1, epoch=7, steps=3))
    assert (counted.looked, only.epochs[7].steps) == (1, 3)


def test_the_newest_whole_epochs_are_judged_however_many_there_were() -> None:
    run = run_of(fit(epochs=9 * KEPT_EPOCHS), [each for n in range(3 * KEPT_EPOCHS) for each in epoch(n, 1)])
    seen = []
    for index in range(3 * KEPT_EPOCHS, 3 * KEPT_EPOCHS + 3):
        run.apply(events.EpochStarted(at=run.now + 1, pid=PID, fit=1, epoch=index))
        seen.append(evidence.whole(run.fits[0])[-1].index)
        run.apply(events.EpochEnded(at=run.now + 1, pid=PID, fit=1, epoch=index, steps=1))

    assert seen == [3 * KEPT_EPOCHS - 1, 3 * KEPT_EPOCHS, 3 * KEPT_EPOCHS + 1]


def test_each_epoch_costs_the_same_to_fold() -> None:
    def more(run: Run, first: int) -> None:
        for index in range(first, first + 2000):
            run.apply(events.EpochStarted(at=float(index), pid=PID, fit=1, epoch=index))
            run.apply(events.EpochEnded(at=index + 0.5, pid=PID, fit=1, epoch=index, steps=1))

    run = run_of(fit())
    more(run, 0)
    before = calls(lambda: more(run, 2000))
    assert calls(lambda: more(run, 20_000)) <= 1.05 * before


def test_rules_count_epochs_that_are_not_kept() -> None:
    each = [event for n in range(3 * KEPT_EPOCHS) for event in epoch(n, 1)]
    run = run_of(fit(epochs=5 * KEPT_EPOCHS), each, fit_end(exception="ValueError"), status=0)
    (finding,) = EndedEarly().check(run)

    assert finding.numbers["epochs"] == 3 * KEPT_EPOCHS


# --- everything else that a journal may hold without end


def test_processes_without_end() -> None:
    parts: list[events.Event] = []
    for pid in range(1, 2001):
        parts += [events.AgentStarted(pid=pid, python="3.11"), events.FitStarted(pid=pid, fit=1)]
        parts += [events.StepsEnded(pid=pid, fit=1, steps=3, step=2), events.AgentEnded(pid=pid)]
    run = run_of(parts)

    assert len(run.processes) == MOST_NAMES
    assert {1, 2000} <= set(run.processes)
    assert (run.fits_begun, run.steps_done) == (2000, 6000)
    assert f"{2000 - MOST_NAMES + 1:,} processes are not kept" in words(run)  # and the one of `run_of`
    assert [finding for finding in diagnose(run) if finding.rule == "stalled"] == []


def test_requests_without_end() -> None:
    asked = [events.EpochStopRequested(id=str(n)) for n in range(MOST_REQUESTS + 500)]
    run = run_of(asked, [events.RequestAnswered(request=str(MOST_REQUESTS + 499), accepted=True)])

    assert len(run.requests) == MOST_REQUESTS
    assert run.requests[str(MOST_REQUESTS + 499)].answer is not None
    assert words(run) == ["500 requests are not kept"]


def test_kinds_of_events_without_end() -> None:
    run = run_of([events.Unknown(name=f"Moon{n}") for n in range(5000)], [events.Unknown(name="Moon1")])

    assert len(run.unknown) == MOST_NAMES
    assert run.unknown["Moon1"] == 2
    assert words(run) == [f"{5000 - MOST_NAMES:,} events of unknown kinds are not kept"]


def test_devices_without_end() -> None:
    run = run_of(
        [events.AllocatorSampled(pid=PID, devices=[{"name": f"GPU:{n}", "in_use": 1}]) for n in range(1000)],
        [events.GpusSampled(gpus=[{"uuid": f"G{n}", "index": n, "memory_used": 1}]) for n in range(1000)],
    )

    assert (len(run.allocators), len(run.gpus)) == (MOST_NAMES, MOST_NAMES)
    assert words(run) == [
        f"{1000 - MOST_NAMES} readings of further allocators are not kept",
        f"{1000 - MOST_NAMES} readings of further GPUs are not kept",
    ]


def test_the_newest_exception_is_kept_of_however_many() -> None:
    run = run_of([raised("ValueError", str(n), where="fit") for n in range(500)], raised("KeyError", "last"))

    assert len(run.exceptions) == 100
    assert [each.event.message for each in run.exceptions_of_script] == ["last"]
    assert words(run) == ["401 exceptions are not kept"]


def test_roles_and_callbacks_without_end() -> None:
    fields: dict[str, Any] = {"pid": PID, "fit": 1}
    parts: list[events.Event] = []
    for n in range(100):
        parts.append(events.SourceDescribed(**fields, role=f"role {n}"))
        parts.append(events.RowsCounted(**fields, role=f"role {n}"))
        parts.append(events.SourceRowsSampled(**fields, role=f"role {n}"))
    times = {f"Callback{n}": float(n) for n in range(1000)}
    run = run_of(fit(), parts, epoch(0, 1, callback_seconds=times, epoch_callback_seconds=times))
    (only,) = run.fits

    assert len(only.sources) == len(only.rows) == len(only.source_rows) == 8
    assert max(only.epochs[0].callback_seconds.values()) == 999.0
    assert len(only.epochs[0].callback_seconds) == len(only.epochs[0].epoch_callback_seconds) == 64


def test_what_a_process_tells_of_its_own_standstill_takes_bounded_work() -> None:
    """However many times there were without a supervisor, and however many fits seem to go on."""
    run = Run().apply_all(
        [
            *(events.FitStarted(at=1.0, pid=1, fit=number) for number in range(200)),
            *(events.GapRecorded(at=2.0, what="host", since=each, until=each + 0.5) for each in range(900)),
        ]
    )
    told = [events.GapRecorded(at=3.0, pid=1, what="agent", since=0.0, until=1e3)] * 100

    assert calls(lambda: run.apply_all(told)) < 100 * 20 * MOST_MET * MOST_AT_ONCE
