"""The line of a recording that is played: where it is, how fast, epochs and findings along the way, and its keys."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from tuimon import events
from tuimon.source import Playable
from tuimon.state import Run
from tuimon.tui import units
from tuimon.tui.ink import Row
from tuimon.tui.pane import Painted
from tuimon.tui.view import View

if TYPE_CHECKING:
    from tuimon.rules.finding import Finding

SPEEDS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 100.0, 300.0, 1000.0, math.inf)

MOST_PLACES = 2000
"""Epochs to go to that are listed; of more, each second, third, … one."""

KEYS = "space pause  . , event  [ ] epoch  + - speed  g go to"


class Scrubber(Painted):
    """Knows the findings of the whole recording as soon as it has been looked through, and those met until then."""

    DEFAULT_CSS = "Scrubber { background: ansi_default; height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self.player: Playable | None = None
        self.met: dict[tuple[str, float], Finding] = {}
        self._ahead: Iterator[events.Event] | None = None
        self._drawn: object = None  # what `_cells` was made of
        self._cells: list[int] = []
        self._known = Run()

    def look_ahead(self, player: Playable) -> None:
        """Begin to look through the recording for what will be found in it."""
        self.met, self._known, self._ahead = {}, Run(), player.whole()

    def look_further(self, seconds: float) -> bool:
        """Look for so long; whether something is known now that was not."""
        if self._ahead is None:
            return False
        deadline = time.monotonic() + seconds
        while these := list(islice(self._ahead, 256)):
            self._known.apply_all(these)
            if time.monotonic() > deadline:
                return False
        from tuimon import rules

        self._meet(rules.diagnose(self._known))
        self._ahead, self._known = None, Run()
        return True

    def _meet(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            if finding.at is not None:
                self.met.setdefault((finding.rule, finding.at), finding)

    def rows(self, view: View, width: int) -> list[Row]:
        player, theme = self.player, view.theme
        if player is None:
            return [Row()]
        self._meet(view.findings)
        first, last = player.span
        sign = "‖" if player.paused else "▶"
        row = Row(f" {sign if view.glyphs.braille else '|' if player.paused else '>'} ", theme.accent)
        row.add(f"{units.clock(player.position - first)}", theme.strong)
        row.add(f" of {units.clock(last - first)} ", theme.dim)
        tail = Row(f" {speed_of(player)}", theme.strong)
        if width >= 110:
            tail.add(f"  {KEYS} ", theme.dim)
        room = width - row.width - tail.width
        return [row.extend(self._track(view, player, max(4, room))).extend(tail)]

    def _track(self, view: View, player: Playable, width: int) -> Row:
        theme, glyphs = view.theme, view.glyphs
        first, last = player.span

        def cell(at: float) -> int:
            return min(width - 1, max(0, int((at - first) / ((last - first) or 1.0) * width)))

        here = cell(player.position)
        cells = [(glyphs.horizontal, theme.accent if x <= here else theme.frame) for x in range(width)]
        for at in self._begun(player, width, cell):
            cells[at] = (glyphs.vertical, theme.dim)
        for finding in sorted(self.met.values(), key=lambda each: each.severity == "error"):
            assert finding.at is not None
            cells[cell(finding.at)] = (glyphs.severity(finding.severity), theme.severity(finding.severity))
        cells[here] = (glyphs.full, theme.accent)
        row = Row()
        for char, style in cells:
            row.add(char, style)
        return row

    def _begun(self, player: Playable, width: int, cell: Callable[[float], int]) -> list[int]:
        """Cells in which epochs begin. There may be 100,000 of them, so that they are placed once."""
        drawn = (width, player.span, len(player.epochs))
        if self._drawn != drawn:
            self._drawn, self._cells = drawn, sorted({cell(at) for at in player.epochs})
        return self._cells

    # --- the keys

    def step(self, by: int) -> None:
        if self.player is not None:
            self.player.step(by)

    def epoch(self, by: int) -> None:
        """To where the next epoch begins, or the one before."""
        player = self.player
        if player is not None:
            begun = [*player.epochs, player.span[1]]
            wanted = [at for at in begun if (at > player.position if by > 0 else at < player.position - 1.0)]
            player.seek((wanted[0] if by > 0 else wanted[-1]) if wanted else player.span[by > 0])

    def speed(self, by: int) -> None:
        if self.player is not None:
            self.player.speed = faster(self.player.speed, by)
            self.repaint()

    def places(self) -> list[tuple[str, str, float]]:
        """Name, more words, and time of what one may want to go to."""
        if self.player is None:
            return []
        first, last = self.player.span
        places = [("start", "", first), ("end", "", last)]
        every = 1 + len(self.player.epochs) // MOST_PLACES
        begun = list(enumerate(self.player.epochs, 1))[::every]
        places += [(f"epoch {number}", "", at) for number, at in begun]
        places += [(each.rule, each.message, at) for (_, at), each in self.met.items()]
        return places + [(f"{part} %", "", first + (last - first) * part / 100) for part in (10, 25, 50, 75, 90)]

    def seeking(self, at: float) -> Callable[[], None]:
        def seek() -> None:
            if self.player is not None:
                self.player.seek(at)

        return seek

    def on_click(self, event: object) -> None:
        """Go to where the track was clicked."""
        player = self.player
        if player is None:
            return
        first, last = player.span
        before = len(f"   {units.clock(player.position - first)} of {units.clock(last - first)} ")
        after = len(f" {speed_of(player)}") + (len(KEYS) + 3 if self.size.width >= 110 else 0)
        track = max(4, self.size.width - before - after)
        x = getattr(event, "x", 0) - before
        if 0 <= x < track:
            player.seek(first + (last - first) * x / track)


def speed_of(player: Playable) -> str:
    return "as fast as it goes" if math.isinf(player.speed) else f"{player.speed:g}×"


def faster(speed: float, step: int) -> float:
    """The next speed up or down."""
    nearest = min(range(len(SPEEDS)), key=lambda index: abs(SPEEDS[index] - speed) if speed < math.inf else -index)
    return SPEEDS[max(0, min(len(SPEEDS) - 1, nearest + step))]
