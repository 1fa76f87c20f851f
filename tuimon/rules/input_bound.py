"""Training waits for its data.

What it means: a good part of each step is spent in the iterator's `next`, before the model has anything to do.

Why it matters: the model, and the GPU, could train that much faster. Loading and preprocessing should run ahead of
training, and in parallel.

How it is decided: waiting is at least 20% of the time of the steps and at least 5 ms per step, over at least 20 steps;
an error from 50%, a note from 5%. The first step of each epoch does not count (the pipeline is filled then), nor does
the first epoch when the pipeline has a cache. Arrays in memory are a note at most. Where `from_generator` hands on
single rows, 0.2 ms per row of a batch are added to the 5 ms, and on an overloaded machine they grow with the load.
Where wait is only estimated from outside, it is a warning at most, after 20 s, and only if the share is still above 20%
when the estimate's error is taken off, with the least wait per batch that is possible.

What to do: in this order, `map(..., num_parallel_calls=tf.data.AUTOTUNE)`, `prefetch(tf.data.AUTOTUNE)` at the end,
`interleave` for files, `cache()` before what is random, and less Python inside `numpy_function`. For a Sequence, more
`workers`; for a generator, a tf.data pipeline.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings
from tuimon.rules.finding import Finding, Severity

if TYPE_CHECKING:
    from tuimon.state import Epoch, Fit, Run

AUTOTUNE = "tf.data.AUTOTUNE"
WORK = ("map", "parallel_map", "map_and_batch", "interleave", "flat_map", "from_generator", "generator", "filter")
READS = ("files", "tfrecord", "text_line", "fixed_length", "csv", "list_files")


@dataclass(frozen=True)
class Waiting:
    """Input wait over some epochs, the first step of each left out."""

    steps: int
    wait: float  # seconds in all
    seconds: float  # of the steps in all
    typical: float  # seconds per step

    @property
    def share(self) -> float:
        return min(1.0, self.wait / self.seconds) if self.seconds > 0 else 0.0


@dataclass(frozen=True)
class InputBound:
    note_from: float = 0.05  # of the step time; TensorFlow Profiler's "moderately input-bound"
    warning_from: float = 0.2  # TensorFlow Profiler's "highly input-bound"
    error_from: float = 0.5  # own choice
    wait: float = 0.005  # seconds per step; measured: tiny healthy models wait 47% of 2 ms steps
    row: float = 0.0002  # seconds; measured: TensorFlow takes 0.17 ms for a row that `from_generator` hands on
    steps: int = 20  # own choice
    newest: int = 10  # epochs that are judged; own choice
    outside: float = 20.0  # seconds that an estimate is to be made from; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in run.training:
            found = self.of(run, fit)
            if found is not None:
                yield found
        estimated = self._estimated(run)
        if estimated is not None:
            yield estimated

    def unjudged(self, run: Run) -> str | None:
        if run.wait_estimate is not None and run.wait_estimate.whole.seconds >= self.outside:
            return None
        needed = "input wait was not measured: it needs the agent in the training process"
        return evidence.unjudged(run, lambda fit: any(epoch.wait is not None for epoch in fit.epochs[:4]), needed)

    def of(self, run: Run, fit: Fit) -> Finding | None:
        """What is found of one fit; serial-pipeline asks too."""
        judged = fit.epochs[1:] if evidence.has_stage(evidence.described(fit), "cache") else fit.epochs
        now = _waiting(run, fit, judged[-self.newest :])
        limit = (self.wait + self.row * _rows_by_generator(fit)) * evidence.overload(run)
        fires = self._fires(now, limit, self.steps)
        needed = 2 if fires else self.steps
        early = judged[: 2 * self.newest]
        first = next((epoch for epoch in early if self._fires(_waiting(run, fit, [epoch]), limit, needed)), None)
        if now is None or not (fires or first):
            return None
        first = first or judged[-self.newest :][0]
        over = not fires
        shown = now if fires else _waiting(run, fit, [first]) or now
        severity = self._severity(fit, shown, over)
        return Finding(
            rule="input-bound",
            severity=severity,
            message=f"{sayings.share(shown.share)} of the step time is waiting for data "
            f"({sayings.duration(shown.typical)} per step; limits {sayings.share(self.warning_from)} "
            f"and {sayings.duration(limit)})",
            advice=self._advice(fit),
            fit=fit.index,
            epoch=first.index,
            step=0,
            at=first.started_at,
            numbers={"share": shown.share, "wait_per_step": shown.typical, "steps": shown.steps},
            snippet=_snippet(fit),
            over=over,
        )

    def _estimated(self, run: Run) -> Finding | None:
        """Of a run that no agent is in: only what is true even if the estimate is off as far as it may be."""
        estimate, limit = run.wait_estimate, self.wait * evidence.overload(run)
        if estimate is None or estimate.whole.seconds < self.outside:
            return None
        share, error = estimate.whole.value, estimate.whole.error
        per_batch = estimate.whole.per_batch_at_least
        if share is None or per_batch is None or share - error < self.warning_from or per_batch < limit:
            return None
        return Finding(
            rule="input-bound",
            severity="warning",
            message=f"about {sayings.share(share)} of the time is waiting for data, estimated from outside "
            f"(at least {sayings.share(share - error)} and {sayings.duration(per_batch)} per batch; "
            f"limits {sayings.share(self.warning_from)} and {sayings.duration(limit)})",
            advice="Let loading and preprocessing run ahead of training and in parallel: map(..., "
            f"num_parallel_calls={AUTOTUNE}), prefetch({AUTOTUNE}) at the end. Joining the process with tuimon's "
            "agent shows the exact wait and the pipeline.",
            fit=run.fit.index if run.fit else None,
            at=estimate.first_at,
            numbers={"share": share, "error": error, "wait_per_step_at_least": per_batch, "known_by": "estimated"},
        )

    def _fires(self, seen: Waiting | None, limit: float, steps: int) -> bool:
        return seen is not None and seen.steps >= steps and seen.share >= self.note_from and seen.typical >= limit

    def _severity(self, fit: Fit, seen: Waiting, over: bool) -> Severity:
        if seen.share < self.warning_from or not _can_be_faster(fit) or over or seen.steps < self.steps:
            return "note"
        return "error" if seen.share >= self.error_from else "warning"

    def _advice(self, fit: Fit) -> str:
        source = evidence.described(fit)
        if source is None or source.kind in ("generator", "other"):
            return (
                "The generator works in the same thread as training. Move the loading into a tf.data pipeline "
                "(map with num_parallel_calls, then prefetch), or into a Sequence with workers."
            )
        if source.kind == "sequence":
            workers = f" (now {source.workers})" if source.workers else ""
            return f"Let more workers load ahead{workers}: workers=4, and use_multiprocessing for work done in Python."
        steps = []
        if _serial(source.pipeline):
            steps.append(f"map(..., num_parallel_calls={AUTOTUNE})")
        if not evidence.has_stage(source, "prefetch"):
            steps.append(f"prefetch({AUTOTUNE}) at the end")
        if not evidence.has_stage(source, "cache"):
            steps.append("cache() after what is the same in every epoch")
        return "In this order: " + ", ".join([*steps, "less Python inside the pipeline"]) + "."


def _waiting(run: Run, fit: Fit, epochs: list[Epoch]) -> Waiting | None:
    """None when wait was not measured in any of them. Time in which the process was stopped is taken from the wait."""
    steps, wait, seconds, typical = 0, 0.0, 0.0, []
    for epoch in epochs:
        if epoch.wait is None or epoch.steps < 2:
            continue
        first_step, first_wait = epoch.first_step, epoch.first_wait
        if first_step is None and epoch.durations and not epoch.ended:
            first_step = max(epoch.durations)
        if first_wait is None:
            first_wait = 0.0 if epoch.waits or first_step is None else min(first_step, epoch.wait)
        rest = epoch.steps - 1
        stopped = evidence.stopped(run, fit, epoch)
        waited = max(0.0, epoch.wait - first_wait - stopped)
        steps, wait = steps + rest, wait + waited
        seconds += max(waited, _seconds(epoch) - (first_step or 0.0) - stopped)
        typical.append(median(epoch.waits[1:]) if len(epoch.waits) > 2 else waited / rest)
    return Waiting(steps, wait, seconds, median(typical)) if steps else None


def _seconds(epoch: Epoch) -> float:
    """Time of the steps themselves: without validation and callbacks where these are known apart."""
    if epoch.compute is not None:
        return epoch.compute + (epoch.wait or 0.0)
    return epoch.seconds or 0.0


def _rows_by_generator(fit: Fit) -> int:
    """Rows of a batch that come one by one out of `from_generator`; 0 where they do not."""
    source = evidence.described(fit)
    stages = [evidence.stage(facts) for facts in source.pipeline] if source else []
    if "from_generator" not in stages:
        return 0
    behind = stages[stages.index("from_generator") :]
    return (evidence.batch_size(fit) or 0) if any(name.endswith("batch") for name in behind) else 0


def _can_be_faster(fit: Fit) -> bool:
    """There is loading or preprocessing that could run ahead; arrays in memory are only sliced."""
    source = evidence.described(fit)
    if source is None:
        return True
    if source.kind in evidence.IN_MEMORY:
        return False
    return source.kind != "tf.data" or not source.pipeline or evidence.has_stage(source, *WORK, *READS)


def _serial(pipeline: list[dict[str, object]]) -> bool:
    return any(evidence.stage(facts) == "map" and not facts.get("parallel") for facts in pipeline)


def _snippet(fit: Fit) -> str:
    source = evidence.described(fit)
    if source is not None and source.kind != "tf.data":
        return ""
    size = evidence.batch_size(fit) or "batch_size"
    return f"dataset = files.map(load, num_parallel_calls={AUTOTUNE}).batch({size}).prefetch({AUTOTUNE})"
