"""The picture of `tuimon attach`: `python -m screenshots.attach_list`, of runs and a plain job that really train.

Drawn by the terminal emulator of the tests; needs a minute, and Pillow.
"""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pexpect
import pyte
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from screenshots.picture import draw
from screenshots.take import HERE
from tuimon import runs
from tuimon.demo import SCRIPT
from tuimon.joining.candidates import candidates

SIZE = (120, 12)


def strips(screen: pyte.Screen) -> list[Strip]:
    """The lines of an emulated terminal."""
    found = []
    for y in range(screen.lines):
        cells = (screen.buffer[y][x] for x in range(screen.columns))
        found.append(Strip([Segment(cell.data, _style(cell.reverse)) for cell in cells]).simplify())
    return found


def _style(reverse: bool) -> Style:
    return Style(reverse=True) if reverse else Style.null()


def shown(command: list[str], environment: dict[str, str], at: Path) -> pyte.Screen:
    """What a terminal shows once the list is there."""
    columns, lines = SIZE
    screen = pyte.Screen(columns, lines)
    stream = pyte.Stream(screen)
    stream.feed("$ tuimon attach\r\n")
    terminal = pexpect.spawn(
        command[0], command[1:], env=environment, cwd=at, dimensions=(lines, columns), encoding="utf-8", timeout=60
    )
    terminal.expect("plain.py[^\n]*\n")
    stream.feed(f"{terminal.before}{terminal.after}")
    terminal.send("q")
    terminal.close()
    return screen


def main() -> None:
    with tempfile.TemporaryDirectory() as made:
        at = Path(made)
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        environment = {**os.environ, "XDG_STATE_HOME": str(at / "state"), "TERM": "xterm-256color", "PATH": path}
        for name in ("train.py", "finetune.py", "plain.py"):
            shutil.copy(SCRIPT, at / name)
        tuimon = [sys.executable, "-m", "tuimon"]
        for name in ("train", "finetune"):
            command = [*tuimon, "run", "--detach", "--name", name, "--", "python", f"{name}.py", "--epochs", "90"]
            subprocess.run(command, env=environment, cwd=at, check=True, stdout=subprocess.DEVNULL)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        plain = subprocess.Popen(["python", "plain.py", "--epochs", "90"], env=environment, cwd=at, **quiet)  # type: ignore[call-overload]
        try:
            while plain.pid not in {each.pid for each in candidates()}:
                time.sleep(0.5)
            time.sleep(15.0)
            screen = shown([*tuimon, "attach"], environment, at)
        finally:
            plain.kill()
            for run in runs.every(at / "state/tuimon/runs"):
                os.killpg(run.read().pid or 0, signal.SIGKILL)
        lines = strips(screen)
        draw(lines, SIZE[0], HERE / "attach.png")
        console = Console(width=SIZE[0], record=True, file=io.StringIO(), force_terminal=True)
        for line in lines:
            console.print(*line, sep="", end="\n")
        (HERE / "attach.svg").write_text(console.export_svg(title="tuimon"))


if __name__ == "__main__":
    main()
