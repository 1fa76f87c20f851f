"""What the training thread is busy with while no step ends: told by looking at its stack from the sender's thread."""

from __future__ import annotations

import sys
import time
from typing import Any, Dict, Optional, Tuple

from tuimon import clock, events
from tuimon.agent import calls
from tuimon.agent.outbox import outbox

AFTER = 0.5
"""Seconds without a step from which it is worth a look."""

_SIGNS: Tuple[Tuple[str, Tuple[str, ...]], ...] = (
    ("saving", ("/saving/", "checkpoint/checkpoint.py", "/h5py/", "hdf5_format")),
    ("tracing", ("func_graph.py", "/autograph/", "trace_type")),
    ("waiting", ("tuimon/agent/iterators.py", "py_dataset_adapter.py", "utils/data_utils.py")),
)
"""Phase → parts of the file names of frames that tell it."""

_SAVERS = ("ModelCheckpoint", "BackupAndRestore")

_told: Dict[int, Tuple[Any, str]] = {}


def install() -> None:
    if look not in outbox.pollers:
        outbox.pollers.append(look)


def look() -> None:
    """Queue `PhaseChanged` for each call that has been at the same step for a while and is in another phase now."""
    now = time.perf_counter()
    for call in calls.running():
        recorder = call.recorder
        if call in calls.loops[:-1]:
            continue  # what the thread does now is not this older loop's
        if recorder is None or not call.trains or not call.announced or recorder.testing is not None:
            continue
        counters = recorder.counters
        since = max(counters.ended, counters.began)
        if now - since < AFTER:
            continue
        place = (counters.epoch, counters.last)
        phase, detail = _phase(call, recorder)
        if phase and _told.get(call.number) != (place, phase):
            _told[call.number] = (place, phase)
            call.put(events.PhaseChanged(at=clock.now(), fit=call.number, phase=phase, detail=detail))


def _phase(call: Any, recorder: Any) -> Tuple[str, str]:
    running = recorder.timed.running if recorder.timed is not None else None
    if running is not None:
        return ("saving" if running[0] in _SAVERS else "callbacks"), running[0]
    found = _of_stack(sys._current_frames().get(call.thread))
    if found is not None:
        return found, ""
    return ("filling" if recorder.open_step and recorder.counters.last < 0 else ""), ""


def _of_stack(frame: Any) -> Optional[str]:
    depth = 0
    while frame is not None and depth < 200:
        path = frame.f_code.co_filename
        for phase, signs in _SIGNS:
            if any(sign in path for sign in signs):
                return phase
        frame, depth = frame.f_back, depth + 1
    return None
