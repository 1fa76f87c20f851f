"""A control group of the test's own with a memory limit, below the one that the test runs in."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path("/sys/fs/cgroup")


@contextlib.contextmanager
def limited(memory: int) -> Iterator[Path]:
    """Its directory; a process is in it once it has written its id into `cgroup.procs`. Skips where it may not be."""
    group = _make(f"tuimon-test-{os.getpid()}")
    try:
        _limit(group, memory)
        yield group
    finally:
        with contextlib.suppress(OSError):
            group.rmdir()


def _make(name: str) -> Path:
    for parent in _parents():
        group = parent / name
        try:
            group.mkdir()
        except OSError:
            continue
        if (group / "memory.max").exists() or (group / "memory.limit_in_bytes").exists():
            return group
        group.rmdir()
    pytest.skip("this user may make no control group with a memory limit here")


def _parents() -> Iterator[Path]:
    """Where a group below ours would be: version 2, then version 1."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "" and (ROOT / "cgroup.controllers").exists():
            yield ROOT / path.lstrip("/")
        elif "memory" in controllers.split(","):
            yield ROOT / "memory" / path.lstrip("/")


def _limit(group: Path, memory: int) -> None:
    modern = (group / "memory.max").exists()
    try:
        (group / ("memory.max" if modern else "memory.limit_in_bytes")).write_text(str(memory))
        with contextlib.suppress(OSError):  # no swap here, or not counted
            name = "memory.swap.max" if modern else "memory.memsw.limit_in_bytes"
            (group / name).write_text("0" if modern else str(memory))
    except OSError as error:
        pytest.skip(f"this user may set no memory limit here: {error}")
