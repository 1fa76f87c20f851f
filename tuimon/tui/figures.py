"""Figures that panes show and that the state does not hold: rates, what is left, where a step's time goes."""

from __future__ import annotations

import math
from typing import NamedTuple

from tuimon.state import Epoch, Fit, Run

RECENT = 8
"""Reports of steps that "now" is the mean of."""


def step_seconds(fit: Fit) -> float | None:
    """Mean duration of a step in the newest reports."""
    recent = [point.last for point in fit.step_seconds.newest(RECENT)]
    return sum(recent) / len(recent) if recent else None


def steps_per_second(fit: Fit) -> float | None:
    seconds = step_seconds(fit)
    return 1 / seconds if seconds else None


def samples_per_step(fit: Fit) -> float | None:
    """Of the newest epoch that can tell, else the batch size."""
    for epoch in reversed(fit.epochs):
        if epoch.samples and epoch.steps:
            return epoch.samples / epoch.steps
    source = fit.source
    return (source.described.batch_size if source else None) or fit.started.batch_size


def samples_per_second(fit: Fit) -> float | None:
    steps, samples = steps_per_second(fit), samples_per_step(fit)
    return steps * samples if steps is not None and samples is not None else None


def epoch_remaining(fit: Fit) -> float | None:
    """Seconds until the steps of the running epoch are done."""
    planned, seconds = fit.planned_steps, step_seconds(fit)
    if fit.ended or planned is None or seconds is None or not fit.epochs:
        return None
    return 0.0 if fit.epochs[-1].ended else max(0, planned - fit.step) * seconds


def run_remaining(fit: Fit) -> float | None:
    """Seconds until the fit is done: what is left of this epoch, and whole epochs as long as the last ones were."""
    planned, left_here = fit.started.epochs, epoch_remaining(fit)
    if fit.ended or planned is None or left_here is None:
        return None
    seen = [epoch for epoch in fit.epochs if not epoch.backfilled]
    spans = [lasted for epoch in seen[-6:] if (lasted := epoch.lasted) is not None]
    whole = spans[1:] if len(spans) > 1 and len(seen) == len(spans) else spans  # the first one holds tracing
    running = fit.epochs[-1]
    left = max(0, planned - running.index - 1)
    if whole:
        mean = sum(whole) / len(whole)
        return left * mean + (0.0 if running.ended else max(left_here, _validation(fit)))
    seconds = step_seconds(fit)
    if fit.planned_steps is None or seconds is None:
        return None
    return left_here + left * fit.planned_steps * seconds


def _validation(fit: Fit) -> float:
    seconds = [epoch.validation.seconds for epoch in fit.epochs if epoch.validation and epoch.validation.seconds]
    return seconds[-1] if seconds else 0.0


class Split(NamedTuple):
    """Where the seconds of an epoch went. None is not known; `rest` is what nothing else explains.

    The time in which the process was stopped is none of them: `stopped` is how much of it was taken out.
    """

    seconds: float
    wait: float | None
    compute: float | None
    callbacks: float | None
    validation: float | None
    rest: float
    stopped: float = 0.0

    def share(self, part: float | None) -> float | None:
        return part / self.seconds if part is not None and self.seconds > 0 else None


def split(epoch: Epoch) -> Split | None:
    """Of an epoch that has ended, or of what has been done of it so far."""
    steps = epoch.seconds
    if not steps:
        return None
    validation = epoch.validation.seconds if epoch.validation else None
    parts = {"wait": epoch.wait, "compute": epoch.compute, "callbacks": epoch.callbacks}
    stopped = _stop_in_a_step(epoch)
    longest = max(parts, key=lambda name: parts[name] or 0.0)
    if stopped:
        parts[longest] = max(0.0, (parts[longest] or 0.0) - stopped)
    known = sum(part or 0.0 for part in parts.values())
    whole = max(0.0, steps - stopped)
    if epoch.lasted is not None:
        whole = max(whole, epoch.lasted)
    total = max(whole, known + (validation or 0.0))
    return Split(
        seconds=total,
        **parts,
        validation=validation,
        rest=max(0.0, total - known - (validation or 0.0)),
        stopped=stopped,
    )


def _stop_in_a_step(epoch: Epoch) -> float:
    """Seconds in which the process was stopped within a step, so that what was going on there seems to have taken them.

    A stop is long beside what a step does: one of its parts holds it nearly alone, or it was not in a step.
    """
    most = max(epoch.wait or 0.0, epoch.compute or 0.0, epoch.callbacks or 0.0)
    inside = 0.0 < epoch.longest_stop <= 1.1 * (epoch.slowest or 0.0) and epoch.stopped <= 1.1 * most
    return epoch.stopped if inside else 0.0


class Coverage(NamedTuple):
    """Samples of one epoch against what its source holds. `planned` is what will have been seen when it ends."""

    seen: int | None
    planned: int | None
    size: int | None
    known_by: str | None
    spared: int = 0  # of `size`, left out by a `take` or `skip`

    @property
    def unseen(self) -> int | None:
        """Samples that no step of this epoch will have seen, though nothing leaves them out."""
        if self.size is None or self.planned is None:
            return None
        return max(0, self.size - self.spared - self.planned)


def coverage(fit: Fit, epoch: Epoch | None) -> Coverage:
    """Of this epoch, against the whole data that the pipeline could read where that is more than one pass of it."""
    size, known_by = whole_size(fit)
    seen = epoch.samples if epoch else 0
    if epoch is not None and epoch.ended:
        measured = size is not None or fit.planned_steps is not None
        return Coverage(seen, seen if measured else None, size, known_by, spared(fit))
    per_step = samples_per_step(fit)
    planned_steps = fit.planned_steps
    planned = None
    if planned_steps is not None and per_step is not None:
        planned = math.ceil(planned_steps * per_step)
        source = fit.source
        if source is not None and source.size is not None and source.batches == planned_steps:
            planned = source.size
        planned = max(planned, seen or 0)
    elif planned_steps is None and size is not None:
        planned = size
    return Coverage(seen, planned, size, known_by, spared(fit))


def spared(fit: Fit) -> int:
    """Samples of the data behind the fit that its pipeline leaves out by a `take` or `skip`."""
    source, (whole, _) = fit.source, whole_size(fit)
    if source is None or whole is None or source.size is None:
        return 0
    cuts = any(facts.get("op") in ("take", "skip") for facts in source.described.pipeline)
    return max(0, whole - source.size) if cuts else 0


def whole_size(fit: Fit) -> tuple[int | None, str | None]:
    """Samples of the data behind the fit, and how that is known."""
    source = fit.source
    if source is None:
        return None, None
    upstream, size = source.described.upstream_size, source.size
    if upstream is not None and (size is None or upstream > size):
        return upstream, source.described.upstream_known_by
    return size, source.size_known_by


def idle(run: Run, fit: Fit) -> float:
    """Seconds since anything of the fit moved, in which it could."""
    return max(0.0, run.now - fit.progress_at - run.not_running(fit.key[0], fit.progress_at, run.now))
