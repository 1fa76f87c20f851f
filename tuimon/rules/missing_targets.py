"""The model has a loss, but the batches hold no targets.

What it means: a loss compares what the model predicts with a target. The dataset or generator yields inputs only.

Why it matters: `fit` fails in its first step ("Target data is missing", "None values not supported"), and the message
does not say where the targets were lost.

How it is decided: before the first step, from the components of the data. Models that compute their loss themselves
(`add_loss`, a `train_step` of their own) are not judged.

What to do: yield pairs `(x, y)`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tuimon.rules import evidence, losses, signals
from tuimon.rules.finding import Finding
from tuimon.rules.sayings import count, listed, of_call

if TYPE_CHECKING:
    from tuimon.state import Fit, Run


@dataclass(frozen=True)
class MissingTargets:
    """Exact: no threshold."""

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            yield from self.of(fit, run)

    def of(self, fit: Fit, run: Run) -> Iterator[Finding]:
        components, at = _components(fit)
        if fit.model is None or not losses.of(fit) or losses.own_objective(fit) or not components:
            return
        if any(component.get("role", "y") != "x" for component in components):
            return
        names = sorted({str(loss.get("name")) for loss in losses.of(fit)})
        framework = run.framework
        keras2 = framework is not None and framework.keras_line == 2
        yield Finding(
            rule="missing-targets",
            severity="error",
            message=(
                f"the data holds {count(len(components), 'component')}, all inputs, but the model is compiled with "
                f"{listed(names)}, which needs targets"
            ),
            advice=(
                "Yield (inputs, targets) for every batch. "
                + ("Keras 2 accepts a tuple or a list" if keras2 else "Keras 3 asks for a tuple, not a list")
                + f"; fit{of_call(fit.started.site)} takes y only from there."
            ),
            fit=fit.index,
            at=at,
            numbers={"components": len(components), "losses": names},
            snippet="dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(batch_size)",
        )

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, lambda fit: fit.model and _components(fit)[0], signals.NO_MODEL)


def _components(fit: Fit) -> tuple[list[dict[str, Any]], float | None]:
    """What a batch holds, as the source was described or as the first batch showed; and when that was known."""
    if fit.source is not None and fit.source.described.components:
        return fit.source.described.components, fit.source.described.at
    return (fit.batches[0].components, fit.batches[0].at) if fit.batches else ([], None)
