"""Weights of the model are NaN or infinite.

What it means: after an epoch, some weights are not numbers any more. A NaN in the data or an exploding step brought
them there, and they cannot come back.

Why it matters: the loss may stay finite all the same (with ReLU, NaN becomes 0 on some devices), so that callbacks
which watch the loss, such as TerminateOnNaN, do not notice. The model is dead.

How it is decided: all trainable weights are read at the end of an epoch. Where the loss itself is not finite, that is
the finding, and this one is a note.

What to do: find the source (NaN in the data, learning rate), fix it, and start again from the last good weights.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings, signals
from tuimon.rules.finding import Finding
from tuimon.rules.non_finite_data import NonFiniteData

if TYPE_CHECKING:
    from tuimon.state import Fit, Run


@dataclass(frozen=True)
class NonFiniteWeights:
    """Exact: no threshold."""

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            yield from self.of(fit)

    def of(self, fit: Fit) -> Iterator[Finding]:
        scan = next((scan for scan in fit.scans if scan.non_finite), None)
        if scan is None:
            return
        data = any(NonFiniteData().of(fit))
        told = "loss" in fit.non_finite and fit.non_finite["loss"][0] <= scan.epoch
        over = not fit.scans[-1].non_finite
        yield Finding(
            rule="non-finite-weights",
            severity="note" if told else "error",
            message=(
                f"{sayings.count(scan.non_finite, 'weight')} in {sayings.listed(scan.non_finite_in) or 'the model'} "
                f"{'is' if scan.non_finite == 1 else 'are'} NaN or infinite since the end of epoch {scan.epoch + 1}"
                + ("" if told else ", although the loss is finite")
            ),
            advice=(
                "The data holds NaN or infinite values: clean it, and start again from weights that are finite."
                if data
                else "Lower the learning rate or clip gradients, and start again from weights that are finite."
            ),
            fit=fit.index,
            epoch=scan.epoch,
            at=scan.at,
            numbers={"weights": scan.non_finite, "variables": list(scan.non_finite_in)},
            over=over,
        )

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, signals.has_scans, signals.NO_SCANS)
