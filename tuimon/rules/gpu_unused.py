"""There is a GPU, and training does not use it, or hardly.

What it means: the machine has a GPU that the driver shows, but TensorFlow sees none (the CPU-only package, missing CUDA
libraries); or it is used and idles, because it waits for data.

Why it matters: training takes many times as long.

How it is decided: a GPU is visible to the run and the framework reports none: a warning when fit() begins. Or the 95th
percentile of its utilisation stays under 70% over 500 samples while input-bound fires (SageMaker's LowGPUUtilization).
`CUDA_VISIBLE_DEVICES` set to nothing or -1 is a decision and not reported.

What to do: `pip install tensorflow[and-cuda]`; `tuimon doctor` names what is missing. If it waits for data, see
input-bound.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings
from tuimon.rules.finding import Finding
from tuimon.rules.input_bound import InputBound

if TYPE_CHECKING:
    from tuimon.state import Fit, Gpu, Run


@dataclass(frozen=True)
class GpuUnused:
    utilization: float = 0.7  # 95th percentile; SageMaker LowGPUUtilization
    samples: int = 500  # SageMaker LowGPUUtilization

    def check(self, run: Run) -> Iterator[Finding]:
        present = [gpu for gpu in run.gpus.values() if gpu.latest.get("visible") is not False and gpu.lost_at is None]
        fit = next(iter(run.training), None)
        if not present or fit is None or self._hidden(run, fit):
            return
        if self._unseen(run, fit):
            alike = Counter(gpu.name or f"GPU {gpu.index}" for gpu in present)
            names = sayings.listed([name if count == 1 else f"{count} × {name}" for name, count in alike.items()])
            yield Finding(
                rule="gpu-unused",
                severity="warning",
                message=f"training runs on the CPU, although there is {names}",
                advice="TensorFlow sees no GPU. Install the package with CUDA (`pip install tensorflow[and-cuda]`); "
                "`tuimon doctor` names what is missing.",
                fit=fit.index,
                epoch=fit.started.initial_epoch,
                at=fit.started_at,
                numbers={"gpus": len(present)},
                snippet="pip install 'tensorflow[and-cuda]'",
            )
            return
        yield from self._idle(run, present)

    def unjudged(self, run: Run) -> str | None:
        if not run.gpus:
            return evidence.no_gpu(run)
        return (
            None
            if any(process.devices for process in run.processes.values())
            else "the framework's devices are unknown"
        )

    def _hidden(self, run: Run, fit: Fit) -> bool:
        process = run.process_of(fit)
        value = process.started.environment.get("CUDA_VISIBLE_DEVICES") if process else None
        return value is not None and str(value).strip() in ("", "-1")

    def _unseen(self, run: Run, fit: Fit) -> bool:
        process = run.process_of(fit)
        devices = process.devices if process else None
        return devices is not None and bool(devices.devices) and not any(_is_gpu(facts) for facts in devices.devices)

    def _idle(self, run: Run, present: list[Gpu]) -> Iterator[Finding]:
        for fit in run.training:
            bound = InputBound().of(run, fit)
            if bound is None or bound.severity == "note" or bound.over:
                continue
            for gpu in present:
                until = fit.ended.at if fit.ended else run.now
                points = evidence.while_running(run, fit, gpu.utilization.between(fit.started_at, until))
                points = points[-self.samples :]
                if len(points) < self.samples:
                    continue
                busy = sorted(point.last for point in points)[round(0.95 * (len(points) - 1))]
                if busy < self.utilization:
                    yield Finding(
                        rule="gpu-unused",
                        severity="warning",
                        message=f"{gpu.name or f'GPU {gpu.index}'} is at most {sayings.share(busy)} busy "
                        f"(limit {sayings.share(self.utilization)}, over {self.samples} samples): it waits for data",
                        advice="Make the input faster; see input-bound.",
                        fit=fit.index,
                        epoch=bound.epoch,
                        at=bound.at,
                        numbers={"utilization": busy, "gpu": gpu.index},
                    )


def _is_gpu(facts: dict[str, object]) -> bool:
    return str(facts.get("kind") or "").upper() in ("GPU", "TPU")
