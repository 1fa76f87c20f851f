"""The bounded queue of what there is to say, and the one thread that says it.

Hooks `put` an event, or a function that makes one from numbers copied on the training thread; the thread converts,
encodes and sends a few times a second, in the order in which things were put. With nobody listening it writes a spool
and tries to connect again. What does not fit is counted and reported as `EventsLost`.
"""

from __future__ import annotations

import _thread
import atexit
import os
import signal
import time
from collections import deque
from typing import Any, Callable, Deque, List, Optional, Union

from tuimon import agent, clock, events, wire
from tuimon.agent import guard
from tuimon.agent.link import BUFFERED, Link
from tuimon.agent.spool import Spool
from tuimon.agent.standstill import Standstill

Item = Union[events.Event, Callable[[], Optional[events.Event]]]

CAPACITY = 20_000
"""Items that may wait to be sent."""

FAST, SLOW, FIRST_MINUTE = 0.25, 1.0, 60.0
"""Seconds between two flushes in the first minute, and later."""

RETRY = 2.0
"""Seconds between two attempts to reach a supervisor that is gone."""


class Outbox:
    def __init__(self) -> None:
        self.pollers: List[Callable[[], None]] = []
        """Called on the sender's thread before each flush; they put what they find."""
        self.listeners: List[Callable[[bytes], None]] = []
        """Called on the sender's thread with each line that came from the supervisor."""
        self.before_end: List[Callable[[], None]] = []
        """Called at exit, before the last flush; they put what remains to be said."""
        self._reset()

    def _reset(self) -> None:
        self.pid = os.getpid()
        self.started = False
        self.ended = False
        self._starting = False
        self._queue: Deque[Item] = deque()
        self._polling = _thread.allocate_lock()  # a poller may wait as long as TensorFlow waits for memory
        self._sending = _thread.allocate_lock()
        self._lost = 0
        self._lost_since: Optional[float] = None
        self._lost_because = ""
        self._start_again_at: Optional[float] = None  # where no thread could be had
        self._tried = 0.0
        self._refusal = ""
        self._began = time.monotonic()
        self._link: Optional[Link] = None
        self._spool: Optional[Spool] = None

    # --- on any thread

    def put(self, item: Item) -> None:
        """Queue an event, or a function that makes one later on the sender's thread. Never blocks, never raises."""
        if self.ended:
            return
        if not self.started:
            self._start()
        elif self._start_again_at is not None and time.monotonic() >= self._start_again_at:
            self._start_thread()
        if isinstance(item, events.AgentEvent):
            _stamp(item, self.pid)
        if len(self._queue) >= CAPACITY:
            self._lose(1, "the agent's queue was full")
        else:
            self._queue.append(item)

    def flush(self, limit: float) -> None:
        """Say everything now, on the calling thread, in at most about so many seconds."""
        if not self.started or self.ended or os.getpid() != self.pid:
            return
        deadline = time.monotonic() + limit
        while True:
            if self._polling.acquire(timeout=limit / 2):
                try:
                    self._poll()
                finally:
                    self._polling.release()
            if self._sending.acquire(timeout=max(0.0, deadline - time.monotonic())):
                try:
                    self._send()
                finally:
                    self._sending.release()
            if not self._unsaid() or time.monotonic() >= deadline:
                return
            time.sleep(0.01)

    def end(self, limit: float) -> None:
        """Flush for the last time."""
        if self.started and os.getpid() == self.pid:
            for prepare in self.before_end:
                guard.run("end", prepare)
        self.flush(limit)
        self.ended = True

    # --- starting, forking

    def again(self) -> None:
        """Begin anew, with another supervisor; what was not said is left unsaid. With the same one: try it at once."""
        if self.started and not self.ended:
            self._tried = 0.0
            return
        self._reset()

    def hang_up(self) -> None:
        """Close the connection."""
        if self._link is not None:
            self._link.close()

    @property
    def connected(self) -> bool:
        return self._link is not None and self._link.connected

    def _start(self) -> None:
        if self._starting:
            return
        self._starting = True
        socket_path, spool_path = agent.setting("TUIMON_SOCKET"), agent.setting("TUIMON_SPOOL")
        self._link = Link(socket_path, os.path.dirname(spool_path)) if socket_path else None
        self._spool = Spool("%s.%d" % (spool_path, self.pid)) if spool_path else None
        self._began = time.monotonic()
        self.started = True
        atexit.register(guard.run, "exit", self.end, 3.0)
        self._start_thread()

    def _start_thread(self) -> None:
        """Where there can be none (a limit of processes, or of memory), it is tried again later; until then what there
        is to say is said at the end of a fit, and of the program."""
        first = self._start_again_at is None
        self._start_again_at = None
        try:
            _thread.start_new_thread(self._run, ())
        except Exception as error:
            self._start_again_at = time.monotonic() + RETRY
            if first:
                self._queue.append(events.AgentFailed(hook="sender", error=str(error)))

    def forked(self) -> None:
        """In a forked child: nothing of the parent's is ours; the child reports only if it trains itself."""
        if self._link is not None:
            self._link.close()
        self._reset()

    # --- on the sender's thread

    def _run(self) -> None:
        try:
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        except Exception:
            pass
        mine, standstill = self._sending, Standstill()
        while not self.ended and self._sending is mine:
            with self._polling:
                self._poll()
            with mine:
                self._send()
            standstill.rests()
            gap = standstill.woke(self._rest())
            if gap is not None:
                self.put(gap)

    def _rest(self) -> float:
        """Until it is time for the next flush, or something comes in; the seconds that this was to take at most."""
        pause = FAST if time.monotonic() - self._began < FIRST_MINUTE else SLOW
        try:
            pause = float(agent.setting("TUIMON_INTERVAL") or pause)
        except ValueError:
            pass
        link = self._link
        if link is not None and link.connected:
            link.wait(pause)
        else:
            time.sleep(pause)
        return pause

    def _poll(self) -> None:
        """Ask the pollers, and pass requests on. Without the lock of sending: others can send meanwhile."""
        for poll in self.pollers:
            guard.run("%s.%s" % (poll.__module__, getattr(poll, "__qualname__", "")), poll)
        guard.run("requests", self._receive)

    def _receive(self) -> None:
        if self._link is None:
            return
        with self._sending:
            lines = self._link.receive()
        for line in lines:
            for listener in self.listeners:
                listener(line)

    def _send(self) -> None:
        try:
            self._send_queued()
        except Exception as error:
            guard.failed("outbox", error)

    def _send_queued(self) -> None:
        self._connect()
        while self._queue and (self._link is None or self._link.waiting < BUFFERED):
            self._deliver(self._lines(256))
        if self._lost and len(self._queue) < CAPACITY // 2:
            self._tell_loss()
        self._deliver(b"")

    def _lines(self, most: int) -> bytes:
        lines: List[bytes] = []
        while self._queue and len(lines) < most:
            event = _made(self._queue.popleft())
            if event is not None:
                _stamp(event, self.pid)
                lines.append(wire.encode(event))
        return b"".join(lines)

    def _connect(self) -> None:
        if self._link is None or self._link.connected:
            return
        now = time.monotonic()
        if self._tried and now - self._tried < RETRY:
            return
        self._tried = now
        self._link.connect()
        if self._link.refusal and self._link.refusal != self._refusal:
            self._refusal = self._link.refusal
            self.put(events.AgentFailed(hook="connect", error=self._refusal))

    def _deliver(self, lines: bytes) -> None:
        link = self._link
        unsent = lines
        if link is not None and link.connected:
            unsent = link.send(lines)
        elif link is not None:
            unsent = link.unsent() + lines
        if unsent and not (self._spool is not None and self._spool.append(unsent)):
            if link is not None:
                unsent = link.keep(unsent)
            self._lose(unsent.count(b"\n"), "no supervisor was there, and the agent's spool took no more")

    # --- losses

    def _lose(self, count: int, reason: str) -> None:
        if not count:
            return
        self._lost += count
        if self._lost_since is None:
            self._lost_because = reason
            self._lost_since = clock.now()

    def _tell_loss(self) -> None:
        count, since = self._lost, self._lost_since
        lost = events.EventsLost(at=clock.now(), count=count, since=since, reason=self._lost_because)
        link = self._link
        if link is not None and link.connected:
            kept = not link.send(wire.encode(lost))
        else:
            kept = self._spool is not None and self._spool.append(wire.encode(lost))
        if kept:
            self._lost, self._lost_since = self._lost - count, None

    def _unsaid(self) -> bool:
        link = self._link
        return bool(self._queue) or (link is not None and link.connected and link.waiting > 0)


def _made(item: Item) -> Optional[events.Event]:
    if isinstance(item, events.Event):
        return item
    made: Optional[events.Event] = guard.run("event %s" % getattr(item, "__qualname__", type(item).__name__), item)
    return made


def _stamp(event: Any, pid: int) -> None:
    """Who saw it and when, where the event does not say so itself."""
    if not event.at:
        object.__setattr__(event, "at", clock.now())
    if not getattr(event, "pid", pid):
        object.__setattr__(event, "pid", pid)


outbox = Outbox()
"""The one of this process."""

os.register_at_fork(after_in_child=lambda: guard.run("fork", outbox.forked))
