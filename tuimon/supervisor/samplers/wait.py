"""Input wait of a process that no agent is in, guessed by looking at one of its threads many times a second.

TensorFlow fetches each batch in a thread of its own, a `BackgroundWorker`, and training goes on when that thread is
done. Between two batches it sleeps at one depth of its stack, just below `WorkerLoop`; whenever it is seen deeper, or
running, training waits for a batch. It is looked at from outside and never stopped.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator

from tuimon import events
from tuimon.joining import stacks
from tuimon.joining.refusal import NotAllowed, Refused

FUNCTION = "_ZN10tensorflow4data16BackgroundWorker10WorkerLoopEv"
LIBRARIES = ("libtensorflow_framework", "libtensorflow_cc", "_pywrap_tensorflow")

IDLE = 1024
"""Bytes of stack below `WorkerLoop` at most while the thread has nothing to do. Measured: 192 in TensorFlow 2.15, and
288 in 2.21; 3,760 and more while it fetches."""

EVERY = 0.02
"""Seconds between two looks, on average; at random, so that no rhythm of the training is met."""

SEARCH = 0.5
"""Seconds between two searches for threads that have begun."""

LOADED = 5.0
"""Seconds between two looks for TensorFlow in a process that has not loaded it."""

KNOWN_BY = "stack-pointer"


class WaitSampler:
    """The looks are taken in a thread; what they come to is handed out with each sample."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._watch = Watch(pid)
        self._thread: threading.Thread | None = None
        self._reason = ""

    def sample(self, now: float) -> Iterator[events.WaitEstimated]:
        if self._thread is None:
            self._thread = threading.Thread(target=self._watch.run, name="wait", daemon=True)
            self._thread.start()
        seen = self._watch.taken()
        if seen.looks:
            yield events.WaitEstimated(
                at=now,
                seconds=seen.seconds,
                wait=seen.seconds * seen.busy / seen.looks,
                looks=seen.looks,
                batches_at_most=seen.sleeps,
                known_by=KNOWN_BY,
            )
        elif self._watch.reason != self._reason:
            self._reason = self._watch.reason
            yield events.WaitEstimated(at=now, reason=self._reason)

    def close(self) -> None:
        self._watch.over.set()
        if self._thread is not None:
            self._thread.join(1.0)


class Seen:
    """What was seen in a while."""

    def __init__(self) -> None:
        self.looks = 0
        self.busy = 0  # looks at which a batch was being fetched
        self.sleeps = 0  # of the threads: each batch ends with one
        self.seconds = 0.0


class Watch:
    """Looks at the threads that fetch batches until it is `over`."""

    def __init__(self, pid: int) -> None:
        self.over = threading.Event()
        self.reason = ""  # why nothing can be seen
        self._pid = pid
        self._below: stacks.Below | None = None
        self._sleeps: dict[int, int] = {}
        self._seen = Seen()
        self._lock = threading.Lock()

    def taken(self) -> Seen:
        """What was seen since this was asked last."""
        with self._lock:
            seen, self._seen = self._seen, Seen()
        return seen

    def run(self) -> None:
        try:
            self._run()
        except NotAllowed as error:
            self.reason = f"input wait cannot be estimated: {error}"
        except Refused:
            return  # the process has ended
        finally:
            if self._below is not None:
                self._below.close()

    def _run(self) -> None:
        chance = random.Random(self._pid)
        while self._below is None:
            span = stacks.function(self._pid, LIBRARIES, FUNCTION)
            if span is not None:
                self._below = stacks.Below(self._pid, span)
            elif self.over.wait(LOADED):
                return
        last = search = time.monotonic()
        while not self.over.wait(chance.uniform(0.5, 1.5) * EVERY):
            now = time.monotonic()
            if now >= search:
                self._below.search()
                self._count_sleeps(self._below)
                search = now + SEARCH
            self._look(self._below, now - last)
            last = now

    def _look(self, below: stacks.Below, seconds: float) -> None:
        busy = False
        for number, thread in list(below.threads.items()):
            try:
                depth = thread.depth()
            except OSError:
                below.drop(number)
                continue
            busy = busy or depth is None or depth > IDLE
        if below.threads:
            with self._lock:
                self._seen.looks += 1
                self._seen.busy += busy
                self._seen.seconds += seconds

    def _count_sleeps(self, below: stacks.Below) -> None:
        slept = 0
        for number, thread in below.threads.items():
            sleeps = thread.sleeps()
            slept += max(0, sleeps - self._sleeps.get(number, sleeps))
            self._sleeps[number] = sleeps
        with self._lock:
            self._seen.sleeps += slept
