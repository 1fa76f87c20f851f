"""A recording on the screen: its line, and the keys that play it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from tests.tui.recorded import Story, recorded
from tests.tui.screen import refresh, screen, shown
from tuimon import events
from tuimon.player import Player, survey
from tuimon.source import Playable
from tuimon.tui.scrubber import faster


class Recording:
    """Plays only where it is told to: no clock."""

    def __init__(self, those: Sequence[events.Event]) -> None:
        self.those = list(those)
        self.paused = False
        self.speed = 1.0
        self.restarts = 0
        self.next = 0
        self.until = 0

    def take(self, budget: float) -> list[events.Event]:
        ready = self.those[self.next : self.until]
        self.next = max(self.next, self.until)
        return ready

    @property
    def ended(self) -> bool:
        return False

    @property
    def position(self) -> float:
        return self.those[max(0, self.until - 1)].at

    @property
    def span(self) -> tuple[float, float]:
        return self.those[0].at, self.those[-1].at

    @property
    def epochs(self) -> list[float]:
        return [event.at for event in self.those if isinstance(event, events.EpochStarted)]

    def whole(self) -> Iterator[events.Event]:
        return iter(self.those)

    def seek(self, at: float) -> None:
        self.until = sum(1 for event in self.those if event.at <= at)
        if self.until < self.next:
            self.restarts += 1
            self.next = 0

    def step(self, by: int) -> None:
        self.paused = True
        self.until = max(0, min(len(self.those), self.until + by))
        if self.until < self.next:
            self.restarts += 1
            self.next = 0


def test_the_double_and_the_real_player_are_what_a_screen_takes_for_a_recording() -> None:
    those = recorded(Story())

    assert isinstance(Recording(those), Playable)
    assert isinstance(Player(lambda *_: iter(those), survey(those)), Playable)


async def test_the_real_player_goes_to_an_epoch_and_back() -> None:
    those = recorded(Story())
    player = Player(lambda *_: iter(those), survey(those), speed=0.25)
    player.paused = True
    async with screen([], (120, 40), source=player) as (app, _):
        for at, said in ((player.epochs[3] + 0.1, "epoch 4/8"), (player.epochs[1] + 0.1, "epoch 2/8")):
            player.seek(at)
            for _ in range(1000):
                refresh(app)
                if said in shown(app):
                    break
            assert said in shown(app)


async def test_keys_play_step_and_jump() -> None:
    recording = Recording(recorded(Story()))
    async with screen([], (120, 40), source=recording) as (app, pilot):
        await pilot.press("right_square_bracket", "right_square_bracket")
        refresh(app)
        assert "epoch 2/8" in shown(app)
        await pilot.press("right_square_bracket")
        refresh(app)
        assert "epoch 3/8" in shown(app)
        await pilot.press("left_square_bracket")
        refresh(app)
        assert "epoch 2/8" in shown(app), "folded anew from the first event"
        await pilot.press("space")
        assert recording.paused
        taken = recording.until
        await pilot.press("full_stop", "full_stop", "comma")
        assert recording.until == taken + 1
        await pilot.press("plus", "plus")
        assert recording.speed == 5.0
        await pilot.press("minus")
        assert recording.speed == 2.0


async def test_going_to_a_place_by_name() -> None:
    recording = Recording(recorded(Story()))
    async with screen([], (120, 40), source=recording) as (app, pilot):
        await pilot.press("g", *"epoch 4", "enter")
        refresh(app)
        await pilot.pause()
        assert "epoch 4/8" in shown(app)


async def test_the_line_says_where_it_is_and_how_fast() -> None:
    recording = Recording(recorded(Story()))
    async with screen([], (120, 40), source=recording) as (app, pilot):
        recording.seek(recording.span[0] + 60)
        refresh(app)
        await pilot.pause()
        line = shown(app).splitlines()[-2]

    assert "of 1:35" in line
    assert "1×" in line


async def test_what_will_be_found_is_marked_before_it_is_reached() -> None:
    recording = Recording(recorded(Story(nan_at=9_000)))
    async with screen([], (120, 40), source=recording) as (app, pilot):
        while not app.overview.scrubber.met:
            app.tick()
        refresh(app)
        await pilot.pause()
        line = shown(app).splitlines()[-2]
        assert app.view.run.events == 0, "nothing has been played"
        assert app.view.glyphs.error in line
        await pilot.press("g", *"non-finite", "enter")
        refresh(app)
        assert recording.until > 0


def test_speeds_have_ends() -> None:
    assert faster(1000.0, 1) == math.inf
    assert faster(math.inf, 1) == math.inf
    assert faster(math.inf, -1) == 1000.0
    assert faster(0.25, -1) == 0.25
