"""The screen as a client of a run: shows it, carries what the user asks for, and leaves it alone otherwise."""

from __future__ import annotations

from typing import Any

from tuimon.control import Control
from tuimon.follow import Follow
from tuimon.headless import Watched
from tuimon.rules import diagnose
from tuimon.runs import RunDirectory
from tuimon.state import Run


def show(directory: RunDirectory, readonly: bool = False, **look: Any) -> None:
    """Until the user leaves. `look` is what `tuimon.verbs.options.screen_options` gives."""
    from tuimon.tui.app import run_screen

    control = Control(directory, "screen", readonly)
    control.greet()
    try:
        run_screen(Follow(directory), directory=directory.path, readonly=readonly, ask=control.ask, **look)
    finally:
        control.close()


def ended(directory: RunDirectory) -> Watched | None:
    """The whole run, when it is over; None while it goes on."""
    if directory.status() == "running":
        return None
    source, run = Follow(directory), Run()
    while not source.ended:
        run.apply_all(source.take(1.0))
    return Watched(run, diagnose(run))
