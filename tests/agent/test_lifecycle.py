"""One script, all kinds of calls: what the agent tells of it against what is true, and that it changes nothing."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest

from tests.agent.harness import KERAS2, Watched, needs_keras2, needs_keras3, plain, watched
from tuimon import events

SCRIPT = Path(__file__).parents[1] / "scripts" / "lifecycle.py"


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(sys.executable, id="keras3", marks=needs_keras3),
        pytest.param(KERAS2, id="keras2", marks=needs_keras2),
    ],
)
def python(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def seen(python: str) -> Watched:
    seen = watched(SCRIPT, python=python)
    assert seen.status == 0, seen.stderr
    return seen


@pytest.fixture
def line(python: str) -> int:
    return 2 if python == KERAS2 else 3


def epochs(seen: Watched, fit: int) -> list[events.EpochEnded]:
    return seen.of(events.EpochEnded, fit=fit)


def untimed(text: str) -> list[str]:
    """The lines that do not depend on the machine's speed (Keras 2 complains of slow callbacks)."""
    return [line for line in text.splitlines() if "is slow compared to" not in line]


def test_no_part_of_the_agent_fails(seen: Watched) -> None:
    assert seen.failures == []


def test_the_program_does_and_prints_what_it_does_without_the_agent(seen: Watched, python: str) -> None:
    bare = plain(SCRIPT, python=python)
    assert (seen.stdout, seen.status) == (bare.stdout, bare.returncode)
    assert untimed(seen.stderr) == untimed(bare.stderr)


def test_the_process_is_introduced_once(seen: Watched, line: int) -> None:
    started = seen.the(events.AgentStarted)
    assert started.argv == [str(SCRIPT)]
    assert started.door == "run"
    framework = seen.the(events.FrameworkSeen)
    assert framework.keras_line == line
    assert framework.backend == "tensorflow"
    assert seen.the(events.DevicesSeen).precision == "float32"
    assert seen.the(events.AgentEnded)


def test_calls_are_told_in_order_with_what_was_given(seen: Watched) -> None:
    calls = [call.call for call in seen.of(events.FitStarted)]
    assert calls == ["fit", "evaluate", "predict", "fit", "fit", "predict", "predict"] + ["fit"] * 8
    first = seen.the(events.FitStarted, fit=1)
    assert first.site.startswith(f"{SCRIPT}:")
    assert first.comment == "# tuimon: ignore[tiny-epochs]"
    assert (first.epochs, first.steps, first.batch_size, first.validation_split) == (3, 3, 32, 0.2)
    assert first.callbacks[-1] == "History"
    assert [seen.the(events.FitStarted, fit=number).inside for number in (1, 6, 7)] == [None, 5, 5]
    assert seen.the(events.FitStarted, fit=4).steps_per_execution == 8
    assert seen.the(events.FitStarted, fit=15).run_eagerly


def test_arrays(seen: Watched) -> None:
    assert [(e.epoch, e.steps, e.samples, e.samples_known_by) for e in epochs(seen, 1)] == [
        (index, 3, 80, "exact") for index in range(3)
    ]
    assert [(e.epoch, e.steps, e.samples) for e in seen.of(events.ValidationEnded, fit=1)] == [
        (index, 1, 20) for index in range(3)
    ]
    assert seen.the(events.FitEnded, fit=1).steps == 9
    source = seen.the(events.SourceDescribed, fit=1, role="train")
    assert (source.kind, source.size, source.batches) == ("numpy", 80, 3)


def test_evaluate_and_predict(seen: Watched) -> None:
    evaluated = seen.the(events.FitEnded, fit=2)
    assert evaluated.steps == 10
    assert set(evaluated.metrics) == {"loss", "accuracy"}
    assert seen.the(events.FitEnded, fit=3).steps == 2


def test_executions_of_eight_steps(seen: Watched) -> None:
    assert [(e.steps, e.samples) for e in epochs(seen, 4)] == [(20, 100), (20, 100)]
    assert [(e.steps, e.samples) for e in seen.of(events.ValidationEnded, fit=4)] == [(3, 15), (3, 15)]
    assert sum(e.steps for e in seen.of(events.StepsEnded, fit=4)) == 40


def test_callbacks_are_timed_by_class_and_the_one_that_stops_is_named(seen: Watched) -> None:
    first, last = epochs(seen, 5)
    assert first.callback_seconds["Slow"] >= 4 * 0.02 + 0.05
    assert first.epoch_callback_seconds["Slow"] >= 0.05
    assert first.callbacks is not None
    assert first.callbacks >= 0.13
    assert "Looking" in first.epoch_callback_seconds
    assert (first.stop_training, last.stop_training) == (False, True)
    ended = seen.the(events.FitEnded, fit=5)
    assert (ended.epochs, ended.stop_training, ended.stopped_by) == (2, True, "Stopper")


def test_exceptions_that_leave_a_fit(seen: Watched) -> None:
    raised = seen.the(events.ExceptionRaised, fit=8)
    assert (raised.where, raised.type) == ("fit", "KeyError")
    assert raised.site.startswith(f"{SCRIPT}:")
    assert "from a callback" in raised.traceback
    assert "tuimon" not in raised.traceback
    ended = seen.the(events.FitEnded, fit=8)
    assert (ended.exception, ended.steps) == ("KeyError", 2)
    assert "the source is broken" in seen.the(events.ExceptionRaised, fit=9).message
    assert seen.the(events.FitEnded, fit=9).steps == 30


def test_a_source_of_unknown_length(seen: Watched) -> None:
    assert seen.the(events.FitStarted, fit=10).steps is None
    assert [(e.steps, e.samples, e.source_ended) for e in epochs(seen, 10)] == [(4, 100, True)] * 2


def test_more_steps_than_there_are(seen: Watched, line: int) -> None:
    assert seen.the(events.FitStarted, fit=11).steps_per_epoch == 30
    told = [(e.steps, e.samples, e.source_ended) for e in epochs(seen, 11)]
    assert told == [(20, 100, True)] * (1 if line == 2 else 2)


def test_an_iterator_that_runs_on(seen: Watched) -> None:
    assert [(e.steps, e.samples) for e in epochs(seen, 12)] == [(7, 35)] * 3


def test_the_first_step_that_is_not_finite(seen: Watched) -> None:
    told = [s for s in seen.of(events.StepsEnded, fit=13) if s.metrics.get("loss", [None])[-1] is not None]
    assert (told[0].epoch, told[0].metrics["loss"][3]) == (1, 2)
    assert all(each.epoch == 1 for each in told)  # a report that begins later has a first one of its own
    last = epochs(seen, 13)[-1].metrics["loss"]
    assert last is not None
    assert math.isnan(last)


def test_a_list_that_grows_behind_what_was_read_of_it(seen: Watched) -> None:
    grown = seen.the(events.SourceOutgrown)
    assert (grown.fit, grown.epoch, grown.name, grown.rows, grown.now) == (14, 0, "samples", 20, 21)


def test_eagerly(seen: Watched) -> None:
    assert [(e.steps, e.samples) for e in epochs(seen, 15)] == [(4, 20)]


def test_the_parts_of_an_epoch_add_up(seen: Watched) -> None:
    """Sums over the reports are what the epoch says, and no part is larger than the whole."""
    for epoch in seen.of(events.EpochEnded):
        steps = seen.of(events.StepsEnded, fit=epoch.fit, epoch=epoch.epoch)
        assert sum(each.steps for each in steps) == epoch.steps
        assert epoch.seconds is not None
        assert sum(each.seconds or 0.0 for each in steps) <= epoch.seconds + 1e-6
        assert sum(each.callbacks or 0.0 for each in steps) <= epoch.seconds + 1e-6
        assert all(len(each.durations) <= 32 for each in steps)
        assert epoch.wait is None or 0.0 <= epoch.wait <= epoch.seconds


def test_the_run_folds(seen: Watched, line: int) -> None:
    run = seen.run
    assert [fit.epochs_done for fit in run.training] == [3, 2, 2, 0, 0, 2, 2 if line == 3 else 1, 3, 2, 2, 1]
    assert not run.unknown
