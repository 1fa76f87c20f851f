"""How true the estimate of input wait from outside is: against sources that sleep for a known time.

    python -m tests.benchmarks.wait_estimate [--python PYTHON] [--seconds 15] [--busy 2]

Each line is a training that a supervisor watches without an agent in it: the bounds within which the share of wait is,
what was estimated, and by how much that is outside of the bounds. Good is what the shown error allows.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import psutil

from tests.benchmarks.wait_accuracy import busy
from tuimon import events, journal
from tuimon.joining import join
from tuimon.joining.candidates import frameworks
from tuimon.runs import RunDirectory
from tuimon.state.estimate import WaitEstimate

SCRIPT = Path(__file__).parents[1] / "scripts" / "steady_waits.py"


def watched(python: str, seconds: float, folder: Path) -> tuple[list[dict[str, Any]], list[events.Event], float]:
    """What the trainings tell of themselves, what was recorded of them, and the cores that this took."""
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [python, str(SCRIPT), str(seconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
    assert process.stdout is not None
    while process.poll() is None and not frameworks(process.pid):
        pass
    directory = join.begin(folder, process.pid, read_printed=True, interval=1.0)
    supervisor = psutil.Process(directory.read().supervisor_pid)
    truths: list[dict[str, Any]] = []
    used, since = supervisor.cpu_times(), 0.0
    for line in process.stdout:
        truths.append(json.loads(line))
        since, used = truths[-1]["steps"][-1][0], supervisor.cpu_times()
    process.wait()
    cores = (used.user + used.system) / max(1e-9, since - supervisor.create_time())
    return truths, recorded(directory), cores


def recorded(directory: RunDirectory) -> list[events.Event]:
    while directory.supervised():
        pass
    return list(journal.read(directory.journal))


def row(truth: dict[str, Any], told: list[events.WaitEstimated]) -> tuple[str, float, bool]:
    """A line of the table, how far off the estimate is, and whether it is good."""
    steps = truth["steps"]
    within = [each for each in told if each.at - (each.seconds or 0.0) > steps[0][0] + 1.0 and each.at < steps[-1][0]]
    estimate = WaitEstimate()
    for each in within:
        estimate.apply(each)
    name = f"{truth['kind']:12}{truth['sleep'] * 1e3:5.0f} ms {'yes' if truth['prefetch'] else 'no':>9}"
    if estimate.whole.value is None:
        return f"{name}   not estimated", 1.0, False
    since, until = within[0].at - (within[0].seconds or 0.0), within[-1].at
    mine = [each for each in steps if since <= each[0] < until]
    least, most = (sum(each[index] for each in mine) / (until - since) for index in (1, 2))
    off = min(0.0, estimate.whole.value - least) + max(0.0, estimate.whole.value - most)
    per_step, at_least = (estimate.whole.wait / len(mine)) * 1e3, (estimate.whole.per_batch_at_least or 0.0) * 1e3
    good = abs(off) <= estimate.whole.error
    return (
        f"{name}{least:10.3f} … {most:5.3f}{estimate.whole.value:11.3f} ±{estimate.whole.error:.3f}{off:+8.3f}"
        f"{estimate.whole.looks:8}{per_step:9.2f}{at_least:10.2f}{'' if good else '  off'}",
        abs(off),
        good,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--busy", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, busy(options.busy):
        truths, told, cores = watched(options.python, options.seconds, Path(folder))
    guesses = [event for event in told if isinstance(event, events.WaitEstimated)]
    print(f"{options.python}, {options.busy} busy processes beside it; shares of the time; ms a step")
    print(f"{'kind':12}{'sleep':>8}{'prefetch':>10}{'true':>18}{'estimated':>19}{'off':>7}{'looks':>8}", end="")
    print(f"{'a step':>9}{'at least':>10}")
    rows = [row(truth, guesses) for truth in truths]
    for text, _, _ in rows:
        print(text)
    print(f"{sum(good for _, _, good in rows)} of {len(rows)} within the error shown, ", end="")
    print(f"at most {max(off for _, off, _ in rows):.3f} off; the supervisor took {cores:.2%} of a core")
    return 0 if all(good for _, _, good in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
