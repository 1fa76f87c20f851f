"""A model that no step can change."""

from __future__ import annotations

from tests.builders import fit, run_of
from tests.rules.data import net
from tests.rules.judging import found, quiet
from tuimon.rules.nothing_trainable import NothingTrainable

RULE = NothingTrainable()


def test_all_layers_frozen() -> None:
    finding = found(RULE, run_of(fit(), net(parameters=161, trainable_variables=0)), "error")
    assert "none of the model's 161 parameters is trainable" in finding.message


def test_a_frozen_base_under_a_head_is_fine() -> None:
    quiet(RULE, run_of(fit(), net(parameters=4_000_000, trainable_variables=2)))


def test_a_model_that_is_not_built_or_trains_itself_is_not_judged() -> None:
    quiet(RULE, run_of(fit(), net(parameters=None, trainable_variables=None)))
    quiet(RULE, run_of(fit(), net(parameters=0, trainable_variables=0)))
    quiet(RULE, run_of(fit(), net(trainable_variables=0, custom_train_step=True)))
