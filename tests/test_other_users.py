"""What belongs to another user is read at most: tried with a second user id, for real, on every verb."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import Tuimon, wait_for
from tuimon import events, ownership, runs, wire
from tuimon.agent.link import Link
from tuimon.agent.spool import Spool
from tuimon.control import Control
from tuimon.errors import TuimonError
from tuimon.journal import Journal
from tuimon.remote.place import place
from tuimon.runs import RunDirectory, Summary
from tuimon.settings import load

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as a second user")

NOBODY = 65534

Picture = dict[str, tuple[object, ...]]


def picture(path: Path) -> Picture:
    """All that is there: kinds, owners, modes, inodes, times of change, contents."""
    found: Picture = {}
    for each in [path, *path.rglob("*")]:
        status = each.lstat()
        content = each.read_bytes() if stat.S_ISREG(status.st_mode) else None
        # The access time may change: what is there is read.
        found[str(each)] = (*(status[:7] if content is not None else status[:6]), status.st_mtime_ns, content)
    return found


def give_away(path: Path) -> None:
    for each in [path, *path.rglob("*")]:
        os.lchown(each, NOBODY, NOBODY)


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def trap(tuimon: Tuimon, sleeper: subprocess.Popen[bytes]) -> RunDirectory:
    """A run directory of another user, as one who means harm would lay it out: its script seems to run without a
    supervisor, and everything that used to be written to is a link to a file of ours."""
    precious = tuimon.path / "precious"
    precious.mkdir()
    for name in ("journal", "log", "socket", "spooled", "digest", "output"):
        (precious / name).write_text(f"my {name}\n")
    directory = RunDirectory(tuimon.path / "theirs" / "20260101-000000-abcd")
    directory.path.mkdir(parents=True)
    journal = Journal(directory.path)
    journal.append(events.JournalOpened(at=1.0, schema=1, run=directory.id))
    journal.append(events.RunStarted(at=1.0, run=directory.id, command=["python", "train.py"]))
    journal.close()
    directory.write(
        Summary(
            id=directory.id, name="trap", command=["python", "train.py"], cwd="/", host=socket.gethostname(),
            boot=runs.boot_id(), pid=sleeper.pid, child_started=runs.process_started(sleeper.pid), started_at=1.0,
            socket=str(precious / "socket"),
        )
    )  # fmt: skip
    for link, target in (
        ("supervisor.log", "log"), ("lock", "new-lock"), ("reserve", "new-reserve"), ("stderr.log", "output"),
        ("stdout.log", "output"), (f"spool.{sleeper.pid}", "spooled"), ("digest.json", "digest"),
    ):  # fmt: skip
        (directory.path / link).symlink_to(precious / target)
    (directory.path / "spool.4711").write_bytes(wire.encode(events.AgentStarted(at=1.0, pid=4711)))
    give_away(directory.path.parent)
    return directory


VERBS = [
    ["attach", "DIR", "--headless", "--readonly"],
    ["attach", "DIR", "--headless"],
    ["attach", "--last", "--log-dir", "HOME", "--headless"],
    ["replay", "DIR", "--headless"],
    ["replay", "DIR", "--format", "json"],
    ["runs", "--log-dir", "HOME"],
    ["runs", "--json", "--log-dir", "HOME"],
    ["runs", "--log-dir", "HOME", "rename", "20260101-000000-abcd", "other"],
    ["runs", "--log-dir", "HOME", "prune", "--keep", "0", "--yes"],
    ["export", "DIR", "--to", "jsonl", "--output", "exported.jsonl"],
    ["detach", "DIR"],
    ["serve", "DIR", "--port", "0"],
    ["send", "--log-dir", "HOME", "--", "20260101-000000-abcd"],
    ["doctor"],
    ["explain", "stalled"],
    ["config", "DIR"],
    ["run", "--headless", "--log-dir", "HOME", "script.py"],
]


@pytest.mark.parametrize("arguments", VERBS, ids=" ".join)
def test_a_verb_leaves_another_users_run_as_it_is(
    tuimon: Tuimon, trap: RunDirectory, sleeper: subprocess.Popen[bytes], arguments: list[str]
) -> None:
    tuimon.script("print('ran')", "script.py")
    known = {"DIR": str(trap.path), "HOME": str(trap.path.parent)}
    before = [picture(path) for path in (trap.path, tuimon.path / "precious")]

    process = tuimon.start(*(known.get(argument, argument) for argument in arguments))
    with_end = arguments[0] not in ("attach", "serve", "send")
    if with_end:
        done = tuimon.finish(process)
    else:
        time.sleep(4.0)  # longer than it takes to look for a supervisor, and to put another one in its place
        process.send_signal(signal.SIGINT)
        process.wait(30)

    assert [picture(path) for path in (trap.path, tuimon.path / "precious")] == before
    assert sleeper.poll() is None
    if arguments[0] == "detach" or "rename" in arguments:
        assert done.status == 1
        assert "belongs to user nobody" in done.text


def test_attach_says_whose_run_it_is(tuimon: Tuimon, trap: RunDirectory) -> None:
    process = tuimon.start("attach", "--headless", str(trap.path))
    time.sleep(3.0)
    process.send_signal(signal.SIGINT)

    done = tuimon.finish(process)

    assert "belongs to user nobody: you can read it, and change nothing" in done.text


def test_links_in_a_directory_of_ones_own_are_not_written_through(tuimon: Tuimon, trap: RunDirectory) -> None:
    """As when an archive was unpacked: the directory is the user's, what is in it came from elsewhere."""
    for each in [trap.path.parent, trap.path, *trap.path.iterdir()]:
        os.lchown(each, 0, 0)
    precious = picture(tuimon.path / "precious")

    process = tuimon.start("attach", "--headless", str(trap.path))
    time.sleep(4.0)
    process.send_signal(signal.SIGINT)
    done = tuimon.finish(process)

    assert picture(tuimon.path / "precious") == precious
    assert done.status != 0
    assert done.text.count("Traceback") == 0


# --- sockets


LISTEN = """
import os, socket, sys
os.chdir(os.path.dirname(sys.argv[1]))  # the path may be longer than the kernel takes
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
listener = socket.socket(socket.AF_UNIX)
os.umask(0)
listener.bind(os.path.basename(sys.argv[1]))
listener.listen()
print("ready", flush=True)
heard = b""
while not heard:  # who connects to see who listens here has said nothing yet
    other, _ = listener.accept()
    heard = other.recv(1 << 16)
print(heard, flush=True)
"""


@pytest.fixture
def squatted(tuimon: Tuimon) -> Iterator[tuple[Path, subprocess.Popen[str]]]:
    """A socket at which another user listens, in a directory of his, and the process that does."""
    for part in (tuimon.path, *tuimon.path.parents[:-2]):  # up to the temporary directory's own
        part.chmod(part.stat().st_mode | 0o011)
    folder = tuimon.path / "runtime" / "tuimon"
    folder.mkdir(parents=True)
    give_away(folder.parent)
    path = folder / "20260101-000000-abcd.sock"
    process = subprocess.Popen([sys.executable, "-c", LISTEN, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    yield path, process
    process.kill()
    process.communicate()


def test_the_agent_does_not_speak_to_another_user(squatted: tuple[Path, subprocess.Popen[str]]) -> None:
    path, _ = squatted
    link = Link(str(path))

    assert not link.connect()
    assert link.refusal == f"{path.parent}: it belongs to user nobody"

    os.chown(path.parent, 0, 0)  # its directory is ours by now; he still listens
    os.chown(path.parent.parent, 0, 0)
    assert not link.connect()
    assert link.refusal == f"{path}: a process of user nobody listens there"

    os.chown(path.parent.parent, NOBODY, NOBODY)
    assert not link.connect()
    assert link.refusal == f"{path.parent.parent}: it belongs to user nobody"


def test_a_client_does_not_speak_to_another_user(tuimon: Tuimon, squatted: tuple[Path, subprocess.Popen[str]]) -> None:
    path, process = squatted
    os.chown(path.parent, 0, 0)
    os.chown(path.parent.parent, 0, 0)
    directory = RunDirectory(tuimon.path / "20260101-000000-abcd")
    directory.path.mkdir()
    directory.write(Summary(id=directory.id, socket=str(path)))
    control = Control(directory, "test")

    control.greet()
    with pytest.raises(TuimonError, match="a process of user nobody listens there"):
        control.ask(events.SignalRequested(signal=15))

    directory.update(socket=str(tuimon.path / "elsewhere" / "any.sock"))
    assert directory.socket_path() is None
    with pytest.raises(TuimonError, match="does not answer"):
        control.ask(events.SignalRequested(signal=15))
    assert process.poll() is None


def test_a_spool_of_another_user_gets_nothing(tuimon: Tuimon) -> None:
    theirs = tuimon.path / "theirs"
    theirs.mkdir()
    (theirs / "spool.1").touch()
    ours = tuimon.path / "ours"
    ours.mkdir()
    (ours / "precious").touch()
    (ours / "spool.1").symlink_to(ours / "precious")
    (ours / "spool.2").touch()
    os.chown(ours / "spool.2", NOBODY, NOBODY)
    give_away(theirs)

    for path in (theirs / "spool.1", theirs / "spool.2", ours / "spool.1", ours / "spool.2"):
        assert not Spool(str(path)).append(b"line\n")

    assert Spool(str(ours / "spool.3")).append(b"line\n")
    assert [path.read_bytes() for path in (theirs / "spool.1", ours / "precious", ours / "spool.2")] == [b""] * 3


TRAINS = """
import time
from tuimon.agent import outbox as sender
from tuimon import events
sender.outbox.put(events.AgentStarted(python="3"))
sender.outbox.flush(2.0)
time.sleep(600)
"""
"""An agent that speaks, without the weight of a framework."""


def test_a_runtime_directory_of_another_user_is_not_used(tuimon: Tuimon) -> None:
    """As after `sudo -E`, or `su` without a login."""
    theirs = tuimon.path / "runtime-of-nobody"
    theirs.mkdir(mode=0o700)
    give_away(theirs)

    tuimon.run("run", "--detach", tuimon.script(TRAINS), env={"XDG_RUNTIME_DIR": str(theirs)})

    assert list(theirs.iterdir()) == []
    path = tuimon.directory.socket_path()
    assert path is not None
    assert not path.startswith(str(theirs))
    assert tuimon.wait_for_event(events.AgentStarted).python == "3"


SQUAT = """
import os, subprocess, sys
def run(*command): subprocess.run(command, check=True)
squatted = sys.argv[1]
for place in ("/tmp", "/var/tmp"):
    mine = f"{place}/tuimon-0"
    os.makedirs(mine, mode=0o700, exist_ok=True)
    run("mount", "--bind", squatted, mine)
    os.path.isdir("/run/user/0") and run("mount", "-t", "tmpfs", "-o", "uid=65534,mode=700", "none", "/run/user/0")
sys.exit(subprocess.run(sys.argv[2:]).returncode)
"""


def unshared() -> bool:
    return shutil.which("unshare") is not None and subprocess.run(["unshare", "-m", "true"]).returncode == 0


@pytest.mark.skipif(os.geteuid() == 0 and not unshared(), reason="no mount namespace can be made here")
def test_a_run_starts_where_every_usual_place_is_taken(tuimon: Tuimon) -> None:
    squatted = tuimon.path / "squatted"
    squatted.mkdir(mode=0o755)
    give_away(squatted)
    script = tuimon.script(TRAINS.replace("600", "2"))
    command = ["unshare", "-m", sys.executable, "-c", SQUAT, str(squatted), *tuimon.command("run", script)]
    environment = {name: value for name, value in tuimon.environment.items() if name != "XDG_RUNTIME_DIR"}
    environment.pop("TMPDIR", None)

    done = subprocess.run(command, env=environment, cwd=tuimon.path, capture_output=True, text=True, timeout=120)

    assert done.returncode == 0, done.stderr
    assert list(squatted.iterdir()) == []
    assert any(isinstance(event, events.AgentStarted) for event in tuimon.events())


def test_the_socket_moves_when_its_directory_is_taken(tuimon: Tuimon) -> None:
    """The socket and its directory are removed, and somebody else makes that directory: the run goes on elsewhere, and
    both clients and agents find it there."""
    script = tuimon.script(TRAINS)
    tuimon.run("run", "--detach", script)
    before = tuimon.wait_for_event(events.AgentStarted)
    first = tuimon.directory.socket_path()
    assert first is not None

    shutil.rmtree(Path(first).parent)
    Path(first).parent.mkdir()
    os.chown(Path(first).parent, NOBODY, NOBODY)

    wait_for(lambda: tuimon.directory.socket_path() not in (None, first), "another socket")
    Control(tuimon.directory, "test").greet()
    tuimon.wait_for_event(events.ScreenAttached)
    theirs = dict(
        entry.split("=", 1) for entry in Path(f"/proc/{before.pid}/environ").read_text().split("\0") if "=" in entry
    )
    with subprocess.Popen([sys.executable, script], env=theirs) as another:
        tuimon.wait_for_event(events.AgentStarted, count=2)
        another.kill()
    assert tuimon.directory.supervised()
    assert not tuimon.directory.spools()
    assert list(Path(first).parent.iterdir()) == []


# --- settings and homes


def test_settings_of_a_stranger_do_not_count(tuimon: Tuimon) -> None:
    project = tuimon.path / "project"
    project.mkdir()
    marker = tuimon.path / "marker"
    (tuimon.path / "tuimon.toml").write_text(f'on-finding = "touch {marker}"\n')
    script = tuimon.script("raise SystemExit(1)", "project/train.py")
    os.chown(tuimon.path / "tuimon.toml", NOBODY, NOBODY)

    done = tuimon.headless(script)

    assert not marker.exists()
    assert f"{tuimon.path / 'tuimon.toml'} belongs to user nobody, so its settings do not count" in done.text
    os.chown(script, NOBODY, NOBODY)  # whoever runs his script runs his commands
    assert load(script).origin("on-finding") == str(tuimon.path / "tuimon.toml")


FLIP = """
import os, sys
os.setgid(65534)
os.setuid(65534)
os.chdir(sys.argv[1])
print("ready", flush=True)
while True:
    for target in (sys.argv[2], "evil.toml"):
        os.symlink(target, "next")
        os.rename("next", "tuimon.toml")
"""


def test_settings_that_change_their_owner_meanwhile_do_not_count(tuimon: Tuimon) -> None:
    """Whoever may write in a directory above the script puts one file in the place of another, over and over."""
    for part in (tuimon.path, *tuimon.path.parents[:-2]):
        part.chmod(part.stat().st_mode | 0o011)
    theirs = tuimon.path / "theirs"
    (theirs / "ours").mkdir(parents=True)
    (theirs / "evil.toml").write_text('on-finding = "touch marker"\n')
    give_away(theirs)
    os.chown(theirs / "ours", 0, 0)
    (tuimon.path / "own.toml").write_text("bell = true\n")
    process = subprocess.Popen(
        [sys.executable, "-c", FLIP, str(theirs), str(tuimon.path / "own.toml")], stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        for _ in range(5000):
            assert load(theirs / "ours", environ={"HOME": str(tuimon.path)}).values == {}
    finally:
        process.kill()
        process.communicate()


def test_a_strangers_link_to_ones_own_file_is_no_setting(tuimon: Tuimon) -> None:
    (tuimon.path / "printed.log").write_text('on-finding = "touch marker"\n')
    link = tuimon.path / "tuimon.toml"
    link.symlink_to("printed.log")

    assert load(tuimon.path)["on-finding"] == "touch marker"
    os.lchown(link, NOBODY, NOBODY)

    assert load(tuimon.path)["on-finding"] is None
    assert load(tuimon.path).strangers == [f"{link} belongs to user nobody, so its settings do not count"]


def test_the_home_of_another_user_gets_no_runs(tuimon: Tuimon) -> None:
    theirs = tuimon.path / "home"
    theirs.mkdir()
    give_away(theirs)
    environment = {**tuimon.environment, "HOME": str(theirs)}
    environment.pop("XDG_STATE_HOME")
    code = "from tuimon import runs; print(runs.home()); print(runs.whose_home())"

    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)

    import pwd

    assert done.stdout.split() == [f"{pwd.getpwuid(0).pw_dir}/.local/state/tuimon/runs", "nobody"]


@pytest.mark.parametrize(("mode", "owner"), [(0o700, NOBODY), (0o777, 0)])
def test_what_has_a_name_is_not_kept_in_a_temporary_directory_of_others(
    tuimon: Tuimon, monkeypatch: pytest.MonkeyPatch, mode: int, owner: int
) -> None:
    """Whoever owns it can put a link in the place of a mirror, and what another machine sends is written there."""
    theirs = tuimon.path / "theirs"
    theirs.mkdir()
    theirs.chmod(mode)
    os.chown(theirs, owner, owner)
    monkeypatch.setattr("tempfile.tempdir", str(theirs))

    with place() as where:
        assert where.is_dir()
        assert list(theirs.iterdir()) == []
    assert ownership.temporary_directory() in ("/tmp", "/var/tmp")


def test_whoever_writes_to_a_pipe_does_not_notice_a_run_that_leads_to_it(tuimon: Tuimon, trap: RunDirectory) -> None:
    for each in [trap.path.parent, trap.path, *trap.path.iterdir()]:
        os.lchown(each, 0, 0)
    pipe = tuimon.path / "pipe"
    os.mkfifo(pipe)
    for name in ("stdout.log", "lock"):
        (trap.path / name).unlink()
        (trap.path / name).symlink_to(pipe)
    writer = subprocess.Popen(["sh", "-c", f"echo something for somebody else > {pipe}"])
    try:
        tuimon.run("runs", "--log-dir", trap.path.parent)
        tuimon.run("replay", "--headless", trap.path)

        assert writer.poll() is None
        assert pipe.open().read() == "something for somebody else\n"
        assert writer.wait(30) == 0
    finally:
        writer.kill()
        writer.wait()


def test_a_process_of_another_user_is_not_joined(tuimon: Tuimon) -> None:
    code = "import os, time; os.setgid(65534); os.setuid(65534); print(1, flush=True); time.sleep(600)"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        done = tuimon.run("attach", "--headless", "--yes", str(process.pid))
        assert done.status != 0
        assert "is user nobody's" in done.text
        assert tuimon.runs == []
    finally:
        process.kill()
        process.communicate()


def test_a_directory_of_a_group_may_hold_runs_of_several(tuimon: Tuimon) -> None:
    """`--log-dir` on a shared file system: the folder is somebody else's, the run in it is the user's own."""
    shared = tuimon.path / "shared"
    shared.mkdir(mode=0o777)
    (shared / ".lock").touch()
    give_away(shared)

    done = tuimon.run("run", "--log-dir", shared, tuimon.script("print('ran')"))

    assert done.status == 0, done.text
    (run,) = runs.every(shared)
    assert ownership.is_own(run.path)
    assert json.loads((run.path / "run.json").read_text())["status"] == "finished"
