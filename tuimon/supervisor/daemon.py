"""Starts a supervisor as a process of its own, apart from whoever asked for it: it outlives terminal and session."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import resource
import selectors
import signal
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tuimon import clock, events, garbage, inherited, ownership
from tuimon.errors import TuimonError, advice
from tuimon.runs import RunDirectory
from tuimon.supervisor.child import Child
from tuimon.supervisor.ingest import Ingest
from tuimon.supervisor.loop import Loop
from tuimon.supervisor.places import places
from tuimon.supervisor.recorder import Recorder
from tuimon.supervisor.upkeep import Upkeep

READY = b"ready"
SITUATION = b"no: "
"""Before what the user can mend."""

LATER = 3.0
"""Seconds for which a new supervisor waits for the lock of one that is about to end."""


class Busy(TuimonError):
    """Another supervisor has the run."""


def detach(directory: RunDirectory, work: Callable[[Callable[[], None]], None]) -> None:
    """Call `work` in a new process, and return once it has called what it is given.

    Raises TuimonError with what the new process says, when it ends before that.
    """
    if not os.path.exists("/proc/self/stat"):
        raise TuimonError("/proc is not mounted here: nothing can be seen of any process", "`mount -t proc proc /proc`")
    try:
        reader, writer = os.pipe()
        pid = os.fork()
    except OSError as error:
        raise TuimonError(f"cannot start a supervisor: {error.strerror}", advice(error)) from None
    if pid == 0:
        os.close(reader)
        _be_daemon(directory, work, writer)
    os.close(writer)
    os.waitpid(pid, 0)
    with open(reader, "rb") as told:
        words = told.read()
    if words.startswith(SITUATION):
        raise TuimonError(words[len(SITUATION) :].decode(errors="replace"))
    if words != READY:
        what = words.decode(errors="replace") or "it ended at once"
        raise TuimonError(f"the supervisor did not start: {what}", f"see {directory.log}")


def _be_daemon(directory: RunDirectory, work: Callable[[Callable[[], None]], None], writer: int) -> None:
    """Never returns: what goes wrong is said to who waits, and later to the run's own log alone."""
    waited_for = True

    def ready() -> None:
        nonlocal waited_for
        waited_for = False
        os.write(writer, READY)
        os.close(writer)

    def say(words: bytes) -> None:
        if waited_for:  # else the descriptor may be another file by now
            with contextlib.suppress(OSError):
                os.write(writer, words)

    try:
        os.setsid()
        if os.fork():
            os._exit(0)
        garbage.as_usual()
        inherited.be_private()
        _redirect(directory)
        for each in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2):
            if signal.getsignal(each) is not signal.SIG_IGN:  # what the script is to ignore, it inherits
                signal.signal(each, _ignore)  # and a handler does not reach it
        work(ready)
        os._exit(0)
    except TuimonError as error:
        say(SITUATION + str(error).encode())
    except BaseException as error:
        if waited_for and isinstance(error, OSError) and (limit := advice(error)):
            what = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
            say(SITUATION + str(TuimonError(f"the supervisor did not start: {what}", limit)).encode())
        else:
            with contextlib.suppress(OSError):
                traceback.print_exc()
            say(f"{type(error).__name__}: {error}".encode())
    os._exit(1)


def _ignore(number: int, frame: object) -> None:
    """The signals of the terminal are the client's."""


def _redirect(directory: RunDirectory) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    log = ownership.open_own(directory.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for number, target in enumerate((null, log, log)):
        os.dup2(target, number)
    for each in (null, log):
        os.close(each)


def close_inherited() -> None:
    """Let go of what the shell handed on to the script, which has it by now."""
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            if int(name) > 2 and os.get_inheritable(int(name)):
                os.close(int(name))


LIFTED = ("AS", "CPU", "DATA", "FSIZE", "NOFILE")


def lift_limits() -> None:
    """Let this process have what the hard limits allow: the soft ones are the script's, which has them by now. It may
    not die of them, and has a connection with each process of the run."""
    for name in LIFTED:
        kind = getattr(resource, f"RLIMIT_{name}")
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (resource.getrlimit(kind)[1],) * 2)


def lock(directory: RunDirectory) -> int:
    """Take the run's lock, held until this process ends. Raises Busy when another supervisor has it."""
    fd = ownership.open_own(directory.lock, os.O_RDWR | os.O_CREAT)
    deadline = time.monotonic() + LATER
    while True:
        try:
            fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return fd
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                os.close(fd)
                what = f"cannot lock {directory.lock}: {error.strerror}"
                raise TuimonError(what, "keep runs on another file system, with --log-dir") from None
            if time.monotonic() > deadline:
                os.close(fd)
                raise Busy(f"another supervisor has the run {directory.id}") from None
            time.sleep(0.05)


def begin(directory: RunDirectory) -> Loop:
    """A loop that records; its lock is held."""
    upkeep = Upkeep(directory, lock(directory))
    return Loop(directory, Recorder(directory.path), selectors.DefaultSelector(), upkeep)


def listen(loop: Loop, directory: RunDirectory) -> Ingest:
    """The run's socket; `run.json` says where it is whenever it moves. Raises TuimonError where there is no place."""
    listening = Ingest(loop.selector, places(directory.path), loop.receive)

    def moved(path: Path) -> None:
        loop.upkeep.update(socket=str(path))

    listening.moved = moved
    return listening


def supervisor_started(adopted: bool) -> events.SupervisorStarted:
    at, uptime, awake = clock.now(), time.clock_gettime(time.CLOCK_BOOTTIME), time.monotonic()
    return events.SupervisorStarted(at=at, pid=os.getpid(), adopted=adopted, uptime=uptime, awake=awake)


def script_started(loop: Loop, script: Child, listening: Ingest, executable: str, **known: Any) -> None:
    """Record it in the journal and in `run.json`; `known` are further members of `Summary`."""
    started = float(script.started or 0)
    loop.recorder.record(events.ChildStarted(at=clock.now(), pid=script.pid, started=started, executable=executable))
    loop.upkeep.update(
        pid=script.pid,
        child_started=script.started,
        supervisor_pid=os.getpid(),
        socket=str(listening.path),
        clock=clock.text(),
        **known,
    )


def inject_path() -> Path:
    """The folder that brings the agent into each Python of the run."""
    return Path(__file__).parent.parent / "agent" / "inject"
