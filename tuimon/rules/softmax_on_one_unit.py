"""Softmax over a single unit is 1 for every input.

What it means: softmax makes the units of a layer sum to 1; one unit alone is always exactly 1. The model predicts the
same class for every row.

Why it matters: the accuracy stays at the share of that class. The loss may still fall, because Keras computes it from
the values before the softmax, so the loss does not tell.

How it is decided: before the first step, from the last activation and its units. Only outputs that have a loss are
judged: attention inside a model may use softmax on any axis.

What to do: for two classes use one unit with `sigmoid` and `binary_crossentropy`, or two units with `softmax` and
`sparse_categorical_crossentropy`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, losses, signals
from tuimon.rules.finding import Finding
from tuimon.rules.targets import activation

if TYPE_CHECKING:
    from tuimon.state import Fit, Run


@dataclass(frozen=True)
class SoftmaxOnOneUnit:
    """Exact: no threshold."""

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            yield from self.of(fit)

    def of(self, fit: Fit) -> Iterator[Finding]:
        if fit.model is None:
            return
        for output in fit.model.outputs:
            if output.get("units") != 1 or activation(output) != "softmax":
                continue
            if len(fit.model.outputs) > 1 and losses.for_output(fit, output) is None:
                continue
            yield Finding(
                rule="softmax-on-one-unit",
                severity="error",
                message=f"output `{output.get('name')}` is a softmax over 1 unit: it is 1.0 for every input",
                advice=(
                    "For two classes, end in one sigmoid unit with binary_crossentropy. For k classes, end in k units "
                    "with softmax and sparse_categorical_crossentropy."
                ),
                fit=fit.index,
                at=fit.model.at,
                numbers={"units": 1, "output": output.get("name")},
                snippet='keras.layers.Dense(1, activation="sigmoid")',
            )

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, signals.has_model, signals.NO_MODEL)
