"""Which signals a fit has, and how to say that one is missing: a rule that lacks its signal is silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tuimon.state import Fit

NO_LOSS = "no loss was reported at the end of an epoch"
NO_MODEL = "the model was not described: no agent in the training process, or a loop of the script's own"
NO_BATCHES = "no batch was looked at: no agent in the training process, or a loop of the script's own"
NO_SCANS = "the weights were not scanned: no agent in the training process, or no time for it"
NO_PROBES = "the model was not probed: no agent in the training process, no time for it, or TUIMON_PROBE=off"


def has_loss(fit: Fit) -> bool:
    return "loss" in fit.metrics or "loss" in fit.epoch_metrics


def has_model(fit: Fit) -> bool:
    return fit.model is not None


def has_batches(fit: Fit) -> bool:
    return bool(fit.batches)


def has_scans(fit: Fit) -> bool:
    return bool(fit.scans)


def has_probes(fit: Fit) -> bool:
    return bool(fit.probes)
