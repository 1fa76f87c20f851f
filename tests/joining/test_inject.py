"""Code is run in living Python processes of every version at hand, and they go on as if nothing had been."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tuimon.joining import inject
from tuimon.joining.refusal import NotAllowed, Refused

COUNTING = """
import os, sys
print("ready", flush=True)
number = total = 0
while number % 1000 or not os.path.exists(sys.argv[1]):
    total += number * number % 7
    number += 1
    if not number % 1000:
        print(number, file=sys.stderr, flush=True)
print("total", number, total, flush=True)
"""
"""Until there is a file of the name given. Its progress goes nowhere: a full pipe would hold it up."""

WAITING = """
import threading
print("ready", flush=True)
threading.Event().wait()
"""


def interpreters() -> list[str]:
    """The one that runs the tests, and others that stand beside it or on the path."""
    beside = sorted(Path(os.path.realpath(sys.executable)).parents[2].glob("3.*/bin/python3"))
    named = [found for minor in range(10, 14) if (found := shutil.which(f"python3.{minor}"))]
    usable: dict[str, str] = {}
    for path in [sys.executable, *map(str, beside), *named]:
        version = subprocess.run(
            [path, "-c", "import sys; print(sys.version_info[:2] >= (3, 8), sys.version_info[:2])"],
            capture_output=True,
            text=True,
        ).stdout
        if version.startswith("True"):
            usable.setdefault(version, path)
    return list(usable.values())


INTERPRETERS = interpreters()


def until(condition: Callable[[], bool], limit: float = 180.0) -> None:
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


@pytest.fixture
def allowed() -> None:
    scope = Path("/proc/sys/kernel/yama/ptrace_scope")
    if scope.exists() and scope.read_text().strip() not in ("0", "1"):
        pytest.skip("kernel.yama.ptrace_scope lets nobody into running processes")


@pytest.fixture
def started() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    processes: list[subprocess.Popen[str]] = []

    def start(*command: str, **options: str) -> subprocess.Popen[str]:
        environment = {**os.environ, **options}
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
        )
        processes.append(process)
        assert process.stdout is not None
        process.stdout.readline()
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.mark.usefixtures("allowed")
@pytest.mark.parametrize("python", INTERPRETERS, ids=lambda path: Path(path).parent.parent.name)
def test_a_busy_process_runs_it_and_ends_with_the_same_result(python: str, started: Start, tmp_path: Path) -> None:
    process = started(python, "-c", COUNTING, str(tmp_path / "enough"))
    for turn in range(10):
        mark = tmp_path / f"mark{turn}"
        inject.run_in(process.pid, f"open({str(mark)!r}, 'w').close()")
        until(lambda mark=mark: mark.exists() or process.poll() is not None)  # type: ignore[misc]
        assert mark.exists()
    process.send_signal(signal.SIGCONT)
    (tmp_path / "enough").touch()
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    count = int(output.split()[1])
    assert count > 0
    assert output == f"total {count} {total(count)}\n"


def total(count: int) -> int:
    """What the counting process comes to."""
    period = [number * number % 7 for number in range(7)]
    return sum(period) * (count // 7) + sum(period[: count % 7])


@pytest.mark.usefixtures("allowed")
def test_a_main_thread_that_waits_for_a_lock_is_woken_up(started: Start, tmp_path: Path) -> None:
    process = started(sys.executable, "-c", WAITING)
    mark = tmp_path / "mark"
    inject.run_in(process.pid, f"open({str(mark)!r}, 'w').close()", kick=True)
    until(mark.exists)
    assert process.poll() is None


@pytest.mark.usefixtures("allowed")
@pytest.mark.parametrize("code", ["raise SystemExit(3)", "1 / 0", "import nothing_of_that_name"])
def test_code_that_fails_leaves_the_process_alone(started: Start, tmp_path: Path, code: str) -> None:
    process = started(sys.executable, "-c", COUNTING, str(tmp_path / "never"))
    inject.run_in(process.pid, code)
    mark = tmp_path / "mark"
    inject.run_in(process.pid, f"import __main__; open({str(mark)!r}, 'w').write(str('code' in vars(__main__)))")
    until(lambda: mark.exists() and mark.read_text() != "")
    assert mark.read_text() == "False"
    assert process.poll() is None


def test_who_opted_out_is_respected(started: Start) -> None:
    process = started(sys.executable, "-c", WAITING, PYTHON_DISABLE_REMOTE_DEBUG="1")
    with pytest.raises(NotAllowed, match="opted out"):
        inject.run_in(process.pid, "pass")


def test_another_program_is_refused(started: Start) -> None:
    process = started("/bin/sh", "-c", "echo ready; exec sleep 1000")
    until(lambda: "sleep" in os.readlink(f"/proc/{process.pid}/exe"))
    with pytest.raises(Refused, match="no CPython"):
        inject.run_in(process.pid, "pass")


def test_a_process_that_is_gone() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    with pytest.raises(Refused):
        inject.run_in(process.pid, "pass")


def test_a_held_process_is_said_to_be_held(started: Start) -> None:
    if not shutil.which("gdb") and not shutil.which("strace"):
        pytest.skip("no debugger here to hold it")
    process = started(sys.executable, "-c", WAITING)
    holder = [shutil.which("strace") or "", "-o", "/dev/null", "-p", str(process.pid)]
    if not shutil.which("strace"):
        holder = ["gdb", "-q", "-nx", "-p", str(process.pid)]
    debugger = subprocess.Popen(holder, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        status = Path(f"/proc/{process.pid}/status")
        until(lambda: "TracerPid:\t0" not in status.read_text())
        with pytest.raises(NotAllowed, match="held by a debugger"):
            inject.run_in(process.pid, "pass")
    finally:
        debugger.kill()
        debugger.wait()
