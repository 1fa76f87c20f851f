"""What panes compute: what is left, what will stay unseen, where the time goes. Unknown stays unknown."""

from __future__ import annotations

from tests.builders import PID, START, epoch, fit, later, run_of, source, steps
from tuimon import events
from tuimon.state import Fit, Run
from tuimon.tui import figures, pipeline


def fit_of(run: Run) -> Fit:
    assert run.fit is not None
    return run.fit


def test_half_of_the_data_will_be_left_unseen() -> None:
    run = run_of(
        fit(steps=50, batch_size=32),
        source(size=3_200, batch_size=32, batches=100),
        steps(steps=10, samples=320, samples_known_by="exact", seconds=1.0),
    )
    covered = figures.coverage(fit_of(run), fit_of(run).epoch)

    assert (covered.seen, covered.planned, covered.size, covered.unseen) == (320, 1_600, 3_200, 1_600)


def test_a_last_batch_that_is_smaller_leaves_nothing_unseen() -> None:
    run = run_of(
        fit(steps=4),
        source(size=100, batch_size=32, batches=4),
        steps(steps=1, samples=32, samples_known_by="exact"),
    )

    assert figures.coverage(fit_of(run), fit_of(run).epoch).unseen == 0


def test_what_a_pipeline_takes_is_held_against_all_there_is() -> None:
    run = run_of(
        fit(steps=10), source(size=320, batch_size=32, batches=10, upstream_size=1_000, upstream_known_by="exact")
    )
    covered = figures.coverage(fit_of(run), None)

    assert (covered.size, covered.planned, covered.unseen) == (1_000, 320, 680)


def test_what_a_take_leaves_out_is_spared_and_the_rest_is_not() -> None:
    taken = source(
        size=6_000,
        batch_size=32,
        batches=188,
        upstream_size=12_000,
        upstream_known_by="exact",
        pipeline=[{"op": "take", "text": "take(6,000)", "count": 6_000}],
    )
    whole, short = run_of(fit(steps=188), taken), run_of(fit(steps=100), taken)

    assert figures.coverage(fit_of(whole), None).spared == 6_000
    assert figures.coverage(fit_of(whole), None).unseen == 0
    assert figures.coverage(fit_of(short), None).unseen == 6_000 - 3_200


def test_an_unknown_size_leaves_what_is_unseen_unknown() -> None:
    run = run_of(fit(steps=10), source(batch_size=32), steps(steps=2, samples=64))
    covered = figures.coverage(fit_of(run), fit_of(run).epoch)

    assert covered.size is None
    assert covered.unseen is None


def test_time_left_counts_steps_of_this_epoch_and_whole_epochs_after_it() -> None:
    run = run_of(fit(epochs=3, steps=100), source(size=3_200), steps(steps=50, seconds=5.0))

    assert figures.epoch_remaining(fit_of(run)) == 5.0
    assert figures.run_remaining(fit_of(run)) == 5.0 + 2 * 10.0


def test_time_left_does_not_count_a_night_in_which_the_machine_slept() -> None:
    def at(second: float, index: int) -> list[events.Event]:
        begun = events.EpochStarted(pid=PID, fit=1, epoch=index, at=START + second)
        done = steps(index, 100, seconds=10.0, at=START + second + 10)
        return [begun, done, events.EpochEnded(pid=PID, fit=1, epoch=index, steps=100, at=START + second + 10)]

    night = events.GapRecorded(
        at=START + 30_025, what="everything", since=START + 25, until=START + 30_025, reason="asleep", asleep=30_000
    )
    second = [*at(20, 1)[:1], night, *at(30_020, 1)[1:]]
    run = run_of(fit(epochs=4, steps=100), at(10, 0), second, at(30_030, 2), later(30_040))

    assert [epoch.lasted for epoch in fit_of(run).epochs] == [10.0, 10.0, 10.0]
    assert figures.run_remaining(fit_of(run)) == 10.0
    parts = figures.split(fit_of(run).epochs[1])
    assert parts is not None
    assert parts.seconds == 10.0
    run.apply(events.GapRecorded(at=START + 90_040, what="everything", since=START + 30_041, until=START + 90_040))
    assert figures.idle(run, fit_of(run)) == 1.0


def test_time_left_is_unknown_without_a_plan() -> None:
    run = run_of(fit(epochs=3), steps(steps=50, seconds=5.0))

    assert figures.epoch_remaining(fit_of(run)) is None
    assert figures.run_remaining(fit_of(run)) is None


def test_what_no_part_explains_is_the_rest() -> None:
    run = run_of(fit(), steps(steps=10, seconds=10.0, wait=4.0, compute=5.0))
    running = fit_of(run).epoch
    assert running is not None
    parts = figures.split(running)

    assert parts is not None
    assert parts.rest == 1.0
    assert parts.share(parts.wait) == 0.4
    assert parts.callbacks is None


def test_an_epoch_without_times_has_no_split() -> None:
    run = run_of(fit(), epoch(0, steps=10))
    done = fit_of(run).epoch

    assert done is not None
    assert figures.split(done) is None


def test_a_take_that_leaves_data_out_is_a_weak_link_when_a_rule_says_so() -> None:
    run = run_of(
        fit(),
        source(
            size=320,
            upstream_size=1_000,
            pipeline=[{"op": "from_tensor_slices"}, {"op": "take", "take": 320}, {"op": "batch"}],
        ),
    )

    assert list(pipeline.weak_links(fit_of(run), doubted=True)) == [1]
    assert pipeline.weak_links(fit_of(run)) == {}


def test_a_map_of_one_element_at_a_time_is_weak_only_when_the_model_waits() -> None:
    stages = [{"op": "from_tensor_slices"}, {"op": "map"}, {"op": "prefetch"}]
    waiting = run_of(fit(), source(size=10, pipeline=stages), steps(steps=1, seconds=1.0, wait=0.6))
    busy = run_of(fit(), source(size=10, pipeline=stages), steps(steps=1, seconds=1.0, wait=0.01))

    assert list(pipeline.weak_links(fit_of(waiting))) == [1]
    assert pipeline.weak_links(fit_of(busy)) == {}


def test_the_time_in_which_a_process_was_stopped_is_no_wait() -> None:
    """The clock that measures steps goes on meanwhile: the step that the process was in seems to take as long."""
    report = steps(steps=20, seconds=32.0, wait=30.4, compute=1.4, callbacks=0.1, slowest=30.2)
    stop = events.GapRecorded(what="training", since=START + 10.0, until=START + 40.0, reason="stopped by a signal")
    stopped, plain = run_of(fit(), report), run_of(fit(), report)
    stopped.apply(stop)

    parts, as_it_seems = (figures.split(fit_of(run).epochs[-1]) for run in (stopped, plain))

    assert parts is not None
    assert as_it_seems is not None
    assert (as_it_seems.wait, as_it_seems.seconds, as_it_seems.stopped) == (30.4, 32.0, 0.0)
    assert (round(parts.wait or 0.0, 3), round(parts.seconds, 3), parts.compute) == (0.4, 2.0, 1.4)
    assert round(parts.rest, 3) == 0.1


def test_a_stop_between_steps_takes_nothing_from_them() -> None:
    run = run_of(fit(), steps(steps=20, seconds=2.0, wait=1.4, compute=0.5, callbacks=0.1, slowest=0.2))
    run.apply(events.GapRecorded(what="training", since=START + 10.0, until=START + 40.0, reason="stopped by a signal"))

    parts = figures.split(fit_of(run).epochs[-1])

    assert parts is not None
    assert (parts.wait, parts.compute, parts.callbacks, parts.stopped) == (1.4, 0.5, 0.1, 0.0)
