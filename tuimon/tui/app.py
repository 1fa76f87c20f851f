"""The screen of one run: takes events from a source, folds them, and has the visible page painted."""

from __future__ import annotations

import locale
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType

from tuimon import events, rules, runs
from tuimon.control import Control
from tuimon.errors import TuimonError
from tuimon.follow import Follow
from tuimon.source import Playable, Source
from tuimon.state import Run
from tuimon.tui import requests, scrubber, units
from tuimon.tui import theme as themes
from tuimon.tui.glyphs import ASCII, UNICODE, Glyphs
from tuimon.tui.overview import Overview
from tuimon.tui.page import Page
from tuimon.tui.pages.epochs import EpochsPage
from tuimon.tui.pages.facts import FactsPage
from tuimon.tui.pages.finding import FindingPage
from tuimon.tui.pages.help import HelpPage
from tuimon.tui.pages.menu import Choice, MenuPage
from tuimon.tui.pages.runs import RunsPage
from tuimon.tui.panes import all_panes
from tuimon.tui.panes.findings import FindingsPane
from tuimon.tui.panes.output import OutputPane
from tuimon.tui.view import View

Ask = Callable[[events.Request], object]
"""Hands a request to the run. Raises TuimonError when it cannot be delivered."""

BUDGET = 0.02
"""Seconds of a tick spent on taking events, so that keys are answered meanwhile."""

DIAGNOSE_EVERY = 1.0
TWICE = 2.0
"""Seconds within which a second ctrl-c interrupts the script."""


class Watch(App[str]):
    """Returns why it ended: "left", or "failed: …"."""

    ENABLE_COMMAND_PALETTE = False
    CSS_PATH = "app.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "leave", "leave", show=False),
        Binding("ctrl+c", "interrupt", "what to do", show=False, priority=True, system=True),
        Binding("question_mark,h", "help", "help", show=False),
        Binding("colon,ctrl+p", "commands", "commands", show=False),
        Binding("space", "hold", "hold still", show=False),
        Binding("e", "epochs", "epochs", show=False),
        Binding("m", "facts", "model", show=False),
        Binding("slash", "search", "search", show=False),
        Binding("t", "theme", "theme", show=False),
        Binding("r", "runs", "runs", show=False),
        Binding("full_stop", "play_step(1)", "next event", show=False),
        Binding("comma", "play_step(-1)", "event before", show=False),
        Binding("left_square_bracket", "play_epoch(-1)", "epoch before", show=False),
        Binding("right_square_bracket", "play_epoch(1)", "next epoch", show=False),
        Binding("plus,equals_sign", "play_speed(1)", "faster", show=False),
        Binding("minus", "play_speed(-1)", "slower", show=False),
        Binding("g", "go_to", "go to", show=False),
        Binding("ctrl+z", "suspend_process", show=False),
        Binding("ctrl+q", "leave", show=False),
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
    ) -> None:
        super().__init__(ansi_color=True)
        self.source = source
        self.player = source if isinstance(source, Playable) else None
        self.directory = directory
        self.ask = None if readonly else ask
        self.interval = interval
        self.clipboard_allowed = clipboard
        self.view = View(theme=themes.fitting(theme), glyphs=glyphs, readonly=readonly)
        self.overview = Overview(all_panes(directory))
        self._restarts = self.player.restarts if self.player is not None else 0
        self.overview.scrubber.player = self.player
        self._diagnosed_at = 0.0
        self._diagnosed_events = -1
        self._interrupted_at = -TWICE
        self._notice_until = 0.0

    def get_default_screen(self) -> Overview:
        return self.overview

    def on_mount(self) -> None:
        self.set_interval(self.interval, self.tick)
        self.call_after_refresh(self.tick)

    # --- taking and painting

    def tick(self) -> None:
        """Take what is ready, fold it, and have the page on top painted once."""
        if not self.view.paused:
            self._fold()
        if self._notice_until and time.monotonic() > self._notice_until:
            self.notice("")
        self.paint()

    def _fold(self) -> None:
        if self.player is not None and self.player.restarts != self._restarts:
            self._restarts = self.player.restarts
            self.start_over()
        run = self.view.run
        for event in self.source.take(BUDGET):
            run.apply(event)
        now = time.monotonic()
        if run.events != self._diagnosed_events and now - self._diagnosed_at >= DIAGNOSE_EVERY:
            self.diagnose()
            self._diagnosed_at = now

    def start_over(self) -> None:
        """What follows begins at the first event again."""
        self.view.run, self.view.findings, self.view.headline = Run(), (), None
        self._diagnosed_events = -1
        self._diagnosed_at = 0.0

    def diagnose(self) -> None:
        view = self.view
        view.findings = rules.diagnose(view.run)
        view.headline = rules.headline(view.findings)
        self._diagnosed_events = view.run.events

    def paint(self) -> None:
        page = self.screen
        if isinstance(page, (Overview, Page)):
            page.paint(self.view)

    def notice(self, text: str, seconds: float = 4.0) -> None:
        """Say something on the last line for a while."""
        self.view.notice = text
        self._notice_until = time.monotonic() + seconds if text else 0.0
        self.paint()

    # --- going about

    def open_page(self, page: Page) -> None:
        self.push_screen(page)
        self.call_after_refresh(self.paint)

    def action_return_to(self) -> None:
        """Back to the page below."""
        if len(self.screen_stack) > 1:
            self.pop_screen()
            self.call_after_refresh(self.paint)

    def action_leave(self) -> None:
        self.exit("left")

    def action_help(self) -> None:
        self.open_page(HelpPage())

    def action_epochs(self) -> None:
        self.open_page(EpochsPage())

    def action_facts(self) -> None:
        self.open_page(FactsPage())

    def action_hold(self) -> None:
        if self.player is not None:
            self.player.paused = not self.player.paused
            return
        self.view.paused = not self.view.paused
        self.notice("held still; space goes on" if self.view.paused else "")

    # --- a recording that is played

    def action_play_step(self, by: int) -> None:
        if self.player is not None:
            self.player.step(by)

    def action_play_epoch(self, by: int) -> None:
        player = self.player
        if player is None:
            return
        begun = [*player.epochs, player.span[1]]
        wanted = [at for at in begun if (at > player.position if by > 0 else at < player.position - 1.0)]
        player.seek((wanted[0] if by > 0 else wanted[-1]) if wanted else player.span[by > 0])

    def action_play_speed(self, by: int) -> None:
        if self.player is not None:
            self.player.speed = scrubber.faster(self.player.speed, by)
            self.paint()

    def action_go_to(self) -> None:
        """Places of the recording to choose from: the start, epochs, findings met so far, the end."""
        player = self.player
        if player is None:
            return
        first, last = player.span
        places = [("start", "", first), ("end", "", last)]
        places += [(f"epoch {number}", "", at) for number, at in enumerate(player.epochs, 1)]
        places += [(each.rule, each.message, at) for (_, at), each in self.overview.scrubber.met.items()]
        places += [(f"{part} %", "", first + (last - first) * part / 100) for part in (10, 25, 50, 75, 90)]
        choices = [
            Choice(text, f"{units.clock(at - first)}  {more}", lambda at=at: player.seek(at))  # type: ignore[misc]
            for text, more, at in places
        ]
        self.open_page(MenuPage("go to", choices))

    # --- the rest

    def action_theme(self) -> None:
        names = [theme.name for theme in themes.THEMES]
        following = themes.THEMES[(names.index(self.view.theme.name) + 1) % len(names)]
        self.view.theme = following
        self.notice(f"theme {following.name}")

    def on_findings_pane_opened(self, message: FindingsPane.Opened) -> None:
        self.open_page(FindingPage(message.finding))

    def action_search(self) -> None:
        """Lines of the output to choose from, narrowed down by typing."""
        output = self.overview.pane("output")
        assert isinstance(output, OutputPane)
        choices = [
            Choice(line, stream, lambda at=at, stream=stream: output.jump(stream, at))  # type: ignore[misc]
            for stream, at, line in output.searchable()
        ]
        self.open_page(MenuPage("search the output", choices[-2000:][::-1]))

    def action_runs(self) -> None:
        where = self.directory.parent if self.directory is not None else runs.home()
        self.open_page(RunsPage(where, self.directory.name if self.directory else "", self.switch))

    def switch(self, run: runs.RunDirectory) -> None:
        """Watch another run from here on; this one goes on as it is."""
        self.source, self.player, self.directory = Follow(run), None, run.path
        self.ask = None if self.view.readonly else Control(run, "screen").ask
        self.view.chosen, self.view.paused = None, False
        self.start_over()
        self.overview.scrubber.player = None
        output = self.overview.pane("output")
        assert isinstance(output, OutputPane)
        output.show(run.path)
        self.call_after_refresh(self.tick)

    # --- asking something of the run

    def action_commands(self) -> None:
        pages = [
            Choice("epochs", "a table of this fit's epochs", self.action_epochs),
            Choice("model", "the model, its data, the run", self.action_facts),
            Choice("runs", "watch another run", self.action_runs),
            Choice("search", "find a line of the output", self.action_search),
            Choice("theme", "the next one", self.action_theme),
            Choice("help", "every key", self.action_help),
            Choice("leave", "the training goes on", self.action_leave),
        ]
        asked = [Choice(kind.text, kind.warning, lambda kind=kind: self.confirm(kind)) for kind in requests.KINDS]  # type: ignore[misc]
        self.open_page(MenuPage("commands", pages + (asked if self.may_ask else [])))

    @property
    def may_ask(self) -> bool:
        return self.ask is not None and self.view.run.status == "running"

    def confirm(self, kind: requests.Kind) -> None:
        choices = [
            Choice("no", "go back", lambda: None),
            Choice(f"yes, {kind.text}", "", lambda: self.request(kind)),
        ]
        self.open_page(MenuPage(f"{kind.text}?", choices, kind.warning, narrowing=False))

    def request(self, kind: requests.Kind) -> None:
        if self.ask is None:
            self.notice("this run cannot be asked for anything")
            return
        try:
            self.ask(requests.made(kind))
        except TuimonError as error:
            self.notice(str(error))
        else:
            self.notice(f"asked to {kind.text}")

    def action_interrupt(self) -> None:
        """Ask what to do; a second time within two seconds, interrupt the script."""
        now = time.monotonic()
        again, self._interrupted_at = now - self._interrupted_at < TWICE, now
        if again and self.may_ask:
            if isinstance(self.screen, MenuPage):
                self.pop_screen()
            self.request(requests.INTERRUPT)
            return
        choices = [
            Choice("leave", "the training goes on; `tuimon attach` brings this screen back", self.action_leave),
            Choice("stay", "", lambda: None),
        ]
        if self.may_ask:
            for kind in (requests.INTERRUPT, requests.TERMINATE):
                choices.append(Choice(kind.text, kind.warning, lambda kind=kind: self.request(kind)))  # type: ignore[misc]
        explanation = "ctrl-c again within two seconds interrupts the script" if self.may_ask else ""
        if not isinstance(self.screen, MenuPage):
            self.open_page(MenuPage("what now?", choices, explanation, narrowing=False))

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
) -> str:
    """Watch a source until the user leaves; the reason for the end. The run itself is never stopped by this."""
    os.environ.setdefault("TEXTUAL_FPS", "20")
    app = Watch(
        source,
        directory=directory,
        readonly=readonly,
        interval=interval,
        ask=ask,
        theme=theme,
        glyphs=ASCII if (_needs_ascii() if ascii_only is None else ascii_only) else UNICODE,
        clipboard=clipboard,
    )
    return app.run() or "left"


def _needs_ascii() -> bool:
    encoding = (sys.stdout.encoding or locale.getpreferredencoding(False)).lower().replace("-", "")
    return encoding not in ("utf8", "utf16", "utf32", "gb18030")
