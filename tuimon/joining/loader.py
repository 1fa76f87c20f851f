"""What is run in a process to bring the agent in.

Its main thread only starts another one: it may be anywhere, inside an import or a graph that is being traced. The other
one loads tuimon's package by path, as a run's own Python processes do: `sys.path` and the environment stay as they are.
"""

from __future__ import annotations

from pathlib import Path

TEXT = """
import _thread

def load(root, given):
    try:
        import sys
        if sys.version_info < (3, 9):
            raise RuntimeError("Python %d.%d is too old for the agent" % sys.version_info[:2])
        if "tuimon" not in sys.modules:
            import _frozen_importlib, _frozen_importlib_external
            spec = _frozen_importlib_external.PathFinder.find_spec("tuimon", [root])
            package = _frozen_importlib.module_from_spec(spec)
            sys.modules["tuimon"] = package
            spec.loader.exec_module(package)
        from tuimon.agent import joining
        joining.join(given)
    except BaseException as error:
        try:
            import json, os
            told = {"event": "AgentFailed", "pid": os.getpid(), "hook": "join", "error": repr(error)}
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
            with open(os.open("%s.%d" % (given["TUIMON_SPOOL"], os.getpid()), flags, 0o600), "a") as file:
                file.write(json.dumps(told) + chr(10))
        except BaseException:
            pass

_thread.start_new_thread(load, (ROOT, GIVEN))
"""


def code(given: dict[str, str]) -> str:
    """The text for a process whose agent is to get these TUIMON_* settings."""
    root = str(Path(__file__).resolve().parents[2])
    return TEXT.replace("(ROOT, GIVEN)", f"({root!r}, {given!r})")
