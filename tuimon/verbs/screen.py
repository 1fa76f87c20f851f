"""The screen as a client of a run: shows it, carries what the user asks for, and leaves it alone otherwise."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from tuimon import rules
from tuimon.control import Control
from tuimon.follow import Follow
from tuimon.runs import RunDirectory
from tuimon.settings import Settings
from tuimon.state import Run

if TYPE_CHECKING:
    from tuimon.headless import Watched
    from tuimon.remote.link import Link
    from tuimon.remote.remote_control import RemoteControl


def show(
    directory: RunDirectory,
    settings: Settings,
    readonly: bool = False,
    on_finding: str | None = None,
    link: Link | None = None,
    **look: Any,
) -> None:
    """Until the user leaves. `on_finding` is a command that is told of findings; `link` is where the run is on another
    machine; `look` is what `tuimon.verbs.options.screen_options` gives."""
    from tuimon.tui.app import run_screen
    from tuimon.tui.rescue import Rescue

    control = _control(directory, link, readonly)
    notifier = None
    if on_finding:
        from tuimon.notify import Notifier

        notifier = Notifier(on_finding)
    control.greet()
    try:
        run_screen(
            Follow(directory),
            directory=directory.path,
            readonly=readonly,
            ask=control.ask,
            rescue=link or Rescue(directory, only_say=readonly),
            tell=notifier.news if notifier else None,
            bell=settings["bell"],
            title=settings["title"],
            **look,
        )
    finally:
        control.close()
        if notifier is not None:
            notifier.close()


def _control(directory: RunDirectory, link: Link | None, readonly: bool) -> Control | RemoteControl:
    if link is None:
        return Control(directory, "screen", readonly)
    from tuimon.remote.remote_control import RemoteControl

    return RemoteControl(link, "screen", readonly)


def ended(directory: RunDirectory) -> Watched | None:
    """The whole run, when it is over; None while it goes on."""
    if directory.status() == "running":
        return None
    from tuimon.headless import Watched

    source, run = Follow(directory), Run()
    while not source.ended and not (run.left and source.caught_up):
        run.apply_all(source.take(1.0))
    return Watched(run, rules.diagnose(run))


def farewell(watched: Watched) -> None:
    """Leave behind on the terminal how the run ended: the screen is gone with all that it said."""
    from tuimon.clean import printable
    from tuimon.telling import summary

    for line in summary(watched.run, watched.findings):
        print(f"tuimon: {printable(line)}", file=sys.stderr)
