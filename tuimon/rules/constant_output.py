"""The model gives the same output for every row.

What it means: the predictions for different rows do not differ, although the labels do. The network has collapsed to a
constant: dead units, a saturated activation, or a loss that rewards nothing else.

Why it matters: the loss settles at the best constant and looks like slow learning.

How it is decided: in two looks at a batch, the outputs vary by less than a millionth over the rows while the targets
vary; or the training accuracy is the same to six digits in at least four epochs of at least 500 rows each, and it is
the share of a class. Where another rule says why (a softmax over one unit, frozen or non-finite weights, dead units,
vanishing gradients, targets out of reach, imbalanced labels), where all inputs are the same, where batch normalisation
has seen too few steps for its moving averages, and where the outputs vary again, it is a note.

What to do: lower the learning rate, check that the inputs reach the model scaled and in varied order, and replace
saturating activations.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tuimon.rules import evidence, signals
from tuimon.rules.causes import cause
from tuimon.rules.curve import Point, accuracy, curve
from tuimon.rules.dead_units import DeadUnits
from tuimon.rules.finding import Finding
from tuimon.rules.imbalanced_labels import Balance, balance
from tuimon.rules.sayings import count, epochs, number
from tuimon.rules.targets import sampled
from tuimon.rules.vanishing_gradient import VanishingGradient

if TYPE_CHECKING:
    from tuimon import events
    from tuimon.state import Fit, Run


@dataclass(frozen=True)
class ConstantOutput:
    spread: float = 1e-6  # standard deviation of an output over the rows; TheDeepChecker, f60
    looks: int = 2  # in a row; own choice
    epochs: int = 4  # of the same accuracy; own choice
    digits: int = 6  # to which it is the same; own choice
    rows: int = 500  # per epoch, below which the same accuracy may be chance; own choice
    near: float = 0.005  # to the share of a class, beside what the count of labels leaves open; own choice
    settled: int = 460  # steps until an average with Keras' momentum of 0.99 has forgotten 99 % of its first value
    majority: float = 0.8  # of one class, from which the same accuracy is no surprise; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            yield from self.of(fit, run)

    def of(self, fit: Fit, run: Run) -> Iterator[Finding]:
        found = self._by_probes(fit) or self._by_accuracy(fit)
        if found is not None:
            explained = found["over"] or found["weak"] or _inputs_equal(fit) or self._explained(fit, run)
            yield Finding(
                rule="constant-output",
                severity="note" if explained else "warning",
                message=found["message"],
                advice="Lower the learning rate, scale the inputs, and look for dead or saturated layers.",
                fit=fit.index,
                epoch=found["epoch"],
                at=found["at"],
                numbers=found["numbers"],
                over=found["over"],
            )

    def _by_probes(self, fit: Fit) -> dict[str, Any] | None:
        if not _targets_vary(fit):
            return None
        constant: list[tuple[events.ModelProbed, events.Facts]] = []
        for probe in fit.probes:
            flat = next((each for each in probe.outputs if self._flat(each)), None)
            if flat is not None:
                constant.append((probe, flat))
            elif len(constant) >= self.looks:
                break
            else:
                constant = []
        if len(constant) < self.looks:
            return None
        first, output = constant[0]
        return {
            "message": (
                f"output `{output.get('name')}` is {number(output['max'])} for each of {count(first.rows, 'row')} in "
                f"{count(len(constant), 'look')}: it varies by {number(output['std'])} (limit {self.spread:g})"
            ),
            "epoch": first.epoch,
            "at": first.at,
            "numbers": {"std": output["std"], "rows": first.rows, "looks": len(constant)},
            "over": constant[-1][0] is not fit.probes[-1],
            "weak": self._unsettled(fit, constant[-1][0].epoch),
        }

    def _unsettled(self, fit: Fit, epoch: int) -> bool:
        """Batch normalisation predicts from averages that are still those it began with."""
        layers = fit.model.layers if fit.model is not None else []
        taken = sum(each.steps for each in fit.epochs if each.index <= epoch)
        return taken < self.settled and any(layer.get("kind") == "BatchNormalization" for layer in layers)

    def _flat(self, output: events.Facts) -> bool:
        spread, high = output.get("std"), output.get("max")
        return spread is not None and high is not None and spread < self.spread

    def _by_accuracy(self, fit: Fit) -> dict[str, Any] | None:
        name = accuracy(fit)
        points = curve(fit, name) if name else []
        same = self._same(points)
        if not same or (same[0].epoch.samples or 0) < self.rows:
            return None
        labels = balance(fit)
        if self._outputs_vary(fit) or (labels is not None and not self._share_of_a_class(labels, same[0].value)):
            return None
        return {
            "message": (
                f"the accuracy is {same[0].value:.{self.digits}g} in {epochs(point.epoch.index for point in same)}, "
                f"the same to {self.digits} digits (limit {count(self.epochs, 'epoch')}): the same answers"
            ),
            "epoch": same[0].epoch.index,
            "at": same[self.epochs - 1].epoch.ended_at,
            "numbers": {"accuracy": same[0].value, "epochs": len(same)},
            "over": same[-1] is not points[-1],
            "weak": labels is None or labels.majority > self.majority,
        }

    def _share_of_a_class(self, labels: Balance, accuracy: float) -> bool:
        """Always the same answer is right for the rows of one class, as far as those that were counted tell."""
        close = self.near + 1.0 / labels.labels**0.5
        return any(abs(rows / labels.labels - accuracy) <= close for rows in labels.rows.values())

    def _outputs_vary(self, fit: Fit) -> bool:
        newest = fit.probes[-1].outputs if fit.probes else []
        return bool(newest) and not any(self._flat(output) for output in newest)

    def _same(self, points: list[Point]) -> list[Point]:
        """The first long enough stretch of epochs with one accuracy that is neither 0 nor 1."""
        stretch: list[Point] = []
        for point in points:
            if stretch and round(point.value, self.digits) != round(stretch[0].value, self.digits):
                if len(stretch) >= self.epochs:
                    break
                stretch = []
            if 0.0 < point.value < 1.0:
                stretch.append(point)
        return stretch if len(stretch) >= self.epochs else []

    def _explained(self, fit: Fit, run: Run) -> bool:
        if cause(fit, run) is not None:
            return True
        deeper = (VanishingGradient(), DeadUnits())
        return any(finding.severity != "note" for rule in deeper for finding in rule.of(fit))

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, lambda fit: fit.probes or accuracy(fit), signals.NO_PROBES)


def _targets_vary(fit: Fit) -> bool:
    return any((values.std or 0.0) > 0.0 for values in sampled(fit, "y"))


def _inputs_equal(fit: Fit) -> bool:
    """Every input has one value throughout: no model could tell the rows apart."""
    inputs = sampled(fit, "x")
    return bool(inputs) and all(values.distinct == 1 and values.min == values.max for values in inputs)
