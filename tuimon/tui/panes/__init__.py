"""The panes of the overview, in the order of their digits."""

from __future__ import annotations

from pathlib import Path

from tuimon.tui.pane import Pane
from tuimon.tui.panes.data import DataPane
from tuimon.tui.panes.devices import DevicesPane
from tuimon.tui.panes.findings import FindingsPane
from tuimon.tui.panes.host import HostPane
from tuimon.tui.panes.metrics import MetricsPane
from tuimon.tui.panes.output import OutputPane
from tuimon.tui.panes.time import TimePane


def all_panes(directory: Path | None) -> list[Pane]:
    return [
        DataPane(),
        TimePane(),
        MetricsPane(),
        DevicesPane(),
        HostPane(),
        FindingsPane(),
        OutputPane(directory),
    ]
