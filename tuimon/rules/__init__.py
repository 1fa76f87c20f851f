"""The rules, in display order, and what they say of a run.

A rule is named after its file: `stalled.py` holds the rule `stalled`, its page (the module's docstring), its thresholds
and its check.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tuimon.rules.chosen import chosen, rule_id
from tuimon.rules.constant_output import ConstantOutput
from tuimon.rules.dead_units import DeadUnits
from tuimon.rules.diverging_loss import DivergingLoss
from tuimon.rules.finding import SEVERITIES, Finding, Rule, Severity
from tuimon.rules.frozen_weights import FrozenWeights
from tuimon.rules.headline import headline
from tuimon.rules.imbalanced_labels import ImbalancedLabels
from tuimon.rules.labels_out_of_range import LabelsOutOfRange
from tuimon.rules.logits_mismatch import LogitsMismatch
from tuimon.rules.loss_plateau import LossPlateau
from tuimon.rules.missing_targets import MissingTargets
from tuimon.rules.mute import Mutes
from tuimon.rules.negative_loss import NegativeLoss
from tuimon.rules.non_finite_data import NonFiniteData
from tuimon.rules.non_finite_loss import NonFiniteLoss
from tuimon.rules.non_finite_weights import NonFiniteWeights
from tuimon.rules.nothing_trainable import NothingTrainable
from tuimon.rules.odd_learning_rate import OddLearningRate
from tuimon.rules.oscillating_loss import OscillatingLoss
from tuimon.rules.overfitting import Overfitting
from tuimon.rules.pages import page, summary
from tuimon.rules.shape_broadcast import ShapeBroadcast
from tuimon.rules.softmax_on_one_unit import SoftmaxOnOneUnit
from tuimon.rules.stuck_at_base_rate import StuckAtBaseRate
from tuimon.rules.unfit_loss import UnfitLoss
from tuimon.rules.unreachable_targets import UnreachableTargets
from tuimon.rules.unscaled_input import UnscaledInput
from tuimon.rules.validation_scale_mismatch import ValidationScaleMismatch
from tuimon.rules.vanishing_gradient import VanishingGradient

if TYPE_CHECKING:
    from tuimon.state import Run

__all__ = [
    "RULES",
    "SEVERITIES",
    "Finding",
    "Rule",
    "Severity",
    "diagnose",
    "headline",
    "not_judged",
    "page",
    "rule_id",
    "rules_of",
    "summary",
]

RULES: list[Rule] = [
    MissingTargets(),
    NothingTrainable(),
    SoftmaxOnOneUnit(),
    LogitsMismatch(),
    LabelsOutOfRange(),
    ShapeBroadcast(),
    UnfitLoss(),
    UnreachableTargets(),
    UnscaledInput(),
    ValidationScaleMismatch(),
    ImbalancedLabels(),
    StuckAtBaseRate(),
    NonFiniteData(),
    NonFiniteLoss(),
    NonFiniteWeights(),
    DivergingLoss(),
    OscillatingLoss(),
    OddLearningRate(),
    FrozenWeights(),
    VanishingGradient(),
    DeadUnits(),
    ConstantOutput(),
    NegativeLoss(),
    Overfitting(),
    LossPlateau(),
]
"""Every rule with its default thresholds, in the order in which tables list them."""


def rules_of(run: Run) -> list[Rule]:
    """All rules, but for what the settings say that the run was started with."""
    return chosen(run.started.settings if run.started else {}, RULES)


def diagnose(run: Run, rules: Sequence[Rule] | None = None) -> list[Finding]:
    """What these rules, else those of the run's own settings, find as of now, newest evidence first.

    What a comment on the line of a fit's call mutes is left out. A rule that raises becomes a note about the rule.
    """
    mutes = Mutes(run)
    asked = rules_of(run) if rules is None else rules
    found = [finding for rule in asked for finding in _checked(rule, run) if not mutes.cover(finding)]
    return sorted(found, key=lambda finding: finding.at or 0.0, reverse=True)


def _checked(rule: Rule, run: Run) -> Iterator[Finding]:
    try:
        yield from rule.check(run)
    except Exception as error:
        yield _broken(rule, run, error)


def _broken(rule: Rule, run: Run, error: Exception) -> Finding:
    return Finding(
        rule=rule_id(rule),
        severity="note",
        message=f"this rule failed and was not judged: {type(error).__name__}: {error}",
        advice="This is a mistake in tuimon, not in the training. Please report it with the run's journal.",
        at=run.now,
    )


def not_judged(run: Run, rules: Sequence[Rule] | None = None) -> list[tuple[str, str]]:
    """The rules that cannot be judged on this run, with the signal that is missing."""
    asked = rules_of(run) if rules is None else rules
    reasons = ((rule_id(rule), _reason(rule, run)) for rule in asked)
    return [(rule, reason) for rule, reason in reasons if reason]


def _reason(rule: Rule, run: Run) -> str | None:
    try:
        return rule.unjudged(run)
    except Exception as error:
        return f"the rule failed: {type(error).__name__}: {error}"
