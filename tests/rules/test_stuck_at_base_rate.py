"""An accuracy that is the share of the largest class."""

from __future__ import annotations

from tests.builders import run_of
from tests.rules.data import falling, net, scan
from tests.rules.judging import at_most_a_note, found, quiet
from tests.rules.test_imbalanced_labels import seen
from tuimon.rules.stuck_at_base_rate import StuckAtBaseRate

RULE = StuckAtBaseRate()
LOSSES = [0.6, 0.58, 0.57, 0.57, 0.57]


def test_four_epochs_at_the_share_of_the_largest_class() -> None:
    run = run_of(seen(80, 20), falling(LOSSES, accuracy=[0.7, 0.8, 0.801, 0.7995, 0.8]))
    finding = found(RULE, run, "warning")
    assert "in epochs 2–5, the share of class 0 (limit: 4 epochs within 0.002)" in finding.message
    assert finding.epoch == 1


def test_it_is_a_note_where_something_else_says_why() -> None:
    same = falling(LOSSES, accuracy=[0.99] * 5)
    at_most_a_note(RULE, run_of(seen(99, 1), same))
    at_most_a_note(RULE, run_of(seen(80, 20, model=net(1, "softmax")), falling(LOSSES, accuracy=[0.8] * 5)))
    dead = scan(1, non_finite=16)
    at_most_a_note(RULE, run_of(seen(80, 20), falling(LOSSES, accuracy=[0.8, 0.8, 0.801, 0.8, 0.8]), dead))


def test_a_slow_start_is_over_and_a_note() -> None:
    run = run_of(seen(90, 10), falling([0.5, 0.4, 0.3, 0.3, 0.2], accuracy=[0.9, 0.9005, 0.9, 0.9, 0.95]))
    assert found(RULE, run, "note").over


def test_an_accuracy_that_moves_and_balanced_classes_are_fine() -> None:
    quiet(RULE, run_of(seen(80, 20), falling(LOSSES, accuracy=[0.8, 0.8, 0.82, 0.8, 0.8])))
    at_most_a_note(RULE, run_of(seen(50, 50), falling(LOSSES, accuracy=[0.5, 0.501, 0.5, 0.499, 0.5])))
    quiet(RULE, run_of(seen(80, 20), falling(LOSSES)))
