"""The screen with a source that is a list, and what it shows as text."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from textual.pilot import Pilot

from tuimon import events
from tuimon.tui.app import Watch


class Listed:
    """A source that hands out what it is given, at once."""

    def __init__(self, those: Iterable[events.Event]) -> None:
        self.waiting = list(those)

    def take(self, budget: float) -> list[events.Event]:
        ready, self.waiting = self.waiting, []
        return ready

    @property
    def ended(self) -> bool:
        return not self.waiting


@asynccontextmanager
async def screen(
    those: Sequence[events.Event], size: tuple[int, int] = (80, 24), **options: Any
) -> AsyncIterator[tuple[Watch, Pilot[str]]]:
    """A running app that has taken these events and painted them. It never ticks by itself."""
    source = options.pop("source", None) or Listed(those)
    app = Watch(source, interval=3600.0, theme=options.pop("theme", "dark"), **options)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        refresh(app)
        await pilot.pause()
        yield app, pilot


def refresh(app: Watch) -> None:
    """One tick, with a diagnosis."""
    app.tick()
    app.diagnose()
    app.paint()


def shown(app: Watch) -> str:
    """The screen's text, line by line, without trailing blanks."""
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())
