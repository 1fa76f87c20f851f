"""The learning rate is zero, not a number, or far from what its optimizer takes.

What it means: a rate of 0 changes nothing: a schedule whose steps were counted in epochs, or one that ends long before
the training does. A rate above 1 makes adaptive optimizers such as Adam jump by more than the weights are large.

Why it matters: epochs with a rate of 0 are lost, and the loss curve looks like a plateau.

How it is decided: the rate is 0 during a whole epoch, after the first one (a warm-up may begin at 0) or from the start
when it is constant; a schedule that reaches 0 with the last step is fine. Above 1 it is a warning for adaptive
optimizers only: SGD has no such limit. Outside of 1e-7 to 0.05 (SGD: up to 1) it is a note, judged by the highest rate
of an epoch, so that warm-up and decay are left alone.

What to do: count `decay_steps` in steps, not epochs: steps per epoch times epochs.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings
from tuimon.rules.finding import Finding, Severity

if TYPE_CHECKING:
    from tuimon.state import Epoch, Fit, Run

ROUNDED = 1 + 1e-6
"""What a rate may be above a limit, as Keras keeps it in single precision."""

ADAPTIVE = frozenset({"adam", "adamw", "adamax", "nadam", "rmsprop", "lion"})


@dataclass(frozen=True)
class OddLearningRate:
    largest: float = 1.0  # for adaptive optimizers, a warning; own choice
    usual_low: float = 1e-7  # a note; UMLAUT
    usual_high: float = 0.05  # for adaptive optimizers, a note; own choice (UMLAUT's 0.01 is what tutorials use)
    usual_high_plain: float = 1.0  # for SGD, a note; own choice (0.1 is normal)

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            yield from self.of(fit)

    def of(self, fit: Fit) -> Iterator[Finding]:
        found = self._constant_zero(fit) or self._zero(fit) or self._broken(fit) or self._unusual(fit)
        if found is not None:
            yield found

    def _constant_zero(self, fit: Fit) -> Finding | None:
        """Known before the first step: a rate of 0 that nothing will change."""
        model = fit.model
        adjusted = any("learningrate" in name.lower() or "lr" in name.lower() for name in fit.started.callbacks)
        if model is None or model.learning_rate != 0.0 or model.schedule or adjusted:
            return None
        if any(epoch.highest_learning_rate for epoch in fit.epochs):
            return None
        return self._finding(
            fit,
            "warning",
            "the learning rate is 0: no step changes a weight",
            "Give the optimizer a learning rate.",
            None,
        )

    def _zero(self, fit: Fit) -> Finding | None:
        """Whole epochs at 0: from the end of the epoch before to their own end."""
        rates = [(epoch, epoch.highest_learning_rate) for epoch in fit.ended_epochs if epoch.steps]
        zero = [
            epoch
            for (before, _), (epoch, rate) in itertools.pairwise(rates)
            if rate == 0.0 and before.learning_rate == 0.0 and _rested(fit, epoch)
        ]
        if not zero:
            return None
        schedule = f" ({fit.model.schedule} has ended)" if fit.model is not None and fit.model.schedule else ""
        steps = fit.planned_steps
        plan = f": {steps} steps × {evidence.planned_epochs(fit)} epochs" if steps else ""
        return self._finding(
            fit,
            "warning",
            f"the learning rate was 0 during {sayings.epochs(epoch.index for epoch in zero)}{schedule}: no step counts",
            f"Let the schedule last as long as the training{plan}; it counts steps, not epochs.",
            zero[0],
            over=bool(rates[-1][1]),
        )

    def _broken(self, fit: Fit) -> Finding | None:
        model, epochs = fit.model, fit.epochs
        rate = next((rate for rate in _highest(fit) if not math.isfinite(rate)), None)
        if rate is not None:
            message = "the learning rate is not a finite number"
            return self._finding(fit, "warning", message, "Check the schedule.", epochs[0] if epochs else None)
        high = max(_highest(fit), default=0.0)
        if model is None or not _adaptive(fit) or high <= self.largest:
            return None
        return self._finding(
            fit,
            "warning",
            f"the learning rate reaches {high:g}, which is a lot for {model.optimizer} (limit {self.largest:g})",
            "Adaptive optimizers take steps of about the learning rate, whatever the gradient: start at 0.001.",
            next((epoch for epoch in epochs if epoch.highest_learning_rate == high), None),
        )

    def _unusual(self, fit: Fit) -> Finding | None:
        rates = _highest(fit)
        if not rates or fit.model is None or fit.model.optimizer is None:
            return None
        adaptive, plain = _adaptive(fit), (fit.model.optimizer or "").lower() == "sgd"
        high = self.usual_high if adaptive else self.usual_high_plain
        odd = max(rates)
        if not (adaptive or plain) or self.usual_low <= odd <= high * ROUNDED or odd == 0.0:
            return None
        return self._finding(
            fit,
            "note",
            f"the learning rate is {odd:g}; usual for {fit.model.optimizer} is {self.usual_low:g} to {high:g}",
            "If the loss jumps or stands still, look here first.",
            next((epoch for epoch in fit.epochs if epoch.highest_learning_rate == odd), None),
        )

    def _finding(
        self, fit: Fit, severity: Severity, message: str, advice: str, epoch: Epoch | None, over: bool = False
    ) -> Finding:
        return Finding(
            rule="odd-learning-rate",
            severity=severity,
            message=message,
            advice=advice,
            fit=fit.index,
            epoch=epoch.index if epoch else None,
            at=(epoch.ended_at or epoch.started_at) if epoch else fit.started_at,
            numbers={"learning_rate": max(_highest(fit), default=None)},
            snippet=(
                "decay_steps = steps_per_epoch * epochs" if severity == "warning" and "was 0 during" in message else ""
            ),
            over=over,
        )

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, _highest, "no learning rate was reported")


def _adaptive(fit: Fit) -> bool:
    return fit.model is not None and (fit.model.optimizer or "").lower() in ADAPTIVE


def _highest(fit: Fit) -> list[float]:
    """The highest rate of each epoch, or the compiled one before there is any."""
    rates = [epoch.highest_learning_rate for epoch in fit.epochs if epoch.highest_learning_rate is not None]
    if rates:
        return rates
    model = fit.model
    return [model.learning_rate] if model is not None and model.learning_rate is not None and not model.schedule else []


def _rested(fit: Fit, epoch: Epoch) -> bool:
    """No scan says that weights changed in that epoch."""
    return all(scan.unchanged >= scan.variables for scan in fit.scans if scan.epoch == epoch.index and scan.compared)
