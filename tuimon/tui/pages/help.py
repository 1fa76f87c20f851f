"""Every key."""

from __future__ import annotations

from tuimon.tui.ink import Row
from tuimon.tui.page import Page
from tuimon.tui.view import View

KEYS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "anywhere",
        (
            ("q", "leave; the training goes on, `tuimon attach` brings the screen back"),
            ("ctrl-c", "ask what to do; pressed again within two seconds: interrupt the script"),
            ("ctrl-z", "suspend the screen; fg brings it back"),
            ("? h", "this page"),
            ("esc", "back"),
            (":", "commands, and requests to the run"),
            ("space", "hold the picture still, and let it go on"),
            ("r", "runs of this machine, to switch to"),
            ("v", "another run's curves beside these, and away again"),
            ("f", "the finding in the header, whole; [ ] turn to the others"),
            ("e", "epochs as a table"),
            ("m", "model, data and run"),
            ("/", "search the output"),
            ("t", "next theme"),
            ("y", "copy, where the terminal may set the clipboard (--clipboard)"),
        ),
    ),
    (
        "panes",
        (
            ("tab, shift-tab", "next, previous pane"),
            ("enter z", "zoom the pane, and back"),
            ("< >", "previous, next fit of the run"),
            ("1 – 7", "hide and show a pane"),
            ("↑ ↓ j k", "move in the pane"),
            ("[ ]", "previous, next: metric, finding, stream"),
            ("mouse", "click to choose, wheel to scroll"),
        ),
    ),
    (
        "charts",
        (
            ("c", "choose which metrics are drawn"),
            ("l", "logarithmic scale"),
            ("s", "smoothing"),
            ("x", "x axis: step, epoch, time"),
            ("← →", "cursor with values; esc takes it away"),
            ("+ -", "zoom in and out of the newest part"),
        ),
    ),
    (
        "a recording",
        (
            ("space", "pause and play"),
            (". ,", "one event forward, back"),
            ("[ ]", "previous, next epoch"),
            ("+ -", "faster, slower"),
            ("g", "go to an epoch, a finding, a place"),
        ),
    ),
    (
        "output",
        (
            ("o", "standard output or standard error"),
            ("f end", "follow"),
            ("n N", "next, previous hit"),
        ),
    ),
    (
        "signs",
        (
            ("▒", "samples that this epoch will still see"),
            ("╱", "samples that no step of this epoch will see"),
            ("★", "the best value so far"),
            ("✖ ▲ ●", "error, warning, note; ✖ in a chart: not a number, or infinite"),
            ("–", "not known"),
        ),
    ),
)


class HelpPage(Page):
    def title_row(self, view: View) -> Row:
        return Row("keys", view.theme.strong)

    def content(self, view: View, width: int) -> list[Row]:
        rows = []
        for title, keys in KEYS:
            rows += [Row(), Row(title, view.theme.accent)]
            rows += [Row(f"  {key:<16}", view.theme.strong).add(what, view.theme.text) for key, what in keys]
        return rows
