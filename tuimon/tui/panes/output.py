"""The script's own output: standard output and error as they would look in a terminal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from rich.style import Style
from textual.binding import Binding, BindingType

from tuimon.tui import ink, units
from tuimon.tui.ink import Row
from tuimon.tui.output import Printed
from tuimon.tui.pane import Pane
from tuimon.tui.terminal import Line
from tuimon.tui.view import View


class OutputPane(Pane):
    """Keeps which stream is shown, how far up the user looks, and what they search."""

    number = 7
    label = "output"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll(1)", "up"),
        Binding("down,j", "scroll(-1)", "down"),
        Binding("pageup", "page(1)", "page up"),
        Binding("pagedown", "page(-1)", "page down"),
        Binding("home", "top", "first line"),
        Binding("end,f", "follow", "follow"),
        Binding("left_square_bracket,right_square_bracket,o", "stream", "stdout or stderr"),
        Binding("n", "hit(1)", "next hit"),
        Binding("N", "hit(-1)", "previous hit"),
    ]

    def __init__(self, directory: Path | None) -> None:
        super().__init__()
        self.show(directory)

    def show(self, directory: Path | None) -> None:
        """The output of the run in this directory, from its end."""
        self.streams = {
            "stdout": Printed(directory / "stdout.log" if directory else None),
            "stderr": Printed(directory / "stderr.log" if directory else None),
        }
        self.shown = "stdout"
        self.back = 0  # lines between the last one and the bottom of what is shown; 0 follows
        self.needle = ""

    def searchable(self) -> list[tuple[str, int, str]]:
        """Stream, number and text of each line that is not empty."""
        return [
            (name, index, line.text)
            for name, printed in self.streams.items()
            for index, line in enumerate(printed.lines)
            if line.chars
        ]

    def jumping(self, stream: str, line: int) -> Callable[[], None]:
        """What brings a line to the middle."""

        def jump() -> None:
            self.shown = stream
            self.back = max(0, len(self.streams[stream].lines) - line - 1 - self.inner_height // 2)
            self.repaint()

        return jump

    def hint(self) -> str:
        return "↑↓ scroll  / search  n N hit  o stdout/stderr  f follow"

    def aside(self, view: View) -> Row:
        theme, row = view.theme, Row()
        for name, printed in self.streams.items():
            style = theme.strong if name == self.shown else theme.dim
            row.add(name, style).add(f" {units.size(printed.size)}  " if printed.size else "  ", theme.dim)
        if self.needle:
            row.add(f"/{self.needle} {len(self._hits())} lines  ", theme.accent)
        return row.add("following" if not self.back else f"{self.back} lines back", theme.dim)

    def draw(self, view: View, width: int, height: int) -> list[Row]:
        output = view.run.output
        self.streams["stdout"].read(output.stdout)
        self.streams["stderr"].read(output.stderr)
        lines = self.streams[self.shown].lines
        if not lines:
            return [Row("nothing printed" if self.streams[self.shown].path else "no output files", view.theme.dim)]
        self.back = min(self.back, max(0, len(lines) - height))
        end = len(lines) - self.back
        return [self._row(view, line) for line in lines[max(0, end - height) : end]]

    def _row(self, view: View, line: Line) -> Row:
        if self.needle and self.needle.lower() in line.text.lower():
            return Row(line.text, view.theme.selected)
        row = Row()
        for text, sgr in line.runs():
            row.add(text, _style(sgr) if view.theme.name != "mono" else ink.NULL)
        return row

    def _hits(self) -> list[int]:
        needle = self.needle.lower()
        return [index for index, line in enumerate(self.streams[self.shown].lines) if needle in line.text.lower()]

    def search(self, needle: str) -> None:
        self.needle = needle
        if needle:
            self.action_hit(-1)
        self.repaint()

    def action_hit(self, step: int) -> None:
        """Bring the next hit below, or the one above, to the middle."""
        if not self.needle:
            return
        total, half = len(self.streams[self.shown].lines), self.inner_height // 2
        here = total - self.back - half
        hits = self._hits()
        wanted = [hit for hit in hits if (hit > here if step > 0 else hit < here)] or hits
        if wanted:
            hit = wanted[0] if step > 0 else wanted[-1]
            self.back = max(0, total - hit - half)
        self.repaint()

    def action_scroll(self, step: int) -> None:
        self.back = max(0, self.back + step)
        self.repaint()

    def action_page(self, step: int) -> None:
        self.action_scroll(step * max(1, self.inner_height - 1))

    def action_top(self) -> None:
        self.back = len(self.streams[self.shown].lines)
        self.repaint()

    def action_follow(self) -> None:
        self.back = 0
        self.repaint()

    def action_stream(self) -> None:
        self.shown = "stderr" if self.shown == "stdout" else "stdout"
        self.back = 0
        self.repaint()

    def on_mouse_scroll_up(self) -> None:
        self.action_scroll(3)

    def on_mouse_scroll_down(self) -> None:
        self.action_scroll(-3)


_COLOURS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")


def _style(sgr: str) -> Style:
    """Bold, dim and the sixteen colours; the rest of SGR is left out."""
    if not sgr:
        return ink.NULL
    colour, bold, dim = None, False, False
    for part in sgr.split(";"):
        code = int(part)
        if code in (38, 48):
            break
        if code == 1:
            bold = True
        elif code == 2:
            dim = True
        elif code == 22:
            bold = dim = False
        elif 30 <= code <= 37:
            colour = _COLOURS[code - 30]
        elif 90 <= code <= 97:
            colour = f"bright_{_COLOURS[code - 90]}"
        elif code == 39:
            colour = None
    return Style(color=colour, bold=bold or None, dim=dim or None)
