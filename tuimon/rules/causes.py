"""What explains that a model stands still: one trouble shall raise one alarm.

The rules that judge symptoms (the same output for every row, an accuracy at the base rate) report a note when one of
these says why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuimon.rules.frozen_weights import FrozenWeights
from tuimon.rules.imbalanced_labels import ImbalancedLabels
from tuimon.rules.labels_out_of_range import LabelsOutOfRange
from tuimon.rules.logits_mismatch import LogitsMismatch
from tuimon.rules.non_finite_data import NonFiniteData
from tuimon.rules.non_finite_loss import NonFiniteLoss
from tuimon.rules.non_finite_weights import NonFiniteWeights
from tuimon.rules.nothing_trainable import NothingTrainable
from tuimon.rules.odd_learning_rate import OddLearningRate
from tuimon.rules.shape_broadcast import ShapeBroadcast
from tuimon.rules.softmax_on_one_unit import SoftmaxOnOneUnit
from tuimon.rules.unfit_loss import UnfitLoss
from tuimon.rules.unreachable_targets import UnreachableTargets
from tuimon.rules.unscaled_input import UnscaledInput

if TYPE_CHECKING:
    from tuimon.rules.finding import Finding
    from tuimon.state import Fit, Run

CAUSES = (
    NothingTrainable(),
    SoftmaxOnOneUnit(),
    NonFiniteLoss(),
    NonFiniteWeights(),
    NonFiniteData(),
    LogitsMismatch(),
    ShapeBroadcast(),
    UnfitLoss(),
    UnreachableTargets(),
    UnscaledInput(),
    FrozenWeights(),
    OddLearningRate(),
    ImbalancedLabels(),
)


def cause(fit: Fit, run: Run) -> Finding | None:
    """The finding that explains why the model stands still; None when there is none above a note."""
    found = (finding for rule in CAUSES for finding in rule.of(fit))
    labels = LabelsOutOfRange().of(fit, run)
    return next((finding for each in (found, labels) for finding in each if finding.severity != "note"), None)
