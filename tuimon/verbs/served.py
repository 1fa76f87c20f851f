"""`python -m tuimon.verbs.served RUN_DIRECTORY [--readonly]`: the screen for one page of `tuimon serve`.

It draws for the server that started it, which it reads keys from, so that it looks for no terminal.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tuimon.runs import RunDirectory
from tuimon.settings import load
from tuimon.verbs.screen import show


def main() -> None:
    show(RunDirectory(Path(sys.argv[1])), load(), readonly="--readonly" in sys.argv[2:], ascii_only=False)


if __name__ == "__main__":
    main()
