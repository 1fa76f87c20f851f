"""The pane of the GPUs and the page of one: what can be read at which size, and what they look like."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.builders import PID, fit, timed
from tests.tui.screen import screen, shown
from tests.tui.test_screen import assert_shown
from tuimon import events
from tuimon.tui.glyphs import ASCII
from tuimon.tui.pages.gpu import GpuPage
from tuimon.tui.panes.devices import DevicesPane

GIB = 1 << 30


def gpu(index: int, second: int, **facts: Any) -> dict[str, Any]:
    """30 of 80 GiB of the run, 10 of somebody else."""
    return {
        "index": index,
        "uuid": f"GPU-{index}",
        "name": "NVIDIA H100 80GB HBM3",
        "memory_total": 80 * GIB,
        "memory_used": 40 * GIB,
        "memory_own": 30 * GIB,
        "memory_others": 10 * GIB,
        "utilization": 0.5 + 0.4 * math.sin(second / 3 + index),
        "temperature": 58 + index,
        "power_watts": 410 + index,
        "power_limit_watts": 700,
        "processes": [{"pid": PID, "memory": 30 * GIB, "own": True}, {"pid": 9, "memory": 10 * GIB, "own": False}],
        "visible": True,
        **facts,
    }


def watched(gpus: int, seconds: int = 60, allocator: bool = True) -> list[events.Event]:
    """A run beside so many GPUs. TensorFlow has 12 of its 30 GiB in use, and had 20."""
    these: list[events.Event] = [*fit()]
    for second in range(seconds):
        these.append(
            events.HostSampled(
                rss=3 * GIB, memory_total=64 * GIB, memory_available=50 * GIB, cpu_ratio=0.4, cores=16, cpu_cores=5.0
            )
        )
        if gpus:
            these.append(events.GpusSampled(gpus=[gpu(each, second) for each in range(gpus)], driver="580.65"))
        if gpus and allocator:
            facts = {"name": "GPU:0", "gpu_index": 0, "in_use": 12 * GIB, "peak": 20 * GIB, "limit": 30 * GIB}
            these.append(events.AllocatorSampled(pid=PID, devices=[{**facts, "memory_growth": False}]))
    return timed(*these)


PICTURES = {
    "no-gpu-80x24": (0, (80, 24)),
    "two-gpus-80x24": (2, (80, 24)),
    "two-gpus-120x40": (2, (120, 40)),
    "eight-gpus-80x24": (8, (80, 24)),
    "sixteen-gpus-120x40": (16, (120, 40)),
}


@pytest.mark.parametrize("name", PICTURES)
async def test_looks_as_approved(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tuimon.rules.diagnose", lambda run: [])
    gpus, size = PICTURES[name]
    async with screen(watched(gpus), size) as (app, _):
        pane = app.overview.pane("devices")
        texts = [strip.text.rstrip() for strip in pane._strips] if pane.display else ["no pane of devices"]
        assert_shown(f"devices-{name}", "\n".join(texts))


@pytest.mark.parametrize(("gpus", "size"), [(8, (120, 40)), (16, (120, 40)), (8, (80, 24)), (16, (250, 70))])
async def test_every_gpu_is_there_without_scrolling(gpus: int, size: tuple[int, int]) -> None:
    async with screen(watched(gpus), size) as (app, _):
        text = " ".join(strip.text for strip in app.overview.pane("devices")._strips)
        words = text.split()
        assert all(str(index) in words for index in range(gpus))
        assert words.count("driver") + sum(word.endswith("%") for word in words) >= gpus


async def test_a_gpu_over_the_whole_width_shows_all_of_it() -> None:
    async with screen(watched(2), (80, 24)) as (app, pilot):
        app.overview.pane("devices").focus()
        await pilot.press("z")
        await pilot.pause()
        line = next(line for line in shown(app).splitlines() if line.strip().startswith("0 "))
    for word in ("40/80 GiB", "58°C", "410/700 W", "█", "▓", "▒", "·", "│"):
        assert word in line
    bar = line.split()[1]
    assert bar.index("│") > bar.index("▓"), "the peak lies beyond what is in use now"


async def test_without_a_gpu_the_host_takes_the_room() -> None:
    async with screen(watched(0)) as (app, _):
        assert not app.overview.pane("devices").display
        alone = app.overview.pane("host").size.height
    async with screen(watched(2)) as (app, _):
        assert app.overview.pane("devices").display
        assert app.overview.pane("host").size.height < alone


async def test_enter_opens_the_page_of_one_gpu() -> None:
    async with screen(watched(3), (100, 60)) as (app, pilot):
        app.overview.pane("devices").focus()
        await pilot.press("down", "up", "enter")
        await pilot.pause()
        assert isinstance(app.screen, GpuPage)
        text = shown(app)
        for part in (
            "GPU 0 NVIDIA H100",
            "own 30 GiB",
            "in use 12 GiB",
            "peak 20 GiB",
            "memory growth off",
            f"process {PID}",
            "this run",
            "memory used, GiB",
            "load, %",
        ):
            assert part in text
        await pilot.press("right_square_bracket")
        assert "GPU 1 NVIDIA H100" in shown(app)
        await pilot.press("escape")
        await pilot.pause()
        assert app.overview.is_current


async def test_what_is_not_known_is_no_zero() -> None:
    bare = {"index": 0, "uuid": "u", "problems": {"memory": "not supported"}}
    lost = {"index": 1, "uuid": "v", "memory_total": GIB, "memory_used": 0}
    these = timed(fit(), events.GpusSampled(gpus=[bare, lost]), events.GpusSampled(gpus=[bare]))
    async with screen(these, (120, 40)) as (app, pilot):
        text = "\n".join(strip.text for strip in app.overview.pane("devices")._strips)
        assert "lost: no longer seen" in text
        assert "–" in text
        app.overview.pane("devices").focus()
        await pilot.press("enter")
        await pilot.pause()
        assert "no memory" in shown(app)
        assert "not supported" in shown(app)


async def test_in_ascii() -> None:
    async with screen(watched(2), (120, 40), glyphs=ASCII) as (app, pilot):
        pane = app.overview.pane("devices")
        assert isinstance(pane, DevicesPane)
        assert shown(app).isascii()
        pane.focus()
        await pilot.press("enter")
        await pilot.pause()
        assert shown(app).isascii()
