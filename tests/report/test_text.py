"""The report to read in a terminal."""

from __future__ import annotations

from tests.builders import epoch, fit, run_of
from tests.report.documents import document, holds_no_command, hostile, plain, unknown
from tuimon.report.text import MOST_EPOCHS, text


def test_what_stands_out_comes_first() -> None:
    told = text(document(plain()))

    assert told.startswith("r1: finished\n")
    assert told.index("ERROR") < told.index("WARNING") < told.index("fit 1 at train.py:9: 2 of 3 epochs, 20 steps")
    assert "non-finite-loss (epoch 2" in told
    assert "320 of 640  4.0 s      25%  loss 1.25, accuracy 0.5" in told
    assert "memory: peak 3.0 GiB of 8.0 GiB" in told


def test_what_is_not_known_is_a_dash() -> None:
    told = text(document(unknown()))

    assert "unknown, – samples" in told
    assert "memory: peak – of –" in told
    assert "None" not in told


def test_of_many_epochs_the_first_and_the_last_are_shown() -> None:
    told = text(document(run_of(fit(epochs=500), *(epoch(index, loss=1.0) for index in range(500)))))

    assert f"… {500 - MOST_EPOCHS} epochs more …" in told
    assert len([line for line in told.splitlines() if "loss 1" in line]) <= MOST_EPOCHS + 2
    assert "\n    500 " in told


def test_no_name_is_a_command_to_the_terminal() -> None:
    told = text(document(hostile()))

    assert holds_no_command(told)
    assert "\\x1b[31m" in told
