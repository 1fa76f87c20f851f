"""Which processes a run's `run.json` may name: those that a supervisor of this user's has written down, and signed.

The directory may have been sent. What it says of processes is easily made to fit any that is alive here: a supervisor
would watch it, hand signals on to it, and have the agent loaded into it, which nobody was asked about.
"""

from __future__ import annotations

import json
from dataclasses import replace

from tuimon.checkpoints import signing
from tuimon.runs import RunDirectory, Summary, started_within

FACTS = ("id", "host", "boot", "pid", "child_started", "injected", "remaining")
"""Of `run.json`: which processes are the run's, and what is done with them."""


def signed(summary: Summary) -> Summary:
    """The same with a signature; without one where this user has no key and can have none."""
    key = signing.made()
    return replace(summary, signature="" if key is None else signing.signature(key, _told(summary), "run").decode())


def vouched(directory: RunDirectory) -> bool:
    """A supervisor of this user's has named the run's processes. Where he has no key, the script has to be known by its
    environment."""
    summary = directory.read()
    key = signing.made()
    if key is None:
        return not directory.owner and summary.pid is not None and started_within(summary.pid, directory.id)
    return signing.signed(key, _told(summary), summary.signature.encode(errors="replace"), "run")


def _told(summary: Summary) -> bytes:
    return json.dumps([getattr(summary, name) for name in FACTS]).encode()
