"""What a process prints, when its standard output or error is a file that we may read."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def output_of(pid: int, stream: int, root: Path = Path("/proc")) -> Path | None:
    """The regular file behind this descriptor (1 or 2); None when it is a terminal, a pipe, or not ours to read."""
    link = root / str(pid) / "fd" / str(stream)
    try:
        path = Path(os.readlink(link))
        there = path.stat()
        if not stat.S_ISREG(there.st_mode) or not os.path.samestat(there, link.stat()):
            return None  # removed or replaced: what is there now is another file
    except OSError:
        return None
    return path if os.access(path, os.R_OK) else None
