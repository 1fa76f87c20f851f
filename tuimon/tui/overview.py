"""The first page: header, panes, and one line of keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.screen import Screen
from textual.widget import Widget

from tuimon.tui import layout
from tuimon.tui.footer import Footer
from tuimon.tui.header import Header, too_small
from tuimon.tui.pane import Pane
from tuimon.tui.panes.metrics import MetricsPane
from tuimon.tui.scrubber import Scrubber
from tuimon.tui.view import View


class Placed(Layout):
    """Puts each pane where the plan says."""

    name = "placed"

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        assert isinstance(parent, Panes)
        regions = parent.regions(size)
        return [
            WidgetPlacement(regions[child.label], NULL_OFFSET, NULL_SPACING, child)
            for child in children
            if isinstance(child, Pane) and child.label in regions
        ]


class Panes(Container):
    """The panes' room. Keeps which are hidden and which one is zoomed."""

    DEFAULT_CSS = "Panes { background: ansi_default; overflow: hidden; height: 1fr; }"

    def __init__(self, panes: Sequence[Pane]) -> None:
        super().__init__(*panes)
        self.panes = panes
        self.hidden: set[str] = set()
        self.absent: set[str] = set()  # nothing to show in them on this machine
        self.wants: dict[str, int] = {}  # rows that panes need for what they have to show
        self.zoomed: str | None = None
        self._placed = Placed()

    @property
    def layout(self) -> Layout:
        return self._placed

    def regions(self, size: Size) -> dict[str, Region]:
        if too_small(self.app.size):
            return {}
        if self.zoomed is not None:
            return {self.zoomed: Region(0, 0, size.width, size.height)}
        plan = layout.plan_for(size)
        shown = {pane.label for pane in self.panes} - self.hidden - self.absent
        return layout.arrange(plan.tree, Region(0, 0, size.width, size.height), shown, self.wants)

    def look(self, view: View, size: Size) -> bool:
        """Which panes have something to show, and how many rows that takes; True where this has changed."""
        absent = set() if view.run.gpus or view.run.allocators else {"devices"}
        frame = 2 if layout.plan_for(size).boxed else 1
        wants = {pane.label: need + frame for pane in self.panes if (need := pane.needs(view))}
        changed = (absent, wants) != (self.absent, self.wants)
        self.absent, self.wants = absent, wants
        return changed

    def place(self, size: Size) -> None:
        regions = self.regions(size)
        boxed = layout.plan_for(size).boxed
        for pane in self.panes:
            pane.boxed, pane.zoomed = boxed, pane.label == self.zoomed
            pane.display = pane.label in regions

    def rearrange(self) -> None:
        """After the size, or what is shown, has changed."""
        self.place(self.size)
        self.panes[0].refresh(layout=True)  # of a child: what it stands in is arranged anew
        for pane in self.panes:
            if pane.display:
                pane.repaint()

    def on_resize(self) -> None:
        self.rearrange()


class Overview(Screen[None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "chart('scale')", "log scale"),
        Binding("s", "chart('smoothing')", "smoothing"),
        Binding("x", "chart('axis')", "x axis"),
        Binding("z", "zoom", "zoom"),
        Binding("enter", "zoom", "zoom"),
        Binding("escape", "back", "back"),
        Binding("less_than_sign", "fit(-1)", "previous fit"),
        Binding("greater_than_sign", "fit(1)", "next fit"),
        Binding("full_stop", "play('step', 1)", "next event"),
        Binding("comma", "play('step', -1)", "event before"),
        Binding("right_square_bracket", "play('epoch', 1)", "next epoch"),
        Binding("left_square_bracket", "play('epoch', -1)", "epoch before"),
        Binding("plus,equals_sign", "play('speed', 1)", "faster"),
        Binding("minus", "play('speed', -1)", "slower"),
        Binding("tab", "app.focus_next", show=False),
        Binding("shift+tab", "app.focus_previous", show=False),
        *(Binding(str(digit), f"show({digit})", show=False) for digit in range(1, 8)),
    ]

    DEFAULT_CSS = "Overview { background: ansi_default; }"

    AUTO_FOCUS = ""

    def __init__(self, panes: Sequence[Pane]) -> None:
        super().__init__()
        self.header = Header()
        self.panes = Panes(panes)
        self.scrubber = Scrubber()
        self.scrubber.display = False
        self.footer = Footer()

    def compose(self) -> ComposeResult:
        yield self.header
        yield self.panes
        yield self.scrubber
        yield self.footer

    def prepare(self, view: View, size: Size) -> None:
        """On a screen of this size, before anything is drawn: the first picture shows what is known by then."""
        for each in (self.header, self.footer, self.scrubber, *self.panes.panes):
            each.view = view
        room = Size(size.width, size.height - self.header.HEIGHT - self.footer.HEIGHT)
        self.panes.look(view, room)
        self.panes.place(room)

    def paint(self, view: View) -> None:
        """Each visible pane once."""
        if self.panes.look(view, self.panes.size):
            self.panes.rearrange()
        self.header.paint(view)
        self.footer.hint = self.focused.hint() if isinstance(self.focused, Pane) else ""
        for pane in self.panes.panes:
            if pane.display:
                pane.paint(view)
        playing = self.scrubber.player is not None and not too_small(self.app.size)
        if self.scrubber.display != playing:
            self.scrubber.display = playing
        if playing:
            self.scrubber.paint(view)
        self.footer.paint(view)

    def pane(self, label: str) -> Pane:
        return next(pane for pane in self.panes.panes if pane.label == label)

    # --- what the user chooses

    def action_chart(self, action: str) -> None:
        """A key for the charts, wherever the focus is."""
        pane = self.pane("metrics")
        assert isinstance(pane, MetricsPane)
        getattr(pane, f"action_{action}")()

    def action_fit(self, step: int) -> None:
        """Look at another fit of the run, of those that are kept; behind the newest one comes following it."""
        view = self.header.view
        if view.fit is not None:
            fits = view.run.fits
            wanted = max(0, fits.index(view.fit) + step)
            view.chosen = fits[wanted].index if wanted < len(fits) - 1 else None
            self.paint(view)

    def action_play(self, what: str, by: int) -> None:
        """A key for a recording, unless the focused pane has a use for it."""
        getattr(self.scrubber, what)(by)

    def action_zoom(self) -> None:
        focused = self.focused
        if self.panes.zoomed is not None:
            self.panes.zoomed = None
        elif isinstance(focused, Pane):
            self.panes.zoomed = focused.label
        self.panes.rearrange()

    def action_back(self) -> None:
        if self.panes.zoomed is not None:
            self.action_zoom()
        else:
            self.set_focus(None)

    def action_show(self, digit: int) -> None:
        """Hide the pane with this digit, or show it again; at least one stays."""
        label = next(pane.label for pane in self.panes.panes if pane.number == digit)
        hidden = self.panes.hidden ^ {label}
        if len(hidden | self.panes.absent) < len(self.panes.panes):
            self.panes.hidden = hidden
            self.panes.zoomed = None
            self.panes.rearrange()
