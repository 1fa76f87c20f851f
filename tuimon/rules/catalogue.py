"""Every rule, and what they find in a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tuimon.rules.batched_twice import BatchedTwice
from tuimon.rules.capped_source import CappedSource
from tuimon.rules.chosen import chosen, rule_id
from tuimon.rules.constant_output import ConstantOutput
from tuimon.rules.dataset_in_memory import DatasetInMemory
from tuimon.rules.dead_units import DeadUnits
from tuimon.rules.dead_worker import DeadWorker
from tuimon.rules.disk_full import DiskFull
from tuimon.rules.diverging_loss import DivergingLoss
from tuimon.rules.drifting_epochs import DriftingEpochs
from tuimon.rules.dropped_remainder import DroppedRemainder
from tuimon.rules.eager_mode import EagerMode
from tuimon.rules.empty_batches import EmptyBatches
from tuimon.rules.empty_epoch import EmptyEpoch
from tuimon.rules.ended_early import EndedEarly
from tuimon.rules.endless_epoch import EndlessEpoch
from tuimon.rules.endless_validation import EndlessValidation
from tuimon.rules.finding import Finding, Rule
from tuimon.rules.frozen_weights import FrozenWeights
from tuimon.rules.gpu_fault import GpuFault
from tuimon.rules.gpu_memory_near_limit import GpuMemoryNearLimit
from tuimon.rules.gpu_unused import GpuUnused
from tuimon.rules.imbalanced_labels import ImbalancedLabels
from tuimon.rules.input_bound import InputBound
from tuimon.rules.io_wait import IoWait
from tuimon.rules.killed import Killed
from tuimon.rules.labels_out_of_range import LabelsOutOfRange
from tuimon.rules.logits_mismatch import LogitsMismatch
from tuimon.rules.loss_plateau import LossPlateau
from tuimon.rules.low_coverage import LowCoverage
from tuimon.rules.memory_leak import MemoryLeak
from tuimon.rules.memory_near_limit import MemoryNearLimit
from tuimon.rules.missing_targets import MissingTargets
from tuimon.rules.mute import Mutes
from tuimon.rules.negative_loss import NegativeLoss
from tuimon.rules.non_finite_data import NonFiniteData
from tuimon.rules.non_finite_loss import NonFiniteLoss
from tuimon.rules.non_finite_weights import NonFiniteWeights
from tuimon.rules.nothing_trainable import NothingTrainable
from tuimon.rules.nothing_trained import NothingTrained
from tuimon.rules.odd_learning_rate import OddLearningRate
from tuimon.rules.oscillating_loss import OscillatingLoss
from tuimon.rules.out_of_memory import OutOfMemory
from tuimon.rules.overfitting import Overfitting
from tuimon.rules.oversized_buffer import OversizedBuffer
from tuimon.rules.ran_short import RanShort
from tuimon.rules.repeated_batch import RepeatedBatch
from tuimon.rules.retracing import Retracing
from tuimon.rules.script_failed import ScriptFailed
from tuimon.rules.serial_pipeline import SerialPipeline
from tuimon.rules.shape_broadcast import ShapeBroadcast
from tuimon.rules.shrinking_epochs import ShrinkingEpochs
from tuimon.rules.shrinking_validation import ShrinkingValidation
from tuimon.rules.single_class_batches import SingleClassBatches
from tuimon.rules.skipped_samples import SkippedSamples
from tuimon.rules.slow_callbacks import SlowCallbacks
from tuimon.rules.slow_start import SlowStart
from tuimon.rules.slowing_down import SlowingDown
from tuimon.rules.softmax_on_one_unit import SoftmaxOnOneUnit
from tuimon.rules.stale_snapshot import StaleSnapshot
from tuimon.rules.stalled import Stalled
from tuimon.rules.step_outliers import StepOutliers
from tuimon.rules.stuck_at_base_rate import StuckAtBaseRate
from tuimon.rules.swapping import Swapping
from tuimon.rules.tiny_epochs import TinyEpochs
from tuimon.rules.unfit_loss import UnfitLoss
from tuimon.rules.unreachable_targets import UnreachableTargets
from tuimon.rules.unscaled_input import UnscaledInput
from tuimon.rules.validation_overlap import ValidationOverlap
from tuimon.rules.validation_scale_mismatch import ValidationScaleMismatch
from tuimon.rules.vanishing_gradient import VanishingGradient

if TYPE_CHECKING:
    from tuimon.state import Run

RULES: list[Rule] = [
    TinyEpochs(),
    RanShort(),
    EmptyEpoch(),
    ShrinkingEpochs(),
    RepeatedBatch(),
    EndlessEpoch(),
    LowCoverage(),
    DroppedRemainder(),
    SkippedSamples(),
    NothingTrained(),
    SingleClassBatches(),
    EndlessValidation(),
    ShrinkingValidation(),
    BatchedTwice(),
    EmptyBatches(),
    ValidationOverlap(),
    StaleSnapshot(),
    CappedSource(),
    DriftingEpochs(),
    InputBound(),
    SlowStart(),
    SerialPipeline(),
    SlowCallbacks(),
    StepOutliers(),
    Retracing(),
    SlowingDown(),
    EagerMode(),
    MemoryLeak(),
    MemoryNearLimit(),
    DatasetInMemory(),
    Swapping(),
    OutOfMemory(),
    GpuFault(),
    GpuMemoryNearLimit(),
    OversizedBuffer(),
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
    Stalled(),
    ScriptFailed(),
    Killed(),
    EndedEarly(),
    DeadWorker(),
    GpuUnused(),
    IoWait(),
    DiskFull(),
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
