"""The part of tuimon that runs inside the training process: hooks that queue events, and a thread that sends them.

A guest: standard library only, no output, no exception out, bounded memory. Importing this package imports nothing
else; `start` only lays out hooks that wait for Keras and TensorFlow to be imported by the program itself.
"""

from __future__ import annotations

door = "run"
"""How the agent came in: run, import, callback or inject."""

given: dict[str, str] = {}
"""What a process that was joined is told in place of variables of its environment, which its children would inherit."""


def setting(name: str) -> str:
    """One of the TUIMON_* variables, or what was given in its place; empty when it is not set."""
    import os

    return given.get(name) or os.environ.get(name, "")


def start(by: str = "run") -> None:
    """Watch this process from now on. Does nothing the second time."""
    global door
    from tuimon.agent import imports

    if imports.install():
        door = by
