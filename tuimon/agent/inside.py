"""The agent's doors in a program's own code: `tuimon.watch()` and the callback `tuimon.keras.Monitor()`."""

from __future__ import annotations

import os
import sys
from typing import Dict

from tuimon import agent, clock
from tuimon.agent import calls, frames, guard, imports, joining
from tuimon.agent.outbox import outbox

_run = ""


def watch(door: str, name: str) -> str:
    """Start the agent, and a supervisor for this process where there is none; the run's id."""
    global _run
    if agent.setting("TUIMON_SOCKET"):
        agent.start(door)
        return agent.setting("TUIMON_RUN")
    if os.environ.get("TUIMON_AGENT") == "off":
        return ""
    given = _supervised(name)
    if given:
        agent.given.update(given)
        clock.carry_on(given.get(clock.VARIABLE, ""))
        agent.start(door)
        _run = given["TUIMON_RUN"]
    return _run


def _supervised(name: str) -> Dict[str, str]:
    """What a supervisor that another process starts for this one has to tell; nothing when it cannot be started.

    This process is not forked as it is: it has threads of TensorFlow's.
    """
    import json
    import subprocess
    import warnings

    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    command = [sys.executable, "-c", _BEGIN, root, str(os.getpid()), name]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        told = json.loads(done.stdout) if done.returncode == 0 else {}
        reason = done.stderr.strip().splitlines()[-1:] or ["it told nothing"]
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        told, reason = {}, [str(error)]
    if not told:
        warnings.warn("tuimon does not watch this training: %s" % reason[0], stacklevel=4)
    return told


_BEGIN = """
import sys
if not sys.path[0]:
    del sys.path[0]  # where the program is, which may be a directory of anybody's
import json
sys.path.append(sys.argv[1])
from tuimon.joining import join
print(json.dumps(join.watch(int(sys.argv[2]), sys.argv[3])))
"""


def fit_begins() -> None:
    """Keras is about to call the fit's callbacks, of a fit that was called before its method was wrapped."""
    guard.run("join.fit", _fit_begins)


def _fit_begins() -> None:
    fit = frames.innermost()
    current = calls.current()
    if fit is None or outbox.ended or (current is not None and current.kind == "fit"):
        return
    from tuimon.agent import identity

    imports.install()
    identity.introduce()
    joining.register(fit)
    if calls.end_those_gone not in outbox.pollers:
        outbox.pollers.append(calls.end_those_gone)
