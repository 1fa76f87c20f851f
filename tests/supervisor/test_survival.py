"""Whatever dies, the script goes on, and no recorded fact is lost: each part is killed for real."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from tests.harness import Tuimon, wait_for
from tuimon import events, journal
from tuimon.control import Control

SPEAKING = Path(__file__).parent / "speaking.py"


class Job:
    """A script that takes as many steps as it is told, and ends when it is told."""

    def __init__(self, tuimon: Tuimon, *options: str) -> None:
        self.tuimon = tuimon
        self.options = options

    def start(self) -> Job:
        done = self.tuimon.run("run", "--detach", *self.options, SPEAKING)
        assert done.status == 0, done.text
        return self

    def steps(self, count: int) -> None:
        """Let it do so many in all, and wait until it has printed the last."""
        self.write("steps", str(count))
        out = self.tuimon.directory.stdout
        wait_for(lambda: out.exists() and f"step {count}\n".encode() in out.read_bytes(), f"step {count}")

    def end(self, how: str = "exit 0") -> None:
        self.write("end", how)

    def write(self, name: str, text: str) -> None:
        fresh = self.tuimon.path / f"{name}.new"
        fresh.write_text(text)
        fresh.replace(self.tuimon.path / name)

    @property
    def pid(self) -> int:
        pid = self.tuimon.directory.read().pid
        assert pid is not None
        return pid

    @property
    def supervisor(self) -> int:
        pid = self.tuimon.directory.read().supervisor_pid
        assert pid is not None
        return pid

    def recorded(self) -> list[int]:
        return [event.step for event in self.tuimon.events() if isinstance(event, events.StepsEnded)]

    def wait_until_recorded(self, count: int) -> None:
        wait_for(lambda: len(self.recorded()) >= count, f"{count} recorded steps")

    def kill_supervisor(self) -> None:
        os.kill(self.supervisor, signal.SIGKILL)
        wait_for(lambda: not self.tuimon.directory.supervised(), "the supervisor to die")


@pytest.fixture
def job(tuimon: Tuimon) -> Job:
    return Job(tuimon)


# --- the screen


def screen(tuimon: Tuimon, *args: str, ignore_sighup: bool = False) -> pexpect.spawn[str]:
    """`tuimon ARGS` in a terminal of its own, once it shows the run."""
    command, *rest = tuimon.command(*args)
    environment = {**tuimon.environment, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    seen = len(attached(tuimon)) if tuimon.runs else 0
    child = pexpect.spawn(
        command,
        rest,
        env=environment,
        cwd=str(tuimon.path),
        dimensions=(40, 120),
        timeout=120,
        ignore_sighup=ignore_sighup,
    )
    tuimon.terminals.append(child)
    wait_for(lambda: len(attached(tuimon)) > seen, "the screen")
    child.expect(b"\x1b\\[")
    return child


def attached(tuimon: Tuimon) -> list[events.Event]:
    return [event for event in tuimon.events() if isinstance(event, events.ScreenAttached)]


@pytest.mark.parametrize("how", ["q", "hangup", "hangup under nohup", "kill"])
def test_a_screen_that_goes_away_takes_nothing_with_it(job: Job, how: str) -> None:
    tuimon = job.tuimon
    terminal = screen(tuimon, "run", str(SPEAKING), ignore_sighup="nohup" in how)
    job.steps(5)

    if how == "q":
        wait_for(lambda: _pressed(terminal, b"q"), "the screen to close")
        assert terminal.exitstatus == 0
    elif how.startswith("hangup"):
        terminal.ptyproc.fileobj.close()  # type: ignore[attr-defined]  # a closed window: the kernel hangs up
        wait_for(lambda: not terminal.isalive(), "the screen to end")
    else:
        terminal.kill(signal.SIGKILL)
        terminal.close()
    job.steps(20)
    again = screen(tuimon, "attach", "--last")
    job.wait_until_recorded(20)
    job.end("exit 3")
    tuimon.wait_for_event(events.SupervisorEnded)
    wait_for(lambda: _pressed(again, b"q"), "the second screen to close")

    left = str(again.before)
    assert "tuimon: the script failed with status 3 after" in left
    assert "tuimon: error script-failed" in left
    assert job.recorded() == list(range(20))
    assert tuimon.folded().status == "failed"


def _pressed(terminal: pexpect.spawn[str], key: bytes) -> bool:
    """Press it until the program is gone: it may not listen yet."""
    if terminal.isalive():
        terminal.send(key)
        try:
            terminal.expect(pexpect.EOF, timeout=2)
        except pexpect.TIMEOUT:
            return False
        terminal.wait()
    terminal.close()
    return True


# --- the supervisor


def test_a_killed_supervisor_is_replaced_by_attach(job: Job) -> None:
    job.start().steps(10)
    job.wait_until_recorded(10)
    first = job.supervisor

    job.kill_supervisor()
    job.steps(30)  # its output still reaches its file
    wait_for(lambda: job.tuimon.directory.spools(), "the agent to keep its events")
    follower = job.tuimon.start("attach", "--last", "--headless")
    wait_for(lambda: job.supervisor != first, "a new supervisor")
    job.steps(40)
    job.end("exit 5")
    done = job.tuimon.finish(follower)

    run = job.tuimon.folded()
    assert job.recorded() == list(range(40))
    assert not job.tuimon.directory.spools()
    assert {gap.what for gap in run.gaps} == {"host"}
    assert run.supervisor is not None
    assert run.supervisor.adopted
    assert run.child_ended is not None
    if kernel() >= (6, 15):
        assert run.child_ended.exit_code == 5
        assert done.status == 5
    else:
        assert run.child_ended.exit_code in (5, None)


def test_what_a_supervisor_had_not_read_when_it_died_is_said_again(job: Job) -> None:
    job.start().steps(10)
    job.wait_until_recorded(10)

    os.kill(job.supervisor, signal.SIGSTOP)
    job.steps(60)
    wait_for(lambda: silent(job.pid), "the agent to have said it all")
    job.kill_supervisor()
    job.tuimon.start("attach", "--last", "--headless")
    job.wait_until_recorded(60)
    job.end()
    job.tuimon.wait_for_event(events.SupervisorEnded)

    assert job.recorded() == list(range(60))


def silent(pid: int) -> bool:
    """The process has written nothing for longer than its agent waits between two flushes."""
    before = written(pid)
    time.sleep(0.6)
    return written(pid) == before


def written(pid: int) -> str:
    return Path(f"/proc/{pid}/io").read_text().split("wchar: ")[1].split()[0]


def test_who_stands_in_the_foreground_replaces_a_killed_supervisor(job: Job) -> None:
    process = job.tuimon.start("run", "--headless", SPEAKING)
    job.steps(5)
    job.wait_until_recorded(5)
    first = job.supervisor

    job.kill_supervisor()
    wait_for(lambda: job.supervisor != first, "a new supervisor")
    job.steps(10)
    job.wait_until_recorded(10)
    job.end("exit 0")
    done = job.tuimon.finish(process)

    assert job.recorded() == list(range(10))
    assert done.stdout == b"".join(b"step %d\n" % step for step in range(1, 11))
    assert done.status == (0 if kernel() >= (6, 15) else job.tuimon.directory.read().exit_code or 1)


def test_what_was_kept_of_a_run_where_all_have_died_is_shown(job: Job) -> None:
    job.start().steps(3)
    job.wait_until_recorded(3)
    pid = job.pid

    job.kill_supervisor()
    job.steps(8)
    job.end()
    wait_for(lambda: not Path(f"/proc/{pid}/fd").exists() or not os.listdir(f"/proc/{pid}/fd"), "the script to end")
    done = job.tuimon.run("attach", "--last", "--headless")

    assert job.recorded() == list(range(8))
    assert "8 steps" in done.text


def test_a_stopped_supervisor_does_not_hold_the_script_up(job: Job) -> None:
    job.start().steps(5)
    job.wait_until_recorded(5)

    os.kill(job.supervisor, signal.SIGSTOP)
    try:
        job.steps(2000)
        time.sleep(6)  # longer than what counts as a gap
    finally:
        os.kill(job.supervisor, signal.SIGCONT)
    job.wait_until_recorded(2000)
    job.end()
    job.tuimon.wait_for_event(events.SupervisorEnded)

    assert job.recorded() == list(range(2000))
    assert {event.what for event in job.tuimon.events() if isinstance(event, events.GapRecorded)} == {"host"}


def test_a_supervisor_told_to_end_leaves_the_script_alone(job: Job) -> None:
    job.start().steps(5)
    job.wait_until_recorded(5)

    os.kill(job.supervisor, signal.SIGTERM)
    ended = job.tuimon.wait_for_event(events.SupervisorEnded)
    job.steps(10)

    assert isinstance(ended, events.SupervisorEnded)
    assert ended.reason == "terminated"
    assert job.tuimon.directory.status() == "running"


def test_a_removed_socket_comes_back(job: Job) -> None:
    job.start().steps(5)
    socket = Path(job.tuimon.directory.read().socket)

    socket.unlink()
    wait_for(socket.exists, "the socket")
    control = Control(job.tuimon.directory, "test")
    wait_for(lambda: _asked(control, events.SignalRequested(signal=signal.SIGTERM)), "a connection")
    job.tuimon.wait_for_event(events.SupervisorEnded)
    control.close()

    assert job.tuimon.folded().status == "killed"
    assert not socket.exists()


def _asked(control: Control, request: events.Request) -> bool:
    from tuimon.errors import TuimonError

    try:
        control.ask(request)
    except TuimonError:
        return False
    return True


# --- the disk


@pytest.fixture(params=["8m", "2m"])
def small_disk(tuimon: Tuimon, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A file system of 8 MB, or 2 MB."""
    path = tuimon.path / "disk"
    path.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={request.param}", "tmpfs", str(path)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"may not mount a small file system: {mounted.stderr.decode().strip()}")
    try:
        yield path
    finally:
        tuimon.close()
        subprocess.run(["umount", "-l", str(path)], check=True)


def fill(disk: Path) -> Path:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    return filler


def test_a_full_disk_pauses_recording_and_nothing_else(job: Job, small_disk: Path) -> None:
    tuimon = job.tuimon
    tuimon.home = small_disk / "runs"
    Job(tuimon, "--log-dir", str(tuimon.home)).start()
    job.steps(5)
    job.wait_until_recorded(5)

    filler = fill(small_disk)
    job.steps(500)
    page = os.sysconf("SC_PAGE_SIZE")
    wait_for(lambda: tuimon.directory.journal.stat().st_size % page == 0, "the journal's last page to be full")
    filler.unlink()
    tuimon.wait_for_event(events.GapRecorded)
    job.steps(510)
    job.end()
    tuimon.wait_for_event(events.SupervisorEnded)

    assert job.recorded() == list(range(510))
    tail = journal.Tail(tuimon.directory.journal)
    tail.take()
    assert tail.unreadable == 0
    reasons = [gap.reason for gap in tuimon.folded().gaps]
    assert any("recording paused: No space left on device" in reason for reason in reasons)


def test_a_disk_that_stays_full_still_takes_the_end(job: Job, small_disk: Path) -> None:
    tuimon = job.tuimon
    tuimon.home = small_disk / "runs"
    Job(tuimon, "--log-dir", str(tuimon.home)).start()
    job.steps(5)
    job.wait_until_recorded(5)

    fill(small_disk)
    job.steps(50)
    job.end("exit 4")
    tuimon.wait_for_event(events.SupervisorEnded)

    assert tuimon.folded().status == "failed"
    assert job.recorded() == list(range(50))
    wait_for(lambda: tuimon.directory.read().exit_code == 4, "the summary")


# --- the script


@pytest.mark.parametrize(
    ("how", "status", "code", "killed_by"),
    [
        ("raise", "failed", 1, None),
        ("exit 3", "failed", 3, None),
        ("os._exit 9", "failed", 9, None),
        (f"signal {int(signal.SIGSEGV)}", "killed", None, signal.SIGSEGV),
        (f"signal {int(signal.SIGKILL)}", "killed", None, signal.SIGKILL),
    ],
)
def test_how_a_script_ended_is_known(job: Job, how: str, status: str, code: int | None, killed_by: int | None) -> None:
    process = job.tuimon.start("run", "--headless", SPEAKING)
    job.steps(5)
    job.wait_until_recorded(5)

    job.end(how)
    done = job.tuimon.finish(process)

    end = job.tuimon.folded().child_ended
    assert end is not None
    assert (job.tuimon.folded().status, end.exit_code, end.signal) == (status, code, killed_by)
    assert done.status == (128 + killed_by if killed_by else code)
    assert end.oom_killed in (False, None)
    assert job.recorded() == list(range(5))


@pytest.fixture
def small_memory() -> Iterator[Path]:
    """A control group of 300 MB; its `cgroup.procs` takes processes in."""
    for parent, limit in (("memory", "memory.limit_in_bytes"), ("", "memory.max")):
        group = Path("/sys/fs/cgroup") / parent / f"tuimon-test-{os.getpid()}"
        try:
            group.mkdir()
            (group / limit).write_text(str(300 << 20))
            swap = group / "memory.swap.max"
            if swap.exists():
                swap.write_text("0")
        except OSError:
            if group.is_dir():
                group.rmdir()
            continue
        break
    else:
        pytest.skip("may not make a control group with a memory limit")
    yield group
    wait_for(lambda: not (group / "cgroup.procs").read_text(), "the group to be empty")
    group.rmdir()


def test_the_kernels_kill_for_want_of_memory_is_told_apart(tuimon: Tuimon, small_memory: Path) -> None:
    script = tuimon.script("import time\ntime.sleep(2)\nblocks = []\nwhile True: blocks.append(b'x' * (8 << 20))\n")

    done = tuimon.run(
        "run", script, preexec_fn=lambda: (small_memory / "cgroup.procs").write_text(str(os.getpid())) and None
    )

    end = tuimon.folded().child_ended
    assert end is not None
    assert (end.signal, end.oom_killed) == (signal.SIGKILL, True)
    assert done.status == 137
    assert "for want of memory" in done.text
    assert tuimon.folded().host.latest is not None


# --- the machine


def test_a_run_is_lost_when_nobody_is_left(job: Job) -> None:
    job.start().steps(5)
    job.wait_until_recorded(5)

    job.kill_supervisor()
    os.kill(job.pid, signal.SIGKILL)
    wait_for(lambda: not job.tuimon.directory.child_alive(), "the script to die")
    done = job.tuimon.run("attach", "--last", "--headless")

    assert done.status == 1
    assert "lost (neither the script nor its supervisor is alive)" in done.text
    assert "5 steps" in done.text


def test_a_run_of_an_earlier_boot_is_lost(job: Job) -> None:
    job.start().steps(5)
    job.wait_until_recorded(5)
    job.kill_supervisor()
    pid = job.pid

    job.tuimon.directory.update(boot="11111111-2222-3333-4444-555555555555")
    try:
        done = job.tuimon.run("attach", "--last", "--headless")
        assert "lost (the machine was restarted)" in done.text
        assert done.status == 1
    finally:
        os.killpg(pid, signal.SIGKILL)


# --- other users


@pytest.fixture
def visible() -> Iterator[Tuimon]:
    """A place that other users can look into as far as its permissions let them."""
    path = Path(tempfile.mkdtemp(prefix="tuimon-"))
    path.chmod(0o755)
    started = Tuimon(path)
    try:
        yield started
    finally:
        started.close()
        shutil.rmtree(path)


def as_nobody(code: str, *args: str) -> subprocess.CompletedProcess[str]:
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("needs root and setpriv to become another user")
    become = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    python = shutil.which("python3", path="/usr/bin:/bin") or sys.executable
    return subprocess.run([*become, python, "-c", code, *args], capture_output=True, text=True, check=False)


CONNECT = """
import socket, sys
link = socket.socket(socket.AF_UNIX)
link.connect(sys.argv[1])
link.sendall(b'{"event":"SignalRequested","id":"x","signal":9}\\n')
print(link.recv(1))
"""


def test_another_user_can_neither_read_nor_drive(visible: Tuimon) -> None:
    job = Job(visible).start()
    job.steps(5)
    directory = visible.directory
    socket = Path(directory.read().socket)

    for path in (directory.journal, directory.stdout, directory.path / "run.json"):
        assert "Permission" in as_nobody("import sys; open(sys.argv[1])", str(path)).stderr
    assert "Permission" in as_nobody(CONNECT, str(socket)).stderr

    for path in (visible.runtime, socket.parent):  # even where permissions have been opened
        path.chmod(0o755)
    socket.chmod(0o666)
    answered = as_nobody(CONNECT, str(socket))
    assert answered.stdout.strip() == "b''" or "reset" in answered.stderr.lower() or "broken" in answered.stderr.lower()
    job.steps(10)

    assert directory.child_alive()
    assert not [event for event in visible.events() if isinstance(event, events.Request)]


def kernel() -> tuple[int, int]:
    major, minor = os.uname().release.split(".")[:2]
    return int(major), int("".join(filter(str.isdigit, minor)) or 0)
