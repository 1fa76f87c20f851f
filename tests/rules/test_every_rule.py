"""What holds for all rules: their pages, their thresholds, and that they say nothing where nothing is known."""

from __future__ import annotations

import pytest

from tests.builders import ended, epoch, fit, fit_end, keras2, run_of
from tuimon import events
from tuimon.rules import RULES, Rule, diagnose, page, rule_id
from tuimon.rules.chosen import defaults
from tuimon.state import Run

NAMES = [rule_id(rule) for rule in RULES]


def foreign() -> Run:
    """A log of somebody else's: epochs with metrics, and nothing more."""
    each = [part for e in range(20) for part in epoch(e, None, loss=1.0 / (e + 1), val_loss=1.1 / (e + 1))]
    began = events.RunStarted(run="r1", source="watch")
    return run_of(began, fit(epochs=20), each, began=False)


def healthy(keras: list[events.Event]) -> Run:
    """A plain training of ten epochs, from its begin to its end."""
    epochs = (epoch(e, 10, seconds=1.0, loss=1.0 / (e + 1), validation={"steps": 3}) for e in range(10))
    each = [part for one in epochs for part in one]
    return run_of(keras, fit(epochs=10, steps=10, validation=True), each, fit_end(), ended(exit_code=0))


def test_each_rule_is_listed_once() -> None:
    assert len(NAMES) == len(set(NAMES))


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_its_page_says_what_users_ask(rule: Rule) -> None:
    text = page(rule)
    first, _, rest = text.partition("\n")
    assert first.endswith((".", ":"))
    for question in ("What it means:", "Why it matters:", "How it is decided:", "What to do:"):
        assert question in rest, question


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_its_thresholds_can_be_set(rule: Rule) -> None:
    assert all(isinstance(value, (int, float)) for value in defaults(rule).values())
    with pytest.raises(AttributeError):
        setattr(rule, "threshold", 1)  # noqa: B010


@pytest.mark.parametrize("run", [Run(), run_of(), foreign()], ids=["nothing", "a start", "a foreign log"])
@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_it_says_nothing_where_nothing_is_known(rule: Rule, run: Run) -> None:
    assert [finding for finding in rule.check(run) if finding.severity != "note"] == []
    reason = rule.unjudged(run)
    assert reason is None or (reason and not reason.endswith("."))


@pytest.mark.parametrize("keras", [[], keras2()], ids=["keras 3", "keras 2"])
def test_a_plain_training_is_healthy(keras: list[events.Event]) -> None:
    assert [finding.message for finding in diagnose(healthy(keras)) if finding.severity != "note"] == []


def test_the_same_events_give_the_same_findings() -> None:
    parts = [fit(epochs=4, steps=20, steps_per_epoch=20), *[epoch(e, 3) for e in range(4)]]
    assert diagnose(run_of(*parts)) == diagnose(run_of(*parts))
