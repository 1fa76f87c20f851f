"""Scans of real models' weights, and what they may cost."""

from __future__ import annotations

from typing import Any

import pytest

from tests.agent.scenes import Keras, everywhere, scenes
from tuimon.agent import weights
from tuimon.agent.budget import Budget


@everywhere
def test_values_that_are_not_finite_are_counted_and_located(keras: Keras) -> None:
    first, second = scenes(keras).scans("nan")
    assert first.non_finite > 0
    assert "kernel" in first.non_finite_in[0]
    assert first.norm is None
    assert (first.compared, second.compared) == (False, True)
    # NaN stays NaN, which is no sign that a weight does not move.
    assert second.unchanged == 0


@everywhere
def test_weights_that_stand_still_are_named(keras: Keras) -> None:
    first, second = scenes(keras).scans("still")
    assert first.unchanged == 0
    assert not first.compared
    assert second.compared
    assert (second.variables, second.unchanged, second.largest_change) == (4, 4, 0.0)
    assert sum("bias" in name for name in second.unchanged_in) == 2
    assert second.norm == pytest.approx(first.norm)


@everywhere
def test_frozen_weights_are_not_scanned(keras: Keras) -> None:
    (scan,) = scenes(keras).scans("frozen")
    assert (scan.variables, scan.compared) == (0, False)
    for scan in scenes(keras).scans("half-frozen"):
        assert scan.variables == 2
        assert scan.unchanged == 0


@everywhere
def test_a_large_model_is_compared_by_a_selection(keras: Keras) -> None:
    first, second = scenes(keras).scans("large")
    assert first.variables == second.variables == 6
    assert second.compared
    assert second.unchanged == 0
    assert second.largest_change is not None
    assert second.largest_change > 0


class Counting:
    """A model that counts how often its weights are asked for."""

    asked = 0

    @property
    def trainable_variables(self) -> list[Any]:
        self.asked += 1
        return []


def test_a_scan_that_training_has_not_earned_is_not_made() -> None:
    pytest.importorskip("numpy")
    model = Counting()
    scanner = weights.Scanner(1, model, Budget(share=0.001, early_share=0.0, early_looks=0))
    assert scanner.epoch_ended(0, 1.0) is not None
    scanner._cost = 0.01
    assert scanner.epoch_ended(1, 1.0) is None
    assert model.asked == 1
    assert scanner.epoch_ended(2, 20.0) is not None
    assert model.asked == 2


def test_looks_are_paid_with_what_they_took() -> None:
    budget = Budget(share=0.01, early_share=0.0, early_looks=0)
    budget.earn(10.0)
    assert budget.allows(0.1)
    budget.spend(0.3)
    budget.earn(10.0)
    assert not budget.allows(0.01)
    budget.earn(20.0)
    assert budget.allows(0.1)


def test_the_first_looks_are_free_up_to_a_share_of_the_time_the_process_has_used() -> None:
    budget = Budget(share=0.0, early_share=1.0, early_looks=2)
    assert budget.allows(1e-6)
    assert not budget.allows(1e9)
    budget.spend(1.0)
    budget.spend(1.0)
    assert budget.seconds == 0.0
    assert not budget.allows(1e-6)
