"""Limits of the system, odd surroundings, and floods: the script trains and ends as without tuimon, what it reported is
recorded or counted as lost, and where tuimon cannot begin it says why in one line."""

from __future__ import annotations

import functools
import itertools
import os
import resource
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.harness import Done, Tuimon, wait_for
from tests.supervisor.test_survival import Job
from tuimon import events, ownership, wire
from tuimon.control import Control
from tuimon.runs import RunDirectory
from tuimon.supervisor import daemon, ingest
from tuimon.supervisor.ingest import Connection, Ingest
from tuimon.supervisor.loop import Loop
from tuimon.supervisor.recorder import Recorder
from tuimon.supervisor.upkeep import Upkeep

TRAINING = Path(__file__).parent / "one_training.py"
STATUS = 3
STEPS = 6

ROOT = Path(__file__).parents[2]
STRANGERS = itertools.count(1_000_000 + 16 * os.getpid())
"""User ids that no system gives to anybody, one for each test: a limit of processes counts all of a user's."""


def recorded(tuimon: Tuimon) -> list[int]:
    return [event.step for event in tuimon.events() if isinstance(event, events.StepsEnded)]


def trained(tuimon: Tuimon, done: Done) -> None:
    """The script ended as it wanted to, and all that it reported is there."""
    assert done.status == STATUS, done.text + done.stderr.decode()
    assert recorded(tuimon) == list(range(STEPS))
    assert tuimon.folded().status == "failed"
    assert b"Traceback" not in done.stderr
    assert "Traceback" not in tuimon.directory.log.read_text()


def refused(tuimon: Tuimon, done: Done, why: str) -> None:
    """tuimon could not begin, says why, and leaves nothing behind."""
    assert done.status == 1
    assert len(done.said) == 1
    assert why in done.text
    assert done.stderr == b""
    assert tuimon.runs == []


def limited(**limits: int | tuple[int, int]) -> Callable[[], None]:
    """Lays these limits on a new process; a single number is the soft one."""

    def lay() -> None:
        for name, limit in limits.items():
            kind = getattr(resource, f"RLIMIT_{name}")
            both = limit if isinstance(limit, tuple) else (limit, resource.getrlimit(kind)[1])
            resource.setrlimit(kind, both)

    return lay


# --- programs that replace themselves, and their children


@pytest.mark.parametrize("by", ["execv", "execvp", "shell"])
def test_a_script_that_replaces_itself_is_seen_each_time(tuimon: Tuimon, by: str) -> None:
    done = tuimon.run("run", TRAINING, env={"EXEC": "2", "BY": by})

    run = tuimon.folded()
    assert done.status == STATUS
    assert [(fit.key, fit.steps_done, fit.ended is not None) for fit in run.fits] == [
        ((tuimon.directory.read().pid, 1), steps, True) for steps in (STEPS, STEPS + 1, STEPS + 2)
    ]
    assert {process.program for fit in run.fits if (process := run.process_of(fit))} == {0, 1, 2}
    assert "3 epochs, 21 steps" in done.text


def test_a_wrapper_that_becomes_the_script_keeps_its_status(tuimon: Tuimon) -> None:
    wrapper = tuimon.script(f'exec "{sys.executable}" "{TRAINING}"\n', "job.sh")

    trained(tuimon, tuimon.run("run", "--", "sh", wrapper))


CHILDREN = """
import os, subprocess, sys
children = [subprocess.Popen([sys.executable, sys.argv[1]], stdout=subprocess.DEVNULL) for _ in range(50)]
sys.exit(sum(child.wait() != 3 for child in children))
"""


def test_fifty_processes_that_speak_at_once_are_all_heard(tuimon: Tuimon) -> None:
    done = tuimon.run("run", tuimon.script(CHILDREN), str(TRAINING))

    run = tuimon.folded()
    assert done.status == 0
    assert [fit.steps_done for fit in run.fits] == [STEPS] * 50
    assert len({fit.key for fit in run.fits}) == 50
    assert run.events_lost == 0
    assert not tuimon.directory.spools()


DOUBLE_FORK = """
import os, subprocess, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    os.execv(sys.executable, [sys.executable, sys.argv[1]])
os.wait()
while not os.path.exists("end"):
    time.sleep(0.05)
"""


def test_what_forks_away_twice_is_still_heard(tuimon: Tuimon) -> None:
    process = tuimon.start("run", tuimon.script(DOUBLE_FORK), str(TRAINING))
    wait_for(lambda: bool(tuimon.runs) and len(recorded(tuimon)) == STEPS, "its steps")
    (tuimon.path / "end").touch()

    assert tuimon.finish(process).status == 0
    (fit,) = tuimon.folded().fits
    assert fit.key[0] != tuimon.directory.read().pid


# --- resource limits


@pytest.mark.parametrize(
    "limits",
    [{"NOFILE": 16}, {"STACK": 256 << 10}, {"CORE": 0}, {"FSIZE": 3000}, {"AS": 100 << 20}],
    ids=lambda limits: " ".join(limits),
)
def test_a_run_bears_limits_of_its_resources(tuimon: Tuimon, limits: dict[str, int]) -> None:
    trained(tuimon, tuimon.run("run", TRAINING, preexec_fn=limited(**limits)))


def test_a_limit_that_lets_nothing_begin_is_said(tuimon: Tuimon) -> None:
    refused(tuimon, tuimon.run("run", TRAINING, preexec_fn=limited(NOFILE=6)), "see `ulimit -n`")


def test_a_script_that_cannot_be_started_for_want_of_files_is_not_said_to_be_missing(tuimon: Tuimon) -> None:
    done = tuimon.run("run", TRAINING, preexec_fn=limited(NOFILE=10))

    assert "Too many open files; too few files may be open: see `ulimit -n`" in done.text
    assert tuimon.runs == []


def test_a_supervisor_outlives_the_processor_time_of_its_script(tuimon: Tuimon) -> None:
    busy = tuimon.script("while True: pass\n")

    done = tuimon.run("run", busy, preexec_fn=limited(CPU=1))

    assert done.status == 128 + signal.SIGXCPU
    assert "The limit of processor time was reached" in done.text


def test_a_journal_that_may_not_grow_does_not_keep_the_status_back(tuimon: Tuimon) -> None:
    """The hard limit of the size of files, which the supervisor cannot lift: the end is in `run.json` alone."""
    done = tuimon.run("run", TRAINING, preexec_fn=limited(FSIZE=(2000, 2000)))
    again = tuimon.run("replay", "--format", "json", tuimon.directory.path)

    document = orjson.loads(again.stdout)
    assert done.status == STATUS
    assert "the script failed with status 3" in done.text
    assert "the end of the journal is missing" in done.text
    assert (document["run"]["status"], document["run"]["exit_code"]) == ("failed", STATUS)
    assert [gap["reason"] for gap in document["gaps"]] == ["the end of the journal is missing"]


NO_THREADS = """
import os, resource, runpy, sys
import tuimon.agent.outbox
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (4 << 20), resource.RLIM_INFINITY))
runpy.run_path(sys.argv[1])
"""


def test_an_agent_that_gets_no_thread_says_all_when_the_fit_ends(tuimon: Tuimon) -> None:
    trained(tuimon, tuimon.run("run", tuimon.script(NO_THREADS), str(TRAINING)))

    (failure,) = tuimon.folded().agent_failures
    assert (failure.hook, failure.error) == ("sender", "can't start new thread")


NO_FILES = """
import os, resource, runpy, sys
import tuimon.agent.outbox
kept = []
resource.setrlimit(resource.RLIMIT_NOFILE, (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
file = open(sys.argv[1])
code = compile(file.read(), sys.argv[1], "exec")
try:
    while True:
        kept.append(os.open("/dev/null", os.O_RDONLY))
except OSError:
    pass
exec(code)
"""


def test_an_agent_that_can_open_nothing_is_silent(tuimon: Tuimon) -> None:
    """Neither a socket nor a spool: nothing is recorded, and nothing of it is seen in the script."""
    done = tuimon.run("run", tuimon.script(NO_FILES), str(TRAINING))

    assert done.status == STATUS
    assert recorded(tuimon) == []
    assert tuimon.directory.stderr.read_text() == ""


SHORT_FILES = """
import os, resource, signal, sys, time
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # a longer file ends the process
resource.setrlimit(resource.RLIMIT_FSIZE, (300, resource.RLIM_INFINITY))
os.kill(int(os.environ["TUIMON_SUPERVISOR"]), signal.SIGKILL)
import tuimon.agent.outbox as sender
from tuimon import events
sender.outbox.put(events.FitStarted(fit=1, epochs=1))
for step in range(6):
    sender.outbox.put(events.StepsEnded(fit=1, epoch=0, step=step, steps=1))
sender.outbox.flush(1.0)
open("flushed", "w").close()
while not os.path.exists("end"):
    time.sleep(0.05)
sys.exit(3)
"""


def test_a_spool_is_never_longer_than_the_script_may_write(tuimon: Tuimon) -> None:
    """What does not fit waits in the process for the next supervisor, which gets all of it."""
    tuimon.run("run", "--detach", tuimon.script(SHORT_FILES))
    wait_for((tuimon.path / "flushed").exists, "the script to have said it all")
    process = tuimon.start("attach", "--last", "--headless")
    wait_for(lambda: len(recorded(tuimon)) == STEPS, "its steps")
    (tuimon.path / "end").touch()
    tuimon.finish(process)

    assert recorded(tuimon) == list(range(STEPS))
    assert tuimon.folded().events_lost == 0


# --- another user, who may have little


@functools.cache
def python_of_strangers() -> list[str] | None:
    """A command that runs a Python which has what tuimon needs, for any user; None where there is none."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        return None
    path = os.pathsep.join([str(ROOT), str(Path(orjson.__file__).parents[1])])
    for python in (sys.executable, "/usr/bin/python3"):
        command = ["env", f"PYTHONPATH={path}", python]
        tried = [*become(next(STRANGERS)), *command, "-c", "import tuimon.supervisor, tuimon.headless"]
        if subprocess.run(tried, capture_output=True, cwd="/").returncode == 0:
            return command
    return None


def become(uid: int) -> list[str]:
    return ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]


class Stranger:
    """Runs tuimon as a user id that has no entry in any database."""

    def __init__(self, tuimon: Tuimon) -> None:
        self.tuimon = tuimon
        command = python_of_strangers()
        if command is None:
            pytest.skip("needs root, setpriv, and a Python that others may run")
        self.uid = next(STRANGERS)
        self.python = [*become(self.uid), *command]
        for path in (tuimon.path, tuimon.runtime):
            os.chown(path, self.uid, self.uid)

    def run(self, *arguments: str | Path, before: str = "", inside: str = "", **options: Any) -> Done:
        """`before` is done by root, `inside` is put before tuimon's own command."""
        command = [*self.python, "-m", "tuimon", *map(str, arguments)]
        words = " ".join(f"'{word}'" for word in command)
        environment = {**self.tuimon.environment, **options.pop("env", {})}
        unset = options.pop("unset", ())
        environment = {name: value for name, value in environment.items() if name not in unset}
        process = subprocess.Popen(
            ["unshare", "-m", "sh", "-c", f"{before or ':'}; {inside} exec {words}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.tuimon.path,
            env=environment,
            **options,
        )
        return self.tuimon.finish(process)


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    path = Path(tempfile.mkdtemp(prefix="tuimon-"))
    started = Tuimon(path)
    try:
        yield Stranger(started)
    finally:
        started.close()
        shutil.rmtree(path)


def test_a_user_without_a_name_can_run_things(stranger: Stranger) -> None:
    trained(stranger.tuimon, stranger.run("run", TRAINING, unset=("HOME", "USER", "LOGNAME")))


def test_a_user_without_a_home_is_told_what_to_give(stranger: Stranger) -> None:
    done = stranger.run("run", TRAINING, unset=("HOME", "USER", "LOGNAME", "XDG_STATE_HOME"))

    refused(stranger.tuimon, done, f"user {stranger.uid} has no home directory to keep runs in; set HOME")


def test_processes_of_others_that_are_hidden_are_not_missed(stranger: Stranger) -> None:
    """`hidepid=2`, as many shared machines have it."""
    before = "mount -t proc -o hidepid=2 proc /proc || exit 99"

    trained(stranger.tuimon, stranger.run("run", TRAINING, before=before))


def test_a_umask_that_takes_the_owners_own_rights(stranger: Stranger) -> None:
    trained(stranger.tuimon, stranger.run("run", TRAINING, before="umask 0777"))


@pytest.mark.parametrize("processes", [1, 2])
def test_a_limit_of_processes_that_lets_nothing_begin_is_said(stranger: Stranger, processes: int) -> None:
    done = stranger.run("run", TRAINING, preexec_fn=limited(NPROC=processes))

    refused(stranger.tuimon, done, "too few processes may run: see `ulimit -u`")


def test_a_limit_of_processes_that_leaves_no_thread_for_the_agent(stranger: Stranger) -> None:
    trained(stranger.tuimon, stranger.run("run", TRAINING, preexec_fn=limited(NPROC=3)))

    assert [each.hook for each in stranger.tuimon.folded().agent_failures] == ["sender"]


# --- what a process is started with


def execs(code: str) -> list[str]:
    """A command that does this, and becomes `tuimon run` of the training."""
    become = "os.execv(sys.argv[1], sys.argv[1:])"
    return [sys.executable, "-c", f"import os, signal, sys\n{code}\n{become}", *Tuimon.command("run", TRAINING)]


STARTED = {
    "all streams closed": "for number in range(3): os.close(number)",
    "standard input closed": "os.close(0)",
    "standard output closed": "os.close(1)",
    "standard error closed": "os.close(2)",
    "children ignored": "signal.signal(signal.SIGCHLD, signal.SIG_IGN)",
    "all signals blocked": "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())",
    "SIGPIPE at its default": "signal.signal(signal.SIGPIPE, signal.SIG_DFL)",
    "directory removed": "os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')",
    "no locale": "os.environ.pop('LANG', 0); os.environ.pop('LC_ALL', 0)",
    "no such locale": "os.environ.update(LANG='xx_YY.nonsense', LC_ALL='tlh_QO.klingon')",
    "no home": "os.environ.pop('HOME', 0); os.environ.pop('USER', 0)",
    "a home that is not there": "os.environ['HOME'] = '/nonexistent'",
}


@pytest.mark.parametrize("how", STARTED)
def test_a_run_bears_how_it_is_started(tuimon: Tuimon, how: str) -> None:
    process = subprocess.Popen(
        execs(STARTED[how]), cwd=tuimon.path, env=tuimon.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )

    trained(tuimon, Tuimon.finish(process))


INHERITS = """
import os, signal
print(signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN, oct(os.umask(0)))
"""


def test_what_the_script_would_have_inherited_it_inherits(tuimon: Tuimon) -> None:
    command = execs("signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.umask(0o026)")
    command[-1] = str(tuimon.script(INHERITS))

    done = subprocess.run(command, cwd=tuimon.path, env=tuimon.environment, capture_output=True, check=True)

    assert done.stdout == b"True 0o26\n"


def test_directories_are_private_whatever_the_umask_is(tuimon: Tuimon) -> None:
    command = execs("os.umask(0)")

    subprocess.run(command, cwd=tuimon.path, env=tuimon.environment, capture_output=True, check=False)

    made = [tuimon.path / "state", *(tuimon.path / "state").rglob("*")]
    assert len(made) > 8
    assert [str(path) for path in made if path.stat().st_mode & 0o077] == []


# --- what is mounted


def unshared(tuimon: Tuimon, mounts: str, *arguments: str | Path) -> Done:
    """tuimon where these mounts were made; they are nobody else's."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("may not make mounts of its own")
    words = " ".join(f"'{word}'" for word in tuimon.command(*arguments))
    process = subprocess.Popen(
        ["unshare", "-m", "sh", "-ec", f"{mounts}\nexec {words}"],
        cwd=tuimon.path,
        env={name: value for name, value in tuimon.environment.items() if name != "TMPDIR"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    return Tuimon.finish(process)


def test_a_machine_without_shared_memory(tuimon: Tuimon) -> None:
    trained(tuimon, unshared(tuimon, "mount -t tmpfs none /dev/shm\nmount -o remount,ro /dev/shm", "run", TRAINING))


def test_a_machine_where_nothing_but_the_run_can_be_written(tuimon: Tuimon) -> None:
    """Neither /tmp nor /run: the socket is in the run's own directory."""
    mounts = """
mkdir -p /var/tmp
for place in /run /var/tmp; do mount -t tmpfs none $place; mount -o remount,ro $place; done
unset XDG_RUNTIME_DIR
"""
    tuimon.environment["XDG_RUNTIME_DIR"] = "/nowhere"
    with tempfile.TemporaryDirectory(dir=Path.home()) as home:
        tuimon.home = Path(home) / "runs"
        keep = f"mkdir -p {ROOT}; mount --bind /mnt {ROOT}; " if ROOT.is_relative_to("/tmp") else ""
        tmp = f"mount --bind {ROOT} /mnt; mount -t tmpfs none /tmp; {keep}mount -o remount,ro /tmp"
        done = unshared(tuimon, f"{mounts}\n{tmp}\ncd /", "run", "--log-dir", tuimon.home, TRAINING)
        trained(tuimon, done)
        assert tuimon.directory.read().socket == str(tuimon.directory.path / "socket")


def test_without_proc_nothing_is_begun(tuimon: Tuimon) -> None:
    refused(tuimon, unshared(tuimon, "umount -l /proc", "run", TRAINING), "/proc is not mounted here")


# --- the socket


def _as_file(path: Path) -> None:
    path.write_text("hello")


def _as_directory(path: Path) -> None:
    path.mkdir()
    (path / "full").touch()


def _as_socket(path: Path) -> None:
    directory = os.open(path.parent, os.O_PATH)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(ownership.through(directory, str(path)))  # nobody listens at it
    os.close(directory)


def _as_link(path: Path) -> None:
    path.symlink_to("/etc/passwd")


@pytest.mark.parametrize("replace", [_as_file, _as_directory, _as_socket, _as_link, os.mkfifo])
def test_whatever_takes_the_sockets_place_the_run_is_heard_again(
    tuimon: Tuimon, replace: Callable[[Path], None]
) -> None:
    job = Job(tuimon).start()
    job.steps(3)
    first = Path(tuimon.directory.read().socket)

    first.unlink()
    replace(first)

    def listens() -> bool:
        now = Path(tuimon.directory.read().socket)
        return now.is_socket() and _answers(now)  # the inode may have the number of the one before

    wait_for(listens, "another socket")
    Control(tuimon.directory, "test").greet()
    tuimon.wait_for_event(events.ScreenAttached)
    job.steps(6)
    job.end("exit 0")
    tuimon.wait_for_event(events.SupervisorEnded)

    assert recorded(tuimon) == list(range(6))


def _answers(path: Path) -> bool:
    try:
        connect(path).close()
    except OSError:
        return False
    return True


# --- floods


def connect(path: Path | str) -> socket.socket:
    """The path may be longer than the kernel takes."""
    client = socket.socket(socket.AF_UNIX)
    directory = os.open(os.path.dirname(path), os.O_PATH)
    try:
        client.connect(ownership.through(directory, str(path)))
    finally:
        os.close(directory)
    return client


def test_a_thousand_silent_clients_hold_nothing_up(tuimon: Tuimon) -> None:
    """With far fewer files than clients, and a hard limit, which the supervisor cannot lift."""
    job = Job(tuimon)
    done = tuimon.run("run", "--detach", Path(__file__).parent / "speaking.py", preexec_fn=limited(NOFILE=(100, 100)))
    assert done.status == 0, done.text
    job.steps(5)
    supervisor = job.supervisor

    silent = [connect(tuimon.directory.read().socket) for _ in range(1000)]
    control = Control(tuimon.directory, "test")
    request = control.ask(events.SignalRequested(signal=signal.SIGWINCH))
    answered = tuimon.wait_for_event(events.RequestAnswered)
    job.steps(10)
    job.wait_until_recorded(10)
    job.end("exit 0")
    tuimon.wait_for_event(events.SupervisorEnded)
    for client in silent:
        client.close()

    assert (answered.request, answered.accepted) == (request, True)
    assert recorded(tuimon) == list(range(10))
    assert tuimon.directory.read().supervisor_pid == supervisor
    assert "Traceback" not in tuimon.directory.log.read_text()


@pytest.fixture
def listening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ingest]:
    """A socket that takes four connections."""
    monkeypatch.setattr(ingest, "MOST", 4)
    tmp_path.chmod(0o700)
    heard: list[events.Event] = []

    def receive(connection: Connection, event: events.Event, line: bytes) -> None:
        heard.append(event)

    made = Ingest(selectors.DefaultSelector(), [lambda: tmp_path / "run.sock"], receive)
    yield made
    made.close()


def serve(listening: Ingest) -> int:
    """Do what is ready until nothing is; how often that was."""
    turns = 0
    while ready := listening._selector.select(0):
        turns += 1
        assert turns < 100, "it is never done"
        for key, _ in ready:
            key.data()
    return turns


AGENT = wire.encode(events.AgentStarted(at=1.0, pid=1))
GREETING = wire.encode(events.ScreenAttached(at=1.0, by="test"))


def test_who_says_nothing_makes_room_for_others(listening: Ingest) -> None:
    agent, greeted, *silent = (connect(listening.path) for _ in range(4))
    agent.sendall(AGENT)
    greeted.sendall(GREETING)
    serve(listening)

    more = [connect(listening.path) for _ in range(2)]
    serve(listening)
    assert [client.recv(1) for client in silent] == [b"", b""], "they were hung up on"

    more[0].sendall(GREETING)
    another = connect(listening.path)
    serve(listening)
    assert more[1].recv(1) == b""
    assert [each.agent for each in listening.connections] == [True, False, False, False]
    for client in (agent, greeted, *silent, *more, another):
        client.close()


def test_who_finds_no_room_waits_without_keeping_the_supervisor_busy(listening: Ingest) -> None:
    agents = [connect(listening.path) for _ in range(4)]
    for agent in agents:
        agent.sendall(AGENT)
    serve(listening)

    waiting = connect(listening.path)
    waiting.sendall(AGENT)
    serve(listening)
    listening.ensure()
    serve(listening)
    assert len(listening.connections) == 4

    agents[0].close()
    serve(listening)
    listening.ensure()
    serve(listening)
    assert [each.agent for each in listening.connections] == [True] * 4
    for client in (*agents, waiting):
        client.close()


def test_a_part_of_the_supervisor_that_fails_ends_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = RunDirectory(tmp_path)
    upkeep = Upkeep(directory, daemon.lock(directory))
    loop = Loop(directory, Recorder(tmp_path), selectors.DefaultSelector(), upkeep)
    heard: list[int] = []

    def fail() -> None:
        raise OSError("no room for it")

    ends = [os.pipe() for _ in range(2)]
    for (reader, writer), part in zip(ends, (fail, lambda: heard.append(1)), strict=True):
        os.write(writer, b"x")
        loop.selector.register(reader, selectors.EVENT_READ, part)

    assert [loop._serve(0.0) for _ in range(3)] == [True] * 3
    assert heard == [1, 1, 1]
    assert capsys.readouterr().err.count("OSError: no room for it") == 1, "it is said once"
    for each in (*ends[0], *ends[1]):
        os.close(each)


def test_a_client_that_is_slow_is_heard_and_one_that_never_reads_is_no_burden(job: Job) -> None:
    job.start().steps(2)
    path = job.tuimon.directory.read().socket

    slow, deaf = connect(path), connect(path)
    deaf.sendall(AGENT)
    for byte in GREETING:
        slow.sendall(bytes([byte]))
    job.tuimon.wait_for_event(events.ScreenAttached)
    before = memory(job.supervisor)
    flood = b"".join(wire.encode(events.StacksRequested(id=f"r{number}", by="test")) for number in range(10_000))
    with connect(path) as client:
        client.sendall(flood)
    asked = wait_for(
        lambda: count(job.tuimon.directory, "StacksRequested") >= 10_000 and memory(job.supervisor), "all requests"
    )
    job.steps(4)
    for each in (slow, deaf):  # a run goes on as long as anybody reports who is alive
        each.close()
    job.end("exit 0")
    wait_for(lambda: count(job.tuimon.directory, "SupervisorEnded"), "the end")

    assert asked - before < 64 << 20
    assert recorded(job.tuimon) == list(range(4))


@pytest.fixture
def job(tuimon: Tuimon) -> Job:
    return Job(tuimon)


def count(directory: RunDirectory, kind: str) -> int:
    """How many events of this kind are recorded, without the time that it takes to decode them."""
    return directory.journal.read_bytes().count(b'{"event":"%s"' % kind.encode())


def memory(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
