"""Joins running fits at random moments: who came in, what it changed, how soon the first step was seen.

    python -m tests.benchmarks.attach [JOINS_PER_JOB]

A job of each situation and each line of Keras at hand ($TUIMON_KERAS2_PYTHON) runs to its end beside one that is left
alone; what they come to must be equal.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tuimon import events, journal
from tuimon.joining import join
from tuimon.joining.refusal import Refused
from tuimon.runs import RunDirectory

SCRIPT = Path(__file__).parents[1] / "scripts" / "long_fit.py"
SITUATIONS = {"op": 40, "generator": 40, "epochs": 200}
"""Where the time goes → epochs."""

LIMIT = 60.0


@dataclass
class Tally:
    line: str
    situation: str
    tried: int = 0
    attached: int = 0
    late: int = 0  # the job ended before a step was seen
    seconds: list[float] = field(default_factory=list)  # from the command to the first live step
    first: float | None = None  # the same of the first join, which waits for the rest of TensorFlow's import
    status: int | None = None
    same: bool = False

    def row(self) -> str:
        median = f"{statistics.median(self.seconds):.2f}" if self.seconds else "-"
        slowest = f"{max(self.seconds):.2f}" if self.seconds else "-"
        ended = f"status {self.status}, {'same' if self.same else 'OTHER'} results"
        counts = f"{self.attached:>3} of {self.tried:<3} ({self.late} ended before)"
        first = "-" if self.first is None else f"{self.first:.2f}"
        return f"{self.line:8} {self.situation:10} {counts}  {median:>6} {slowest:>7} {first:>7}  {ended}"


def main() -> int:
    joins = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    lines = {"keras 3": sys.executable, "keras 2": os.environ.get("TUIMON_KERAS2_PYTHON", "")}
    tallies = []
    print("line     situation  attached                   median slowest   first  the job")
    for line, python in lines.items():
        for situation, epochs in SITUATIONS.items():
            if python:
                with tempfile.TemporaryDirectory() as folder:
                    tallies.append(measure(Tally(line, situation), python, epochs, joins, Path(folder)))
                print(tallies[-1].row(), flush=True)
    every = [seconds for tally in tallies for seconds in tally.seconds]
    print(
        f"all: {sum(each.attached for each in tallies)} of {sum(each.tried - each.late for each in tallies)} attached"
    )
    print(f"seconds to the first live step: median {statistics.median(every):.2f}, slowest {max(every):.2f}")
    return 0 if all(each.same and each.status == 0 for each in tallies) else 1


def measure(tally: Tally, python: str, epochs: int, joins: int, folder: Path) -> Tally:
    command = [python, str(SCRIPT), tally.situation, str(epochs)]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
    alone, joined = (
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
        for _ in range(2)
    )
    chance = random.Random(tally.line + tally.situation)
    wait_for_training(joined)
    for _ in range(joins):
        time.sleep(chance.uniform(0.1, 1.5))
        if joined.poll() is not None:
            break
        one(tally, joined.pid, folder)
    told = [process.communicate()[0].splitlines()[-1:] for process in (alone, joined)]
    tally.status, tally.same = joined.returncode, told[0] == told[1] != []
    return tally


def wait_for_training(process: subprocess.Popen[str]) -> None:
    """Until TensorFlow is loaded: joining may fall into the rest of its import, and into tracing."""
    from tuimon.joining.candidates import frameworks

    while process.poll() is None and not frameworks(process.pid):
        time.sleep(0.05)
    time.sleep(2.0)


def one(tally: Tally, pid: int, folder: Path) -> None:
    tally.tried += 1
    began = time.monotonic()
    try:
        directory = join.begin(folder, pid, read_printed=False, interval=1.0)
        join.bring_agent_in(directory)
    except Refused as error:
        print(f"{tally.line} {tally.situation}: {error}", file=sys.stderr)
        return
    if step_seen(directory):
        tally.attached += 1
        took = time.monotonic() - began
        if tally.tried == 1:
            tally.first = took
        else:
            tally.seconds.append(took)
    elif not directory.child_alive():
        tally.late += 1
    join.give_up(directory)


def step_seen(directory: RunDirectory) -> bool:
    tail, deadline = journal.Tail(directory.journal), time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        if any(isinstance(event, events.StepsEnded) for event in tail.take()):
            return True
        if not directory.child_alive():
            return False
        time.sleep(0.01)
    return False


if __name__ == "__main__":
    sys.exit(main())
