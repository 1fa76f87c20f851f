"""`tuimon run` without a screen: stands in the script's place until it ends, and hands signals on to it."""

from __future__ import annotations

import os
import signal
import time

from tuimon import events, supervisor
from tuimon.control import Control
from tuimon.errors import TuimonError
from tuimon.follow import Follow
from tuimon.headless import Watched, quiet, watch
from tuimon.notify import Notifier
from tuimon.passthrough import Passthrough
from tuimon.runs import RunDirectory
from tuimon.state import Run
from tuimon.supervisor.child import TO_ALL

UNANSWERED = 1.0
"""Seconds after which a signal that the supervisor has not sent is sent from here."""

KEEP_EVERY = 2.0


class Foreground:
    def __init__(self, directory: RunDirectory, came: list[int], interval: float) -> None:
        self.directory = directory
        self.interval = interval
        self._came = came  # signals to hand on
        self._control = Control(directory, "headless")
        self._asked: dict[str, tuple[int, float]] = {}
        self._kept = time.monotonic()

    def follow(self, output: Passthrough, on_finding: str | None = None) -> Watched:
        """To the end of the run; `on_finding` is a command that is told of findings."""
        notifier = Notifier(on_finding) if on_finding else None
        self._control.greet()
        try:
            return watch(Follow(self.directory), output, self._turn, notifier.news if notifier else quiet)
        finally:
            self._control.close()
            if notifier is not None:
                notifier.close()

    def _turn(self, run: Run) -> bool:
        while self._came:
            self._hand_on(self._came.pop(0))
        for request, (number, at) in list(self._asked.items()):
            if request in run.requests and run.requests[request].answer is not None:
                del self._asked[request]
            elif time.monotonic() - at > UNANSWERED:
                del self._asked[request]
                self._send(number)
        if run.child_ended is None and time.monotonic() - self._kept > KEEP_EVERY:
            self._kept = time.monotonic()
            self._keep_supervised()
        return run.child_ended is None or not run.left

    def _hand_on(self, number: int) -> None:
        try:
            request = self._control.ask(events.SignalRequested(signal=number))
        except TuimonError:
            self._send(number)
        else:
            self._asked[request] = (number, time.monotonic())

    def _send(self, number: int) -> None:
        """Signal the script without the supervisor's help."""
        pid = self.directory.read().pid
        if pid is None or not self.directory.child_alive():
            return
        try:
            (os.killpg if signal.Signals(number) in TO_ALL else os.kill)(pid, number)
        except OSError:
            return

    def _keep_supervised(self) -> None:
        """Who stands in the foreground wants to know how it ends: put a new supervisor where one died."""
        if supervisor.needed(self.directory):
            try:
                supervisor.adopt(self.directory, self.interval)
            except TuimonError:
                return  # another one was quicker; else it is tried again
