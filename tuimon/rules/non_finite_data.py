"""The data holds NaN or infinite values.

What it means: a batch that reached the model holds values that are not numbers: missing values in a table, a division
by zero in the preprocessing, a broken file.

Why it matters: one NaN makes every weight it touches NaN. With ReLU the loss may stay finite, because the maximum of 0
and NaN is 0 on some devices: the model is dead and nothing tells.

How it is decided: any non-finite value in the inputs, targets or weights of the batches that were looked at. Inputs of
a model that starts with a layer or operation of its own, which may replace them, are a note until the weights tell;
and where weights and loss are finite after the epoch in which the value came, the model copes, and it is a note.

What to do: drop or fill the values before training (`np.isfinite(x).all()`), or mask them inside the model.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tuimon.rules import evidence, kinds, losses, sayings, signals
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon import events
    from tuimon.state import Fit, Run

ROLES = {"x": "inputs", "y": "targets", "weight": "sample weights"}


@dataclass(frozen=True)
class NonFiniteData:
    """Exact: no threshold."""

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            yield from self.of(fit)

    def of(self, fit: Fit) -> Iterator[Finding]:
        for role in ROLES:
            found = next(_bad(fit.batches, role), None)
            if found is not None:
                yield self._finding(fit, role, *found)
        in_validation = next((hit for role in ROLES for hit in _bad(fit.validation_batches, role)), None)
        if in_validation is not None:
            yield self._validation(fit, *in_validation)

    def _finding(self, fit: Fit, role: str, batch: events.BatchSampled, component: dict[str, Any]) -> Finding:
        copes = _copes(fit, batch.epoch)
        may_cope = copes is None and _may_cope(fit, role)
        where = f"{sayings.since(batch.epoch, batch.step)}"
        name = f" `{component['name']}`" if component.get("name") else ""
        hit = sum(1 for _ in _bad(fit.batches, role))
        return Finding(
            rule="non-finite-data",
            severity="note" if copes or may_cope else "error",
            message=(
                f"{sayings.count(component['non_finite'], 'value')} of the {ROLES[role]}{name} "
                f"{'is' if component['non_finite'] == 1 else 'are'} NaN or infinite {where} ({hit} of "
                f"{sayings.count(len(fit.batches), 'batch')} looked at)"
                + ("; loss and weights stayed finite, the model copes" if copes else "")
            ),
            advice="Drop or fill these rows before training: one NaN makes every weight that it touches NaN.",
            fit=fit.index,
            epoch=batch.epoch,
            step=batch.step,
            at=batch.at,
            numbers={"values": component["non_finite"], "batches": hit, "role": role},
            snippet="keep = np.isfinite(x).reshape(len(x), -1).all(axis=1)\nx, y = x[keep], y[keep]",
            over=bool(copes),
        )

    def _validation(self, fit: Fit, batch: events.BatchSampled, component: dict[str, Any]) -> Finding:
        return Finding(
            rule="non-finite-data",
            severity="note" if _may_cope(fit, str(component.get("role"))) else "warning",
            message=(
                f"{sayings.count(component['non_finite'], 'value')} of the validation {ROLES[str(component['role'])]} "
                f"NaN or infinite {sayings.since(batch.epoch)}"
            ),
            advice="Clean the validation data in the same way as the training data.",
            fit=fit.index,
            epoch=batch.epoch,
            step=batch.step,
            at=batch.at,
            numbers={"values": component["non_finite"], "role": component.get("role")},
        )

    def unjudged(self, run: Run) -> str | None:
        return evidence.unjudged(run, signals.has_batches, signals.NO_BATCHES)


def _bad(batches: list[events.BatchSampled], role: str) -> Iterator[tuple[events.BatchSampled, dict[str, Any]]]:
    for batch in batches:
        for component in batch.components:
            if component.get("role") == role and component.get("non_finite"):
                yield batch, component
                break


def _copes(fit: Fit, epoch: int) -> bool | None:
    """Whether the weights, scanned after that epoch, and the loss are finite; None when nobody looked yet."""
    scan = next((scan for scan in fit.scans if scan.epoch >= epoch), None)
    if scan is None:
        return None
    loss = next((each.metrics.get("loss") for each in fit.ended_epochs if each.index == scan.epoch), None)
    return scan.non_finite == 0 and (loss is None or math.isfinite(loss))


def _may_cope(fit: Fit, role: str) -> bool:
    model = fit.model
    if model is None or model.custom_train_step:
        return True
    if role == "x":
        return not model.first_layers or not set(model.first_layers) <= kinds.PASS_ON | kinds.NORMALISE | kinds.RESCALE
    return any(loss.get("custom") for loss in losses.of(fit)) or losses.own_objective(fit)
