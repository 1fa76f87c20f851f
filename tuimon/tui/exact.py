"""What is sent to the terminal: the cells that changed and nothing else, no more of them than its line carries.

Textual sends a changed stretch of a line from the left edge of its widget on, and as fast as a kernel takes it. This
touches what Textual keeps to itself (`App._display`, `Compositor._dirty_regions`, the writer's queue; 6.0 to 8.2).
"""

from __future__ import annotations

import math
import select
import time
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.control import Control
from textual import events
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.geometry import Region

from tuimon.tui.line import QUERY, Line
from tuimon.tui.waiting import Span, Waiting

BYTES_A_CELL = 4
"""About what a cell takes, colours included."""

AROUND = 30
"""Bytes of a write beside its cells."""

STARTING = 150
"""Bytes that Textual sends before the first picture."""


class ExactUpdate(ChopsUpdate):
    """Changed stretches, cut at both ends, until `room` bytes are full. Then `left` are the others, `size` was sent."""

    room: float = math.inf
    left: Sequence[Span] = ()
    size = 0

    def render_segments(self, console: Console) -> str:
        parts: list[str] = []
        self.size = AROUND
        for index, span in enumerate(self.spans):
            if self.size - AROUND >= self.room:
                self.left = self.spans[index:]
                break
            part = self._stretch(console, *span)
            parts.append(part)
            self.size += len(part.encode(errors="replace"))
        return "".join(parts)

    def _stretch(self, console: Console, y: int, first: int, last: int) -> str:
        parts = []
        for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
            if strip is None or x >= last or end <= first:
                continue
            left, right = max(x, first), min(end, last)
            parts.append(Control.move_to(left, y).segment.text)
            parts.append((strip if (left, right) == (x, end) else strip.crop(left - x, right - x)).render(console))
        return "".join(parts)


class ExactApp(App[str]):
    """An app whose pictures never wait in a line for long: what finds no room is sent later, as it looks then."""

    line: Line | None = None  # none where nothing is sent to a terminal

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.waiting = Waiting()

    def begin_measuring(self) -> None:
        """From now on, ask the terminal how fast it takes what is sent."""
        if not self.is_headless and hasattr(self._driver, "_writer_thread"):
            self.line = Line()
            self.line.sent(STARTING)
            self._ask()

    def _display(self, screen: Any, renderable: Any) -> None:
        line = self.line
        if isinstance(renderable, LayoutUpdate):
            self.waiting.clear()
            if line is not None and self._room() < BYTES_A_CELL * self.size.area:
                self.waiting.add((y, 0, self.size.width) for y in range(self.size.height))
                self.post_display_hook()
                self.send_waiting()
                return
        if type(renderable) is not ChopsUpdate:
            super()._display(screen, renderable)
            if line is not None and renderable is not None:
                line.sent(BYTES_A_CELL * self.size.area)
                self._ask()
            return
        if line is not None and (self._room() <= 0 or self._crowded(renderable)):
            self.waiting.add(renderable.spans)
            self.post_display_hook()
            self.send_waiting()
            return
        self._send(screen, ExactUpdate(renderable.chops, renderable.spans, renderable.chop_ends))

    def _send(self, screen: Any, update: ExactUpdate) -> None:
        if self.line is not None:
            update.room = self._room()
        super()._display(screen, update)
        if self.line is not None and update.size:
            self.waiting.add(update.left)
            self.line.sent(update.size)
            self._ask()

    def send_waiting(self) -> None:
        """What waits, the newest first, as far as there is room."""
        while self.waiting and (room := self._room()) > 0:
            width, height = self.size
            spans = [each for each in self.waiting.take(room / BYTES_A_CELL) if each[0] < height and each[1] < width]
            compositor = self.screen._compositor
            others = compositor._dirty_regions.copy()
            compositor._dirty_regions.clear()
            compositor._dirty_regions.update(Region(x, y, min(end, width) - x, 1) for y, x, end in spans)
            update = compositor.render_partial_update()
            compositor._dirty_regions.update(others)
            if update is not None:
                self._send(self.screen, ExactUpdate(update.chops, update.spans, update.chop_ends))

    def look_at_line(self) -> None:
        """To be called now and then: answers get lost, and mute terminals do not say that they are ready."""
        if self.line is not None:
            if self.line.overdue(time.monotonic()):
                self._ask(again=True)
            self.send_waiting()

    def on_cursor_position(self, event: events.CursorPosition) -> None:
        """The terminal's answer: all that was sent before the question is shown."""
        if self.line is not None:
            self.line.answered(event.time)
            self.send_waiting()
            if self.line.on_its_way > 0:
                self._ask()

    def _ask(self, again: bool = False) -> None:
        if self.line is not None and self._driver is not None and (again or not self.line.asking):
            self._driver.write(QUERY)
            self.line.asked(time.monotonic())

    def _crowded(self, update: ChopsUpdate) -> bool:
        """It would not find room as a whole: a stretch at a time then."""
        return self._room() < BYTES_A_CELL * sum(last - first for _, first, last in update.spans)

    def _room(self) -> float:
        """Bytes that may be sent now."""
        assert self.line is not None
        now = time.monotonic()
        return 0 if self.line.mute(now) and not self._taken() else self.line.room(now)

    def _taken(self) -> bool:
        """All that was written so far has been taken from us."""
        writer = getattr(self._driver, "_writer_thread", None)
        if writer is None:
            return True
        poll = select.poll()
        poll.register(writer.fileno(), select.POLLOUT)
        return writer._queue.qsize() == 0 and bool(poll.poll(0))
