"""The arithmetic of a pipeline, without TensorFlow."""

from __future__ import annotations

from typing import Any

import pytest

from tuimon.agent import sizes


def stage(op: str, **facts: Any) -> dict[str, Any]:
    return {"op": op, **facts}


ROWS = stage("from_tensor_slices", count=100)


@pytest.mark.parametrize(
    ("stages", "elements", "samples", "dropped", "even"),
    [
        ([], None, None, None, True),
        ([ROWS], 100, 100, None, True),
        ([ROWS, stage("batch", batch_size=32)], 4, 100, 0, True),
        ([ROWS, stage("batch", batch_size=32, drop_remainder=True)], 3, 96, 4, True),
        ([ROWS, stage("batch", batch_size=200, drop_remainder=True)], 0, 0, 100, True),
        ([ROWS, stage("batch", batch_size=25, drop_remainder=True)], 4, 100, 0, True),
        ([ROWS, stage("batch", batch_size=32), stage("take", take=2)], 2, 64, 0, True),
        ([ROWS, stage("take", take=-1)], 100, 100, None, True),
        ([ROWS, stage("skip", skip=1000)], 0, 0, None, True),
        ([ROWS, stage("repeat", repeat=None), stage("take", take=250)], 250, 250, None, True),
        ([ROWS, stage("batch", batch_size=32), stage("shuffle")], 4, 100, 0, False),
        ([ROWS, stage("batch", batch_size=32), stage("map", site="a.py:1")], 4, 100, 0, False),
        ([ROWS, stage("unheard_of")], None, None, None, True),
        ([ROWS, stage("unheard_of", count=50)], 50, 50, None, True),
        ([ROWS, stage("filter"), stage("assert_cardinality", count=70), stage("batch", batch_size=7)], 10, 70, 0, True),
    ],
)
def test_what_leaves_a_pipeline(
    stages: list[dict[str, Any]], elements: int | None, samples: int | None, dropped: int | None, even: bool
) -> None:
    flow = sizes.flow(stages)
    assert (flow.elements, flow.samples, flow.dropped, flow.even) == (elements, samples, dropped, even)


def test_an_endless_pipeline_describes_one_pass() -> None:
    flow = sizes.flow(
        [ROWS, stage("shuffle"), stage("repeat", repeat=None, infinite=True), stage("batch", batch_size=8)]
    )
    assert (flow.infinite, flow.samples, flow.elements, flow.upstream, flow.shuffled) == (True, 100, 13, 100, True)


def test_what_was_there_upstream_survives_filters_but_not_stages_that_multiply() -> None:
    assert sizes.flow([ROWS, stage("filter"), stage("take", take=5)]).upstream == 100
    assert sizes.flow([ROWS, stage("flat_map")]).upstream is None


def test_inputs_are_joined() -> None:
    both = [[ROWS], [stage("from_tensor_slices", count=40), stage("shuffle")]]
    joined = sizes.flow([stage("concatenate", inputs=both)])
    assert (joined.samples, joined.upstream, joined.shuffled) == (140, 140, False)
    zipped = sizes.flow([stage("zip", inputs=both)])
    assert (zipped.samples, zipped.shuffled) == (40, True)
    unknown = sizes.flow([stage("zip", inputs=[[ROWS], [stage("from_generator")]])])
    assert unknown.samples is None
    assert unknown.reason
