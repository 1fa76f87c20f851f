"""Keras runs every operation one by one (`run_eagerly=True`).

What it means: the model is not compiled into a graph. This is a debugging aid, often left in by mistake.

Why it matters: training takes several times as long.

How it is decided: `run_eagerly=True` in `compile`, or `tf.config.run_functions_eagerly(True)`, and more than 50 steps
done: a note; a warning when a step takes more than 5 ms. Loops of your own are not judged.

What to do: remove it. To look at values inside a graph use `tf.print`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.state import Run


@dataclass(frozen=True)
class EagerMode:
    steps: int = 50  # own choice: a debugging session is shorter
    seconds: float = 0.005  # per step; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in evidence.fits(run):
            if not fit.started.run_eagerly or fit.steps_done <= self.steps:
                continue
            points = fit.step_seconds.newest(200)
            step = median(point.last for point in points) if points else None
            slow = step is not None and step > self.seconds
            takes = f", {sayings.duration(step)} each (limit {sayings.duration(self.seconds)})" if step else ""
            yield Finding(
                rule="eager-mode",
                severity="warning" if slow else "note",
                message=f"run_eagerly is on: {sayings.count(fit.steps_done, 'step')} ran without a graph{takes}",
                advice="Remove run_eagerly=True from compile(), and tf.config.run_functions_eagerly(True).",
                fit=fit.index,
                epoch=fit.started.initial_epoch,
                step=0,
                at=fit.started_at,
                numbers={"steps": fit.steps_done, "step": step},
                snippet="model.compile(..., run_eagerly=False)",
            )

    def unjudged(self, run: Run) -> str | None:
        needed = "how the model was compiled is not known"
        return evidence.unjudged(run, lambda fit: fit.started.run_eagerly is not None, needed)
