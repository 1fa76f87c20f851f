"""The screen of a run of very many short fits, and of a recording of very many epochs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import run_of
from tests.state.test_keeping import grown, many
from tests.tui.screen import refresh, screen, shown
from tuimon.follow import Follow
from tuimon.journal import Journal
from tuimon.player import Player, Survey
from tuimon.runs import RunDirectory
from tuimon.state import Run
from tuimon.tui.pages.menu import Choice, MenuPage
from tuimon.tui.scrubber import Scrubber
from tuimon.tui.view import View

SIZE = (160, 50)


@pytest.fixture
def run() -> Run:
    return grown(run_of(), many(1000))


async def test_it_says_how_many_fits_there_are_and_how_many_are_judged(run: Run) -> None:
    async with screen([], SIZE) as (app, _):
        app.view.run = run
        refresh(app)
        text = shown(app)

        assert "fit 1000/1000" in text
        assert "128 of 1,000 fits are judged one by one" in text
        assert "872 of 1,000 fits are not judged one by one" in text


async def test_keys_go_from_one_fit_that_is_kept_to_the_next(run: Run) -> None:
    async with screen([], SIZE) as (app, pilot):
        app.view.run = run
        refresh(app)
        seen = []
        for key in ("less_than_sign",) * 64 + ("greater_than_sign",) * 2:
            await pilot.press(key)
            assert app.view.fit is not None
            seen.append(app.view.fit.index)

        assert seen[:3] == [998, 997, 996]
        assert seen[62:] == [936, 63, 936, 937]


async def test_a_fit_that_is_no_longer_kept_gives_way_to_the_newest(run: Run) -> None:
    async with screen([], SIZE) as (app, _):
        app.view.run, app.view.chosen = run, 950
        refresh(app)
        assert "fit 951/1000" in shown(app)
        grown(run, many(1000, 1001))
        refresh(app)

        assert "fit 2000/2000" in shown(app)


async def test_the_epochs_page_goes_round_the_fits_that_are_kept(run: Run) -> None:
    async with screen([], SIZE) as (app, pilot):
        app.view.run = run
        refresh(app)
        await pilot.press("e")
        await pilot.press("right_square_bracket")
        assert "fit 1 of 1000" in shown(app)
        await pilot.press("left_square_bracket")
        assert "fit 1000 of 1000" in shown(app)


async def test_what_is_recorded_already_is_read_between_two_ticks(tmp_path: Path) -> None:
    """The app never ticks by itself here."""
    journal, directory = Journal(tmp_path), RunDirectory(tmp_path)
    for each in many(3000):
        journal.append(each)
    journal.close()
    source = Follow(directory)

    async with screen([], SIZE, source=source) as (app, _):
        for _ in range(3000):
            if source.caught_up:
                break
            await asyncio.sleep(0.01)
        assert app.view.run.fits_begun == 3000


async def test_rows_of_a_long_table_are_made_when_they_are_shown() -> None:
    made: list[str] = []

    class Told(str):
        def __format__(self, spec: str) -> str:
            made.append(self)
            return super().__format__(spec)

    choices = [Choice(Told(f"epoch {n}"), "", lambda: None) for n in range(10_000)]
    async with screen([], SIZE) as (app, pilot):
        app.open_page(MenuPage("go to", choices))
        await pilot.pause()
        assert "epoch 3" in shown(app)
        assert 0 < len(set(made)) <= SIZE[1]


def test_epochs_of_a_recording_are_placed_once_and_not_with_each_picture() -> None:
    times = 0

    class Counted(list[float]):
        def __iter__(self) -> Iterator[float]:
            nonlocal times
            times += 1
            return super().__iter__()

    begun = Counted(float(n) for n in range(10_000))
    scrubber = Scrubber()
    scrubber.player = Player(lambda at, most: iter(()), Survey((0.0, 10_000.0), begun))
    first, *others = (scrubber.rows(View(run=Run()), 120)[0].text for _ in range(5))

    assert times == 1
    assert first.count("│") > 30
    assert set(others) == {first}


def test_of_very_many_epochs_some_are_listed_to_go_to() -> None:
    scrubber = Scrubber()
    scrubber.player = Player(lambda at, most: iter(()), Survey((0.0, 1e5), [float(n) for n in range(100_000)]))
    epochs = [(name, at) for name, _, at in scrubber.places() if name.startswith("epoch")]

    assert 1000 < len(epochs) <= 2000
    assert epochs[0] == ("epoch 1", 0.0)
    assert all(name == f"epoch {at + 1:.0f}" for name, at in epochs)
