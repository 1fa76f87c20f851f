"""What rules may rely on: which epochs count, how much data there is, who stopped a training on purpose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from tuimon import events

if TYPE_CHECKING:
    from tuimon.series import Point
    from tuimon.state import Epoch, Fit, Run

NO_TRAINING = "no training was seen"
NOT_DESCRIBED = "what fit() reads was not described: it needs the agent in the training process"
IN_MEMORY = ("numpy", "tensor", "pandas", "list")
"""Kinds of data that Keras slices itself."""

SELECTS = ("filter", "take_while", "unique", "sample_from_datasets", "choose", "rejection_resample")
"""Stages that leave rows out on purpose: how many there could be tells nothing about how many there should be."""

INTERRUPTS = ("KeyboardInterrupt", "SystemExit", "GeneratorExit")
"""Exceptions that people, not faults, raise."""


def unjudged(run: Run, needed: Callable[[Fit], object], reason: str) -> str | None:
    """`reason`, unless a training of the run has what is needed."""
    if not run.training:
        return NO_TRAINING
    return None if any(needed(fit) for fit in run.training) else reason


def no_gpu(run: Run) -> str:
    """Why there are no figures of GPUs."""
    return run.gpu_problem.reason if run.gpu_problem else "there is no GPU"


def fits(run: Run) -> Iterator[Fit]:
    """The calls of `fit`; loops of the user's own have no plan to be held against."""
    return (fit for fit in run.training if fit.call == "fit")


_whole: WeakKeyDictionary[Fit, tuple[object, list[Epoch]]] = WeakKeyDictionary()
"""The newest answer for each fit: nearly every rule asks, and an epoch does not change once the next has begun."""


def whole(fit: Fit) -> list[Epoch]:
    """The epochs whose steps are known from first to last: nobody stopped training in them."""
    last = fit.epoch
    version = (len(fit.epochs), last.index, last.ended_at, last.steps) if last else None
    known = _whole.get(fit)
    if known is None or known[0] != version:
        kept = [epoch for epoch in fit.epochs if _whole_one(epoch)]
        known = _whole[fit] = (version, kept)
    return known[1]


def _whole_one(epoch: Epoch) -> bool:
    return epoch.ended_at is not None and epoch.complete and epoch.counted and not epoch.stop_training


def keras_line(run: Run) -> int:
    """2 or 3; 3 when it is not known."""
    framework = run.framework
    return (framework.keras_line if framework else None) or 3


def planned_epochs(fit: Fit) -> int | None:
    """How many epochs the call is to run."""
    return None if fit.started.epochs is None else max(0, fit.started.epochs - fit.started.initial_epoch)


def cap(run: Run, fit: Fit, name: str) -> int | None:
    """An environment variable such as KERAS_MAX_EPOCHS that limits the fit on purpose."""
    process = run.process_of(fit)
    value = str(process.started.environment.get(name, "")) if process else ""
    return int(value) if value.isdigit() else None


def smoke_run(run: Run, fit: Fit) -> bool:
    """The environment limits epochs or steps: this run is only to show that the script works."""
    return any(cap(run, fit, name) is not None for name in ("KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH"))


def stopped_on_purpose(run: Run, fit: Fit) -> bool:
    """A callback, the user or a request ended the training."""
    if fit.ended is not None and (fit.ended.stop_training or fit.ended.stopped_by):
        return True
    if any(epoch.stop_training for epoch in fit.epochs[-1:]):
        return True
    asked = (events.EpochStopRequested, events.SignalRequested)
    return any(isinstance(each.request, asked) and each.request.at >= fit.started_at for each in run.requests.values())


def ran_dry(run: Run, fit: Fit) -> bool:
    """Keras 2 asked a generator for one more epoch, got nothing, and ended the training: an epoch in name only."""
    last, source = fit.epoch, described(fit)
    if keras_line(run) != 2 or source is None or source.kind != "generator" or last is None:
        return False
    on_purpose = last.stop_training or (fit.ended is not None and (fit.ended.exception or fit.ended.stop_training))
    return last.ended and not last.steps and last.index > 0 and not on_purpose


def stopped(run: Run, fit: Fit, epoch: Epoch) -> float:
    """Seconds of the epoch that its durations hold although the process was stopped: nobody can say which of them.

    A stop that nothing has ended after is in none of them yet.
    """
    if not run.gaps:
        return 0.0
    until = epoch.ended_at if epoch.ended_at is not None else fit.progress_at
    return run.not_running(fit.key[0], epoch.started_at, until, measured=True)


def while_running(run: Run, fit: Fit, points: list[Point]) -> list[Point]:
    """Of samples over time, those at which the process could run."""
    stops = [(gap.since, run.now if gap.until is None else gap.until) for gap in run.stops(fit.key[0])]
    return [point for point in points if not any(since < point.x <= until for since, until in stops)]


def overload(run: Run) -> float:
    """How many times more work than cores the machine has; at least 1."""
    latest = run.host.latest
    if latest is None or latest.load is None or not latest.cores:
        return 1.0
    return max(1.0, latest.load / latest.cores)


def by_chance(fit: Fit, epoch: Epoch, rows: int) -> bool:
    """The epoch trained fewer rows than this, drawn from more: its loss is that of a small sample."""
    source = fit.source
    whole = source is not None and source.size is not None and epoch.samples == source.size
    return epoch.samples is not None and epoch.samples < rows and not whole


# --- the data


def described(fit: Fit, role: str = "train") -> events.SourceDescribed | None:
    source = fit.sources.get(role)
    return source.described if source else None


def stage(facts: events.Facts) -> str:
    """The name of a pipeline stage's operation."""
    return str(facts.get("op") or "").lower()


def has_stage(source: events.SourceDescribed | None, *names: str) -> bool:
    return source is not None and any(stage(facts) in names for facts in source.pipeline)


def batch_size(fit: Fit) -> int | None:
    """Samples in one batch: as described, as asked for, else of the largest batch that was looked at."""
    source = described(fit)
    stated = (source.batch_size if source else None) or fit.started.batch_size
    return stated or max((batch.rows or 0 for batch in fit.batches if batch.step is not None), default=0) or None


@dataclass(frozen=True)
class Supply:
    """How much data there is behind what a fit reads."""

    rows: int
    batches: int
    known_by: str  # exact, declared, learned, estimated


def supply(run: Run, fit: Fit) -> Supply | None:
    """The rows that the source could give, and how many batches they make. None when unknown."""
    source, size = described(fit), batch_size(fit)
    if source is None or not size or has_stage(source, *SELECTS):
        return None
    rows, known_by = source.upstream_size, source.upstream_known_by or "exact"
    if run.started is not None and run.started.dataset_size and (not rows or known_by == "estimated"):
        rows, known_by = run.started.dataset_size, "declared"
    if not rows or (known_by == "estimated" and _other_rows(fit, source)):
        return None
    for facts in source.pipeline:
        rows //= facts.get("shards") or 1
    whole_batches, rest = divmod(rows, size)
    return Supply(rows, whole_batches + (1 if rest and not source.drop_remainder else 0), known_by)


def _other_rows(fit: Fit, source: events.SourceDescribed) -> bool:
    """The model's rows are not those of the array that the estimate comes from, as far as is known: windows, say."""
    if source.upstream_row_shape is None:
        return False
    first = next((batch for batch in fit.batches if batch.step is not None), None)
    shapes = [facts.get("shape") or [] for facts in first.components if facts.get("role") == "x"] if first else []
    return all(list(shape[1:]) != list(source.upstream_row_shape) for shape in shapes)


def one_pass(run: Run, fit: Fit) -> int | None:
    """Batches of one pass over the data, whether or not it is repeated. None when unknown."""
    source = fit.source
    if source is None:
        return None
    if source.described.infinite and source.described.batches:
        return source.described.batches
    if source.described.infinite or has_stage(source.described, "repeat"):
        behind = supply(run, fit)
        return behind.batches if behind else None
    return source.batches
