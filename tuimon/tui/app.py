"""The screen of one run: takes events from a source, folds them, and has the visible page painted."""

from __future__ import annotations

import locale
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import constants
from textual.binding import Binding, BindingType

from tuimon import garbage
from tuimon.errors import TuimonError
from tuimon.source import Playable, Source
from tuimon.state import Run
from tuimon.tui import signals
from tuimon.tui import theme as themes
from tuimon.tui.exact import ExactApp
from tuimon.tui.glyphs import ASCII, UNICODE, Glyphs
from tuimon.tui.hangup import leave_at_hangup
from tuimon.tui.overview import Overview
from tuimon.tui.page import Page
from tuimon.tui.panes import all_panes
from tuimon.tui.panes.findings import FindingsPane
from tuimon.tui.panes.output import OutputPane
from tuimon.tui.view import View

if TYPE_CHECKING:
    from tuimon.rules.finding import Finding
    from tuimon.tui.asking import Ask, Asking
    from tuimon.tui.rescue import Lookout

# Pages, rules and requests are loaded when they are first needed: the first picture waits for none of it.

BUDGET = 0.02
"""Seconds of a tick spent on taking events, so that keys are answered meanwhile."""

AHEAD = 0.01
"""Seconds of a tick spent on looking through a recording for what will be found in it."""

DIAGNOSE_EVERY, DIAGNOSE_SHARE = 1.0, 0.01
"""Seconds between two looks for findings, more where a look would take a larger share of the time."""

PAUSE = 0.01
"""Seconds between two takes while a long journal is read to its end, so that keys are answered meanwhile."""

SETTLED = 3.0
"""Seconds after which all that a screen needs has been loaded."""

ESCAPE_DELAY = 0.03
"""Seconds after which an escape is a key, and not the beginning of one; else $ESCDELAY, in milliseconds."""

Tell = Callable[[Run, "Sequence[Finding]"], None]
"""Gets what is found, as often as it is looked for."""


class Watch(ExactApp):
    """Returns why it ended: "left", or "refused"."""

    ENABLE_COMMAND_PALETTE = False
    CSS_PATH = "app.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,ctrl+q", "leave", "leave"),
        Binding("ctrl+c", "interrupt", "what to do", priority=True, system=True),
        Binding("question_mark,h", "open('help')", "help"),
        Binding("colon,ctrl+p", "open('commands')", "commands"),
        Binding("space", "hold", "hold still"),
        Binding("e", "open('epochs')", "epochs"),
        Binding("f", "open('finding')", "the worst finding"),
        Binding("m", "open('facts')", "model"),
        Binding("slash", "open('search')", "search"),
        Binding("t", "theme", "theme"),
        Binding("r", "open('switch')", "runs"),
        Binding("v", "open('compare')", "compare"),
        Binding("c", "open('metrics')", "metrics to show"),
        Binding("g", "open('go_to')", "go to"),
        Binding("ctrl+z", "suspend_process", "suspend"),
    ]

    def __init__(
        self,
        source: Source,
        *,
        directory: Path | None = None,
        readonly: bool = False,
        interval: float = 0.25,
        ask: Ask | None = None,
        theme: str | None = None,
        glyphs: Glyphs = UNICODE,
        clipboard: bool = False,
        rescue: Lookout | None = None,
        tell: Tell | None = None,
        bell: bool = False,
        title: bool = False,
    ) -> None:
        super().__init__(ansi_color=True)
        self.rescue, self.tell, self.rings, self.titles = rescue, tell, bell, title
        self.news = signals.News()
        self._title = ""
        self.interval = interval
        self.clipboard_allowed = clipboard
        self.ask = None if readonly else ask
        self._asking: Asking | None = None
        self.view = View(theme=themes.fitting(theme), glyphs=glyphs, readonly=readonly)
        self.overview = Overview(all_panes(directory))
        self.beside: Source | None = None  # of the run that is compared with
        self.failure: TuimonError | None = None  # why there is nothing to be shown any more
        self._notice_until = 0.0
        self._unpainted = False
        self._diagnosed_events: int | None = None  # None: not even the first picture has been painted
        self._diagnose_at = float("-inf")
        self._catching_up = False
        self.watch_source(source, directory)

    def watch_source(self, source: Source, directory: Path | None) -> None:
        """Fold this source from here on; its output files are in the directory."""
        self.source = source
        self.directory = directory
        self.player = source if isinstance(source, Playable) else None
        self._restarts = self.player.restarts if self.player is not None else 0
        self.overview.scrubber.player = self.player
        if self.player is not None:
            self.overview.scrubber.look_ahead(self.player)
        self.start_over()

    def get_default_screen(self) -> Overview:
        return self.overview

    def on_mount(self) -> None:
        self.begin_measuring()
        self.view.run.apply_all(self.source.take(BUDGET))
        self._unpainted = True
        self.overview.prepare(self.view, self.size)
        self.set_interval(self.interval, self.tick)
        self.call_after_refresh(self.tick)
        self.set_timer(SETTLED, garbage.as_usual)

    # --- taking and painting

    def tick(self) -> None:
        """Take what is ready and fold it; where that changed anything, have the page on top painted once."""
        try:
            changed = not self.view.paused and (self._fold() | self._fold_beside())
        except TuimonError as error:
            self.failure = error
            self.exit("failed")
            return
        changed = self.overview.scrubber.look_further(AHEAD) or changed
        if self._notice_until and time.monotonic() > self._notice_until:
            self.notice("")
        if self._asking is not None:
            self._asking.hear()
        if self.rescue is not None:
            if self.rescue.refusal is not None:
                self.exit("refused")
            if said := self.rescue.look():
                self.notice(said, 10.0)
        self.look_at_line()
        self._unpainted = self._unpainted or changed or self.player is not None or self._restless
        if self._unpainted and not self.waiting:  # a slow line gets the next picture when it has taken this one
            self._unpainted = False
            self.paint()

    @property
    def _restless(self) -> bool:
        return isinstance(self.screen, Page) and self.screen.restless

    def _fold(self) -> bool:
        if self.player is not None and self.player.restarts != self._restarts:
            self._restarts = self.player.restarts
            self.start_over()
        run = self.view.run
        before = run.events
        run.apply_all(self.source.take(BUDGET))
        if not self._catching_up and not getattr(self.source, "caught_up", True):
            self._catching_up = True
            self.set_timer(PAUSE, self._catch_up)
        return self._diagnose_in_time() or run.events != before or not before

    def _catch_up(self) -> None:
        """What was recorded before is taken between two ticks, too."""
        self._catching_up = False
        if not self.view.paused and (self.player is None or self.player.restarts == self._restarts):
            self.view.run.apply_all(self.source.take(BUDGET))
            if not getattr(self.source, "caught_up", True):
                self._catching_up = True
                self.set_timer(PAUSE, self._catch_up)

    def _fold_beside(self) -> bool:
        """The same for the run that is compared with."""
        if self.beside is None or self.view.other is None:
            return False
        ready = self.beside.take(BUDGET)
        self.view.other.apply_all(ready)
        return bool(ready)

    def _diagnose_in_time(self) -> bool:
        """About once a second, not before the first picture, and only where anything was added."""
        if self._diagnosed_events is None:
            self._diagnosed_events = -1
            return False
        now = time.monotonic()
        if self.view.run.events == self._diagnosed_events or now < self._diagnose_at:
            return False
        took = self.diagnose()
        self._diagnose_at = now + max(DIAGNOSE_EVERY, took / DIAGNOSE_SHARE)
        return True

    def start_over(self) -> None:
        """What follows begins at the first event."""
        self.view.run, self.view.findings, self.view.headline = Run(), (), None
        self._diagnosed_events = None
        self._diagnose_at = float("-inf")

    def diagnose(self) -> float:
        """Look for what there is to find; the seconds of the processor that this took, once the rules are loaded."""
        from tuimon import rules

        view, judge = self.view, rules.diagnose
        began = time.thread_time()
        view.findings = judge(view.run)
        took = time.thread_time() - began
        view.headline = rules.headline(view.findings)
        self._diagnosed_events = view.run.events
        if self.news.of(view.findings) and self.rings and getattr(self.source, "caught_up", True):
            self.bell()
        if self.tell is not None:
            self.tell(view.run, view.findings)
        return took

    def paint(self) -> None:
        if self.titles:
            self._entitle(signals.title(self.view))
        page = self.screen
        if isinstance(page, (Overview, Page)):
            page.paint(self.view)

    def _entitle(self, title: str) -> None:
        if title != self._title and self._driver is not None:
            self._driver.write(title if self._title else signals.KEEP + title)
            self._title = title

    def on_unmount(self) -> None:
        if self._title and self._driver is not None:
            self._driver.write(signals.RESTORE)

    def notice(self, text: str, seconds: float = 4.0) -> None:
        """Say something on the last line for a while."""
        self.view.notice = text
        self._notice_until = time.monotonic() + seconds if text else 0.0
        self.paint()

    # --- going about

    def open_page(self, page: Page) -> None:
        page.sheet.view = self.view  # so that it is not drawn empty first
        self.push_screen(page)
        self.call_after_refresh(self.paint)

    def action_open(self, name: str) -> None:
        """What is shown on request, by its name in `opening`."""
        from tuimon.tui import opening

        getattr(opening, name)(self)

    def action_return_to(self) -> None:
        """Back to the page below."""
        if len(self.screen_stack) > 1:
            self.pop_screen()
            self.call_after_refresh(self.paint)

    def action_leave(self) -> None:
        self.exit("left")

    def action_interrupt(self) -> None:
        self.asking.interrupt()

    def on_findings_pane_opened(self, message: FindingsPane.Opened) -> None:
        from tuimon.tui.pages.finding import FindingPage

        self.open_page(FindingPage(message.finding))

    def action_hold(self) -> None:
        """Pause the recording; of a run that goes on, hold the picture still."""
        if self.player is not None:
            self.player.paused = not self.player.paused
            self.paint()
            return
        self.view.paused = not self.view.paused
        self.notice("held still; space goes on" if self.view.paused else "")

    def action_theme(self) -> None:
        names = [theme.name for theme in themes.THEMES]
        following = themes.THEMES[(names.index(self.view.theme.name) + 1) % len(names)]
        self.view.theme = following
        self.notice(f"theme {following.name}")

    @property
    def asking(self) -> Asking:
        if self._asking is None:
            from tuimon.tui.asking import Asking

            self._asking = Asking(self)
        return self._asking

    @property
    def output(self) -> OutputPane:
        pane = self.overview.pane("output")
        assert isinstance(pane, OutputPane)
        return pane

    def copy(self, text: str) -> None:
        """To the terminal's clipboard (OSC 52), where the user allowed it."""
        if self.clipboard_allowed:
            self.copy_to_clipboard(text)
            self.notice("copied")
        else:
            self.notice("not copied: start with --clipboard to let tuimon set the terminal's clipboard")


def run_screen(
    source: Source,
    *,
    directory: Path | None = None,
    readonly: bool = False,
    interval: float = 0.25,
    ask: Ask | None = None,
    theme: str | None = None,
    ascii_only: bool | None = None,
    clipboard: bool = False,
    rescue: Lookout | None = None,
    tell: Tell | None = None,
    bell: bool = False,
    title: bool = False,
) -> str:
    """Watch a source until the user leaves; the reason for the end. The run itself is never stopped by this.

    Raises TuimonError when there is nothing to be watched any more.
    """
    os.environ.setdefault("TEXTUAL_FPS", "20")
    if "ESCDELAY" not in os.environ:
        constants.ESCAPE_DELAY = ESCAPE_DELAY  # type: ignore[misc]
    leave_at_hangup()
    app = Watch(
        source,
        directory=directory,
        readonly=readonly,
        interval=interval,
        ask=ask,
        theme=theme,
        glyphs=ASCII if (_needs_ascii() if ascii_only is None else ascii_only) else UNICODE,
        clipboard=clipboard,
        rescue=rescue,
        tell=tell,
        bell=bell,
        title=title,
    )
    left = app.run() or "left"
    if app.failure is not None:
        raise app.failure
    return left


def _needs_ascii() -> bool:
    encoding = (sys.stdout.encoding or locale.getpreferredencoding(False)).lower().replace("-", "")
    return encoding not in ("utf8", "utf16", "utf32", "gb18030")
