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

from tuimon.source import Playable, Source
from tuimon.state import Run
from tuimon.tui import signals, units
from tuimon.tui import theme as themes
from tuimon.tui.asking import Ask, Asking
from tuimon.tui.exact import ExactApp
from tuimon.tui.glyphs import ASCII, UNICODE, Glyphs
from tuimon.tui.hangup import leave_at_hangup
from tuimon.tui.overview import Overview
from tuimon.tui.page import Page
from tuimon.tui.pages.menu import Choice, MenuPage
from tuimon.tui.panes import all_panes
from tuimon.tui.panes.findings import FindingsPane
from tuimon.tui.panes.metrics import MetricsPane
from tuimon.tui.panes.output import OutputPane
from tuimon.tui.view import View

if TYPE_CHECKING:
    from tuimon.rules.finding import Finding
    from tuimon.tui.rescue import Lookout

# Pages, rules and what reads other runs are loaded when they are first needed: the first picture waits for none of it.

BUDGET = 0.02
"""Seconds of a tick spent on taking events, so that keys are answered meanwhile."""

AHEAD = 0.01
"""Seconds of a tick spent on looking through a recording for what will be found in it."""

DIAGNOSE_EVERY = 1.0

ESCAPE_DELAY = 0.03
"""Seconds after which an escape is a key, and not the beginning of one; else $ESCDELAY, in milliseconds."""

Tell = Callable[[Run, "Sequence[Finding]"], None]
"""Gets what is found, as often as it is looked for."""


class Watch(ExactApp):
    """Returns why it ended: "left"."""

    ENABLE_COMMAND_PALETTE = False
    CSS_PATH = "app.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,ctrl+q", "leave", "leave"),
        Binding("ctrl+c", "interrupt", "what to do", priority=True, system=True),
        Binding("question_mark,h", "help", "help"),
        Binding("colon,ctrl+p", "commands", "commands"),
        Binding("space", "hold", "hold still"),
        Binding("e", "epochs", "epochs"),
        Binding("f", "finding", "the worst finding"),
        Binding("m", "facts", "model"),
        Binding("slash", "search", "search"),
        Binding("t", "theme", "theme"),
        Binding("r", "runs", "runs"),
        Binding("v", "compare", "compare"),
        Binding("c", "metrics", "metrics to show"),
        Binding("g", "go_to", "go to"),
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
        self.asking = Asking(self, None if readonly else ask)
        self.view = View(theme=themes.fitting(theme), glyphs=glyphs, readonly=readonly)
        self.overview = Overview(all_panes(directory))
        self.beside: Source | None = None  # of the run that is compared with
        self._notice_until = 0.0
        self._unpainted = False
        self._diagnosed_events: int | None = None  # None: not even the first picture has been painted
        self._diagnosed_at = float("-inf")
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

    # --- taking and painting

    def tick(self) -> None:
        """Take what is ready and fold it; where that changed anything, have the page on top painted once."""
        changed = not self.view.paused and (self._fold() | self._fold_beside())
        changed = self.overview.scrubber.look_further(AHEAD) or changed
        if self._notice_until and time.monotonic() > self._notice_until:
            self.notice("")
        self.asking.hear()
        if self.rescue is not None and (said := self.rescue.look()):
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
        return self._diagnose_in_time() or run.events != before or not before

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
        if self.view.run.events == self._diagnosed_events or now - self._diagnosed_at < DIAGNOSE_EVERY:
            return False
        self.diagnose()
        self._diagnosed_at = now
        return True

    def start_over(self) -> None:
        """What follows begins at the first event."""
        self.view.run, self.view.findings, self.view.headline = Run(), (), None
        self._diagnosed_events = None
        self._diagnosed_at = float("-inf")

    def diagnose(self) -> None:
        from tuimon import rules

        view = self.view
        view.findings = rules.diagnose(view.run)
        view.headline = rules.headline(view.findings)
        self._diagnosed_events = view.run.events
        if self.news.of(view.findings) and self.rings and getattr(self.source, "caught_up", True):
            self.bell()
        if self.tell is not None:
            self.tell(view.run, view.findings)

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

    def action_return_to(self) -> None:
        """Back to the page below."""
        if len(self.screen_stack) > 1:
            self.pop_screen()
            self.call_after_refresh(self.paint)

    def action_leave(self) -> None:
        self.exit("left")

    def action_interrupt(self) -> None:
        self.asking.interrupt()

    def action_help(self) -> None:
        from tuimon.tui.pages.help import HelpPage

        self.open_page(HelpPage())

    def action_epochs(self) -> None:
        from tuimon.tui.pages.epochs import EpochsPage

        self.open_page(EpochsPage())

    def action_facts(self) -> None:
        from tuimon.tui.pages.facts import FactsPage

        self.open_page(FactsPage())

    def on_findings_pane_opened(self, message: FindingsPane.Opened) -> None:
        from tuimon.tui.pages.finding import FindingPage

        self.open_page(FindingPage(message.finding))

    def action_finding(self) -> None:
        """The page of the finding in the header, or of the first one."""
        from tuimon.tui.pages.finding import FindingPage

        findings = self.view.ordered_findings
        if findings:
            self.open_page(FindingPage(self.view.headline or findings[0]))
        else:
            self.notice("nothing has been found")

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

    def action_commands(self) -> None:
        pages = [
            Choice("epochs", "a table of this fit's epochs", self.action_epochs),
            Choice("model", "the model, its data, the run", self.action_facts),
            Choice("runs", "watch another run", self.action_runs),
            Choice("compare", "another run's curves beside these; chosen again, away with them", self.action_compare),
            Choice("metrics", "which ones are drawn", self.action_metrics),
            Choice("search", "find a line of the output", self.action_search),
            Choice("theme", "the next one", self.action_theme),
            Choice("help", "every key", self.action_help),
            Choice("leave", "the training goes on", self.action_leave),
        ]
        self.open_page(MenuPage("commands", pages + self.asking.choices()))

    def action_search(self) -> None:
        """Lines of the output to choose from, narrowed down by typing."""
        output = self.output
        choices = [Choice(line, stream, output.jumping(stream, at)) for stream, at, line in output.searchable()]
        self.open_page(MenuPage("search the output", choices[-2000:][::-1]))

    @property
    def output(self) -> OutputPane:
        pane = self.overview.pane("output")
        assert isinstance(pane, OutputPane)
        return pane

    def action_runs(self) -> None:
        from tuimon import runs
        from tuimon.tui.pages.runs import RunsPage

        def switch(run: runs.RunDirectory) -> None:
            """Watch another run from here on; this one goes on as it is."""
            from tuimon.control import Control
            from tuimon.follow import Follow
            from tuimon.tui.rescue import Rescue

            self.tell, self.rescue = None, Rescue(run, only_say=self.view.readonly)
            self.asking.ask = None if self.view.readonly else Control(run, "screen").ask
            self.view.chosen, self.view.paused = None, False
            self.output.show(run.path)
            self.watch_source(Follow(run), run.path)
            self.call_after_refresh(self.tick)

        where = self.directory.parent if self.directory is not None else runs.home()
        self.open_page(RunsPage(where, self.directory.name if self.directory else "", switch))

    def action_compare(self) -> None:
        """Choose a run whose curves are drawn beside these; take them away when there are some."""
        from tuimon import runs
        from tuimon.tui.pages.runs import RunsPage

        if self.view.other is not None:
            self.beside, self.view.other = None, None
            self.notice("compared with no run any more")
            return

        def beside(run: runs.RunDirectory) -> None:
            from tuimon.follow import Follow

            self.beside, self.view.other = Follow(run), Run()
            self.call_after_refresh(self.tick)

        where = self.directory.parent if self.directory is not None else runs.home()
        self.open_page(RunsPage(where, self.directory.name if self.directory else "", beside, "compare with it"))

    def action_metrics(self) -> None:
        from tuimon.tui.pages.metrics import MetricsPage

        pane = self.overview.pane("metrics")
        assert isinstance(pane, MetricsPane)
        self.open_page(MetricsPage(pane))

    def action_go_to(self) -> None:
        """Places of the recording to choose from."""
        if self.player is not None:
            first = self.player.span[0]
            choices = [
                Choice(text, f"{units.clock(at - first)}  {more}", self.overview.scrubber.seeking(at))
                for text, more, at in self.overview.scrubber.places()
            ]
            self.open_page(MenuPage("go to", choices))

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
    """Watch a source until the user leaves; the reason for the end. The run itself is never stopped by this."""
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
    return app.run() or "left"


def _needs_ascii() -> bool:
    encoding = (sys.stdout.encoding or locale.getpreferredencoding(False)).lower().replace("-", "")
    return encoding not in ("utf8", "utf16", "utf32", "gb18030")
