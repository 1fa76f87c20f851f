"""`tuimon runs`: finds, renames and deletes, and deletes nothing that it was not asked to."""

from __future__ import annotations

import json
import os
import pty
import time
from pathlib import Path

import pytest

from tests.harness import Tuimon
from tuimon import digest, prune, runs
from tuimon.errors import UsageError
from tuimon.runs import RunDirectory

DAY = 86_400.0


def kept(where: Path, name: str = "", days: float = 0.0, status: str = "finished", **known: object) -> RunDirectory:
    """A run that is over and began so many days ago."""
    directory = runs.create(where, name, status=status, command=["train.py"])
    began = time.time() - days * DAY
    directory.update(started_at=began, **{"ended_at": began + 60, **known})
    directory.journal.write_bytes(b"x" * 10_000)
    return directory


def going_on(where: Path, days: float = 0.0) -> RunDirectory:
    """A run whose script is this process."""
    return kept(
        where, days=days, status="running", ended_at=None, pid=os.getpid(),
        child_started=runs.process_started(os.getpid()),
    )  # fmt: skip


def names(tuimon: Tuimon, *args: str) -> list[str | None]:
    return [run["name"] for run in json.loads(tuimon.run("runs", "--json", *args).stdout)]


def test_runs_are_found_by_status_and_name(tuimon: Tuimon) -> None:
    kept(tuimon.home, "mnist-a", days=3)
    kept(tuimon.home, "mnist-b", days=2, status="failed")
    kept(tuimon.home, "other", days=1, status="killed")

    assert names(tuimon) == ["other", "mnist-b", "mnist-a"]
    assert names(tuimon, "--name", "mnist") == ["mnist-b", "mnist-a"]
    assert names(tuimon, "--status", "failed", "--status", "killed") == ["other", "mnist-b"]
    assert names(tuimon, "--status", "lost") == []


def test_two_hundred_runs_are_folded_once_for_all_lists(tuimon: Tuimon, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = [kept(tuimon.home, f"search-{number:03}") for number in range(200)]
    folded: list[RunDirectory] = []

    def counted(run: RunDirectory) -> digest.Counts:
        folded.append(run)
        return digest.Counts()

    monkeypatch.setattr(digest, "_counted", counted)

    for _ in range(3):
        entries = [digest.entry(run) for run in runs.every(tuimon.home)]
    assert len(folded) == len(entries) == 200

    listed[7].journal.write_bytes(b"x" * 20_000)
    assert [digest.entry(run)["status"] for run in listed] == ["finished"] * 200
    assert folded[200:] == [listed[7]]
    assert runs.find(tuimon.home, "search-007") == listed[7]


def test_sizes_are_told(tuimon: Tuimon) -> None:
    kept(tuimon.home, "a")

    (entry,) = json.loads(tuimon.run("runs", "--json").stdout)

    assert 10_000 <= entry["size"] <= 100_000
    assert "KiB" in tuimon.run("runs").stdout.decode()


def test_no_name_is_a_command_to_the_terminal(tuimon: Tuimon) -> None:
    directory = kept(tuimon.home)
    directory.update(name="\x1b[31mred", command=["\x1b]0;x\x07"])

    told = tuimon.run("runs").stdout

    assert b"\x1b" not in told
    assert b"\\x1b[31mred" in told


@pytest.mark.parametrize(
    "content",
    [
        "[]", "7", "null", "[" * 100_000, '{"name": ', "\udcff",
        '{"started_at": "x", "ended_at": [], "command": "x", "pid": "1", "name": null, "host": 7}',
        '{"started_at": 1e300, "ended_at": NaN, "command": [1], "pid": 1.5, "status": {}}',
    ],
)  # fmt: skip
def test_a_damaged_summary_says_nothing(tmp_path: Path, content: str) -> None:
    directory = runs.create(tmp_path, "whole")
    (directory.path / "run.json").write_bytes(content.encode(errors="surrogateescape"))

    assert directory.read() == runs.Summary(id=directory.id)
    assert runs.every(tmp_path) == [directory]


def test_a_pipe_in_the_place_of_a_summary_is_not_waited_for(tuimon: Tuimon) -> None:
    kept(tuimon.home, "a")
    (tuimon.home / "odd").mkdir()
    os.mkfifo(tuimon.home / "odd" / "run.json")

    assert names(tuimon) == ["a"]


def test_another_name(tuimon: Tuimon) -> None:
    directory, other = kept(tuimon.home, "a"), kept(tuimon.home, "b")

    assert tuimon.run("runs", "rename", "a", "best one").status == 0
    assert directory.read().name == "best one"
    for refused in ("b", "\x1b[31m", "a/b", other.id, ".", "..", "4711", "a "):
        done = tuimon.run("runs", "rename", "best one", refused)
        assert (done.status, len(done.said), done.stderr.strip()) == (2, 1, b"")
    assert directory.read().name == "best one"
    assert tuimon.run("runs", "rename", "best one", "").status == 0
    assert directory.read().name == ""


@pytest.mark.parametrize(
    "name",
    [".", "..", "...", "-x", " x", "x ", "a/b", "a\n", "\u202ex", "4711", "\u0664", "ada@node7", "\U00020000" * 80,
     "20260101-000000-aaaa"],
)  # fmt: skip
def test_a_name_that_could_be_taken_for_something_else_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        runs.create(tmp_path, name)
    assert runs.every(tmp_path) == []


@pytest.mark.parametrize("name", ["lock", ".lock", "run-4711", "=1+1", "v1.0", "größer 2"])
def test_other_names_are_only_names(tmp_path: Path, name: str) -> None:
    directory = runs.create(tmp_path, name)
    assert runs.find(tmp_path, name) == directory
    assert directory.path.parent == tmp_path


def test_a_run_is_found_by_its_id_whatever_others_are_called(tmp_path: Path) -> None:
    one, other = runs.create(tmp_path), runs.create(tmp_path)
    other.update(name=one.id)
    assert runs.find(tmp_path, one.id) == one


def test_what_may_go(tmp_path: Path) -> None:
    old, middle, new = kept(tmp_path, days=40), kept(tmp_path, days=20), kept(tmp_path, days=1)
    now = time.time()

    assert prune.deletable(tmp_path, now, older_than=30 * DAY) == [old]
    assert prune.deletable(tmp_path, now, keep=1) == [middle, old]
    assert prune.deletable(tmp_path, now, older_than=30 * DAY, keep=2) == [old]
    assert prune.deletable(tmp_path, now, older_than=10 * DAY, keep=2) == [old]
    assert prune.deletable(tmp_path, now, older_than=0.5 * DAY, keep=0) == [new, middle, old]


@pytest.mark.parametrize(("text", "days"), [("30d", 30), ("2w", 14), ("12h", 0.5), ("1.5d", 1.5)])
def test_ages(text: str, days: float) -> None:
    assert prune.seconds(text) == days * DAY


@pytest.mark.parametrize("text", ["", "30", "d", "-1d", "1y", "1e9d", "nan"])
def test_what_is_no_age(text: str) -> None:
    with pytest.raises(UsageError):
        prune.seconds(text)


def test_a_run_that_goes_on_is_never_deleted(tuimon: Tuimon) -> None:
    running = going_on(tuimon.home, days=400)
    elsewhere = kept(tuimon.home, days=400, status="running", ended_at=None, host="another-machine")
    over = kept(tuimon.home, days=400)

    done = tuimon.run("runs", "prune", "--older-than", "1d", "--yes")

    assert done.status == 0
    assert {run.id for run in tuimon.runs} == {running.id, elsewhere.id}
    assert over.id in done.stdout.decode()
    running.update(pid=None, ended_at=1.0)  # the harness ends what still runs, and this is the test itself


def test_a_lost_run_may_go(tuimon: Tuimon) -> None:
    kept(tuimon.home, days=2, status="running", ended_at=None, pid=2**22 + 1, child_started=1)

    assert tuimon.run("runs", "prune", "--older-than", "1d", "--yes").status == 0
    assert tuimon.runs == []


def test_without_yes_it_asks_and_where_nobody_is_it_does_nothing(tuimon: Tuimon) -> None:
    kept(tuimon.home, days=2)

    done = tuimon.run("runs", "prune", "--older-than", "1d")
    nothing_said = tuimon.run("runs", "prune")

    assert (done.status, nothing_said.status) == (2, 2)
    assert len(tuimon.runs) == 1


@pytest.mark.parametrize(("answer", "left"), [(b"n\n", 1), (b"\n", 1), (b"y\n", 0)])
def test_the_answer_counts(tuimon: Tuimon, answer: bytes, left: int) -> None:
    kept(tuimon.home, days=2)
    here, there = pty.openpty()
    os.write(here, answer)

    done = tuimon.run("runs", "prune", "--older-than", "1d", stdin=there)
    os.close(here)
    os.close(there)

    assert b"Delete this run? [y/N]" in done.stderr
    assert len(tuimon.runs) == left
    assert done.status == (1 if left else 0)


def test_a_command_in_a_table_is_the_script_and_what_it_is_given() -> None:
    assert runs.short(["/opt/env/bin/python3.11", "/home/ada/train.py", "--name", "a b"]) == "train.py --name 'a b'"
    assert runs.short(["/opt/env/bin/python", "-m", "pack.train"]) == "python -m pack.train"
    assert runs.short(["./train.py"]) == "train.py"
    assert runs.short(["/usr/bin/nice", "python", "train.py"]) == "/usr/bin/nice python train.py"
    assert runs.short([]) == ""
