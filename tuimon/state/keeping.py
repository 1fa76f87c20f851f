"""Which fits of a run are kept one by one, and the sums of those that are not.

A program may call `fit` a million times. Kept are the first fits, the newest ones, and of those between them the ones
that stand out: still running, failed, with values that are not finite, with a long pause, lasting, or of another line.
What is kept depends on the events alone, never on when somebody looked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from tuimon.state.fit import Fit, named

N = TypeVar("N", int, float)

FIRST, NEWEST = 64, 64
"""Trainings that are kept whatever they are."""

CALLS = 64
"""The same, of calls that do not train: a program may call `predict` for each step."""

ROOM = {"running": 64, "failed": 16, "not finite": 16, "paused": 16, "lasting": 128, "of another line": 32}
"""What stands out, and how many fits of that kind are kept between the first and the newest ones."""

LONG = 60.0
"""Seconds from which a pause is long, and a fit lasts."""

MOST_LINES = 256
"""Lines of the program that call fit, which are told apart."""

MOST_PROCESSES = 1024

OTHERS = ""
"""Of the lines that are not told apart."""

INTERRUPTS = ("KeyboardInterrupt", "SystemExit", "GeneratorExit")
"""Exceptions that people, not faults, raise."""


@dataclass(eq=False)
class Summed:
    """Of all fits that are not kept. A sum is None as soon as one part of it is unknown."""

    fits: int = 0
    training: int = 0  # of these, the ones that train
    epochs_done: int = 0
    steps_done: int = 0
    samples_done: int | None = 0
    seconds: float | None = 0.0  # of the epochs that ended
    wait: float | None = 0.0
    wait_measured: bool = False  # of any of them
    peak_rss: float | None = None
    values_left_out: int = 0  # of metrics
    standing_out: dict[str, int] = field(default_factory=dict)  # kind of `ROOM` → fits for which there was no room
    planned_steps: dict[str, int] = field(default_factory=dict)  # by line of the call

    def add(self, fit: Fit, kinds: Sequence[str]) -> None:
        """A fit that stands out by these kinds, for none of which there is room."""
        self.fits += 1
        self.values_left_out += fit.values_left_out
        for kind in kinds[:1] if fit.trains else ():
            self.standing_out[kind] = self.standing_out.get(kind, 0) + 1
        peak = fit.memory.by_step.high
        if peak is not None:
            self.peak_rss = max(self.peak_rss or 0.0, peak)
        if not fit.trains:
            return
        self.training += 1
        self.epochs_done += fit.epochs_done
        self.steps_done += fit.steps_done
        self.samples_done = plus(self.samples_done, fit.samples_done)
        ended = fit.ended_sums
        self.seconds, self.wait = plus(self.seconds, ended.seconds), plus(self.wait, ended.wait)
        self.wait_measured = self.wait_measured or fit.wait_measured
        site = named(fit.started.site)
        if site not in self.planned_steps and len(self.planned_steps) >= MOST_LINES:
            site = OTHERS
        epochs = max(1, (fit.started.epochs or 0) - fit.started.initial_epoch)
        self.planned_steps[site] = self.planned_steps.get(site, 0) + (fit.planned_steps or 0) * epochs

    def planned_at(self, site: str) -> int:
        """Steps that fits of this line planned, at most."""
        return self.planned_steps.get(named(site), 0) + self.planned_steps.get(OTHERS, 0)


class Keeping:
    """Which fits have their place for what reason. Fits are named by their index."""

    def __init__(self) -> None:
        self.begun: dict[str, int] = {}  # "training" and "calls" → fits so far
        self.newest: dict[str, list[int]] = {}  # the same → beside the first ones, in order
        self.aside: dict[int, str] = {}  # fit → kind of `ROOM`
        self.taken: dict[str, int] = {}  # kind of `ROOM` → fits
        self.lines: dict[str, int] = {}  # line of the program → fits
        self.early: list[int] = []  # the first two fits of a line, while they are among the newest

    def begin(self, fit: Fit) -> int | None:
        """Give a fit that began its place; the fit that is no longer among the newest, if one has to give way."""
        group = _group(fit)
        begun = self.begun[group] = self.begun.get(group, 0) + 1
        seen = self._called(fit)
        if begun <= (FIRST if fit.trains else CALLS):
            return None
        if fit.trains and seen <= 2:
            self.early.append(fit.index)
        return self._among_newest(group, fit.index, NEWEST if fit.trains else CALLS)

    def _called(self, fit: Fit) -> int:
        """How many fits that line has begun, with this one."""
        site = named(fit.started.site)
        if site not in self.lines and len(self.lines) >= MOST_LINES:
            return MOST_LINES
        self.lines[site] = self.lines.get(site, 0) + 1
        return self.lines[site]

    def _among_newest(self, group: str, index: int, most: int) -> int | None:
        newest = self.newest.setdefault(group, [])
        newest.append(index)
        return newest.pop(0) if len(newest) > most else None

    def kinds(self, fit: Fit, over: bool) -> list[str]:
        """What a fit stands out by, what weighs most first; nothing, where it is like all the others."""
        if not over:
            return ["running"]
        failed = fit.ended is not None and fit.ended.exception and fit.ended.exception not in INTERRUPTS
        standing_out = {
            "failed": failed,
            "not finite": fit.non_finite or any(scan.non_finite for scan in fit.scans),
            "paused": fit.trains and any(pause.until - pause.since >= LONG for pause in fit.pauses),
            "lasting": fit.trains and fit.progress_at - fit.started_at >= LONG,
            "of another line": fit.index in self.early,
        }
        return [kind for kind, holds in standing_out.items() if holds]

    def put_aside(self, fit: Fit, kinds: Sequence[str]) -> bool:
        """Keep it as one of the first of these kinds that has room."""
        kind = next((kind for kind in kinds if self.taken.get(kind, 0) < ROOM[kind]), None)
        if kind is None:
            return False
        self.leave_line(fit)
        self.aside[fit.index] = kind
        self.taken[kind] = self.taken.get(kind, 0) + 1
        return True

    def ended(self, fit: Fit) -> int | None:
        """A fit that was kept because it ran has ended: it is among the newest again; the one that has to give way."""
        if self.aside.get(fit.index) != "running":
            return None
        self.forget(fit.index)
        return self._among_newest(_group(fit), fit.index, NEWEST if fit.trains else CALLS)

    def leave_line(self, fit: Fit) -> None:
        """It is no longer among the newest."""
        if fit.index in self.early:
            self.early.remove(fit.index)

    def forget(self, index: int) -> None:
        kind = self.aside.pop(index, None)
        if kind is not None:
            self.taken[kind] -= 1

    def drop(self, fit: Fit) -> None:
        """It has no place any more, whatever place it had."""
        self.forget(fit.index)
        newest = self.newest.get(_group(fit), [])
        if fit.index in newest:
            newest.remove(fit.index)


def _group(fit: Fit) -> str:
    return "training" if fit.trains else "calls"


def plus(count: N | None, more: N | None) -> N | None:
    """A sum that is unknown as soon as one part is."""
    return None if count is None or more is None else count + more
