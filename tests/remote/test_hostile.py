"""Another machine that is broken or hostile: one line says so, and what it sent is gone.

A program stands in the place of `ssh`, and of all that is behind it.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading
import time
import zlib
from pathlib import Path

import pexpect
import pytest

from tests.harness import Done, Tuimon, wait_for
from tuimon import runs
from tuimon.remote.connection import Connection, Silent
from tuimon.remote.frames import CHUNK, Decoder, Frame
from tuimon.remote.limits import Allowance, Refused
from tuimon.remote.sending import ASKED_AT_ONCE, LONGEST

RUN = "20260101-000000-aaaa"

PRELUDE = """
import json, os, sys, time, zlib

out = sys.stdout.buffer
deflate = zlib.compressobj()


def greet(run="20260101-000000-aaaa"):
    out.write(b"tuimon-run 1 " + json.dumps({"run": run}).encode() + b"\\n")
    out.flush()


def frame(name, offset, data):
    return b"%s %d %d\\n" % (name.encode(), offset, len(data)) + data


def send(*frames, flush=zlib.Z_SYNC_FLUSH):
    out.write(deflate.compress(b"".join(frames)) + deflate.flush(flush))
    out.flush()


def status(**facts):
    known = {"supervised": True, "alive": True, "lost": None, "over": False}
    return frame("status", 0, json.dumps({**known, **facts}).encode())


def pieces(name, piece, offset=0):
    while True:
        send(frame(name, offset, piece))
        offset += len(piece)
"""

ATTACKS = {
    "zeros": ("greet(); pieces('journal', bytes(1 << 20))", "that unpack to"),
    "zeros as output": ("greet(); send(status()); pieces('stdout', bytes(1 << 15))", "that unpack to"),
    "noise": ("greet(); pieces('journal', os.urandom(1 << 15))", "sent more than 8.0 MiB of this run's files"),
    "begun anew": ("greet()\nwhile True: send(frame('stdout', 0, os.urandom(9)))", "the stdout begins anew"),
    "summaries": (
        "greet()\nwhile True: send(frame('summary', 0, json.dumps({'name': os.urandom(1 << 18).hex()}).encode()))",
        "sent more than 8.0 MiB",
    ),
    "empty frames": ("greet(); send(b'journal 0 0\\n' * 16_000_000)", "sent an empty frame"),
    "small frames": ("greet(); pieces('journal', b'x')", "small frames within"),
    "unknown frames": ("greet()\nwhile True: send(*[frame('other', 7, b'x')] * 1000)", "small frames within"),
    "statuses": ("greet()\nwhile True: send(*[status()] * 1000)", "small frames within"),
    "news": ("greet()\nwhile True: send(frame('news', 0, b'look'))", "messages within"),
    "long news": ("greet(); send(frame('news', 0, b'x' * 5000))", "5,000 bytes of news (limit 4,096)"),
    "long status": ("greet(); send(status(lost='x' * 5000))", "bytes of status (limit 4,096)"),
    "odd status": ("greet(); send(status(alive=7))", "no status"),
    "deep status": ("greet(); send(frame('status', 0, b'[' * 4000))", "sent what is no run"),
    "a gap": ("greet(); send(frame('journal', 0, b'x'), frame('journal', 10 ** 12, b'x'))", "not where it ends"),
    "a huge offset": ("greet(); send(b'journal 9999999999999999 1\\nx' + bytes(64))", "no frame"),
    "a negative length": ("greet(); send(b'journal 0 -1\\n' + bytes(64))", "no frame"),
    "a long frame": ("greet(); send(b'journal 0 99999999\\n')", "too long"),
    "no stream": ("greet(); out.write(b'hello' * 99); out.flush(); time.sleep(1e6)", "sent what is no run"),
    "behind the end": ("greet(); send(flush=zlib.Z_FINISH)\nwhile True: out.write(bytes(4096))", "behind the end"),
    "a run outside": ("greet('../../x')", "does not greet with a run"),
    "a run here": ("greet('.')", "does not greet with a run"),
    "a long run": ("greet('\\U00020000' * 80)", "does not greet with a run"),
    "no greeting": ("while True: out.write(b'welcome')", "sent no run"),
    "another run": (
        "greet('20260101-000000-aaaa' if not os.path.exists(sys.argv[1]) else '20260101-000000-bbbb')\n"
        "open(sys.argv[1], 'w').close()",
        "does not greet with that run",
    ),
    "complaints": (
        "greet(); send(status())\nwhile True: sys.stderr.write('bad\\x1b[2J' * 999)",
        "complained without end",
    ),
}


@pytest.fixture
def places(tuimon: Tuimon) -> Path:
    """Where mirrors lie in this test."""
    where = tuimon.path / "tmp"
    where.mkdir()
    tuimon.environment["TMPDIR"] = str(where)
    return where


def instead_of_ssh(tuimon: Tuimon, program: str) -> list[str]:
    """Options of `tuimon attach`, so that this program answers."""
    script = tuimon.script(PRELUDE + program, "other_side.py")
    return ["--ssh", shlex.join([sys.executable, str(script), str(tuimon.path / "seen")])]


def files(where: Path) -> set[tuple[str, int]]:
    return {(str(path), path.stat().st_size) for path in where.rglob("*") if path.name != "seen"}


@pytest.mark.parametrize("attack", ATTACKS)
def test_it_is_let_go_of_with_one_line_and_nothing_is_left(tuimon: Tuimon, places: Path, attack: str) -> None:
    program, said = ATTACKS[attack]
    options = instead_of_ssh(tuimon, program)
    before = files(tuimon.path)

    done = tuimon.run("attach", "ada@host", *options, "--headless", "--mirror-limit", "8M")

    reasons = [line for line in done.said if "trying again" not in line and not line.endswith("look")]
    assert done.status == 1
    assert len(reasons) == 1, done.said
    assert said in reasons[0]
    assert "ada@host" in reasons[0]
    assert "\x1b" not in done.text
    assert done.stderr.strip() == b""
    assert files(tuimon.path) == before


@pytest.mark.parametrize("run", ["lock", "lock.new", "runs", ".lock", "-"])
def test_a_run_may_have_any_name(tuimon: Tuimon, places: Path, run: str) -> None:
    over = "send(status(supervised=False, alive=False, lost='gone\\x1b[2J', over=True))"
    done = tuimon.run("attach", "ada@host", *instead_of_ssh(tuimon, f"greet({run!r}); {over}"), "--headless")

    assert done.status == 1
    assert done.stderr == b""
    if run == "-":
        assert "does not greet with a run" in done.text
    else:
        assert any("gone\\x1b[2J" in line for line in done.said)
    assert list(places.iterdir()) == []


def test_the_screen_leaves_and_says_why(tuimon: Tuimon, places: Path) -> None:
    program = "greet(); send(status()); time.sleep(2); pieces('stdout', bytes(1 << 15))"
    command = tuimon.command("attach", "ada@host", *instead_of_ssh(tuimon, program), "--mirror-limit", "8M")
    screen = pexpect.spawn(command[0], command[1:], env={**tuimon.environment, "TERM": "xterm-256color"},
                           dimensions=(40, 120), timeout=120, encoding="utf-8", codec_errors="replace")  # fmt: skip
    tuimon.terminals.append(screen)

    screen.expect(r"\x1b\[\?1049l")
    screen.expect("tuimon: ada@host sent .* that unpack to .*--mirror-limit")
    screen.expect(pexpect.EOF)
    screen.close()

    assert screen.exitstatus == 1
    assert list(places.iterdir()) == []


def test_what_a_killed_client_left_is_removed_by_the_next(tuimon: Tuimon, places: Path) -> None:
    options = instead_of_ssh(tuimon, "greet(); send(frame('journal', 0, b'x')); time.sleep(1e6)")
    process = tuimon.start("attach", "ada@host", *options, "--headless")
    wait_for(lambda: list(places.glob(f"*/runs/{RUN}/journal.jsonl")), "the mirror")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert len(list(places.iterdir())) == 1

    tuimon.run("attach", "ada@host", *instead_of_ssh(tuimon, "sys.exit(1)"), "--headless")

    assert list(places.iterdir()) == []


def test_half_of_what_is_free_stays_free(tuimon: Tuimon, places: Path) -> None:
    if os.geteuid() or os.system(f"mount -t tmpfs -o size=8m tmpfs {places} 2>/dev/null"):
        pytest.skip("no small file system can be mounted here")
    try:
        options = instead_of_ssh(tuimon, "greet(); pieces('journal', os.urandom(1 << 15))")
        done = tuimon.run("attach", "ada@host", *options, "--headless")
        assert list(places.iterdir()) == []
    finally:
        os.system(f"umount {places}")

    assert (done.status, len(done.said), done.stderr) == (1, 1, b"")
    assert "MiB of this run's files, and" in done.said[0]
    assert "set TMPDIR" in done.said[0]


def test_a_large_run_is_taken_where_that_is_wanted(tuimon: Tuimon, places: Path) -> None:
    """64 MiB of the same line, which is 300 times as much as comes over the line."""
    program = """
greet()
piece = b"WARNING: the same again\\n" * 1365
for each in range(2000):
    send(frame("stdout", each * len(piece), piece))
send(status(supervised=False, alive=False, lost="gone", over=True))
"""
    options = instead_of_ssh(tuimon, program)
    small = tuimon.run("attach", "ada@host", *options, "--headless", "--mirror-limit", "100M")
    large = tuimon.run("attach", "ada@host", *options, "--headless", "--mirror-limit", "1G")

    assert "that unpack to" in small.text
    assert "lost: gone" in large.text or "gone" in large.text
    assert "limit" not in large.text


def test_sizes_that_are_none(tuimon: Tuimon) -> None:
    for size in ("0G", "-1G", "4", "4X", "99999999G"):
        done = tuimon.run("attach", "ada@host", "--mirror-limit", size)
        assert (done.status, len(done.said)) == (2, 1)


# --- what it is held to, by numbers and a clock of the test's own


class Clock:
    at = 0.0

    def __call__(self) -> float:
        return self.at


def test_a_run_that_prints_for_days_is_within_the_limits(tmp_path: Path) -> None:
    clock = Clock()
    allowance = Allowance("host", tmp_path, now=clock)
    for second in range(100_000):
        clock.at = float(second)
        for name in ("journal", "stdout", "stderr", "status"):
            allowance.receive(30)
            allowance.take(Frame(name, 1, b"x" * 90))
        if second % 3 == 0:
            allowance.take(Frame("news", 0, b"hello"))


def test_what_a_line_held_back_for_an_hour_is_within_the_limits(tmp_path: Path) -> None:
    allowance = Allowance("host", tmp_path, now=Clock())
    for _ in range(3600 * 5):
        allowance.receive(30)
        allowance.take(Frame("journal", 1, b"x" * 90))


def test_history_at_full_speed_is_within_the_limits(tmp_path: Path) -> None:
    """A journal of 400 MB, with a little output beside each piece, within one moment."""
    allowance = Allowance("host", tmp_path, now=Clock())
    for _ in range((400 << 20) // CHUNK):
        allowance.receive(CHUNK // 8)
        allowance.take(Frame("journal", 1, b"x" * CHUNK))
        for name in ("stdout", "stderr", "summary"):
            allowance.take(Frame(name, 1, b"x" * 100))


def test_connections_share_one_allowance(tmp_path: Path) -> None:
    allowance = Allowance("host", tmp_path, most=10 * CHUNK, now=Clock())
    for _ in range(10):
        allowance.receive(CHUNK)
        allowance.take(Frame("journal", 0, bytes(CHUNK)))
    with pytest.raises(Refused, match="--mirror-limit"):
        allowance.take(Frame("journal", 0, b"x"))


def test_many_small_frames_take_time_in_proportion() -> None:
    """Two seconds; minutes, if what is left over were copied for each."""
    many = 3_000_000
    data = zlib.compress(b"journal 0 1\nx" * many)
    began = time.process_time()
    assert sum(1 for _ in Decoder().feed(data)) == many
    assert time.process_time() - began < 30.0


# --- patience


def test_who_says_nothing_is_not_waited_for_without_end() -> None:
    connection = Connection(["sh", "-c", "sleep 1000 & wait"])
    with pytest.raises(Silent):
        connection.read_line(b"tuimon-run", 0.5)
    connection.leave()
    connection.end()


def test_whoever_leaves_does_not_wait_for_a_grandchild_that_holds_the_line() -> None:
    connection = Connection(["sh", "-c", "trap '' TERM; sleep 1000 & wait"])
    threading.Timer(0.5, connection.leave).start()
    assert connection.read(1000.0) == b""
    connection.end()


def test_who_does_not_listen_holds_no_screen() -> None:
    connection = Connection(["sleep", "1000"])
    said = [connection.write(b"x" * 1000) for _ in range(1000)]
    assert said[0]
    assert not said[-1]
    connection.leave()
    connection.end()


def test_a_greeting_byte_by_byte_and_what_follows_it() -> None:
    program = "import os\nfor each in b'motd\\ntuimon-run 1 {}\\nrest': os.write(1, bytes([each]))"
    connection = Connection([sys.executable, "-c", program])
    assert connection.read_line(b"tuimon-run 1 ", 100.0) == b"tuimon-run 1 {}"
    rest = b""
    while data := connection.read(100.0):
        rest += data
    assert rest == b"rest"
    assert connection.end(10.0) == 0


# --- the sending side


@pytest.fixture
def kept(tuimon: Tuimon) -> runs.RunDirectory:
    """A run that goes on, of this process."""
    directory = runs.create(tuimon.home, pid=os.getpid(), child_started=runs.process_started(os.getpid()))
    directory.journal.write_bytes(b'{"event": "x"}\n' * 1000)
    return directory


def sent(tuimon: Tuimon, answer: bytes) -> tuple[Done, dict[str, bytes]]:
    """What `tuimon send --readonly` sends to someone who says this, by file."""
    sending = tuimon.start("send", "--readonly", "--", "", stdin=-1)
    out, err = sending.communicate(answer, timeout=120)
    greeting, _, stream = out.partition(b"\n")
    assert greeting.startswith(b"tuimon-run 1")
    found: dict[str, bytes] = {}
    for frame in Decoder().feed(stream):
        found[frame.name] = found.get(frame.name, b"") + frame.data
    said = [line.removeprefix("tuimon: ") for line in err.decode().splitlines()]
    return Done(sending.returncode, b"", err, said), found


@pytest.mark.parametrize(
    "answer",
    [
        b"{}", b"", b"[" * 50_000, b'{"journal": [-5, ""]}', b'{"journal": [1e999, ""]}', b'{"journal": [true, ""]}',
        b'{"../x": [1, ""]}', b'{"journal": [1000000, ""]}', b'{"journal": [99999999999999999999, ""]}', b"\xff",
    ],
)  # fmt: skip
def test_whatever_it_is_asked_for_it_sends_the_run(tuimon: Tuimon, kept: runs.RunDirectory, answer: bytes) -> None:
    done, found = sent(tuimon, answer + b"\n")
    assert (done.status, done.said) == (0, [])
    assert found["journal"] == kept.journal.read_bytes()


@pytest.mark.parametrize(
    ("asked", "said"),
    [(b"x" * (LONGEST + 1), "a line of more than 64 KiB"), (b"{}\n" * (ASKED_AT_ONCE + 50), "requests were sent")],
)
def test_it_does_not_listen_to_a_flood(tuimon: Tuimon, kept: runs.RunDirectory, asked: bytes, said: str) -> None:
    done, _ = sent(tuimon, b"{}\n" + asked)
    assert (done.status, len(done.said)) == (1, 1)
    assert said in done.said[0]


def test_it_sends_no_file_of_somebody_else(tuimon: Tuimon, kept: runs.RunDirectory) -> None:
    secret = tuimon.path / "secret"
    secret.write_text("secret")
    os.mkfifo(kept.stdout)
    kept.stderr.symlink_to(secret)
    if os.geteuid() == 0:
        os.lchown(kept.stderr, 65534, 65534)
    else:
        kept.path.chmod(0o770)

    done, found = sent(tuimon, b"{}\n")

    assert done.status == 0
    assert found.keys() & {"stdout", "stderr"} == set()
    assert found["journal"]


def test_the_output_of_a_run_that_was_joined_is_sent(tuimon: Tuimon, kept: runs.RunDirectory) -> None:
    printed = tuimon.path / "nohup.out"
    printed.write_text("hello\n")
    kept.stdout.symlink_to(printed)

    assert sent(tuimon, b"{}\n")[1]["stdout"] == b"hello\n"
