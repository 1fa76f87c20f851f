"""How the user asks something of the run: chosen, said in words, confirmed, sent; and what ctrl-c does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tuimon import events
from tuimon.errors import TuimonError
from tuimon.tui import requests
from tuimon.tui.pages.answer import AnswerPage
from tuimon.tui.pages.menu import Choice, MenuPage

if TYPE_CHECKING:
    from tuimon.tui.app import Watch

Ask = Callable[[events.Request], object]
"""Hands a request to the run. Raises TuimonError when it cannot be delivered."""

TWICE = 2.0
"""Seconds within which a second ctrl-c interrupts the script."""


class Asking:
    def __init__(self, app: Watch) -> None:
        self.app = app
        self._interrupted_at = float("-inf")
        self._waiting: dict[str, requests.Kind] = {}  # requests without an answer yet, by id

    @property
    def possible(self) -> bool:
        return self.app.ask is not None and self.app.view.run.status == "running"

    def choices(self) -> list[Choice]:
        """All requests, each of which asks again before it is sent."""
        if not self.possible:
            return []
        return [Choice(kind.text, kind.warning, self._later(self.confirm, kind)) for kind in requests.KINDS]

    def confirm(self, kind: requests.Kind) -> None:
        answers = [Choice("no", "go back", nothing), Choice(f"yes, {kind.text}", "", self._later(self.send, kind))]
        self.app.open_page(MenuPage(f"{kind.text}?", answers, kind.warning, narrowing=False))

    def send(self, kind: requests.Kind) -> None:
        if self.app.ask is None:
            self.app.notice("this run cannot be asked for anything")
            return
        request = requests.made(kind)
        try:
            self.app.ask(request)
        except TuimonError as error:
            self.app.notice(str(error))
        else:
            self._waiting[request.id] = kind
            self.app.notice(f"asked to {kind.text}")

    def hear(self) -> None:
        """Show what came of what was asked here."""
        for id, kind in list(self._waiting.items()):
            asked = self.app.view.run.requests.get(id)
            if asked is not None and asked.answer is not None:
                del self._waiting[id]
                answer = asked.answer
                said = "done" if answer.accepted else "refused"
                self.app.notice(f"{kind.text}: {said}" + (f", {answer.detail}" if answer.detail else ""), 10.0)
                if answer.text:
                    self.app.open_page(AnswerPage(kind.text, answer.text))

    def interrupt(self) -> None:
        """Ask what to do; a second time within two seconds, interrupt the script."""
        now = time.monotonic()
        again, self._interrupted_at = now - self._interrupted_at < TWICE, now
        asked = isinstance(self.app.screen, MenuPage)
        if again and self.possible:
            if asked:
                self.app.pop_screen()
            self.send(requests.INTERRUPT)
        elif not asked:
            self._what_now()

    def _what_now(self) -> None:
        choices = [
            Choice("leave", "the training goes on; `tuimon attach` brings this screen back", self.app.action_leave),
            Choice("stay", "", nothing),
        ]
        if self.possible:
            for kind in (requests.INTERRUPT, requests.TERMINATE):
                choices.append(Choice(kind.text, kind.warning, self._later(self.send, kind)))
        explanation = "ctrl-c again within two seconds interrupts the script" if self.possible else ""
        self.app.open_page(MenuPage("what now?", choices, explanation, narrowing=False))

    def _later(self, do: Callable[[requests.Kind], None], kind: requests.Kind) -> Callable[[], None]:
        return lambda: do(kind)


def nothing() -> None:
    """What `no` does."""
