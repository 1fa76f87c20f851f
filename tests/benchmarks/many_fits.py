"""What runs of very many short fits cost: `python -m tests.benchmarks.many_fits [FITS …] [--checkout DIR]`.

Reinforcement learning that calls `fit` for each step, or a search over many small models. Each fit has the events that
a real one of a single step writes, 4 kB. Prints for each number of fits:

fold: seconds to read the journal into a state. diagnose: milliseconds of one look for findings. RSS: MiB of the process
that did both. watch: seconds of `replay --headless`, from the first event on. report: seconds of its JSON report, and
MB of it. open: seconds of the report where the supervisor has kept states beside the journal. Then of the screen, while
20 fits a second are added to the run: its first frame, keys (median, 95th percentile), CPU, and RSS.

With `--checkout`, the tuimon of that directory is measured. What takes longer than `--limit` seconds is a dash.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks import screen
from tuimon import events, wire
from tuimon.journal import Journal
from tuimon.runs import RunDirectory, Summary

PID = 4711
START = 1_700_000_000.0
EVERY = 0.05
"""Seconds from one fit to the next."""

FOLD = """
import json, sys, time
from pathlib import Path
from tuimon import rules
from tuimon.journal import read
from tuimon.state import Run
began = time.perf_counter()
run = Run()
for event in read(Path(sys.argv[1])):
    run.apply(event)
took = {"fold": time.perf_counter() - began}
looks = []
for _ in range(4):
    began = time.perf_counter()
    rules.diagnose(run)
    looks.append(1000 * (time.perf_counter() - began))
rss = next(line for line in open("/proc/self/status") if line.startswith("VmRSS")).split()[1]
print(json.dumps({**took, "diagnose": min(looks[1:]), "rss": int(rss) / 1024}))
"""

KEEP = """
import sys
from pathlib import Path
from tuimon.checkpoints import making
making.make(Path(sys.argv[1]))
"""

COLUMNS = (
    ("fold s", "fold", 1), ("diagnose ms", "diagnose", 1), ("RSS MiB", "rss", 0), ("watch s", "watch", 1),
    ("report s", "report", 1), ("report MB", "megabytes", 1), ("open s", "open", 1), ("frame ms", "frame", 0),
    ("key ms", "key", 0), ("key p95 ms", "key95", 0), ("CPU %", "cpu", 1), ("screen RSS MiB", "screen", 0),
)  # fmt: skip


def one_fit(number: int, at: float) -> Iterator[events.Event]:
    """What a fit of a single step on 32 rows of an array writes."""
    common: dict[str, Any] = {"pid": PID, "fit": number}
    loss = round(3.0 / (1 + number % 977) + 0.25, 6)
    yield events.FitStarted(
        at=at, **common, site="/home/ada/train.py:9", epochs=1, steps=1, validation=False, validation_freq=1,
        steps_per_execution=1, run_eagerly=False, jit_compile=False, shuffle=True, verbose=0, callbacks=["History"],
        strategy="_DefaultDistributionStrategy", replicas=1,
    )  # fmt: skip
    yield events.SourceDescribed(
        at=at + 0.002, **common, kind="numpy", size=32, size_known_by="exact", size_reason="the length of the arrays",
        batches=1, infinite=False, batch_size=32, drop_remainder=False, dropped=0, upstream_size=32,
        upstream_known_by="exact", upstream_reason="the length of the arrays", shuffled=True, element_bytes=20,
        pipeline=[
            {"op": "arrays", "text": "arrays(32)", "rows": 32, "count": 32},
            {"op": "shuffle", "text": "shuffle(all)", "buffer": 32, "count": 32, "by_keras": True},
            {"op": "batch", "text": "batch(32)", "batch_size": 32, "by_keras": True},
            {"op": "prefetch", "text": "prefetch(AUTOTUNE)", "by_keras": True},
        ],
        components=[
            {"role": "x", "name": "", "shape": [None, 4], "dtype": "float32", "kind": "dense"},
            {"role": "y", "name": "", "shape": [None], "dtype": "float32", "kind": "dense"},
        ],
    )  # fmt: skip
    yield events.ModelDescribed(
        at=at + 0.003, **common, name="sequential", kind="Sequential", parameters=49, trainable=49,
        trainable_variables=4, first_layers=["Dense"],
        layers=[
            {"name": "dense", "kind": "Dense", "trainable": True, "parameters": 40, "activation": "relu"},
            {"name": "dense_1", "kind": "Dense", "trainable": True, "parameters": 9, "activation": None},
        ],
        inputs=[{"name": "input_layer", "shape": [None, 4], "dtype": "float32"}],
        outputs=[{"name": "dense_1", "units": 1, "shape": [None, 1], "activation": None, "layer": "dense_1",
                  "loss": "mean_squared_error"}],
        losses=[{"name": "mean_squared_error", "custom": False, "output": "dense_1"}], optimizer="Adam",
        learning_rate=0.001, gradient_clipping=False, compiled=True,
    )  # fmt: skip
    yield events.EpochStarted(at=at + 0.003, **common)
    times: dict[str, Any] = {"seconds": 0.015, "wait": 0.004, "wait_known_by": "exact", "compute": 0.01}
    yield events.StepsEnded(
        at=at + 0.02, **common, steps=1, samples=32, samples_known_by="exact", **times, callbacks=0.0004,
        slowest=0.015, durations=[0.015], metrics={"loss": [loss, loss, loss, None]}, learning_rate=0.001,
        rss=588_697_600,
    )  # fmt: skip
    yield events.EpochEnded(
        at=at + 0.03, **common, steps=1, samples=32, samples_known_by="exact", **times, callbacks=0.0004,
        first_step=0.0148, first_wait=0.004, metrics={"loss": loss}, learning_rate=0.001, source_ended=True,
        rss=588_746_752,
    )  # fmt: skip
    figures: dict[str, Any] = {"dtype": "float32", "non_finite": 0, "min": -4.06, "max": 3.3, "mean": 0.04}
    yield events.BatchSampled(
        at=at + 0.031, **common, rows=32,
        components=[
            {"role": "x", "name": "", "shape": [32, 4], **figures, "integer": False, "std": 1.01, "zeros": 0.0,
             "below_zero": 0.43, "above_one": 0.16, "distinct": 128, "feature_mean": [-0.25, 0.2, -0.08, 0.3],
             "feature_std": [1.09, 1.03, 1.0, 0.82]},
            {"role": "y", "name": "", "shape": [32], **figures, "integer": False, "std": 1.98, "zeros": 0.0,
             "below_zero": 0.53, "above_one": 0.38, "distinct": 32, "distribution": "continuous"},
        ],
    )  # fmt: skip
    yield events.SourceRowsSampled(at=at + 0.031, **common, looked_at=32, distinct=32, of=32)
    yield events.FitEnded(at=at + 0.032, **common, seconds=0.032, epochs=1, steps=1)


def story(fits: int) -> Iterator[events.Event]:
    """A run that goes on, so many fits after its start."""
    yield events.RunStarted(at=START, run="r1", name="many", command=["train.py"], host="node7", cwd="/home/ada")
    yield events.ChildStarted(at=START, pid=PID)
    yield events.AgentStarted(at=START + 1, pid=PID, python="3.11.9", argv=["train.py"])
    yield events.FrameworkSeen(at=START + 1, pid=PID, tensorflow="2.21.0", keras="3.15.1", keras_line=3)
    for number in range(1, fits + 1):
        at = START + 2 + number * EVERY
        yield from one_fit(number, at)
        if number % 20 == 0:
            yield events.HostSampled(at=at + 0.04, cores=16, load=2.0, memory_total=1 << 36, rss=588_000_000)


def write(where: Path, fits: int) -> RunDirectory:
    """The run's directory, of another machine: nobody can look whether it is alive."""
    directory = RunDirectory(where / f"20260101-000000-{fits:06}")
    directory.path.mkdir(parents=True)
    directory.write(Summary(id=directory.id, name="many", host="elsewhere"))
    journal = Journal(directory.path)
    journal.open_with_header("r1", START)
    journal.close()
    with journal.path.open("ab") as file:
        file.writelines(map(wire.encode, story(fits)))
    return directory


class Training(threading.Thread):
    """Adds 20 fits a second to a run."""

    def __init__(self, directory: RunDirectory, fits: int) -> None:
        super().__init__(daemon=True)
        self.journal, self.fits = Journal(directory.path), fits
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(EVERY):
            self.fits += 1
            for event in one_fit(self.fits, START + 2 + self.fits * EVERY):
                self.journal.append(event)

    def stop(self) -> None:
        self.stopped.set()
        self.join()
        self.journal.close()


class Measuring:
    """One run and one tuimon."""

    def __init__(self, checkout: Path, directory: RunDirectory, limit: float) -> None:
        self.checkout, self.directory, self.limit = checkout, directory, limit

    def code(self, text: str) -> str:
        return self._run([sys.executable, "-c", text, str(self.directory.journal)])[1]

    def tuimon(self, *arguments: str) -> float:
        return self._run(self.command(*arguments))[0]

    def command(self, verb: str, *arguments: str) -> list[str]:
        run = [self.directory.id, "--log-dir", str(self.directory.path.parent)]
        return [sys.executable, "-m", "tuimon", verb, *run, *arguments]

    def _run(self, command: list[str]) -> tuple[float, str]:
        """Raises subprocess.TimeoutExpired."""
        began = time.monotonic()
        done = subprocess.run(
            command, cwd="/", env={**os.environ, "PYTHONPATH": str(self.checkout)}, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, check=True, text=True, timeout=self.limit,
        )  # fmt: skip
        return time.monotonic() - began, done.stdout

    def folded(self) -> dict[str, float]:
        taken: dict[str, float] = json.loads(self.code(FOLD))
        return taken

    def replayed(self) -> dict[str, float]:
        return {"watch": self.tuimon("replay", "--headless")}

    def reported(self) -> dict[str, float]:
        target = self.directory.path / "report.json"
        took = self.tuimon("replay", "--headless", "--format", "json", "--output", str(target))
        return {"report": took, "megabytes": target.stat().st_size / 1e6}

    def opened(self) -> dict[str, float]:
        self.code(KEEP)
        return {"open": self.tuimon("replay", "--headless", "--format", "json", "--output", os.devnull)}

    def watched(self, fits: int, seconds: float) -> dict[str, float | None]:
        training = Training(self.directory, fits)
        training.start()
        command = ["env", f"PYTHONPATH={self.checkout}", *self.command("attach")]
        terminal = screen.Terminal(command)
        try:
            terminal.listen(max(screen.SETTLE, self.limit / 6))
            cpu, began = screen.cpu_seconds(terminal.pid), time.monotonic()
            terminal.listen(seconds)
            cpu = (screen.cpu_seconds(terminal.pid) - cpu) / (time.monotonic() - began)
            keys = sorted(filter(None, (screen.press(terminal, b"\t") for _ in range(30))))
            rss = next(
                line for line in Path(f"/proc/{terminal.pid}/status").read_text().splitlines() if "VmRSS" in line
            )
            return {
                "frame": screen.first_frame(terminal), "cpu": 100 * cpu, "screen": int(rss.split()[1]) / 1024,
                "key": statistics.median(keys) if keys else None,
                "key95": keys[int(len(keys) * 0.95)] if keys else None,
            }  # fmt: skip
        finally:
            terminal.close()
            training.stop()


def measure(checkout: Path, directory: RunDirectory, fits: int, limit: float, seconds: float) -> dict[str, Any]:
    measuring, found = Measuring(checkout, directory, limit), {}
    for part in (measuring.folded, measuring.replayed, measuring.reported, measuring.opened):
        try:
            found.update(part())
        except subprocess.SubprocessError:
            continue  # too long: a dash
    return {**found, **measuring.watched(fits, seconds)}


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("fits", type=int, nargs="*", default=[2_000, 16_000, 100_000])
    parser.add_argument("--checkout", type=Path, default=screen.ROOT, help="whose tuimon is measured")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds for each part")
    parser.add_argument("--seconds", type=float, default=20.0, help="of watching the screen")
    args = parser.parse_args(argv)
    print(f"| fits | {' | '.join(title for title, _, _ in COLUMNS)} |\n|{'---:|' * (len(COLUMNS) + 1)}")
    for fits in args.fits:
        with tempfile.TemporaryDirectory() as where:
            directory = write(Path(where), fits)
            found = measure(args.checkout.absolute(), directory, fits, args.limit, args.seconds)
        cells = ("–" if (value := found.get(name)) is None else f"{value:,.{digits}f}" for _, name, digits in COLUMNS)
        print(f"| {fits:,} | {' | '.join(cells)} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
