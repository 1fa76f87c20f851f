"""A recording at any pace. The clock stands still unless the test moves it."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from tests.test_state import told
from tests.tui.recorded import Story, recorded
from tuimon import events
from tuimon.player import FASTEST, LONGEST_PAUSE, SLOWEST, Player, survey
from tuimon.state import Run

START = 1000.0


class Clock:
    now = 50.0

    def __call__(self) -> float:
        return self.now


def samples(*times: float) -> list[events.Event]:
    return [events.HostSampled(at=START + at) for at in times]


class Watcher:
    """A player with a clock, and what a screen would have folded of it."""

    def __init__(self, those: list[events.Event], speed: float = 1.0) -> None:
        self.clock, self.opened = Clock(), 0
        self.those = those
        self.player = Player(self._open, survey(those), speed, self.clock)
        self.run, self.restarts = Run(), 0

    def _open(self, at: float, most: float) -> Iterator[events.Event]:
        self.opened += 1
        return iter(self.those)

    def after(self, seconds: float = 0.0) -> list[float]:
        """Let time pass; the times, since the start, of what came."""
        self.clock.now += seconds
        if self.player.restarts > self.restarts:
            self.run, self.restarts = Run(), self.player.restarts
        ready = self.player.take(60.0)
        self.run.apply_all(ready)
        return [event.at - START for event in ready]


def test_events_come_when_their_time_has_come() -> None:
    watcher = Watcher(samples(0, 1, 2, 3))

    assert watcher.after() == [0]
    assert watcher.after(0.5) == []
    assert watcher.after(0.5) == [1]
    assert watcher.after(5) == [2, 3]
    assert watcher.player.ended


def test_twice_as_fast() -> None:
    watcher = Watcher(samples(0, 1, 2, 3), speed=2.0)
    watcher.after()

    assert watcher.after(1) == [1, 2]


def test_another_speed_counts_from_now_on() -> None:
    watcher = Watcher(samples(0, 10, 11, 12), speed=10.0)
    watcher.after()
    watcher.after(0.9)
    watcher.player.speed = 1.0

    assert watcher.after(0.5) == []
    assert watcher.after(0.5) == [10]
    assert watcher.after(1) == [11]


@pytest.mark.parametrize(("asked", "got"), [(0.0, SLOWEST), (1e9, FASTEST), (math.inf, math.inf), (3.0, 3.0)])
def test_speeds_have_bounds(asked: float, got: float) -> None:
    player = Watcher(samples(0, 1)).player
    player.speed = asked

    assert player.speed == got


def test_as_fast_as_possible_needs_no_clock() -> None:
    watcher = Watcher(samples(*range(5000)), speed=math.inf)

    assert len(watcher.after()) == 5000
    assert watcher.player.ended


def test_a_pause_lasts_as_long_as_it_lasts() -> None:
    watcher = Watcher(samples(0, 1, 2))
    watcher.after()
    watcher.player.paused = True

    assert watcher.after(1000) == []
    assert not watcher.player.ended
    watcher.player.paused = False
    assert watcher.after(1) == [1]


def test_nobody_waits_for_a_night_without_events() -> None:
    watcher = Watcher(samples(0, 36_000))
    watcher.after()

    assert watcher.after(LONGEST_PAUSE / 2) == []
    assert watcher.after(LONGEST_PAUSE) == [36_000]


def test_going_forward_hands_out_what_lies_between() -> None:
    watcher = Watcher(samples(*range(100)))
    watcher.player.paused = True
    watcher.after()
    watcher.player.seek(START + 40)

    assert watcher.after() == list(range(1, 41)) or watcher.run.events == 41
    assert watcher.player.restarts == 0
    assert watcher.player.position == START + 40


def test_going_back_begins_again() -> None:
    watcher = Watcher(samples(*range(100)))
    watcher.player.seek(START + 40)
    watcher.after()
    watcher.player.paused = True
    watcher.player.seek(START + 10)

    assert watcher.after() == list(range(11))
    assert watcher.player.restarts == 1
    assert watcher.run.events == 11


def test_places_outside_are_its_ends() -> None:
    watcher = Watcher(samples(*range(10)))
    watcher.player.seek(9e9)
    watcher.after()
    assert watcher.player.position == START + 9

    watcher.player.seek(-5)
    watcher.after()
    assert watcher.player.position == START


def test_steps_go_by_single_events_and_pause() -> None:
    watcher = Watcher(samples(0, 5, 9, 9, 30))
    watcher.after()
    watcher.player.step(1)
    assert watcher.after() == [5]
    watcher.player.step(1)
    assert watcher.after() == [9]
    watcher.player.step(1)
    assert watcher.after() == [9], "at the same moment, and yet another event"
    assert watcher.player.paused
    watcher.player.step(-2)
    assert watcher.after(100) == [0, 5]
    assert watcher.run.events == 2


def test_a_little_time_is_enough_for_a_little(monkeypatch: pytest.MonkeyPatch) -> None:
    watcher = Watcher(samples(*range(10_000)), speed=math.inf)

    first = watcher.player.take(0.0)

    assert 0 < len(first) < 10_000
    assert len(first) + len(watcher.player.take(60.0)) == 10_000


def test_however_one_came_to_a_place_the_run_there_is_the_same() -> None:
    those = recorded(Story(ends=0, epochs_done=8))
    middle = those[len(those) // 2].at
    expected = told(Run().apply_all(event for event in those if event.at <= middle))
    for way in ([middle], [9e9, middle], [middle + 5, 0, middle - 5, middle]):
        watcher = Watcher(those)
        watcher.player.paused = True
        for place in way:
            watcher.player.seek(place)
            watcher.after()
        assert told(watcher.run) == expected


def test_a_recording_without_events_has_ended() -> None:
    watcher = Watcher([])

    assert watcher.after() == []
    assert watcher.player.ended
    watcher.player.seek(5)
    watcher.player.step(-1)
    assert watcher.after() == []
