"""The whole data set is in memory, more than once.

What it means: `np.load`, a scaled copy, and `from_tensor_slices` each hold the data; together it is about three times
the file.

Why it matters: it does not while memory suffices. With more data it ends in swapping or a killed process.

How it is decided: the data (64 MiB at least) is held by arrays or by the pipeline itself, and at the first step the
process has at least 2.5 times its size beyond what TensorFlow itself needs (270 MiB), or memory is more than half full
with it. It is a note.

What to do: `np.load(path, mmap_mode="r")`, scale inside the pipeline, or TFRecord files.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon.rules import evidence, sayings
from tuimon.rules.finding import Finding

if TYPE_CHECKING:
    from tuimon.state import Fit, Run

HOLDS = ("from_tensor_slices", "tensor_slices", "tensor_slice", "from_tensors", "tensor", "tensors")


@dataclass(frozen=True)
class DatasetInMemory:
    copies: float = 2.5  # of the data; measured: 651 MB for 133 MB, three copies
    share: float = 0.5  # of the memory that the run can have; own choice
    framework: int = 270 * 2**20  # bytes after a first fit without data; measured on TensorFlow 2.15 and 2.21
    least: int = 64 * 2**20  # bytes of data; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        for fit in evidence.fits(run):
            data, resident = self._data(fit), self._resident(fit)
            if data is None or resident is None:
                continue
            copies = (resident - self.framework) / data
            limit = run.host.memory_limit
            half = limit is not None and resident > self.share * limit
            if copies < self.copies and not half:
                continue
            yield Finding(
                rule="dataset-in-memory",
                severity="note",
                message=f"the data is {sayings.size(data)}, the process has {sayings.size(resident)}: "
                f"about {max(copies, 1.0):.1f} copies of it (limit {self.copies:g})",
                advice='Read it with np.load(path, mmap_mode="r"), scale inside the pipeline, or use TFRecord files.',
                fit=fit.index,
                epoch=fit.started.initial_epoch,
                at=fit.started_at,
                numbers={"data": data, "resident": resident},
                snippet='images = np.load(path, mmap_mode="r")\n'
                "dataset = dataset.map(lambda x, y: (tf.cast(x, tf.float32) / 255.0, y))",
            )
            return  # later fits of the same process hold the same data

    def unjudged(self, run: Run) -> str | None:
        needed = "the size of the data or of the process is not known"
        return evidence.unjudged(run, lambda fit: self._resident(fit) and fit.source, needed)

    def _data(self, fit: Fit) -> int | None:
        """Bytes of the data that is held in memory."""
        source = evidence.described(fit)
        if source is None or not source.element_bytes:
            return None
        rows = source.upstream_size or source.size
        held = source.kind in evidence.IN_MEMORY or evidence.has_stage(source, *HOLDS)
        data = (rows or 0) * source.element_bytes
        return data if held and data >= self.least else None

    def _resident(self, fit: Fit) -> int | None:
        """Bytes of the process in its first epoch."""
        early = fit.memory.by_step.at(fit.epochs[0].steps) if fit.epochs and len(fit.memory.by_step) else None
        if early is not None:
            return round(early.last)
        return fit.memory.by_epoch[0][1] if fit.memory.by_epoch else None
