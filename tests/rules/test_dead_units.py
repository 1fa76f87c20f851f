"""Layers whose units are zero for every row."""

from __future__ import annotations

from tests.builders import fit, run_of
from tests.rules.data import X, falling, labels, looks, net, probe
from tests.rules.judging import at_most_a_note, found, quiet
from tuimon import events
from tuimon.rules.dead_units import DeadUnits

RULE = DeadUnits()
FLAT, FALLING = falling([0.7, 0.7, 0.7]), falling([0.7, 0.4, 0.2])


def dead(*ratios: float, name: str = "hidden") -> list[events.Event]:
    return [probe(index, layers=[{"name": name, "dead": ratio}]) for index, ratio in enumerate(ratios)]


def test_a_layer_that_is_dead() -> None:
    finding = found(RULE, run_of(fit(), net(), FALLING, dead(1.0, 1.0)), "warning")
    assert (
        "100% of the units of layer `hidden` are zero on nearly all of 64 rows in 2 looks (limit 95%)"
        in finding.message
    )
    assert finding.epoch == 0


def test_three_quarters_are_a_warning_where_the_loss_stands_still() -> None:
    found(RULE, run_of(fit(), net(), FLAT, dead(0.75, 0.75)), "warning")
    found(RULE, run_of(fit(), net(), FALLING, dead(0.75, 0.75)), "note")
    found(RULE, run_of(fit(), net(), FLAT, dead(0.6, 0.6)), "note")


def test_one_look_and_living_layers_are_fine() -> None:
    quiet(RULE, run_of(fit(), net(), FLAT, dead(1.0)))
    quiet(RULE, run_of(fit(), net(), FLAT, dead(0.5, 0.5, 0.4)))
    quiet(RULE, run_of(fit(), net(), FLAT, dead(1.0, 0.2, 1.0)))


def test_the_output_layer_is_the_matter_of_other_rules() -> None:
    quiet(RULE, run_of(fit(), net(1, "relu"), FLAT, dead(1.0, 1.0, name="out")))


def test_units_that_come_back_end_it() -> None:
    run = run_of(fit(), net(), FLAT, dead(1.0, 1.0, 0.1))
    at_most_a_note(RULE, run)
    assert found(RULE, run).over


def test_inputs_that_were_not_scaled_are_the_reason() -> None:
    pixels = {**X, "min": 0.0, "max": 255.0, "mean": 127.5, "std": 73.6, "integer": True}
    seen = looks(pixels, labels(0, 1))
    losses = falling([9015.0, 0.693, 0.693])
    at_most_a_note(RULE, run_of(fit(), net(), seen, losses, dead(1.0, 1.0)))
