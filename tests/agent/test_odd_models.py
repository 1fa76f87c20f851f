"""Facts that only the steps tell, or TensorFlow itself: of models with a `call` of their own, and odd ways to train."""

from __future__ import annotations

from pathlib import Path

from tests.agent.harness import both_lines, played
from tuimon import events

SCRIPT = Path(__file__).parents[1] / "scripts" / "odd_models.py"


@both_lines
def test_outputs_of_a_call_of_ones_own_are_told_after_the_first_steps(python: str) -> None:
    run = played(SCRIPT, python)
    assert run.failures == []
    squashed, linear = run.run.fits[0].model, run.run.fits[1].model
    assert squashed is not None
    assert linear is not None
    assert [(each["units"], each["activation"]) for each in squashed.outputs] == [(5, "softmax")]
    assert [(each["units"], each.get("activation")) for each in linear.outputs] == [(5, None)]
    assert squashed.outputs[0]["from_logits"] is True


@both_lines
def test_what_follows_augmentation_is_among_the_first_layers(python: str) -> None:
    described = played(SCRIPT, python).run.fits[2].model
    assert described is not None
    assert {"RandomFlip", "Rescaling"} <= set(described.first_layers)


@both_lines
def test_a_look_at_a_batch_tells_how_many_there_are(python: str) -> None:
    (ended,) = played(SCRIPT, python).of(events.IteratorEnded)
    assert (ended.batches, ended.available) == (1, 10)


@both_lines
def test_functions_that_run_eagerly_are_told(python: str) -> None:
    eagerly = [fit.started.run_eagerly for fit in played(SCRIPT, python).run.fits]
    assert eagerly[-1] is True
    assert not any(eagerly[:-1])
