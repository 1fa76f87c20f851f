"""All pictures of the screen: `python -m screenshots.take [NAME …]`, as SVG, and as PNG where Pillow is installed.

The runs in `screenshots/runs` were recorded from real training; a picture shows one at some moment. Two GPUs are those
of the simulated driver, beside a real training; eight are a made-up recording.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson
from textual.strip import Strip

from tests.tui.recorded import Story, recorded
from tests.tui.screen import Listed, refresh
from tuimon import events, wire
from tuimon.player import Player, survey
from tuimon.source import Source
from tuimon.state import Run
from tuimon.tui.app import Watch

HERE = Path(__file__).parent
RUNS = HERE / "runs"


@dataclass(frozen=True)
class Picture:
    """`moment` is the share of the recording that has been played; `keys` are pressed before the picture is taken.

    `beside` is a second run, to compare curves with; with `played`, the recording is on the screen as `tuimon replay`
    shows it.
    """

    name: str
    run: str
    size: tuple[int, int] = (120, 40)
    moment: float = 1.0
    keys: tuple[str, ...] = ()
    theme: str = "dark"
    beside: str = ""
    played: bool = False


PICTURES = (
    Picture("healthy", "healthy", moment=0.8),
    Picture("healthy-small", "healthy", (80, 24), moment=0.8),
    Picture("healthy-large", "healthy", (250, 70), moment=0.8),
    Picture("half-unseen", "half", moment=0.7),
    Picture("starved", "starved", moment=0.95),
    Picture("not-finite", "nan", moment=0.95),
    Picture("out-of-memory", "out-of-memory"),
    Picture("replay", "split", moment=0.55, played=True),
    Picture("compared", "healthy", beside="split", keys=("tab", "tab", "tab", "z", "l", "x")),
    Picture("finding", "starved", moment=0.95, keys=("tab", "tab", "tab", "tab", "enter")),
    Picture("epochs", "healthy", keys=("e",)),
    Picture("model", "half", keys=("m",)),
    Picture("help", "healthy", keys=("question_mark",)),
    Picture("light", "healthy", moment=0.8, theme="light"),
    Picture("two-gpus", "two-gpus", moment=0.7),
    Picture("eight-gpus", "eight-gpus"),
)


def recording(name: str) -> list[events.Event]:
    if name == "eight-gpus":
        return recorded(Story(gpus=8, name="resnet50"))
    with gzip.open(RUNS / name / "journal.jsonl.gz", "rb") as lines:
        return [wire.decode(line.rstrip(b"\n"), orjson.loads) for line in lines]


def until(those: Sequence[events.Event], moment: float) -> list[events.Event]:
    times = [event.at for event in those if event.at]
    last = times[0] + (times[-1] - times[0]) * moment
    return [event for event in those if event.at <= last]


def player(those: list[events.Event], moment: float) -> Player:
    """A recording that stands still at this moment."""
    made = Player(lambda *_: iter(those), survey(those))
    made.paused = True
    first, last = made.span
    made.seek(max(event.at for event in those if event.at <= first + (last - first) * moment))
    return made


async def take(picture: Picture) -> tuple[Watch, list[Strip], str]:
    """The app, its lines, and its picture as SVG."""
    source: Source = Listed(until(recording(picture.run), picture.moment))
    if picture.played:
        source = player(recording(picture.run), picture.moment)
    directory = RUNS / picture.run
    app = Watch(source, directory=directory, interval=3600.0, theme=picture.theme)
    app.title = "tuimon"
    if picture.beside:
        app.view.other = Run()
        app.view.other.apply_all(recording(picture.beside))
    async with app.run_test(size=picture.size) as pilot:
        await pilot.pause()
        refresh(app)
        while isinstance(source, Player) and app.view.run.now < source.position:
            refresh(app)
        for key in picture.keys:
            await pilot.press(key)
        await pilot.pause()
        app.paint()
        await pilot.pause()
        return app, app.screen._compositor.render_strips(), app.export_screenshot()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="these pictures only")
    names = parser.parse_args(arguments).names
    for picture in PICTURES:
        if names and picture.name not in names:
            continue
        _, strips, svg = asyncio.run(take(picture))
        (HERE / f"{picture.name}.svg").write_text(svg)
        try:
            from screenshots.picture import DARK, LIGHT, draw
        except ImportError:
            print(f"{picture.name}: no PNG without Pillow")
        else:
            theme = LIGHT if picture.theme == "light" else DARK
            draw(strips, picture.size[0], HERE / f"{picture.name}.png", theme)


if __name__ == "__main__":
    main()
