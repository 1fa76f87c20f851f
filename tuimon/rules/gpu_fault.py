"""A GPU of this run has failed, or is gone.

What it means: the driver has reported an error of the GPU that the run computes on (an XID, NVIDIA's number for it), or
no longer sees the GPU.

Why it matters: what was computed there is lost or wrong; CUDA answers with errors from then on, or hangs. Errors of the
memory or the NVLink, and a GPU that fell off the bus, come back until the machine is looked after.

How it is decided: by the driver's own reports while the run is watched, for GPUs on which the run held memory. Faults
of the hardware are errors. Those that a program causes are warnings, and notes where others use the same GPU: it may
have been theirs. What only cleans up after a program (XID 43, 45) is not reported, nor is a GPU that the run does not
use.

What to do: save what you can, use another GPU (`CUDA_VISIBLE_DEVICES`), and show the number to whoever runs the
machine; `dmesg` has the driver's line. For a program's fault look at custom kernels, and at indices out of range.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence
from tuimon.rules.finding import Finding, Severity

if TYPE_CHECKING:
    from tuimon.state import Gpu, Run

HARDWARE = {
    48: "a memory error that cannot be corrected",
    62: "its micro-controller has halted",
    64: "memory that could not be replaced by spare rows",
    74: "an NVLink error",
    79: "it has fallen off the bus",
    92: "many memory errors",
    94: "a memory error that cannot be corrected, contained",
    95: "a memory error that cannot be corrected, not contained",
    119: "its system processor does not answer",
    120: "an error of its system processor",
}
"""XID by what it says (NVIDIA, GPU Deployment and Management: XID Errors)."""

PROGRAM = {
    13: "a kernel went wrong, most likely out of its arrays",
    31: "a kernel read or wrote where it has no memory",
    69: "a kernel was not understood",
}


@dataclass(frozen=True)
class GpuFault:
    def check(self, run: Run) -> Iterator[Finding]:
        for gpu in run.gpus.values():
            if not gpu.own.high:
                continue
            counted = Counter(number for _, number in gpu.faults if number in HARDWARE or number in PROGRAM)
            for number, times in counted.items():
                yield self._fault(run, gpu, number, times)
            if gpu.lost_at is not None and 79 not in counted:
                words = "it is no longer seen by the driver"
                yield self._finding(run, gpu, "error", gpu.lost_at, words, {"gpu": gpu.index})

    def unjudged(self, run: Run) -> str | None:
        return None if run.gpus else evidence.no_gpu(run)

    def _fault(self, run: Run, gpu: Gpu, number: int, times: int) -> Finding:
        severity: Severity = "error"
        if number in PROGRAM:
            severity = "note" if gpu.latest.get("memory_others") else "warning"
        words = HARDWARE.get(number) or PROGRAM[number]
        again = "" if times == 1 else f", {times} times"
        at = next(at for at, each in gpu.faults if each == number)
        numbers = {"gpu": gpu.index, "xid": number, "times": times}
        return self._finding(run, gpu, severity, at, f"{words} (XID {number}{again})", numbers)

    def _finding(
        self, run: Run, gpu: Gpu, severity: Severity, at: float, words: str, numbers: dict[str, int]
    ) -> Finding:
        fit = run.training_at(at)
        epochs = [epoch for epoch in fit.epochs if epoch.started_at <= at] if fit else []
        by_program = severity != "error"
        return Finding(
            rule="gpu-fault",
            severity=severity,
            message=f"GPU {gpu.index} ({gpu.name or 'unnamed'}) failed: {words}",
            advice="Look for indices out of range in embeddings and gathers, and at custom kernels."
            if by_program
            else "Stop and start again on another GPU; show this to whoever runs the machine.",
            fit=fit.index if fit else None,
            epoch=epochs[-1].index if epochs else None,
            at=at,
            numbers=numbers,
            snippet="" if by_program else "CUDA_VISIBLE_DEVICES=… python train.py",
        )
