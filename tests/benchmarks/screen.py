"""What the screen costs: `python -m tests.benchmarks.screen [--seconds 20] [--long] [-- COMMAND …]`.

Runs terminal programs in a pseudo-terminal of 120×40 and prints, for each, the time to its first frame, its memory, and
then over a while of watching: CPU, bytes sent to the terminal, and the time from a key to a change on the screen. The
run that is watched trains 1,000 steps a second and has 100,000 behind it. Linux only.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import math
import os
import pty
import select
import signal
import statistics
import struct
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tests.benchmarks import journals, peers
from tests.tui.recorded import Story, recorded
from tuimon import events
from tuimon.checkpoints import making
from tuimon.journal import Journal
from tuimon.runs import RunDirectory, Summary

ROOT = Path(__file__).parents[2]

COLUMNS, LINES = 120, 40
SETTLE = 6.0
"""Seconds after which a program has painted all that it paints at first."""

ASKED = b"\x1b[6n"
"""Where is the cursor?"""

SLOW = 2_000.0
"""Bytes a second of the slow line."""

QUIET = 0.06
"""Seconds without output after which an answer to a key is complete."""

BARE = """
from textual.app import App
class Bare(App):
    def on_mount(self): self.set_interval(0.25, lambda: None)
Bare().run()
"""


def attach(run: Path) -> list[str]:
    """The command that a user types."""
    return [sys.executable, "-m", "tuimon", "attach", run.name, "--log-dir", str(run.parent)]


@dataclass(frozen=True)
class Measured:
    """Times in milliseconds, memory in MiB, CPU in per cent of one core, traffic in bytes a second."""

    name: str
    first_frame: float | None
    pss: float
    cpu: float
    traffic: float
    key_median: float | None
    key_p95: float | None


class Terminal:
    """A program in a pseudo-terminal, and when it wrote how much. Like every terminal, it says where its cursor is.

    At a `rate`, it takes so many bytes a second.
    """

    def __init__(self, command: Sequence[str], rate: float = math.inf) -> None:
        self.began = time.monotonic()
        self.rate, self.credit, self.credited = rate, 0.0, self.began
        self.end = b""  # the newest bytes
        self.chunks: list[tuple[float, int]] = []
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
            for name in ("TMUX", "NO_COLOR", "COLUMNS", "LINES", "PYTHONDONTWRITEBYTECODE"):
                environment.pop(name, None)
            environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
            os.chdir("/")  # no project's settings are read
            time.sleep(0.05)  # until the size is set
            os.execvpe(command[0], list(command), environment)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))

    def listen(self, seconds: float, enough: Callable[[], bool] | None = None) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not (enough and enough()):
            if not (most := self.may_take()):
                time.sleep(0.002)
            elif select.select([self.fd], [], [], min(left, 0.02))[0]:
                try:
                    data = os.read(self.fd, most)
                except OSError:
                    return
                self.chunks.append((time.monotonic(), len(data)))
                self.credit -= len(data)
                self.answer(data)

    def may_take(self) -> int:
        if math.isinf(self.rate):
            return 1 << 16
        now = time.monotonic()
        self.credit = min(self.credit + (now - self.credited) * self.rate, self.rate * 0.02)
        self.credited = now
        return int(self.credit)

    def answer(self, data: bytes) -> None:
        self.end += data
        for _ in range(self.end.count(ASKED)):
            os.write(self.fd, b"\x1b[1;1R")
        self.end = self.end.rpartition(ASKED)[2][-len(ASKED) :]

    def key(self, key: bytes) -> float | None:
        """Milliseconds from a key to the first output after it; None when nothing came within a second."""
        before, sent = len(self.chunks), time.monotonic()
        os.write(self.fd, key)
        self.listen(1.0, lambda: len(self.chunks) > before)
        return 1000 * (self.chunks[before][0] - sent) if len(self.chunks) > before else None

    def close(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def measure(name: str, command: Sequence[str], seconds: float, key: bytes | None) -> Measured:
    terminal = Terminal(command)
    try:
        terminal.listen(SETTLE)
        painted = first_frame(terminal)
        cpu, began, sent = cpu_seconds(terminal.pid), time.monotonic(), len(terminal.chunks)
        terminal.listen(seconds)
        took = time.monotonic() - began
        cpu = (cpu_seconds(terminal.pid) - cpu) / took
        traffic = sum(size for _, size in terminal.chunks[sent:]) / took
        pss = proportional_set_size(terminal.pid)
        keys = [each for each in (press(terminal, key) for _ in range(30)) if each is not None] if key else []
    finally:
        terminal.close()
    return Measured(
        name,
        painted,
        pss / 2**20,
        100 * cpu,
        traffic,
        statistics.median(keys) if keys else None,
        sorted(keys)[int(len(keys) * 0.95)] if keys else None,
    )


def first_frame(terminal: Terminal) -> float | None:
    """Milliseconds until the first burst that paints the screen is over."""
    whole = sum(size for at, size in terminal.chunks if at - terminal.began < SETTLE)
    so_far = 0
    for at, size in terminal.chunks:
        so_far += size
        if so_far >= min(COLUMNS * LINES // 2, whole * 0.5):
            return 1000 * (at - terminal.began)
    return None


def starts(bare: Sequence[str], other: Sequence[str], pairs: int) -> list[float]:
    """How many times as long the other one takes to its first frame, started in turns."""
    ratios = []
    for _ in range(pairs):
        took = []
        for command in (bare, other):
            terminal = Terminal(command)
            terminal.listen(2.0)
            took.append(first_frame(terminal) or math.nan)
            terminal.close()
        ratios.append(took[1] / took[0])
    return ratios


def slowly(command: Sequence[str], patience: float = 30.0) -> list[float]:
    """Milliseconds until the help page begins to appear, or goes away, on a slow line, while the run goes on."""
    terminal = Terminal(command, SLOW)
    try:
        terminal.listen(patience / 2)
        took = []
        for key, first in ((b"?", b"keys"), (b"\x1b", b"mnist-cnn")) * 5:
            terminal.listen(3.0)
            taken, sent = b"", time.monotonic()
            os.write(terminal.fd, key)
            while first not in taken and time.monotonic() - sent < patience:
                if (most := terminal.may_take()) and select.select([terminal.fd], [], [], 0.02)[0]:
                    data = os.read(terminal.fd, most)
                    terminal.credit -= len(data)
                    taken += data
                    terminal.answer(data)
                else:
                    time.sleep(0.001)
            took.append(1000 * (time.monotonic() - sent))
        return took
    finally:
        terminal.close()


def press(terminal: Terminal, key: bytes) -> float | None:
    """In a quiet moment, so that what comes is the answer."""
    while True:
        before = len(terminal.chunks)
        terminal.listen(QUIET)
        if len(terminal.chunks) == before:
            return terminal.key(key)


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def proportional_set_size(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


class Training(threading.Thread):
    """A run that is going on: 1,000 steps a second, written as an agent and a supervisor write it."""

    def __init__(self, where: Path, behind: int = 100_000) -> None:
        super().__init__(daemon=True)
        self.directory = RunDirectory(where / "20260101-000000-benc")
        self.directory.path.mkdir()
        # Of another machine: nobody can look whether it is alive.
        self.directory.write(Summary(id=self.directory.id, name="benchmark", host="elsewhere"))
        self.journal = Journal(self.directory.path)
        self.stopped = threading.Event()
        epochs = behind / 10_000
        story = Story(epochs=1000, epochs_done=epochs + 0.2, steps=10_000, rate=1000.0, gpus=1, size=320_000)
        *_, self.last = (event for event in recorded(story) if isinstance(event, events.StepsEnded))
        recording = recorded(story)
        shift = time.time() - recording[-1].at
        for event in recording:
            self.journal.append(replace(event, at=event.at + shift))
        self.samples = [event for event in recording if isinstance(event, (events.HostSampled, events.GpusSampled))][
            -2:
        ]
        self.output = self.directory.stdout.open("a")

    def run(self) -> None:
        step, printed = self.last.step, 0
        tick = 0
        while not self.stopped.wait(0.25):
            now, tick, step = time.time(), tick + 1, step + 250
            loss = 0.3 + 0.1 * ((tick * 7919) % 100) / 100
            metrics = {"loss": [loss, loss - 0.05, loss + 0.05, None], "accuracy": [0.9, 0.89, 0.91, None]}
            ended = replace(self.last, at=now, step=step, steps=250, samples=8000, seconds=0.25, wait=0.02)
            self.journal.append(replace(ended, compute=0.2, callbacks=0.005, metrics=metrics))
            self.output.write(f"\r{step}/10000 [====>] - loss: {loss:.4f}" + " " * 30)
            self.output.flush()
            if tick % 4 == 0:
                for sample in self.samples:
                    self.journal.append(replace(sample, at=now))
                printed = self.directory.stdout.stat().st_size
                self.journal.append(events.OutputGrew(at=now, stdout=printed))

    def stop(self) -> None:
        self.stopped.set()
        self.join()
        self.output.close()


def ten_million(where: Path) -> Path:
    """The folder of a run of ten million steps, with the states that its supervisor has kept beside it."""
    directory = RunDirectory(where / "20260101-000000-long")
    journal = journals.write(directory.path, 10_000_000)
    directory.write(Summary(id=directory.id, name="long", host="elsewhere"))
    making.make(journal)
    return directory.path


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--starts", type=int, default=15, help="pairs of starts that first frames are compared in")
    parser.add_argument("--long", action="store_true", help="with a run of ten million steps, too")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("command", nargs="*", help="another program to measure")
    args = parser.parse_args(argv)
    rows = [measure("bare Textual app", [sys.executable, "-c", BARE], args.seconds, None)]
    with tempfile.TemporaryDirectory() as where:
        training = Training(Path(where))
        training.start()
        command = attach(training.directory.path)
        rows.append(measure("tuimon, live run", command, args.seconds, b"\t"))
        slow = slowly(command)
        ratios = starts([sys.executable, "-c", BARE], command, args.starts)
        training.stop()
        rows.append(measure("tuimon, nothing new", command, args.seconds, b"\t"))
        if args.long:
            command = attach(ten_million(Path(where)))
            rows.append(measure("tuimon, 10 M steps", command, args.seconds, b"\t"))
    with tempfile.TemporaryDirectory() as where:
        for peer in peers.installed(Path(where)):
            try:
                rows.append(measure(peer.name, peer.command, args.seconds, peer.key))
            except (ProcessLookupError, FileNotFoundError):
                print(f"{peer.name} ended by itself: it cannot run here", file=sys.stderr)
    if args.command:
        rows.append(measure(args.command[0], args.command, args.seconds, b"\x1b[B"))
    if args.json:
        print(
            json.dumps(
                {"programs": [asdict(row) for row in rows], "slow_line_ms": slow, "first_frame": ratios}, indent=1
            )
        )
        return 0
    print(table(rows))
    low, middle, high = statistics.quantiles(ratios, n=4)
    print(f"\nfirst frame of the live run, times a bare Textual app's: median {middle:.2f} ({low:.2f} … {high:.2f})")
    ordered = sorted(slow)
    print(
        f"keys on a line of {SLOW:.0f} bytes/s: median {statistics.median(slow):.0f} ms, longest {ordered[-1]:.0f} ms"
    )
    return 0


def table(rows: Sequence[Measured]) -> str:
    def cell(value: float | None, digits: int = 0) -> str:
        return "–" if value is None else f"{value:,.{digits}f}"

    lines = [
        "| program | first frame ms | PSS MiB | CPU % | bytes/s | key ms | key p95 ms |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        cells = [cell(row.first_frame), cell(row.pss), cell(row.cpu, 1), cell(row.traffic), cell(row.key_median)]
        lines.append(f"| {row.name} | {' | '.join([*cells, cell(row.key_p95)])} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
