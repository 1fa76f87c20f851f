"""`tuimon replay` writes its report in every form, of every kind of log, and says in one line what it cannot read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.builders import epoch, fit, fit_end, timed
from tests.harness import Tuimon, wait_for
from tests.report.documents import HOSTILE, holds_no_command
from tuimon import events, wire
from tuimon.report.formats import FORMATS

NAMED = [events.RunStarted(run="r1", name=HOSTILE, command=[HOSTILE]), events.ChildStarted(pid=1)]

KERAS = b"""Epoch 1/2
\x1b[1m10/10\x1b[0m \x1b[32m\xe2\x94\x81\xe2\x94\x81\x1b[0m\x1b[37m\x1b[0m \x1b[1m1s\x1b[0m 9ms/step - loss: 0.5000
Epoch 2/2
\x1b[1m10/10\x1b[0m \x1b[32m\xe2\x94\x81\xe2\x94\x81\x1b[0m\x1b[37m\x1b[0m \x1b[1m0s\x1b[0m 8ms/step - loss: nan
"""


def kept(tuimon: Tuimon, name: str = "kept.jsonl", loss: float = float("nan")) -> Path:
    path = tuimon.path / name
    metrics = {HOSTILE: 1.0, "loss": loss}
    those = timed(NAMED, fit(epochs=1), epoch(0, None, 1, None, **metrics), fit_end(), status=0, began=False)
    path.write_bytes(b"".join(map(wire.encode, those)))
    return path


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_every_form_to_standard_output(tuimon: Tuimon, form: str) -> None:
    done = tuimon.run("replay", "--format", form, "--fail-on", "error", kept(tuimon))
    told = done.stdout.decode()

    assert done.status == 3
    assert "non-finite-loss" in told
    assert holds_no_command(told)
    assert (done.said, done.stderr.strip()) == ([], b"")
    if form == "json":
        assert json.loads(told)["schema_version"] == 1
    if form == "junit":
        assert ElementTree.fromstring(told.encode()).get("failures") != "0"


def test_into_a_file(tuimon: Tuimon) -> None:
    done = tuimon.run("replay", "--format", "html", "--output", "page.html", kept(tuimon))

    assert (done.status, done.stdout) == (0, b"")
    assert (tuimon.path / "page.html").read_text().startswith("<!doctype html>")


def test_a_file_that_cannot_be_written_is_said_in_a_line(tuimon: Tuimon) -> None:
    done = tuimon.run("replay", "--output", "nowhere/page.txt", kept(tuimon))

    assert (done.status, len(done.said), done.stderr.strip()) == (1, 1, b"")
    assert "nowhere/page.txt" in done.text


def test_plain_lines_hold_no_command(tuimon: Tuimon) -> None:
    done = tuimon.run("replay", "--headless", kept(tuimon))

    assert done.status == 0
    assert holds_no_command(done.text)
    assert "\x1b" not in done.stderr.decode()


def test_two_runs_side_by_side(tuimon: Tuimon) -> None:
    one, other = kept(tuimon), kept(tuimon, "other.jsonl", loss=0.5)

    text = tuimon.run("replay", one, other)
    document = tuimon.run("replay", one, other, "--format", "json")
    page = tuimon.run("replay", one, other, "--format", "html")

    assert "went away  error   non-finite-loss" in text.stdout.decode()
    assert [each["rule"] for each in json.loads(document.stdout)["findings"]["went_away"]] == ["non-finite-loss"]
    assert (page.status, len(page.said)) == (2, 1)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("slurm-1.out", KERAS),
        ("log.csv", b"epoch,loss\n0,0.5\n1,nan\n"),
        ("history.json", b'{"loss": [0.5, NaN]}'),
    ],
)
def test_logs_of_others(tuimon: Tuimon, name: str, content: bytes) -> None:
    (tuimon.path / name).write_bytes(content)

    done = tuimon.run("replay", "--format", "json", name)
    told = json.loads(done.stdout)

    assert [line["metrics"]["loss"] for line in told["fits"][0]["epochs"]] == [0.5, "NaN"]
    assert "non-finite-loss" in {finding["rule"] for finding in told["findings"]}
    assert told["not_judged"], "what such a log cannot tell"


def test_a_log_that_grows_is_followed(tuimon: Tuimon) -> None:
    path = tuimon.path / "slurm-2.out"
    first, second = KERAS.split(b"Epoch 2/2", 1)
    path.write_bytes(first)
    process = tuimon.start("replay", "--headless", "--follow", path, stderr=(tuimon.path / "said").open("wb"))

    def said() -> str:
        return (tuimon.path / "said").read_text()

    wait_for(lambda: "epoch 1/2" in said() or "fit started" in said(), "the first part")
    with path.open("ab") as file:
        file.write(b"Epoch 2/2" + second)
    wait_for(lambda: "non-finite-loss" in said(), "what was added")
    process.terminate()
    process.communicate(timeout=120)
    assert "Traceback" not in said()


# --- bad input


def one_line(tuimon: Tuimon, *args: str | Path, status: int = 1) -> str:
    done = tuimon.run("replay", "--format", "text", *args)

    assert done.status == status
    assert (len(done.said), done.stdout, done.stderr.strip()) == (1, b"", b"")
    return done.text


def test_a_pipe_is_not_waited_for(tuimon: Tuimon) -> None:
    os.mkfifo(tuimon.path / "pipe")

    assert "no regular file" in one_line(tuimon, "pipe")


def test_a_pipe_in_the_place_of_a_journal_is_not_waited_for(tuimon: Tuimon) -> None:
    (tuimon.path / "odd").mkdir()
    os.mkfifo(tuimon.path / "odd" / "journal.jsonl")

    assert "no regular file" in one_line(tuimon, "odd")


def test_a_device_without_an_end_is_refused(tuimon: Tuimon) -> None:
    assert "no regular file" in one_line(tuimon, "/dev/zero")


def test_an_empty_directory_holds_no_log(tuimon: Tuimon) -> None:
    (tuimon.path / "empty").mkdir()

    one_line(tuimon, "empty")


def test_a_link_that_leads_nowhere_or_to_itself(tuimon: Tuimon) -> None:
    (tuimon.path / "nowhere").symlink_to("not-there")
    (tuimon.path / "round").symlink_to("round")

    for name in ("nowhere", "round"):
        done = tuimon.run("replay", "--format", "text", name)
        assert done.status in (1, 2)
        assert (len(done.said), done.stderr.strip()) == (1, b"")


def test_a_link_to_a_journal_is_the_journal(tuimon: Tuimon) -> None:
    (tuimon.path / "link").symlink_to(kept(tuimon))

    assert b"non-finite-loss" in tuimon.run("replay", "--format", "text", "link").stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_what_may_not_be_read_is_said_in_a_line(tuimon: Tuimon) -> None:
    path = kept(tuimon)
    path.chmod(0o600)
    closed = tuimon.path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "journal.jsonl").write_bytes(path.read_bytes())
    board = tuimon.path / "board"
    board.mkdir(mode=0o755)
    (board / "events.out.tfevents.1").touch(mode=0o600)
    for part in (tuimon.path, *tuimon.path.parents[:3]):
        part.chmod(part.stat().st_mode | 0o055)

    for name in (path, closed, board):
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, "replay", "--format", "text", name],
            env={**tuimon.environment, "XDG_STATE_HOME": "/nonexistent"}, cwd=tuimon.path,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=180,
        )  # fmt: skip
        assert done.returncode in (1, 2)
        assert done.stdout == b""
        assert done.stderr.startswith(b"tuimon: ")
        assert done.stderr.count(b"\n") == 1


AS_NOBODY = """
import os, sys
from tuimon import cli, headless, recordings, settings
from tuimon.report import formats
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
sys.exit(cli.main(sys.argv[1:]))
"""
"""The interpreter itself may lie where only root can read."""


def test_a_line_of_zeros_a_gigabyte_long(tuimon: Tuimon) -> None:
    with kept(tuimon).open("ab") as file:
        file.write(b'{"event":"')
        file.truncate(1 << 30)

    done = tuimon.run("replay", "--format", "json", "kept.jsonl", preexec_fn=little_memory)

    assert done.status == 0
    assert json.loads(done.stdout)["fits"][0]["epochs_done"] == 1


def little_memory() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (768 << 20, 768 << 20))
