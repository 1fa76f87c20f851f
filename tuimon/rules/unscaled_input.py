"""The inputs are far from the range that networks start from.

What it means: values such as pixels from 0 to 255 reach the first layer as they are, and nothing in front scales them.
The first outputs are huge, the first steps overshoot, and with a plain SGD the units often die in the first epoch.

Why it matters: training starts with an enormous loss, and then either stands still or takes many epochs to recover.

How it is decided: values beyond 50 in the first three batches, and no layer that scales, normalises or looks up ids
comes first. That alone is a note: trees of tutorials train on such tables. It is a warning when the first loss is more
than ten times that of guessing, and has not come down since, or when the learning rate of an SGD times the mean square
of the inputs is over 100.

What to do: divide pixels by 255, or put `Rescaling(1/255)` or an adapted `Normalization` in front. The same must
happen to validation and prediction data.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, kinds, losses, signals
from tuimon.rules.curve import curve
from tuimon.rules.finding import Finding
from tuimon.rules.sayings import number
from tuimon.rules.targets import Target, Values, joined, targets

if TYPE_CHECKING:
    from tuimon.state import Fit, Run

PLAIN = frozenset({"SGD", "sgd"})
"""Optimizers whose steps grow with the gradient."""

EARLY = 4
"""A normalisation among so many first layers undoes the scale."""


@dataclass(frozen=True)
class UnscaledInput:
    limit: float = 50.0  # highest absolute value; own choice (UMLAUT's [-1, 1] fires on 21 of 47 programs)
    times_theory: float = 10.0  # first loss against that of guessing; TheDeepChecker deviates at 2x
    product: float = 100.0  # learning rate of an SGD times the mean square of the inputs; own choice
    learned: float = 0.8  # of the loss of guessing, below which the training has recovered; own choice
    batches: int = 3  # looked at; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            yield from self.of(fit)

    def of(self, fit: Fit) -> Iterator[Finding]:
        model = fit.model
        if model is None or not model.first_layers or not set(model.first_layers) <= kinds.PASS_ON:
            return
        for values in joined(fit.batches[: self.batches], "x"):
            reach = max(abs(values.min or 0.0), abs(values.max or 0.0))
            if reach > self.limit and not math.isinf(reach):
                yield self._finding(fit, values)
                return

    def _finding(self, fit: Fit, values: Values) -> Finding:
        first = fit.batches[0]
        harm = self._harm(fit, values)
        pixels = values.integer is True and (values.min or 0) >= 0 and 200 <= (values.max or 0) <= 255
        name = f" `{values.name}`" if values.name else ""
        return Finding(
            rule="unscaled-input",
            severity="warning" if harm else "note",
            message=(
                f"input{name} runs from {number(values.min or 0.0)} to {number(values.max or 0.0)} (limit "
                f"±{self.limit:g}) and nothing scales it before the first layer{harm}"
            ),
            advice=(
                "Divide by 255, or put Rescaling(1/255) in front; do the same to validation and prediction data."
                if pixels
                else "Put a Normalization layer, adapted to the training data, in front of the first layer."
            ),
            fit=fit.index,
            epoch=first.epoch,
            step=first.step,
            at=first.at,
            numbers={"min": values.min, "max": values.max, "mean": values.mean, "std": values.std},
            snippet=(
                "keras.layers.Rescaling(1.0 / 255)"
                if pixels
                else "scale = keras.layers.Normalization()\nscale.adapt(x_train)"
            ),
        )

    def _harm(self, fit: Fit, values: Values) -> str:
        """What it does to this training, to be added to the message; empty when nothing is known to be wrong."""
        model = fit.model
        if model is None or any(layer.get("kind") in kinds.NORMALISE for layer in model.layers[:EARLY]):
            return ""
        theory, first, newest = guess(fit), first_loss(fit), newest_loss(fit)
        if theory and newest is not None and newest < self.learned * theory:
            return ""
        if theory and first is not None and first > self.times_theory * theory:
            return f"; the first loss is {number(first)}, {first / theory:,.0f} times that of guessing"
        rate, square = model.learning_rate, values.mean_square
        if model.optimizer in PLAIN and rate and square and rate * square > self.product:
            return f"; steps of a learning rate of {rate:g} overshoot at this scale"
        return ""

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, signals.has_batches, signals.NO_BATCHES)


def guess(fit: Fit) -> float | None:
    """The loss of a model that knows nothing: even odds for classes, zero for a quantity. None when not known."""
    known = targets(fit)
    return _guess(known[0]) if len(known) == 1 else None


def _guess(target: Target) -> float | None:
    if target.loss_name in losses.BINARY:
        return math.log(2)
    if target.loss_name in losses.SPARSE | losses.CATEGORICAL:
        return math.log(target.units) if target.units and target.units > 1 else None
    square = target.values.mean_square
    if square is None:
        return None
    return {"mean_squared_error": square, "mean_absolute_error": math.sqrt(square)}.get(target.loss_name)


def first_loss(fit: Fit) -> float | None:
    """The loss of the first epoch, so far; infinite when it is not finite."""
    if "loss" in fit.non_finite and fit.epochs and fit.non_finite["loss"][0] == fit.epochs[0].index:
        return math.inf
    points = curve(fit)
    if points:
        return points[0].value if points[0].epoch is fit.epochs[0] else None
    latest = fit.metrics["loss"].latest if "loss" in fit.metrics else None
    return latest.last if latest else None


def newest_loss(fit: Fit) -> float | None:
    points = curve(fit)
    return points[-1].value if points else None
