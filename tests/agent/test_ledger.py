"""Sources of many kinds, trained on under the agent: what it tells of each against what the script knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.agent.harness import KERAS2, Watched, every_line, needs_keras3, plain, played, truth_of, watched
from tuimon import events

SCRIPT = Path(__file__).parents[1] / "scripts" / "ledger.py"


def seen(python: str) -> Watched:
    return played(SCRIPT, python)


def truth(python: str) -> dict[str, dict[str, Any]]:
    return truth_of(SCRIPT, python)


def fit(python: str, name: str) -> int:
    return int(truth(python)[name]["fit"])


def batches(python: str, name: str, **fields: Any) -> list[events.BatchSampled]:
    return seen(python).of(events.BatchSampled, fit=fit(python, name), **fields)


@every_line
def test_no_part_fails(python: str) -> None:
    assert seen(python).failures == []


@every_line
def test_training_is_the_same_without_the_agent(python: str) -> None:
    assert seen(python).stdout == plain(SCRIPT, python=python).stdout


@every_line
def test_steps_and_samples_of_each_epoch_are_exact(python: str) -> None:
    for name, known in truth(python).items():
        if known["epochs"] is None:
            continue
        told = seen(python).of(events.EpochEnded, fit=known["fit"])
        assert [[each.steps, each.samples] for each in told] == known["epochs"], name
        assert {each.samples_known_by for each in told} == {"exact"}, name


@every_line
def test_the_wait_is_exact_or_not_known(python: str) -> None:
    for name, known in truth(python).items():
        for told in seen(python).of(events.EpochEnded, fit=known["fit"]):
            if name == "determinism":
                assert told.wait is None
            else:
                assert told.wait_known_by == "exact", name
                assert told.wait is not None
                assert 0 < told.wait <= (told.seconds or 0.0), name


@every_line
def test_a_source_that_is_left_before_its_end(python: str) -> None:
    told = seen(python).of(events.EpochEnded, fit=fit(python, "growing"))
    assert [(each.source_ended, each.source_closed) for each in told[:2]] == [(True, False), (False, True)]
    ended = seen(python).of(events.EpochEnded, fit=fit(python, "filter"))[0]
    assert ended.source_ended


@every_line
def test_one_value_that_is_not_finite_among_all_rows(python: str) -> None:
    found = [batch for batch in batches(python, "arrays") if batch.rows == 100]
    x, y = found[0].components
    assert (x["role"], x["non_finite"], x["shape"]) == ("x", 1, [100, 8])
    assert (y["classes"], y["distribution"], y["integer"]) == ({"0": 50, "1": 50}, "index", True)


@every_line
def test_batches_that_stay_in_the_graph_are_seen_in_order(python: str) -> None:
    first = [batch for batch in batches(python, "sorted", epoch=0) if batch.step is not None]
    assert [batch.step for batch in first[:12]] == list(range(12))
    assert [list(batch.components[1]["classes"]) for batch in first[:6]] == [["0"]] * 6
    assert [list(batch.components[1]["classes"]) for batch in first[7:12]] == [["1"]] * 5
    assert len({row for batch in first[:12] for row in batch.row_fingerprints}) == 96


@every_line
def test_batches_without_rows(python: str) -> None:
    assert [batch.step for batch in batches(python, "too long", epoch=0) if batch.rows == 0] == [4, 5]


@every_line
def test_the_same_batch_again_and_again(python: str) -> None:
    first = batches(python, "same batch", epoch=0)
    assert len({batch.fingerprint for batch in first}) == 1
    assert [batch.step for batch in first] == list(range(8))
    number = fit(python, "same batch")
    assert seen(python).the(events.SourceRowsSampled, fit=number).distinct == 100
    counted = seen(python).of(events.RowsCounted, fit=number)[-1]
    assert counted.distinct_in_fit == 12
    other = batches(python, "sequence", epoch=0)
    assert len({batch.fingerprint for batch in other}) == len(other)


@every_line
def test_inputs_by_name_and_the_validation_data(python: str) -> None:
    first = batches(python, "dict", role="train")[0]
    assert [(each["role"], each["name"]) for each in first.components] == [("x", "in0"), ("x", "in1"), ("y", "")]
    assert first.components[1]["max"] > 100 > first.components[0]["max"]
    assert batches(python, "dict", role="validation")


@every_line
def test_what_is_known_of_the_sources(python: str) -> None:
    sources = {
        name: seen(python).the(events.SourceDescribed, fit=known["fit"], role="train")
        for name, known in truth(python).items()
        if name != "mirrored"
    }
    assert (sources["arrays"].size, sources["arrays"].batches, sources["arrays"].shuffled) == (100, 4, True)
    assert (sources["some steps"].size, sources["some steps"].infinite) == (100, True)
    assert (sources["sequence"].batches, sources["sequence"].upstream_size) == (4, 100)
    assert sources["endless"].upstream_known_by == "estimated"
    assert sources["filter"].size is None
    assert sources["filter"].upstream_size == 100


@every_line
def test_an_exception_midway_is_the_programs_own(python: str) -> None:
    failed = truth(python)["failing"]
    assert failed["midway"]
    assert not failed["ours"]
    assert seen(python).the(events.FitEnded, fit=failed["fit"]).exception == failed["error"]
    assert python != KERAS2 or failed["error"] == "UnknownError"


SLOW_TO_BEGIN = """
import time
import keras, numpy as np

class Held(keras.utils.PyDataset):
    def __init__(self, **seconds):
        super().__init__()
        self.seconds = seconds
    def __len__(self): return 2
    def __getitem__(self, index): return np.ones((4, 2)), np.ones(4)
    def on_epoch_begin(self): time.sleep(self.seconds.get("begin", 0.0))
    def on_epoch_end(self): time.sleep(self.seconds.pop("end", 0.0))  # Keras calls it before a validation, too

model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(Held(begin=0.4), validation_data=Held(end=0.4), epochs=2, verbose=0)
"""


@needs_keras3
def test_setting_up_the_data_is_wait_and_no_compute(tmp_path: Path) -> None:
    script = tmp_path / "held.py"
    script.write_text(SLOW_TO_BEGIN)
    seen = watched(script)

    assert (seen.of(events.ValidationEnded)[0].seconds or 0.0) >= 0.4
    second = seen.of(events.EpochEnded)[1]
    assert (second.wait or 0.0) >= 0.4
    assert (second.first_wait or 0.0) >= 0.4
    assert (second.compute or 0.0) < 0.4
    assert (seen.of(events.StepsEnded, epoch=1)[0].wait or 0.0) >= 0.4
