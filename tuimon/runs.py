"""Where runs live on disk: a directory each, named by its id; how to make, find and list them, and who is alive.

A run's directory holds its journal, the output of its script, `run.json` (what must be known without reading the
journal), the lock that its supervisor holds, and what agents keep while no supervisor listens. Directories are private
to their owner (0700), files are 0600. A directory of somebody else's is read, and never written to.
"""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import re
import shlex
import shutil
import socket
import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from tuimon import ownership
from tuimon.errors import TuimonError, UsageError

NAME = re.compile(r"[\w+.=@][\w+.=@ -]{0,79}")
"""What a run may be called: it ends up in file names, commands and tables. See `is_name` and `_check_name`, too."""

_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")

_PYTHON = re.compile(r"python[\d.]*")


LARGEST_SUMMARY = 1 << 20
"""Bytes of `run.json` that are read."""

NAME_MAX = 255
"""Bytes of a file's name on Linux."""

LATEST = 1e11
"""Seconds since 1970 beyond which nothing begins or ends: such a time is none."""


@dataclass(frozen=True)
class Summary:
    """`run.json`. Times are seconds since 1970, `child_started` is in the kernel's clock ticks since boot."""

    id: str
    name: str = ""
    status: str = "running"  # as recorded; a run whose processes are gone is lost all the same
    command: list[str] = field(default_factory=list)
    cwd: str = ""
    host: str = ""
    boot: str = ""
    clock: str = ""  # the line that the run's times are on, see `tuimon.clock`
    pid: int | None = None
    child_started: int | None = None
    supervisor_pid: int | None = None
    socket: str = ""
    started_at: float = 0.0
    ended_at: float | None = None
    injected: bool = False  # it was started without tuimon, and the agent was brought in
    read_printed: bool = False  # no agent is in it: progress is read from what it prints
    exit_code: int | None = None
    signal: int | None = None
    remaining: list[list[int]] = field(default_factory=list)  # who trains on after the script: pid, when it started
    signature: str = ""  # of what it says of processes, see `tuimon.vouching`

    @property
    def line(self) -> str:
        """The command for a table."""
        return short(self.command)


def short(command: Sequence[str]) -> str:
    """A command without folders before its interpreter and its script, and without the interpreter where it can go."""
    if not command:
        return ""
    first, *rest = command
    interpreted = _PYTHON.fullmatch(os.path.basename(first)) is not None
    if interpreted and rest and rest[0].endswith(".py"):
        first, *rest = rest
    if interpreted or first.endswith(".py"):
        first = os.path.basename(first)
    return shlex.join([first, *rest])


@dataclass(frozen=True)
class RunDirectory:
    """One run's directory and what is in it."""

    path: Path

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def journal(self) -> Path:
        return self.path / "journal.jsonl"

    @property
    def stdout(self) -> Path:
        return self.path / "stdout.log"

    @property
    def stderr(self) -> Path:
        return self.path / "stderr.log"

    @property
    def lock(self) -> Path:
        return self.path / "lock"

    @property
    def log(self) -> Path:
        """The supervisor's own complaints."""
        return self.path / "supervisor.log"

    @property
    def spool(self) -> Path:
        """What agents put their process id behind, to keep events while no supervisor listens."""
        return self.path / "spool"

    def spools(self) -> dict[int, Path]:
        """The spools that are there, by process id."""
        found = {}
        with suppress(OSError):
            for name in os.listdir(self.path):
                before, _, pid = name.partition(".")
                if before == self.spool.name and pid.isdecimal():
                    found[int(pid)] = self.path / name
        return found

    def read(self) -> Summary:
        """`run.json`; what it does not say, or says in no form of ours, stays at its default."""
        try:
            told = json.loads(ownership.read_start(self.path / "run.json", LARGEST_SUMMARY))
        except (OSError, ValueError, RecursionError):
            told = {}
        if not isinstance(told, dict):
            told = {}
        known = {each.name for each in fields(Summary) if each.name in told and _fits(told[each.name], str(each.type))}
        return Summary(id=self.id, **{name: told[name] for name in known - {"id"}})

    def write(self, summary: Summary) -> None:
        """Replace `run.json` at once: a reader sees the old or the new one. Raises OSError."""
        ownership.replace(self.path / "run.json", json.dumps(asdict(summary)).encode())

    def update(self, **changes: Any) -> Summary:
        summary = replace(self.read(), **changes)
        self.write(summary)
        return summary

    # --- whose it is

    @property
    def owner(self) -> str:
        """The user it belongs to, where that is not the effective one; else empty."""
        try:
            uid = os.lstat(self.path).st_uid
        except OSError:
            return ""
        return "" if uid == os.geteuid() else ownership.user_name(uid)

    def check_own(self, wanted: str) -> None:
        """Raises TuimonError where it belongs to somebody else; `wanted` is what cannot be done then."""
        if owner := self.owner:
            raise TuimonError(f"{self.id} belongs to user {owner}: {wanted}", f"do it as {owner}")

    def socket_path(self) -> str | None:
        """Where its supervisor listens, by `run.json`; None where that is no place in which one of this user would."""
        recorded = Path(self.read().socket)
        folder = recorded.parent.name
        usual = folder == "tuimon" or re.fullmatch(rf"tuimon-{os.geteuid()}(-\w+)?", folder)
        if self.owner or not ((usual and recorded.name == f"{self.id}.sock") or recorded == self.path / "socket"):
            return None
        return str(recorded)

    # --- who is alive

    def supervised(self) -> bool:
        """A supervisor holds the lock. Asks without taking it."""
        try:
            fd = ownership.open_to_read(self.lock)
        except OSError:
            return False
        try:
            asked = struct.pack("hhlli", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            held = fcntl.fcntl(fd, fcntl.F_GETLK, asked)
            return bool(struct.unpack("hhlli", held)[0] != fcntl.F_UNLCK)
        except OSError:
            return False
        finally:
            os.close(fd)

    def child_alive(self) -> bool:
        """The script's process is there: the same pid, started at the same time, since this boot of this machine."""
        summary = self.read()
        if summary.pid is None or summary.host != socket.gethostname() or summary.boot != boot_id():
            return False
        if summary.child_started is None:  # it had ended before anybody could look
            return False
        return process_started(summary.pid) == summary.child_started

    def remaining(self) -> list[int]:
        """Processes beside the script that train, or go on after it, as far as is known: a supervisor has seen them, or
        they keep what nobody reads."""
        summary = self.read()
        if summary.host != socket.gethostname() or summary.boot != boot_id():
            return []
        seen = {pid for pid, started in summary.remaining if process_started(pid) == started}
        return sorted(seen | {pid for pid in self.spools() if pid != summary.pid and started_within(pid, self.id)})

    def elsewhere(self) -> str | None:
        """The other machine that this run belongs to, whose processes cannot be seen from here."""
        host = self.read().host
        return host if host and host != socket.gethostname() else None

    def lost(self) -> str | None:
        """Why this run is lost: nobody is left who could say how it ended, and no end is recorded. None when not."""
        summary = self.read()
        if summary.ended_at is not None or self.elsewhere() or self.supervised() or self.child_alive():
            return None
        if self.remaining():
            return None
        if self.read().ended_at is not None:  # it ended while we looked
            return None
        if summary.boot and summary.boot != boot_id():
            return "the machine was restarted"
        return "neither the script nor its supervisor is alive"

    def status(self) -> str:
        """running, finished, failed, killed or lost."""
        if self.lost():
            return "lost"
        return "running" if self.remaining() else self.read().status


def _fits(value: Any, declared: str) -> bool:
    """A member of `Summary` may have this value: it comes from a file that may be damaged or of another machine."""
    if value is None:
        return declared.endswith("| None")
    if declared == "list[str]":
        return isinstance(value, list) and all(isinstance(word, str) for word in value)
    if declared == "list[list[int]]":
        return isinstance(value, list) and all(
            isinstance(pair, list) and len(pair) == 2 and all(isinstance(each, int) for each in pair) for pair in value
        )
    if declared.startswith("float"):
        return isinstance(value, int | float) and 0 <= value < LATEST
    return isinstance(value, {"str": str, "bool": bool}.get(declared, int))


def home(log_dir: str | os.PathLike[str] | None = None) -> Path:
    """Where runs are kept: `log_dir`, else `$XDG_STATE_HOME/tuimon/runs`, else `~/.local/state/tuimon/runs`.

    After `su` or `sudo -E` the environment names another user's directories: the effective user's own home counts then.
    """
    if log_dir is not None:
        return Path(os.path.abspath(Path(log_dir).expanduser()))
    named = state_home()
    own = named if whose_home() is None else Path(pwd.getpwuid(os.geteuid()).pw_dir, ".local/state")
    return own / "tuimon" / "runs"


def state_home() -> Path:
    """Where the environment says that this user's programs keep their state. Raises TuimonError where nothing does."""
    state = os.environ.get("XDG_STATE_HOME", "")
    try:
        return Path(state) if os.path.isabs(state) else Path("~/.local/state").expanduser()
    except RuntimeError:
        what = f"user {os.geteuid()} has no home directory to keep runs in"
        raise TuimonError(what, "set HOME, or give a writable folder with --log-dir") from None


def working_directory() -> str:
    """Where this process is; where that has been removed, what it was called."""
    try:
        return os.getcwd()
    except OSError:
        return os.environ.get("PWD", "")


def whose_home() -> str | None:
    """The other user whose directory `state_home` is; None where it is the effective user's, or the system's."""
    found = state_home()
    while not found.exists() and found != found.parent:
        found = found.parent
    try:
        uid = found.stat().st_uid
        pwd.getpwuid(os.geteuid())
    except (OSError, KeyError):
        return None
    return None if uid in (os.geteuid(), 0) else ownership.user_name(uid)


def create(where: Path, name: str = "", **known: Any) -> RunDirectory:
    """A new run's directory with its `run.json`. `known` are members of `Summary`."""
    if name:
        _check_name(name)
    try:
        with _private_umask():
            _make(where)
        with _only_one(where), ExitStack() as unfinished:
            unfinished.enter_context(_private_umask())
            if name:
                _check_free(name, where)
            directory = RunDirectory(where / (time.strftime("%Y%m%d-%H%M%S-") + os.urandom(2).hex()))
            directory.path.mkdir(mode=0o700)
            unfinished.callback(shutil.rmtree, directory.path, ignore_errors=True)
            if directory.owner:
                raise PermissionError(1, f"new directories there belong to user {directory.owner}")
            here = {"host": socket.gethostname(), "boot": boot_id(), "started_at": time.time()}
            directory.write(Summary(id=directory.id, name=name, **{**here, **known}))
            unfinished.pop_all()
    except OSError as error:
        reason = error.strerror or str(error)
        raise TuimonError(f"cannot keep runs in {where}: {reason}", "give a writable folder with --log-dir") from None
    return directory


@contextmanager
def _private_umask() -> Iterator[None]:
    """What is made meanwhile is the user's alone, and his to read and write, whatever his umask is."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _make(where: Path) -> None:
    """The directory and those above it that are missing, all of them private."""
    missing = [each for each in (where, *where.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)
    where.mkdir(mode=0o700, exist_ok=True)


def rename(directory: RunDirectory, name: str) -> None:
    """Give a run another name; an empty one takes its name away. Raises TuimonError."""
    where = directory.path.parent
    directory.check_own("its name stays")
    if name:
        _check_name(name)
    try:
        with _only_one(where):
            if name and name != directory.read().name:
                _check_free(name, where)
            directory.update(name=name)
    except OSError as error:
        raise TuimonError(f"cannot rename {directory.id}: {error.strerror or error}") from None


def _check_name(name: str) -> None:
    """Raises UsageError where the name would be taken for something else when somebody asks for the run by it."""
    if not is_name(name) or name.endswith(" "):
        raise UsageError(f"{name!r} cannot be a run's name", "use letters, digits and . _ + = - (80 at most)")
    if name.isdigit():
        raise UsageError(f"the name {name} could be a process id", f"e.g. run-{name}")
    if "@" in name:
        raise UsageError(f"the name {name} could be a run on another machine", "leave the @ out")
    if _ID.fullmatch(name):
        raise UsageError(f"the name {name} could be another run's id", "choose another name")


def is_name(text: str) -> bool:
    """It may be a run's name or id: also that of a directory, and none that is there already."""
    return NAME.fullmatch(text) is not None and text.strip(".") != "" and len(os.fsencode(text)) <= NAME_MAX


def _check_free(name: str, where: Path) -> None:
    for other in every(where):
        if name in (other.read().name, other.id):
            raise UsageError(f"a run named {name!r} exists ({other.id})", "choose another --name")


@contextmanager
def _only_one(where: Path) -> Iterator[None]:
    """Nobody else of this user makes a run here meanwhile. Where others keep runs, too, nobody waits for them."""
    try:
        fd = ownership.open_own(where / ".lock", os.O_RDWR | os.O_CREAT)
    except PermissionError:
        if ownership.is_own(where):
            raise
        yield
        return
    try:
        fcntl.lockf(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def every(where: Path) -> list[RunDirectory]:
    """All runs kept there, the newest first."""
    try:
        found = [RunDirectory(where / entry.name) for entry in os.scandir(where) if entry.is_dir()]
    except OSError:
        return []
    began = {run: run.read().started_at for run in found if (run.path / "run.json").is_file()}
    return sorted(began, key=lambda run: (began[run], run.id), reverse=True)


def find(where: Path, text: str) -> RunDirectory:
    """The run with this id or name, or the only one whose id or name begins so; or the run in this directory."""
    if os.sep in text and (Path(text) / "journal.jsonl").is_file():
        return RunDirectory(Path(os.path.abspath(text)))
    known = [(run, (run.id, run.read().name)) for run in every(where)]
    exact = [run for run, names in known if text and text == names[0]]  # no other run's name hides an id
    exact = exact or [run for run, names in known if text and text in names]
    begun = [run for run, names in known if text and any(name.startswith(text) for name in names)]
    matching = exact or begun
    if not matching:
        raise UsageError(f"no run {text!r} in {where}", "`tuimon runs` lists them")
    if len(matching) > 1:
        ids = ", ".join(run.id for run in matching[:4]) + (", …" if len(matching) > 4 else "")
        raise UsageError(f"{text!r} matches {len(matching)} runs ({ids})", "give more of the id")
    return matching[0]


def newest(where: Path) -> RunDirectory:
    """The run that began last."""
    runs = every(where)
    if not runs:
        raise UsageError(f"no runs in {where} yet", "start one with `tuimon run train.py`")
    return runs[0]


def boot_id() -> str:
    """The kernel's name of this boot; empty where it has none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def started_within(pid: int, run: str) -> bool:
    """A process that is alive and has the run's environment."""
    try:
        variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False
    return os.fsencode(f"TUIMON_RUN={run}") in variables and process_started(pid) is not None


def process_started(pid: int) -> int | None:
    """When the process started, in clock ticks since boot; None when it is not there or is only waited for."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()  # a name of 15 bytes, which may end within a character
    except OSError:
        return None
    fields_behind_name = stat.rpartition(b")")[2].split()
    return None if fields_behind_name[0] in b"ZX" else int(fields_behind_name[19])
