"""The ledger of a fit, and calls that do not train, as members of the report."""

from __future__ import annotations

from typing import Any

from tuimon.state import Epoch, Fit, Run, Source, Validation
from tuimon.state.unknown import samples_unknown, wait_unknown

Document = dict[str, Any]


def trained(fit: Fit, run: Run) -> Document:
    declared = run.started.dataset_size if run.started else None
    started, ended = fit.started, fit.ended
    return {
        "index": fit.index,
        "kind": fit.call,
        "site": started.site or None,
        "epochs_planned": started.epochs,
        "initial_epoch": started.initial_epoch,
        "epochs_done": fit.epochs_done,
        "steps_per_epoch": fit.planned_steps,
        "steps_done": fit.steps_done,
        "samples_done": fit.samples_done,
        "joined": started.joined,
        "wait_unknown_because": wait_unknown(run, fit),
        "samples_unknown_because": samples_unknown(run, fit),
        "source": source(fit.source, declared),
        "validation_source": source(fit.sources.get("validation"), None) if "validation" in fit.sources else None,
        "model": _model(fit),
        "epochs": [epoch_line(epoch) for epoch in fit.epochs],
        "summed_epochs": _summed(fit),
        "exception": (ended.exception or None) if ended else None,
        "stopped_by": (ended.stopped_by or None) if ended else None,
        "seconds": ended.seconds if ended else None,
    }


def summed(run: Run) -> Document | None:
    """Of the fits that train and are not listed, because there were very many."""
    sums = run.summed
    if not sums.training:
        return None
    return {
        "fits": sums.training,
        "epochs_done": sums.epochs_done,
        "steps_done": sums.steps_done,
        "samples_done": sums.samples_done,
        "seconds": sums.seconds,
        "wait_seconds": sums.wait,
    }


def _summed(fit: Fit) -> Document | None:
    """Of the epochs between the first and the newest ones, where they are not listed."""
    sums = fit.summed
    if not sums.epochs:
        return None
    return {"epochs": sums.epochs, "steps": sums.steps, "seconds": sums.seconds, "wait_seconds": sums.wait}


def called(fit: Fit) -> Document:
    """An evaluate or predict."""
    ended = fit.ended
    return {
        "index": fit.index,
        "kind": fit.call,
        "site": fit.started.site or None,
        "inside": fit.started.inside,
        "steps": ended.steps if ended else None,
        "seconds": ended.seconds if ended else None,
        "metrics": dict(ended.metrics) if ended else {},
        "exception": (ended.exception or None) if ended else None,
    }


def source(read: Source | None, declared: int | None) -> Document:
    """What was read and how its size is known. A size that the user declared stands where nothing exact is known."""
    if read is None:
        known_by = "declared" if declared is not None else None
        return {"kind": None, "size": declared, "size_known_by": known_by, "batch_size": None, "pipeline": []}
    described = read.described
    size, known_by = read.size, read.size_known_by
    if declared is not None and known_by != "exact":
        size, known_by = declared, "declared"
    return {
        "kind": described.kind or None,
        "size": size,
        "size_known_by": known_by,
        "size_reason": described.size_reason or None,
        "batch_size": described.batch_size,
        "batches": read.batches,
        "infinite": described.infinite,
        "drop_remainder": described.drop_remainder,
        "dropped": described.dropped,
        "upstream_size": described.upstream_size,
        "upstream_known_by": described.upstream_known_by,
        "pipeline": read.chain,
    }


def epoch_line(epoch: Epoch) -> Document:
    return {
        "index": epoch.index,
        "ended": epoch.ended,
        "complete": epoch.complete,
        "backfilled": epoch.backfilled,
        "steps": epoch.steps if epoch.counted or epoch.steps else None,
        "steps_known_by": epoch.steps_known_by,
        "samples": epoch.samples,
        "samples_known_by": epoch.samples_known_by,
        "seconds": epoch.seconds,
        "wait_seconds": epoch.wait,
        "wait_known_by": epoch.wait_known_by,
        "compute_seconds": epoch.compute,
        "callback_seconds": epoch.callbacks,
        "first_step_seconds": epoch.first_step,
        "first_wait_seconds": epoch.first_wait,
        "learning_rate": epoch.learning_rate,
        "metrics": dict(epoch.metrics),
        "validation": _validation(epoch.validation),
        "source_ended": epoch.source_ended,
        "shorter_because": epoch.shorter or None,
    }


def _validation(validation: Validation | None) -> Document | None:
    if validation is None:
        return None
    return {
        "steps": validation.steps,
        "samples": validation.samples,
        "samples_known_by": validation.samples_known_by,
        "seconds": validation.seconds,
        "wait_seconds": validation.wait,
        "metrics": dict(validation.metrics),
    }


def _model(fit: Fit) -> Document | None:
    model = fit.model
    if model is None:
        return None
    return {
        "name": model.name or None,
        "kind": model.kind or None,
        "parameters": model.parameters,
        "trainable": model.trainable,
        "optimizer": model.optimizer,
        "learning_rate": model.learning_rate,
        "losses": [loss.get("name") for loss in model.losses],
        "metrics": list(model.metrics),
    }
