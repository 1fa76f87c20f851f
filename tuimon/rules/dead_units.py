"""Most units of a layer are zero for every row.

What it means: a ReLU unit whose input is negative for all data gives 0, has no gradient, and cannot come back. Too
large a learning rate or a bias far below zero kills units by the layer.

Why it matters: the layer hands on less and less; when all of it is dead, the model gives one constant.

How it is decided: in two looks at a batch, more than half of a layer's units are zero on at least 99% of the rows: a
note, because some networks are sparse on purpose. It is a warning from 95% on, or from 70% on while the loss stands
still. Where unscaled inputs or weights that are not finite explain it, it is a note. The output layer is not judged.

What to do: lower the learning rate, start with `he_normal`, or use LeakyReLU, ELU or GELU.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings, signals
from tuimon.rules.curve import curve
from tuimon.rules.finding import Finding
from tuimon.rules.non_finite_weights import NonFiniteWeights
from tuimon.rules.unscaled_input import UnscaledInput

if TYPE_CHECKING:
    from tuimon import events
    from tuimon.state import Fit, Run


@dataclass(frozen=True)
class DeadUnits:
    share: float = 0.5  # of a layer's units, a note; SageMaker DeadRelu, TheDeepChecker
    strong: float = 0.7  # of a layer's units, a warning where the loss stands still; DeepDiagnosis, AutoTrainer
    all: float = 0.95  # of a layer's units, a warning; own choice
    looks: int = 2  # in a row; own choice
    above: float = 0.95  # of the loss at the first look, where the loss still is; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            yield from self.of(fit)

    def of(self, fit: Fit) -> Iterator[Finding]:
        for name in dict.fromkeys(str(layer.get("name")) for probe in fit.probes for layer in probe.layers):
            if fit.model is not None and name in (output.get("layer") for output in fit.model.outputs):
                continue
            stretch = self._stretch(fit, name)
            if stretch:
                yield self._finding(fit, name, stretch)

    def _stretch(self, fit: Fit, name: str) -> list[tuple[events.ModelProbed, float]]:
        """The first looks in a row, enough of them, in which the layer was dead for the most part."""
        stretch: list[tuple[events.ModelProbed, float]] = []
        for probe in fit.probes:
            dead = next((layer.get("dead") for layer in probe.layers if layer.get("name") == name), None)
            if dead is not None and dead > self.share:
                stretch.append((probe, float(dead)))
            elif len(stretch) >= self.looks:
                break
            else:
                stretch = []
        return stretch if len(stretch) >= self.looks else []

    def _finding(self, fit: Fit, name: str, stretch: list[tuple[events.ModelProbed, float]]) -> Finding:
        first, newest = stretch[0][0], stretch[-1]
        least = min(dead for _, dead in stretch[-self.looks :])
        over = newest[0] is not fit.probes[-1]
        warns = least >= self.all or (least >= self.strong and self._stands_still(fit, first.epoch))
        return Finding(
            rule="dead-units",
            severity="warning" if warns and not over and not _told(fit) else "note",
            message=(
                f"{sayings.share(newest[1])} of the units of layer `{name}` are zero on nearly all of "
                f"{sayings.count(first.rows, 'row')} in {sayings.count(len(stretch), 'look')} (limit "
                f"{sayings.share(self.all if least >= self.all else self.strong if warns else self.share)})"
            ),
            advice="Lower the learning rate, start with he_normal, or use an activation that does not die.",
            fit=fit.index,
            epoch=first.epoch,
            at=first.at,
            numbers={"layer": name, "dead": newest[1], "looks": len(stretch)},
            snippet='keras.layers.Dense(units, activation="leaky_relu", kernel_initializer="he_normal")',
            over=over,
        )

    def _stands_still(self, fit: Fit, epoch: int) -> bool:
        values = [point.value for point in curve(fit) if point.epoch.index >= epoch]
        return len(values) >= self.looks and values[0] > 0 and values[-1] > self.above * values[0]

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, signals.has_probes, signals.NO_PROBES)


def _told(fit: Fit) -> bool:
    """Another rule says what killed the units."""
    causes = (UnscaledInput(), NonFiniteWeights())
    return any(finding.severity != "note" for rule in causes for finding in rule.of(fit))
