"""Loops of the user's own: steps, samples and passes against what the script did."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.agent.harness import Watched, every_line, plain, watched
from tuimon import events

SCRIPT = Path(__file__).parents[1] / "scripts" / "loops.py"


@pytest.fixture(scope="module", params=every_line.args[1])
def python(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def seen(python: str) -> Watched:
    seen = watched(SCRIPT, python=python)
    assert seen.status == 0, seen.stderr
    return seen


def undated(text: str) -> list[str]:
    """The lines that hold no time of day (XLA's do)."""
    return [line for line in text.splitlines() if not line.startswith("I0000")]


def told(seen: Watched, fit: int) -> list[tuple[int | None, int | None, str | None]]:
    return [(each.steps, each.samples, each.samples_known_by) for each in seen.of(events.EpochEnded, fit=fit)]


def test_no_part_of_the_agent_fails(seen: Watched) -> None:
    assert seen.failures == []


def test_the_program_does_and_prints_what_it_does_without_the_agent(seen: Watched, python: str) -> None:
    bare = plain(SCRIPT, python=python)
    assert (seen.stdout, seen.status) == (bare.stdout, bare.returncode)
    assert undated(seen.stderr) == undated(bare.stderr)


def test_each_loop_is_a_call_of_its_own(seen: Watched) -> None:
    assert [call.call for call in seen.of(events.FitStarted)] == [
        "train_on_batch",
        *["custom-loop"] * 4,
        *["train_on_batch"] * 2,
    ]
    assert all(call.site.startswith(f"{SCRIPT}:") for call in seen.of(events.FitStarted))
    assert all(seen.the(events.FitEnded, fit=number) for number in range(1, 8))


def test_train_on_batch(seen: Watched) -> None:
    assert told(seen, 1) == [(8, 200, "exact")]
    assert set(seen.of(events.StepsEnded, fit=1)[-1].metrics) == {"loss", "accuracy"}


def test_test_on_batch(seen: Watched) -> None:
    evaluated = seen.of(events.ValidationEnded, fit=1)
    assert [(each.steps, each.samples, set(each.metrics)) for each in evaluated] == [(2, 100, {"loss", "accuracy"})] * 2


def test_an_eager_loop_has_an_epoch_for_each_pass(seen: Watched) -> None:
    assert told(seen, 2) == [(4, 100, "exact")] * 2
    assert all(epoch.source_ended for epoch in seen.of(events.EpochEnded, fit=2))
    source = seen.the(events.SourceDescribed, fit=2)
    assert (source.kind, source.size, source.batches) == ("tf.data", 100, 4)
    assert all("loss" in epoch.metrics for epoch in seen.of(events.EpochEnded, fit=2))


def test_a_function_for_each_step(seen: Watched) -> None:
    assert told(seen, 3) == [(4, 100, "exact")] * 3
    assert "loss" in seen.of(events.EpochEnded, fit=3)[-1].metrics


def test_a_loop_inside_of_a_function(seen: Watched) -> None:
    """Its passes cannot be told apart, its steps are the optimizer's; what it waits for input is not known."""
    (epoch,) = seen.of(events.EpochEnded, fit=4)
    assert (epoch.steps, epoch.wait) == (12, None)
    assert epoch.samples in (300, None)


def test_an_iterator_inside_of_a_function(seen: Watched) -> None:
    assert sum(epoch.steps or 0 for epoch in seen.of(events.EpochEnded, fit=5)) == 4


def test_iterators_that_were_used_up_or_left(seen: Watched) -> None:
    eager = [(each.batches, each.exhausted, each.available) for each in seen.of(events.IteratorEnded, fit=2)]
    assert eager == [(4, True, 4), (2, True, 2)] * 2
    left = seen.of(events.IteratorEnded)[-1]
    assert (left.batches, left.exhausted, left.available) == (1, False, 4)


def test_the_parts_of_an_epoch_add_up(seen: Watched) -> None:
    for epoch in seen.of(events.EpochEnded):
        steps = seen.of(events.StepsEnded, fit=epoch.fit, epoch=epoch.epoch)
        assert sum(each.steps for each in steps) == epoch.steps


def test_what_one_loop_waits_for_is_not_told_of_another(seen: Watched) -> None:
    ended = [seen.the(events.EpochEnded, fit=fit) for fit in (6, 7)]
    assert [(each.steps, each.samples) for each in ended] == [(6, 192)] * 2
    for each in ended:
        assert each.wait is not None
        reported = [steps.wait or 0.0 for steps in seen.of(events.StepsEnded, fit=each.fit)]
        assert each.wait == pytest.approx(sum(reported))
    for each in seen.of(events.EpochEnded):
        assert each.wait is None or each.wait <= (each.seconds or 0.0)
