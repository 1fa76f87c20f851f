"""What is shown on request: every page, and what is chosen there. Loaded with the first one; no first picture waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tuimon import runs
from tuimon.control import Control
from tuimon.follow import Follow
from tuimon.state import Run
from tuimon.tui import units
from tuimon.tui.pages.epochs import EpochsPage
from tuimon.tui.pages.facts import FactsPage
from tuimon.tui.pages.finding import FindingPage
from tuimon.tui.pages.help import HelpPage
from tuimon.tui.pages.menu import Choice, MenuPage
from tuimon.tui.pages.metrics import MetricsPage
from tuimon.tui.pages.runs import RunsPage
from tuimon.tui.panes.metrics import MetricsPane
from tuimon.tui.rescue import Rescue

if TYPE_CHECKING:
    from tuimon.tui.app import Watch


def help(app: Watch) -> None:
    app.open_page(HelpPage())


def epochs(app: Watch) -> None:
    app.open_page(EpochsPage())


def facts(app: Watch) -> None:
    app.open_page(FactsPage())


def finding(app: Watch) -> None:
    """The page of the finding in the header, or of the first one."""
    found = app.view.ordered_findings
    if found:
        app.open_page(FindingPage(app.view.headline or found[0]))
    else:
        app.notice("nothing has been found")


def commands(app: Watch) -> None:
    pages = [
        Choice("epochs", "a table of this fit's epochs", _later(epochs, app)),
        Choice("model", "the model, its data, the run", _later(facts, app)),
        Choice("runs", "watch another run", _later(switch, app)),
        Choice("compare", "another run's curves beside these; chosen again, away with them", _later(compare, app)),
        Choice("metrics", "which ones are drawn", _later(metrics, app)),
        Choice("search", "find a line of the output", _later(search, app)),
        Choice("theme", "the next one", app.action_theme),
        Choice("help", "every key", _later(help, app)),
        Choice("leave", "the training goes on", app.action_leave),
    ]
    app.open_page(MenuPage("commands", pages + app.asking.choices()))


def search(app: Watch) -> None:
    """Lines of the output to choose from, narrowed down by typing."""
    output = app.output
    choices = [Choice(line, stream, output.jumping(stream, at)) for stream, at, line in output.searchable()]
    app.open_page(MenuPage("search the output", choices[-2000:][::-1]))


def metrics(app: Watch) -> None:
    pane = app.overview.pane("metrics")
    assert isinstance(pane, MetricsPane)
    app.open_page(MetricsPage(pane))


def go_to(app: Watch) -> None:
    """Places of the recording to choose from."""
    if app.player is not None:
        first, scrubber = app.player.span[0], app.overview.scrubber
        choices = [
            Choice(text, f"{units.clock(at - first)}  {more}", scrubber.seeking(at))
            for text, more, at in scrubber.places()
        ]
        app.open_page(MenuPage("go to", choices))


def switch(app: Watch) -> None:
    """Choose a run to watch from here on; this one goes on as it is."""

    def watch(run: runs.RunDirectory) -> None:
        app.tell, app.rescue = None, Rescue(run, only_say=app.view.readonly)
        app.ask = None if app.view.readonly else Control(run, "screen").ask
        app.view.chosen, app.view.paused = None, False
        app.output.show(run.path)
        app.watch_source(Follow(run), run.path)
        app.call_after_refresh(app.tick)

    app.open_page(_runs(app, watch))


def compare(app: Watch) -> None:
    """Choose a run whose curves are drawn beside these; take them away when there are some."""
    if app.view.other is not None:
        app.beside, app.view.other = None, None
        app.notice("compared with no run any more")
        return

    def beside(run: runs.RunDirectory) -> None:
        if run.path == app.directory:
            app.notice("that is this run: choose another one")
            return
        app.beside, app.view.other = Follow(run), Run()
        app.call_after_refresh(app.tick)

    app.open_page(_runs(app, beside, "compare with it"))


def _runs(app: Watch, chosen: Callable[[runs.RunDirectory], None], what: str = "watch it") -> RunsPage:
    here = app.directory
    return RunsPage(here.parent if here is not None else runs.home(), here.name if here else "", chosen, what)


def _later(do: Callable[[Watch], None], app: Watch) -> Callable[[], None]:
    return lambda: do(app)
