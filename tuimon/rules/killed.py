"""The process died of a signal.

What it means: it did not end by itself. SIGKILL without a message is most often the kernel's (memory ran out) or a
batch system's (time is up); SIGSEGV and SIGABRT are crashes in native code.

Why it matters: what was trained since the last checkpoint is lost, and there is no traceback.

How it is decided: by the status that the process left. A signal that was sent through tuimon and Ctrl-C are not
reported; when the kernel or the process's last words say that memory ran out, the finding is out-of-memory.

What to do: look at the memory chart up to the end, at `dmesg`, and at the limits of the batch system; save checkpoints.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuimon import events
from tuimon.rules import sayings
from tuimon.rules.finding import Finding
from tuimon.rules.out_of_memory import aborted_for_memory

if TYPE_CHECKING:
    from tuimon.state import Run

ADVICE: dict[int, str] = {
    signal.SIGTERM: "Somebody, or the batch system at its time limit, asked it to end.",
    signal.SIGSEGV: "A crash in native code: run `python -X faulthandler train.py` to see where.",
    signal.SIGABRT: "Native code gave up (a failed check, or std::bad_alloc): the last lines of stderr say why.",
    signal.SIGBUS: "Often /dev/shm is full: fewer workers, or more shared memory for the container.",
    signal.SIGXCPU: "The limit of processor time was reached.",
    signal.SIGHUP: "Its terminal was closed.",
}

TELLING = re.compile(r"what\(\):|Check failed:|double free|Bus error|\*\*\* ")
"""Of the last words, those that name a reason."""


@dataclass(frozen=True)
class Killed:
    memory: float = 0.85  # of the limit, from which memory is the likely reason; own choice

    def check(self, run: Run) -> Iterator[Finding]:
        ended = run.child_ended
        if ended is None or ended.signal is None or ended.oom_killed or aborted_for_memory(ended):
            return
        if ended.signal == signal.SIGINT or self._asked(run, ended.signal):
            return
        fit = run.fit
        epoch = fit.epoch if fit else None
        where = f" in epoch {epoch.index + 1} after step {epoch.steps}" if epoch and fit and fit.ended is None else ""
        yield Finding(
            rule="killed",
            severity="error",
            message=f"the process was ended by {_name(ended.signal)}{where}{self._why(run, ended)}",
            advice=ADVICE.get(
                ended.signal,
                "Nobody but the kernel (memory, or the time of `ulimit -t`), the batch system, or a person sends this. "
                "`dmesg` and the job's log tell; save checkpoints so that it can go on.",
            ),
            fit=fit.index if fit and fit.ended is None else None,
            epoch=epoch.index if epoch else None,
            step=epoch.steps if epoch else None,
            at=ended.at,
            numbers={"signal": ended.signal, "rss": run.host.rss.high},
        )

    def unjudged(self, run: Run) -> str | None:
        if run.child_ended is not None and run.child_ended.exit_code is None and run.child_ended.signal is None:
            return "how the process ended could not be learned"
        return None if run.child or run.child_ended else "the process was not watched"

    def _asked(self, run: Run, number: int) -> bool:
        return any(
            isinstance(each.request, events.SignalRequested) and each.request.signal == number
            for each in run.requests.values()
        )

    def _why(self, run: Run, ended: events.ChildEnded) -> str:
        """What its last words say; of a kill, whether it was for want of memory."""
        if ended.signal == signal.SIGKILL:
            if ended.oom_killed is False:
                return "; not by the kernel for want of memory, whose count of such kills did not rise"
            return self._likely(run)
        frame = next((line.strip() for line in ended.last_words if line.startswith('  File "')), "")
        if frame:
            return f"; Python was at {frame.removeprefix('File ')}"
        words = next((line.strip() for line in ended.last_words if TELLING.search(line)), "")
        return f": {words}" if words else ""

    def _likely(self, run: Run) -> str:
        high, limit = run.host.rss.high, run.host.memory_limit
        if high and limit and high > self.memory * limit:
            return f"; it had {sayings.size(high)} of {sayings.size(limit)} memory, which is the likely reason"
        return ""


def _name(number: int) -> str:
    try:
        return f"signal {number} ({signal.Signals(number).name})"
    except ValueError:
        return f"signal {number}"
