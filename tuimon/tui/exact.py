"""Textual sends a changed stretch of a line from the left edge of its widget on; this sends the stretch alone.

It touches what Textual keeps to itself (`App._display` and `ChopsUpdate`, seen in 6.0 to 8.2).
"""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.control import Control
from textual._compositor import ChopsUpdate
from textual.app import App


class ExactUpdate(ChopsUpdate):
    """Changed stretches, cut at both ends."""

    def render_segments(self, console: Console) -> str:
        parts: list[str] = []
        for y, first, last in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                if strip is None or x >= last or end <= first:
                    continue
                left, right = max(x, first), min(end, last)
                parts.append(Control.move_to(left, y).segment.text)
                parts.append((strip if (left, right) == (x, end) else strip.crop(left - x, right - x)).render(console))
        return "".join(parts)


class ExactApp(App[str]):
    """An app whose partial updates hold the changed cells and nothing else."""

    def _display(self, screen: Any, renderable: Any) -> None:
        if type(renderable) is ChopsUpdate:
            renderable = ExactUpdate(renderable.chops, renderable.spans, renderable.chop_ends)
        super()._display(screen, renderable)
