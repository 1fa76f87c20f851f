"""Who belongs to a run, and their files in /proc."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.harness import wait_for
from tuimon.supervisor.samplers import files
from tuimon.supervisor.samplers.family import Family
from tuimon.supervisor.samplers.files import Held

PARENT = """
import subprocess, sys, threading
hold = [sys.executable, "-c", "input()"]
def start():
    print(subprocess.Popen(hold, stdin=subprocess.PIPE).pid, flush=True)
for line in sys.stdin:
    threading.Thread(target=start).start() if "thread" in line else start()
"""


@contextmanager
def parent() -> Iterator[subprocess.Popen[str]]:
    """Starts a child for each line that it reads, and prints its id."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        yield process  # its children end with their standard input


def born(process: subprocess.Popen[str], how: str = "") -> int:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{how}\n")
    return int(process.stdout.readline())


def test_whoever_is_born_belongs_to_it_at_once() -> None:
    with parent() as process:
        family = Family(process.pid)
        assert family.pids() == [process.pid]

        first = born(process)
        assert set(family.pids()) == {process.pid, first}
        second = born(process, "thread")
        assert set(family.pids()) == {process.pid, first, second}


def test_the_tree_is_not_walked_while_nobody_is_born() -> None:
    with parent() as process:
        family = Family(process.pid)
        # Others on this machine may start processes at any moment, which makes it walk again.
        wait_for(lambda: family.pids() is family.pids(), "two looks with nobody born between them")


def test_a_file_is_read_anew_at_each_look() -> None:
    held = Held()
    before = held.read(os.getpid(), "stat")
    until = os.times().user + 0.05
    while os.times().user < until:
        pass
    after = held.read(os.getpid(), "stat")
    held.close()

    assert before
    assert after
    assert before.split()[0] == after.split()[0] == str(os.getpid())
    assert int(after.split()[13]) > int(before.split()[13])


def test_who_has_ended_is_none_and_what_is_dropped_is_closed() -> None:
    held, known = Held(), len(os.listdir("/proc/self/fd"))
    with parent() as process:
        assert held.read(process.pid, "stat")
        assert held.read(process.pid, "io")
    assert held.read(process.pid, "stat") is None
    assert held.read(process.pid, "status") is None
    held.drop(process.pid)

    assert len(os.listdir("/proc/self/fd")) == known


def test_no_more_files_are_held_than_a_process_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST", 2)
    held, known = Held(), len(os.listdir("/proc/self/fd"))

    assert all(held.read(os.getpid(), name) for name in ("stat", "io", "comm", "status"))
    assert len(os.listdir("/proc/self/fd")) == known + 2
    held.close()
    assert len(os.listdir("/proc/self/fd")) == known
