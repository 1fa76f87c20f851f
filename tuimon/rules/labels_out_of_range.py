"""Targets that the loss cannot work with.

What it means: `sparse_categorical_crossentropy` needs whole class numbers from 0 to units - 1; `binary_crossentropy`
needs values from 0 to 1; names of classes must be turned into numbers first.

Why it matters: a class number that is too high fails on the CPU and gives NaN on a GPU. Labels of -1 and 1, or
percentages, make a binary cross-entropy negative and the training meaningless.

How it is decided: from the types of the data before the first step, from the batches that were looked at, or from the
message of the step that failed. A class that the loss is told to ignore (`ignore_class`) is no fault, and label
smoothing stays within 0 and 1.

What to do: number the classes from 0 without gaps, one unit for each, or scale the targets to 0..1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tuimon.rules import evidence, losses, signals
from tuimon.rules.finding import Finding
from tuimon.rules.sayings import number
from tuimon.rules.targets import Target, targets

if TYPE_CHECKING:
    from tuimon import events
    from tuimon.state import Fit, Run

_REFUSED = re.compile(r"label value of (-?\d+) which is outside the valid range of \[(-?\d+), (-?\d+)\)", re.IGNORECASE)
"""What TensorFlow says on the CPU when it meets such a label."""

TEXT = ("str", "object", "bytes", "<U", "|S")
"""How the types of text begin."""


class Verdict(NamedTuple):
    message: str
    advice: str
    snippet: str = ""


@dataclass(frozen=True)
class LabelsOutOfRange:
    rounding: float = 1e-6  # how far a value may lie outside; own choice, exact apart from that
    scaled_below: float = 0.1  # class numbers all below this were divided with the pixels; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            yield from self.of(fit, run)

    def of(self, fit: Fit, run: Run) -> Iterator[Finding]:
        found = list(self._by_batches(fit)) or list(_by_types(fit)) or list(_by_error(fit, run))
        yield from found

    def _by_batches(self, fit: Fit) -> Iterator[Finding]:
        for target in targets(fit):
            verdict = self._judge(target)
            if verdict is not None:
                first = next((batch for batch in fit.batches if self._broken_in(fit, batch)), fit.batches[0])
                yield _finding(fit, verdict, first.at, first.epoch, first.step, target)

    def _broken_in(self, fit: Fit, batch: events.BatchSampled) -> bool:
        return any(self._judge(target) is not None for target in targets(fit, [batch]))

    def _judge(self, target: Target) -> Verdict | None:
        if target.loss is None or target.loss.get("custom"):
            return None
        if is_text(target.values.dtype):
            return _text(target.loss_name)
        if target.loss_name in losses.SPARSE:
            return self._sparse(target)
        if target.loss_name in losses.BINARY:
            return self._probability(target)
        return None

    def _sparse(self, target: Target) -> Verdict | None:
        low, high, units = *_bounds(target), target.units
        if low is None or high is None:
            return None
        if target.values.integer is False:
            scaled = low >= 0.0 and 0.0 < high < self.scaled_below
            return Verdict(
                f"labels are not whole numbers ({number(low)} to {number(high)}); `{target.loss_name}` needs class "
                "numbers",
                "The labels look as if they had been divided like the inputs: scale x only."
                if scaled
                else "Pass class numbers from 0, or use a loss for what these targets are.",
            )
        if low >= 0 and (units is None or high < units):
            return None
        allowed = f"0 to {units - 1} for {units} units" if units else "0 and up"
        message = f"labels run from {number(low)} to {number(high)}; `{target.loss_name}` allows {allowed}"
        if units and low == 1 and high == units:
            return Verdict(message, "The classes are numbered from 1: subtract 1.", "y = y - 1  # 0 to units - 1")
        if low < 0:
            return Verdict(
                message,
                f"If {number(low)} means 'no label', tell the loss to ignore it; else number the classes from 0.",
                f"keras.losses.SparseCategoricalCrossentropy(ignore_class={number(low)})",
            )
        return Verdict(
            message,
            f"Give the last layer {int(high) + 1} units, or number the classes from 0 without gaps.",
            f'keras.layers.Dense({int(high) + 1}, activation="softmax")',
        )

    def _probability(self, target: Target) -> Verdict | None:
        low, high = target.values.min, target.values.max
        if low is None or high is None or (low >= -self.rounding and high <= 1 + self.rounding):
            return None
        message = f"targets run from {number(low)} to {number(high)}; `{target.loss_name}` allows 0 to 1"
        if (low, high) == (-1, 1) and target.values.integer:
            return Verdict(message, "Turn -1/1 labels into 0/1, or use hinge loss.", "y = (y + 1) / 2")
        if target.values.integer and high > 1:
            return Verdict(
                message,
                f"Class numbers up to {number(high)} need {int(high) + 1} softmax units with "
                "sparse_categorical_crossentropy.",
                f'keras.layers.Dense({int(high) + 1}, activation="softmax")',
            )
        return Verdict(message, "Scale the targets to 0..1, or use a loss for unbounded values such as mse.")

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, signals.has_batches, signals.NO_BATCHES)


def is_text(dtype: str) -> bool:
    return dtype.startswith(TEXT)


def _bounds(target: Target) -> tuple[float | None, float | None]:
    """The lowest and highest class without the one that the loss ignores."""
    ignored = (target.loss or {}).get("ignore_class")
    low, high = target.values.min, target.values.max
    if ignored is None or ignored not in (low, high):
        return low, high
    others = [float(label) for label in target.values.classes if _numeric(label) and float(label) != ignored]
    if others:
        return min(others), max(others)
    return (None, None)


def _numeric(label: str) -> bool:
    try:
        float(label)
    except ValueError:
        return False
    return True


def _text(loss: str) -> Verdict:
    return Verdict(
        f"labels are text; `{loss}` needs numbers from 0 on",
        "Number the classes before they reach the model.",
        "number = keras.layers.StringLookup(vocabulary=names, num_oov_indices=0)\n"
        "dataset = dataset.map(lambda x, y: (x, number(y)))",
    )


def _by_types(fit: Fit) -> Iterator[Finding]:
    """Text labels are known from the source's types, before any batch."""
    if fit.source is None or fit.model is None or losses.own_objective(fit):
        return
    names = {losses.name(loss) for loss in losses.of(fit)}
    if not names or "" in names:
        return
    for component in fit.source.described.components:
        text = is_text(str(component.get("dtype") or "")) or component.get("kind") == "string"
        if component.get("role") == "y" and text:
            yield _finding(fit, _text(min(names)), fit.source.described.at)


def _by_error(fit: Fit, run: Run) -> Iterator[Finding]:
    """The step that met the label failed before anybody could look at the batch."""
    for raised in run.exceptions:
        match = _REFUSED.search(raised.event.message) or _REFUSED.search(raised.event.traceback)
        if match and raised.fit == fit.index:
            label, units = int(match[1]), int(match[3])
            allowed = f"0 to {units - 1} for {units} units"
            verdict = Verdict(
                f"a label is {label}; `sparse_categorical_crossentropy` allows {allowed}",
                "If the classes are numbered from 1, subtract 1; else give the last layer one unit per class.",
                "y = y - 1  # 0 to units - 1" if label == units else "",
            )
            epoch = fit.epoch
            yield _finding(fit, verdict, raised.event.at, epoch.index if epoch else None, fit.step if epoch else None)
            return


def _finding(
    fit: Fit,
    verdict: Verdict,
    at: float,
    epoch: int | None = None,
    step: int | None = None,
    target: Target | None = None,
) -> Finding:
    numbers = {"min": target.values.min, "max": target.values.max, "units": target.units} if target else {}
    return Finding(
        rule="labels-out-of-range",
        severity="error",
        message=verdict.message,
        advice=verdict.advice,
        fit=fit.index,
        epoch=epoch,
        step=step,
        at=at,
        numbers=numbers,
        snippet=verdict.snippet,
    )
