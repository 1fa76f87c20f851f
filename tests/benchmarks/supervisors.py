"""What runs that go on side by side cost, and how long lists take where there are many.

    python -m tests.benchmarks.supervisors [RUNS [LISTED]]

RUNS scripts that report one step a second run at once, each under its own supervisor. Then LISTED finished runs of a
thousand reports each are made, and what reads all of them is timed.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tuimon import events, runs, wire
from tuimon.runs import RunDirectory
from tuimon.tui.pages.runs import RunsPage

SCRIPT = """
import time
from tuimon import events
from tuimon.agent.outbox import outbox
outbox.put(events.AgentStarted(python="3"))
outbox.put(events.FitStarted(fit=1, epochs=1))
step = 0
while True:
    outbox.put(events.StepsEnded(fit=1, epoch=0, step=step, steps=1, samples=32))
    step += 1
    time.sleep(1)
"""

SETTLE, WATCHED = 5.0, 30.0
"""Seconds that runs are given to begin, and for which they are watched."""


def main() -> int:
    going_on = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    listed = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "XDG_STATE_HOME": folder, "XDG_RUNTIME_DIR": folder}
        home = Path(folder) / "tuimon" / "runs"
        _side_by_side(going_on, home, environment)
        _lists(listed, home, environment)
    return 0


def _side_by_side(count: int, home: Path, environment: dict[str, str]) -> None:
    script = home.parents[1] / "train.py"
    script.write_text(SCRIPT)
    started = [_timed(lambda: _tuimon(environment, "run", "--detach", str(script))) for _ in range(count)]
    supervisors = [pid for run in runs.every(home) if (pid := run.read().supervisor_pid)]
    time.sleep(SETTLE)
    before = {pid: _cpu(pid) for pid in supervisors}
    time.sleep(WATCHED)
    shares = [100 * (_cpu(pid) - before[pid]) / WATCHED for pid in supervisors]
    print(f"{count} runs at once, each supervisor: {statistics.mean(shares):.2f} % of a core (most {max(shares):.2f})")
    print(f"  RSS {_mean(supervisors, 'Rss'):.1f} MiB, PSS {_mean(supervisors, 'Pss'):.1f} MiB")
    print(f"  `tuimon run --detach`: first {started[0]:.2f} s, last {started[-1]:.2f} s")
    for run in runs.every(home):
        os.killpg(run.read().pid or 0, 9)


def _lists(count: int, home: Path, environment: dict[str, str]) -> None:
    for number in range(count):
        _finished(home, number)
    first, again = (_timed(lambda: _tuimon(environment, "runs")) for _ in range(2))
    print(f"{count} finished runs: `tuimon runs` {first:.2f} s, again {again:.2f} s")
    print(f"  `tuimon attach` (its list) {_timed(lambda: _tuimon(environment, 'attach', '--headless')):.2f} s")
    page = RunsPage(home, "", lambda run: None)
    print(f"  runs page, each look {1e3 * _timed(page._look):.0f} ms")
    print(f"  find by prefix {1e3 * _timed(lambda: runs.find(home, f'exp-{count - 1}')):.0f} ms")
    print(f"  another run, named {1e3 * _timed(lambda: runs.create(home, 'fresh')):.0f} ms")


def _finished(home: Path, number: int) -> RunDirectory:
    run = runs.create(home, f"exp-{number}", command=["python", "train.py"])
    told: list[events.Event] = [events.RunStarted(at=1.0, run=run.id), events.FitStarted(at=2.0, pid=1, fit=1)]
    told += [events.StepsEnded(at=3.0 + step, pid=1, fit=1, step=step, steps=1) for step in range(1000)]
    run.journal.write_bytes(b"".join(map(wire.encode, [*told, events.ChildEnded(at=1100.0, pid=1, exit_code=0)])))
    run.lock.touch()
    run.update(status="finished", ended_at=time.time(), pid=1, child_started=0)
    return run


def _tuimon(environment: dict[str, str], *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "tuimon", *arguments], env=environment, capture_output=True, check=False)


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _cpu(pid: int) -> float:
    """Seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _mean(pids: list[int], name: str) -> float:
    """MiB."""
    texts = (Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in pids)
    return statistics.mean(int(text.split(f"\n{name}:")[1].split()[0]) for text in texts) / 1024


if __name__ == "__main__":
    sys.exit(main())
