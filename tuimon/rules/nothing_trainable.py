"""The model has no trainable weight: no step can change it.

What it means: every layer was frozen (`layer.trainable = False`), or a frozen base was left without a new head.

Why it matters: the loss stays the same to the last digit, however long you wait.

How it is decided: before the first step, from the model's trainable variables. A model that is not built yet, or that
has a train step of its own, is not judged.

What to do: set `trainable = True` on what shall learn, and call `compile` again: Keras takes note of the change only
then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, signals
from tuimon.rules.finding import Finding
from tuimon.rules.sayings import count

if TYPE_CHECKING:
    from tuimon.state import Fit, Run


@dataclass(frozen=True)
class NothingTrainable:
    """Exact: no threshold."""

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            yield from self.of(fit)

    def of(self, fit: Fit) -> Iterator[Finding]:
        model = fit.model
        if model is None or model.custom_train_step or model.trainable_variables != 0 or not model.parameters:
            return
        yield Finding(
            rule="nothing-trainable",
            severity="error",
            message=f"none of the model's {count(model.parameters, 'parameter')} is trainable: this fit changes none",
            advice="Set `trainable = True` on the layers that shall learn, then call compile() again before fit().",
            fit=fit.index,
            at=model.at,
            numbers={"parameters": model.parameters, "trainable": 0},
            snippet="model.layers[-1].trainable = True\nmodel.compile(...)  # from here on it counts",
        )

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, signals.has_model, signals.NO_MODEL)
