"""Which run on which machine is meant, and the command that leads there."""

from __future__ import annotations

import re
import shlex
from typing import NamedTuple

from tuimon.errors import UsageError
from tuimon.runs import is_name

HOST = r"[A-Za-z0-9_][\w.%-]*|\[[0-9A-Fa-f:.%\w]+\]"
USER = r"[\w.+][\w.+-]*"
TARGET = re.compile(rf"((?:{USER}@)(?:{HOST}))(?::(.*))?|((?:{HOST})):(.+)", re.DOTALL)
"""`user@host`, `user@host:RUN` or `host:RUN`; nothing that ssh would take for an option."""


class Target(NamedTuple):
    """A run on another machine: where, which (empty: the one that is going on, else the last), by which commands."""

    host: str
    run: str = ""
    ssh: tuple[str, ...] = ("ssh",)
    tuimon: str = "tuimon"
    readonly: bool = False

    def command(self, again: bool = False) -> list[str]:
        """Without a terminal there. A second connection asks for no password: a screen is in the way by then."""
        options = ["-T", "-o", "ServerAliveInterval=10", "-o", "ServerAliveCountMax=3"]
        options += ["-o", "BatchMode=yes"] if again else []
        asked = ["send", *(["--readonly"] if self.readonly else []), "--", self.run]
        return [*self.ssh, *options, self.host, f"{self.tuimon} {shlex.join(asked)}"]


def target(text: str) -> Target | None:
    """None when the text does not name another machine. Raises UsageError when it does, badly."""
    found = TARGET.fullmatch(text)
    if found is None:
        if "@" in text or ":" in text:
            raise UsageError(f"{text!r} names no run on another machine", "write user@host or user@host:RUN")
        return None
    run = found[2] or found[4] or ""
    if run and not is_name(run):
        raise UsageError(f"{run!r} cannot be a run's name", "`tuimon runs` there lists them")
    return Target((found[1] or found[3]).replace("[", "").replace("]", ""), run)
