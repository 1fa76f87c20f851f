"""Further kinds of training: tables, lists, workers, replicas, folds, several steps to a call, several outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.agent.harness import Watched, every_line, plain, played, truth_of
from tuimon import events

SCRIPT = Path(__file__).parents[1] / "scripts" / "kinds.py"


def seen(python: str) -> Watched:
    return played(SCRIPT, python)


def truth(python: str) -> dict[str, dict[str, Any]]:
    return {name: told for name, told in truth_of(SCRIPT, python).items() if "error" not in told}


@every_line
def test_no_part_fails(python: str) -> None:
    assert seen(python).failures == []


@every_line
def test_history_and_weights_are_the_same_without_the_agent(python: str) -> None:
    assert seen(python).stdout == plain(SCRIPT, python=python).stdout


@every_line
def test_steps_and_samples_of_each_epoch_are_exact(python: str) -> None:
    for name, known in truth(python).items():
        told = seen(python).of(events.EpochEnded, fit=known["fit"])
        assert [each.epoch for each in told] == list(range(known["first"], known["first"] + len(told))), name
        assert [[each.steps, each.samples] for each in told] == known["epochs"], name
        assert {each.samples_known_by for each in told} == {"exact"}, name


@every_line
def test_steps_and_samples_of_each_validation_are_exact(python: str) -> None:
    for name, known in truth(python).items():
        told = seen(python).of(events.ValidationEnded, fit=known["fit"])
        assert [[each.steps, each.samples] for each in told] == known["validations"], name


@every_line
def test_the_size_of_what_is_trained_on_is_known_or_not_claimed(python: str) -> None:
    run = seen(python).run
    for name, known in truth(python).items():
        source = next(fit for fit in run.fits if fit.started.fit == known["fit"]).source
        assert source is not None, name
        assert source.described.size == known["size"], name
