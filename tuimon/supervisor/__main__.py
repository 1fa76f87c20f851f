"""`python -m tuimon.supervisor RUN_DIRECTORY`: put a supervisor where one died, and leave it to itself.

For who must not fork: a supervisor is a fork of the process that asks for it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tuimon.errors import TuimonError
from tuimon.runs import RunDirectory
from tuimon.supervisor.adopt import adopt, needed


def main(path: str) -> int:
    directory = RunDirectory(Path(path))
    try:
        if needed(directory):
            adopt(directory)
    except TuimonError as error:
        if not directory.supervised():  # nobody else was quicker
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
