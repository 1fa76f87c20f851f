"""What it costs to keep a state and to begin with it: `python -m tests.benchmarks.checkpoints [STEPS] [FITS]`.

The state of a run of ten million steps in one fit, and that of a program that calls fit 16,000 times. size: bytes of
the checkpoint. encode, decode: between the state and these bytes. restored: from the file, with all that is checked.
All in milliseconds of CPU time, as others may keep the machine busy.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from tests.benchmarks import journals
from tuimon import events, wire
from tuimon.checkpoints import store
from tuimon.checkpoints.encoding import decode, encode
from tuimon.state import Run

T = TypeVar("T")

TIMES = 5


def many_fits(count: int) -> Run:
    run = Run()
    for number in range(1, count + 1):
        at = journals.START + number / 10
        of: dict[str, Any] = {"pid": journals.PID, "fit": number}
        run.apply(events.FitStarted(at=at, epochs=1, steps=10, site="train.py:40", **of))
        run.apply(events.SourceDescribed(at=at, kind="numpy", size=320, batches=10, **of))
        run.apply(events.StepsEnded(
            at=at + 0.05, steps=10, step=9, samples=320, seconds=0.05, wait=0.01, durations=[0.005] * 10,
            metrics={"loss": [0.5, 0.4, 0.6, None]}, **of,
        ))  # fmt: skip
        run.apply(events.EpochEnded(at=at + 0.06, steps=10, samples=320, seconds=0.06, metrics={"loss": 0.5}, **of))
        run.apply(events.FitEnded(at=at + 0.07, seconds=0.07, epochs=1, steps=10, **of))
    return run


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Milliseconds of CPU time, the median, and what came of it."""
    took = []
    for _ in range(TIMES):
        began = time.process_time()
        result = work()
        took.append(1000 * (time.process_time() - began))
    return statistics.median(took), result


def row(what: str, run: Run, path: Path) -> None:
    encoding, data = timed(lambda: encode(run))
    decoding, _ = timed(lambda: decode(data))
    store.write(path, path.stat().st_size, run)
    restoring, found = timed(lambda: store.restored(path))
    assert found is not None
    print(f"{what:24} {len(data):10,} {encoding:9.1f} {decoding:9.1f} {restoring:9.1f}", flush=True)


def main(steps: int = 10_000_000, fits: int = 16_000) -> None:
    print(f"{'':24} {'size':>10} {'encode':>9} {'decode':>9} {'restored':>9}")
    with tempfile.TemporaryDirectory() as where:
        os.environ["XDG_STATE_HOME"] = where
        path = Path(where) / "journal.jsonl"
        path.write_bytes(wire.encode(events.JournalOpened()))
        path.chmod(0o600)
        row(f"{steps:,} steps", Run().apply_all(journals.story(steps)), path)
        row(f"{fits:,} fits", many_fits(fits), path)


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:]))
