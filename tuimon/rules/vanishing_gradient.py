"""The gradient does not reach the first layers.

What it means: on its way back through the layers the gradient shrinks to nothing, so that the first layers do not
learn. Many saturating activations (sigmoid, tanh) in a row, or weights that start too small, do that.

Why it matters: only the last layers are trained, on what untrained layers give them, and the loss hardly falls.

How it is decided: in at least two looks, the gradient of the first layer is below 1e-4 and below a thousandth of the
last layer's; or the first layer's weights did not change at all over two epochs while those of other layers did, and no
look at the gradient says otherwise. In both cases the loss must still be above 0.9 of that of the first epoch. Where
units are dead or weights are not finite, that is the finding, and this one is a note.

What to do: use ReLU and its relatives with `he_normal`, add BatchNormalization or skip connections, or use fewer
layers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings, signals
from tuimon.rules.curve import curve
from tuimon.rules.dead_units import DeadUnits
from tuimon.rules.finding import Finding
from tuimon.rules.non_finite_weights import NonFiniteWeights

if TYPE_CHECKING:
    from tuimon import events
    from tuimon.state import Fit, Run


@dataclass(frozen=True)
class VanishingGradient:
    ratio: float = 1e-3  # first to last layer; AutoTrainer
    norm: float = 1e-4  # of the first layer's gradient; AutoTrainer
    looks: int = 2  # with such gradients; own choice
    scans: int = 2  # in a row in which the first layer's weights stayed the same; SageMaker UnchangedTensor, narrowed
    above: float = 0.9  # of the first epoch's loss, where the loss still is; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            yield from self.of(fit)

    def of(self, fit: Fit) -> Iterator[Finding]:
        points = curve(fit)
        if len(points) < 2 or points[-1].value < self.above * points[0].value:
            return
        found = self._by_probes(fit) or self._by_scans(fit)
        if found is None:
            return
        message, epoch, at, numbers = found
        told = any(NonFiniteWeights().of(fit)) or any(finding.severity != "note" for finding in DeadUnits().of(fit))
        yield Finding(
            rule="vanishing-gradient",
            severity="note" if told else "warning",
            message=(
                f"{message}, and the loss is at {sayings.number(points[-1].value)} after "
                f"{sayings.number(points[0].value)} in the first epoch"
            ),
            advice="Use ReLU with he_normal instead of saturating activations, or add BatchNormalization.",
            fit=fit.index,
            epoch=epoch,
            at=at,
            numbers=numbers,
            snippet='keras.layers.Dense(units, activation="relu", kernel_initializer="he_normal")',
        )

    def _by_probes(self, fit: Fit) -> tuple[str, int, float, events.Facts] | None:
        vanished = [probe for probe in fit.probes if self._vanished(probe)]
        if len(vanished) < self.looks or vanished[-1] is not fit.probes[-1]:
            return None
        first, newest = vanished[0], vanished[-1]
        message = (
            f"the gradient of the first layer is {newest.gradient_first:.2g}, that of the last "
            f"{newest.gradient_last:.2g} (limits: {self.norm:g}, and {self.ratio:g} of the last)"
        )
        return message, first.epoch, first.at, {"first": newest.gradient_first, "last": newest.gradient_last}

    def _vanished(self, probe: events.ModelProbed) -> bool:
        first, last = probe.gradient_first, probe.gradient_last
        return first is not None and last is not None and last > 0 and first < self.norm and first < self.ratio * last

    def _by_scans(self, fit: Fit) -> tuple[str, int, float, events.Facts] | None:
        looked = [probe.gradient_first for probe in fit.probes if probe.gradient_first is not None]
        if looked and looked[-1] >= self.norm:
            return None
        stretch: list[events.WeightsScanned] = []
        for scan in fit.scans:
            stretch = [*stretch, scan] if _first_layer_rests(fit, scan) else []
        if len(stretch) < self.scans:
            return None
        first, newest = stretch[0], stretch[-1]
        message = (
            f"{newest.unchanged} of {sayings.count(newest.variables, 'weight tensor')}, those of the first layer among "
            f"them, did not change in {sayings.epochs(scan.epoch for scan in stretch)}"
        )
        return message, first.epoch, first.at, {"unchanged": newest.unchanged, "variables": newest.variables}

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, lambda fit: fit.probes or fit.scans, signals.NO_PROBES)


def _first_layer_rests(fit: Fit, scan: events.WeightsScanned) -> bool:
    """Some weights moved, but none of the first layer that has any to train."""
    if not scan.compared or scan.non_finite or not 0 < scan.unchanged < scan.variables or fit.model is None:
        return False
    trained = [layer for layer in fit.model.layers if layer.get("parameters") and layer.get("trainable")]
    if len(trained) < 2:
        return False
    named = [each for each in scan.unchanged_in if str(trained[0].get("name")) in each.split("/")]
    return any("kernel" in each or "embeddings" in each for each in named)
