"""The loss does not suit what the targets are.

What it means: a squared or absolute error on class numbers takes class 4 for "twice class 2", and a bounded output
cannot even reach it. A categorical cross-entropy over sigmoids, or over a single unit, does not compare the classes
with each other.

Why it matters: the loss falls to a floor that has nothing to do with telling the classes apart. On one-hot targets a
squared error learns slowly, because its gradient vanishes where the model is surely wrong.

How it is decided: from the first batches. Under a regression loss, one-hot targets, or 3 to 100 distinct whole numbers
that are above what the last activation can give, or have no gap and are measured by an accuracy. Under a categorical
loss, several sigmoids or one unit. Autoencoders, whose targets are their inputs, are not judged. A binary cross-entropy
over a softmax is a note.

What to do: for classes, use softmax units with `sparse_categorical_crossentropy` (class numbers) or
`categorical_crossentropy` (one-hot); for several labels per row, sigmoid units with `binary_crossentropy`. Ordered
classes may be regressed on purpose: mute the rule then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tuimon.rules import evidence, losses, signals
from tuimon.rules.finding import Finding, Severity
from tuimon.rules.sayings import number
from tuimon.rules.targets import Target, Values, sampled, targets

if TYPE_CHECKING:
    from tuimon.state import Fit, Run


class Verdict(NamedTuple):
    severity: Severity
    message: str
    advice: str
    snippet: str


@dataclass(frozen=True)
class UnfitLoss:
    fewest: int = 3  # distinct whole numbers from which targets count as class numbers; AutoTrainer, narrowed
    most: int = 100  # distinct whole numbers up to which they do; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            yield from self.of(fit)

    def of(self, fit: Fit) -> Iterator[Finding]:
        inputs = sampled(fit, "x")
        for target in targets(fit):
            verdict = None if _reconstructs(target.values, inputs) else self._judge(target, _asks_accuracy(fit))
            if verdict is not None:
                first = fit.batches[0]
                yield Finding(
                    rule="unfit-loss",
                    severity=verdict.severity,
                    message=verdict.message,
                    advice=verdict.advice,
                    fit=fit.index,
                    epoch=first.epoch,
                    step=first.step,
                    at=first.at,
                    numbers={"distinct": target.values.distinct, "max": target.values.max, "units": target.units},
                    snippet=verdict.snippet,
                )

    def _judge(self, target: Target, asks_accuracy: bool) -> Verdict | None:
        if target.loss_name in losses.REGRESSION:
            return self._regression(target) or (self._counted_as_classes(target) if asks_accuracy else None)
        if target.loss_name in losses.CATEGORICAL | losses.SPARSE:
            return _categorical(target)
        if target.loss_name in losses.BINARY and target.activation == "softmax" and (target.units or 0) > 2:
            return Verdict(
                "note",
                f"`{target.loss_name}` on {target.units} softmax units treats each class as a question of its own",
                "For one class per row, use categorical_crossentropy; for several, sigmoid units.",
                'loss="categorical_crossentropy"',
            )
        return None

    def _regression(self, target: Target) -> Verdict | None:
        values, classes = target.values, target.units
        if values.distribution == "one_hot":
            return Verdict(
                "warning",
                f"`{target.loss_name}` on one-hot targets of {classes or '?'} classes: a regression loss on classes",
                "Use softmax and categorical_crossentropy.",
                'loss="categorical_crossentropy"',
            )
        if not self._class_numbers(values) or target.activation not in ("sigmoid", "softmax", "tanh", "hard_sigmoid"):
            return None
        high = losses.RANGES[target.activation][1]
        if values.max is None or values.max <= high:
            return None
        count = int(values.max) + 1
        return Verdict(
            "warning",
            f"`{target.loss_name}` on {values.distinct} class numbers up to {number(values.max)}, from an output that "
            f"{target.activation} keeps at or below {number(high)}",
            f"For classes, use {count} softmax units and sparse_categorical_crossentropy; for a quantity, a linear "
            "output.",
            f'keras.layers.Dense({count}, activation="softmax")\n# loss="sparse_categorical_crossentropy"',
        )

    def _counted_as_classes(self, target: Target) -> Verdict | None:
        values = target.values
        if not self._class_numbers(values) or target.units != 1 or values.max is None:
            return None
        if int(values.max) - int(values.min or 0) + 1 != values.distinct:
            return None
        count = int(values.max) + 1
        return Verdict(
            "warning",
            f"`{target.loss_name}` on {values.distinct} class numbers up to {number(values.max)}, from 1 unit, with an "
            "accuracy as metric: a regression loss on classes",
            f"For classes, use {count} softmax units and sparse_categorical_crossentropy; for a quantity, leave the "
            "accuracy out: it counts predictions that are equal to the digit.",
            f'keras.layers.Dense({count}, activation="softmax")\n# loss="sparse_categorical_crossentropy"',
        )

    def _class_numbers(self, values: Values) -> bool:
        return (
            values.integer is True
            and values.per_row
            and values.min is not None
            and values.min >= 0
            and self.fewest <= (values.distinct or 0) <= self.most
        )

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, signals.has_batches, signals.NO_BATCHES)


def _categorical(target: Target) -> Verdict | None:
    if target.units == 1 and target.activation != "softmax":
        return Verdict(
            "warning",
            f"`{target.loss_name}` on 1 unit: with a single class there is nothing to tell apart",
            "For two classes, use one sigmoid unit with binary_crossentropy.",
            'loss="binary_crossentropy"',
        )
    if (target.units or 0) >= 2 and target.activation == "sigmoid" and not (target.loss or {}).get("from_logits"):
        return Verdict(
            "warning",
            f"`{target.loss_name}` on {target.units} sigmoid units: their outputs do not sum to 1",
            "For one class per row, use softmax; for several labels per row, binary_crossentropy.",
            f'keras.layers.Dense({target.units}, activation="softmax")',
        )
    return None


def _asks_accuracy(fit: Fit) -> bool:
    return fit.model is not None and any(metric.lower() in ("accuracy", "acc") for metric in fit.model.metrics)


def _reconstructs(values: Values, inputs: list[Values]) -> bool:
    """The targets are the inputs, as in an autoencoder."""
    return any(
        each.shape == values.shape and (each.min, each.max) == (values.min, values.max) and each.mean == values.mean
        for each in inputs
    )
