"""Samples that never arrive."""

from __future__ import annotations

from typing import Any

from tests.builders import epoch, fit, run_of, source
from tests.rules.judging import at_most_a_note, found, quiet
from tuimon import events
from tuimon.rules.skipped_samples import SkippedSamples
from tuimon.state import Run

IGNORES = [{"op": "from_tensor_slices"}, {"op": "map"}, {"op": "ignore_errors"}, {"op": "batch"}]


def passed(samples: int, *before: events.Event, **fields: Any) -> Run:
    """A full pass over 320 samples that brought so many."""
    described = {"kind": "tf.data", "batch_size": 16, "upstream_size": 320, **fields}
    full = epoch(0, 10, samples=samples, samples_known_by="exact", source_ended=True)
    return run_of(*before, fit(), source(**described), full)


def test_files_that_do_not_exist_are_told_before_the_first_step() -> None:
    run = run_of(fit(), source(kind="tf.data", paths_checked=320, paths_missing=240))
    assert (
        "240 of 320 files that the generator names do not exist (75%" in found(SkippedSamples(), run, "error").message
    )
    found(SkippedSamples(), run_of(fit(), source(paths_checked=320, paths_missing=4)), "warning")


def test_samples_that_ignore_errors_dropped() -> None:
    finding = found(SkippedSamples(), passed(224, pipeline=IGNORES), "error")
    assert "96 of 320 samples did not arrive in epoch 1" in finding.message
    found(SkippedSamples(), passed(310, pipeline=IGNORES), "warning")


def test_a_declared_size() -> None:
    declared = events.RunStarted(run="r1", dataset_size=640)
    found(SkippedSamples(), passed(320, declared, kind="tf.data", upstream_size=None), "error")


def test_what_is_uncertain_is_a_note() -> None:
    estimated = passed(80, kind="generator", upstream_known_by="estimated")
    found(SkippedSamples(), estimated, "note")


def test_an_ignore_errors_that_cannot_be_counted() -> None:
    uncounted = run_of(fit(epochs=1), source(kind="tf.data", pipeline=IGNORES))
    assert [finding.severity for finding in SkippedSamples().check(uncounted)] == ["note"]


def test_near_misses() -> None:
    quiet(SkippedSamples(), passed(320, pipeline=IGNORES))
    quiet(SkippedSamples(), passed(100, pipeline=[{"op": "filter"}, {"op": "batch"}]))
    quiet(SkippedSamples(), passed(100, kind="numpy"))
    quiet(SkippedSamples(), run_of(fit(), source(paths_checked=320, paths_missing=1)))
    at_most_a_note(SkippedSamples(), passed(40, kind="generator", upstream_known_by="estimated"))  # windows of a series
