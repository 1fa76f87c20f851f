"""Which processes a run's `run.json` may name: those that a supervisor of this user's has written down, and signed.

The directory may have been sent. What it says of processes is easily made to fit any that is alive here: a supervisor
would watch it, hand signals on to it, and have the agent loaded into it, which nobody was asked about.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace

from tuimon.checkpoints import signing
from tuimon.runs import RunDirectory, Summary

FACTS = ("id", "host", "boot", "pid", "child_started", "injected", "remaining")
"""Of `run.json`: which processes are the run's, and what is done with them."""


def signed(summary: Summary) -> Summary:
    """The same with a signature; without one where this user has no key and can have none."""
    key = signing.made()
    return replace(summary, signature="" if key is None else signing.signature(key, _told(summary), "run").decode())


def vouched(directory: RunDirectory) -> bool:
    """A supervisor of this user's has named the run's processes; or the script has been started with this directory, as
    its environment tells a client that has another home, and another key."""
    summary = directory.read()
    key = signing.key()
    if key is not None and signing.signed(key, _told(summary), summary.signature.encode(errors="replace"), "run"):
        return True
    named = directory.remaining() if not directory.child_alive() or summary.pid is None else [summary.pid]
    return any(_was_started_with(directory, pid) for pid in named)


def _was_started_with(directory: RunDirectory, pid: int) -> bool:
    try:
        own = os.stat(f"/proc/{pid}").st_uid == os.geteuid()
        with open(f"/proc/{pid}/environ", "rb") as file:
            variables = file.read().split(b"\0")
    except OSError:
        return False
    mark = b"TUIMON_SPOOL="
    spools = [each[len(mark) :] for each in variables if each.startswith(mark)]
    return own and any(os.path.realpath(each) == os.path.realpath(os.fsencode(directory.spool)) for each in spools)


def _told(summary: Summary) -> bytes:
    return json.dumps([getattr(summary, name) for name in FACTS]).encode()
