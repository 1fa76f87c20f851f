"""What it costs to replay runs of 10 thousand, a million and ten million steps, beside TensorBoard's own loaders.

    python -m tests.benchmarks.replay [STEPS …]

open: until the first events can be drawn. fold: all of it, into a state. seek: from the end back to the middle, folded
there. CPU: seconds of this process alone, where others keep the machine busy. PSS: of the process that did all this.
TensorBoard reads the event files of the same run, as `tuimon export` writes them. Each figure comes from a process of
its own; the journals are removed at the end.
"""

from __future__ import annotations

import importlib.util
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import journals
from tuimon import journal
from tuimon.checkpoints import making
from tuimon.recordings import Recording
from tuimon.runs import RunDirectory

COLUMNS = ("open", "fold", "fold CPU", "seek", "seek CPU")

STEPS = (10_000, 1_000_000, 10_000_000)


def played(path: Path) -> dict[str, float]:
    from tuimon.state import Run

    began, cpu = time.perf_counter(), time.process_time()
    player = Recording(path, run=RunDirectory(path.parent)).player(math.inf)
    run = Run().apply_all(player.take(0.0))
    opened = time.perf_counter() - began
    while not player.ended:
        run.apply_all(player.take(0.1))
    folded = time.perf_counter() - began
    folded_cpu = time.process_time() - cpu

    began_seek, cpu = time.perf_counter(), time.process_time()
    player.paused = True
    middle = player.span[0] + (player.span[1] - player.span[0]) * 0.49
    player.seek(middle)
    run = Run()
    while ready := player.take(0.1):
        run.apply_all(ready)
    sought = time.perf_counter() - began_seek
    assert abs(run.now - middle) < 60
    return {
        "open": opened, "fold": folded, "fold CPU": folded_cpu, "seek": sought,
        "seek CPU": time.process_time() - cpu, "pss": pss(),
    }  # fmt: skip


def by_tensorboard(path: Path) -> dict[str, float]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator  # type: ignore[import-untyped]

    began, cpu = time.perf_counter(), time.process_time()
    scalars = 0
    for folder in sorted({each.parent for each in path.rglob("events.out.tfevents.*")}):
        board = EventAccumulator(str(folder), {"scalars": 1000})
        board.Reload()
        scalars += sum(len(board.Scalars(tag)) for tag in board.Tags()["scalars"])
    took = {"fold": time.perf_counter() - began, "fold CPU": time.process_time() - cpu}
    return {**took, "pss": pss(), "kept": scalars}


def pss() -> float:
    """MiB of this process, its share of what is shared."""
    told = Path("/proc/self/smaps_rollup").read_text()
    return int(next(line for line in told.splitlines() if line.startswith("Pss:")).split()[1]) / 1024


def apart(measure: Callable[[Path], dict[str, float]], path: Path) -> dict[str, float]:
    """The figures of a fresh process."""
    command = [sys.executable, "-m", "tests.benchmarks.replay", f"--{measure.__name__}", str(path)]
    figures: dict[str, float] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return figures


def main(counts: list[int]) -> None:
    print(f"{'steps':>10}  {'MiB':>6}  {'what':24} {' '.join(f'{name:>8}' for name in COLUMNS)} {'PSS MiB':>8}")
    print(f"{'':46}{' seconds' * len(COLUMNS)}")
    for steps in counts:
        with tempfile.TemporaryDirectory() as there:
            path = journals.write(Path(there) / "run", steps)
            size = path.stat().st_size / (1 << 20)
            if steps <= 1_000_000:
                row(steps, size, "tuimon, nothing kept", apart(played, path))
            making.make(path)
            row(steps, size, "tuimon replay", apart(played, path))
            if importlib.util.find_spec("tensorboard") and steps <= 1_000_000:
                from tuimon.export import export

                board = Path(there) / "board"
                export(lambda path=path: journal.read(path), "tensorboard", board)  # type: ignore[misc]
                size = sum(each.stat().st_size for each in board.rglob("events*")) / (1 << 20)
                row(steps, size, "TensorBoard (Python)", apart(by_tensorboard, board))


def row(steps: int, size: float, what: str, figures: dict[str, float]) -> None:
    seconds = " ".join(f"{figures[name]:8.2f}" if name in figures else f"{'–':>8}" for name in COLUMNS)
    print(f"{steps:>10,}  {size:6.1f}  {what:24} {seconds} {figures['pss']:8.1f}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--played"]:
        print(json.dumps(played(Path(sys.argv[2]))))
    elif sys.argv[1:2] == ["--by_tensorboard"]:
        print(json.dumps(by_tensorboard(Path(sys.argv[2]))))
    else:
        main([int(each) for each in sys.argv[1:]] or list(STEPS))
