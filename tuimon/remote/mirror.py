"""A run directory whose run is on another machine. Its files are copies, and who is alive is told from there."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tuimon import ownership
from tuimon.clean import line
from tuimon.remote.frames import FILES, STATUS, SUMMARY, Frame
from tuimon.remote.pieces import digest
from tuimon.runs import RunDirectory

NOT_HERE: dict[str, Any] = {"socket": "", "boot": ""}
"""What `run.json` says of a process or socket on this machine, which no other machine may name."""

LONGEST_REASON = 200
"""Characters of why a run is lost."""


@dataclass
class Told:
    """What the other side said last. Until it says so, nobody is taken for dead."""

    supervised: bool = True
    alive: bool = True
    lost: str | None = None
    over: bool = False


@dataclass(frozen=True)
class Mirror(RunDirectory):
    told: Told = field(default_factory=Told, compare=False)

    def supervised(self) -> bool:
        return self.told.supervised

    def child_alive(self) -> bool:
        return self.told.alive

    def elsewhere(self) -> str | None:
        """None: although it is elsewhere, who is alive is known here."""
        return None

    def lost(self) -> str | None:
        return self.told.lost

    def has(self) -> dict[str, tuple[int, str]]:
        """Bytes of each file that are here, and a digest of their end."""
        found = {}
        for name, file in FILES.items():
            with contextlib.suppress(OSError):
                size = (self.path / file).stat().st_size
                found[name] = (size, digest(self.path / file, size))
        return found

    def take(self, frame: Frame) -> None:
        """Write down what a frame brings. Raises OSError, and ValueError for what does not fit."""
        if frame.name in FILES:
            _add(self.path / FILES[frame.name], frame.offset, frame.data)
        elif frame.name == SUMMARY:
            ownership.replace(self.path / "run.json", json.dumps({**_object(frame.data), **NOT_HERE}).encode())
        elif frame.name == STATUS:
            self._believe(frame.data)

    def _believe(self, status: bytes) -> None:
        facts = _object(status)
        try:
            supervised, alive, lost, over = (facts[name] for name in ("supervised", "alive", "lost", "over"))
        except KeyError as error:
            raise ValueError(f"no status: {error} is missing") from None
        if not all(isinstance(fact, bool) for fact in (supervised, alive, over)):
            raise ValueError("no status: it does not say who is alive")
        told = self.told
        told.supervised, told.alive, told.over = supervised, alive, over
        told.lost = line(lost)[:LONGEST_REASON] if lost else None


def _object(text: bytes) -> dict[str, Any]:
    try:
        told = json.loads(text)
    except RecursionError:
        raise ValueError("JSON that is too deep") from None
    if not isinstance(told, dict):
        raise ValueError("no object of JSON")
    return told


def _add(path: Path, offset: int, data: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        if offset == 0:
            os.ftruncate(file, 0)
        elif os.fstat(file).st_size != offset:
            raise ValueError(f"{path.name} goes on at {offset}, which is not where it ends here")
        while data:
            offset += (written := os.pwrite(file, data, offset))
            data = data[written:]
    finally:
        os.close(file)
