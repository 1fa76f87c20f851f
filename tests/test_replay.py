"""A journal read again tells what it told live, and what is no journal is said in one line."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.builders import epoch, fit, fit_end, timed
from tests.harness import Tuimon
from tuimon import events, journal, wire
from tuimon.follow import Follow
from tuimon.runs import RunDirectory
from tuimon.state import Run


def written(path: Path, *these: events.Event) -> Path:
    path.write_bytes(b"".join(wire.encode(event) for event in these))
    return path


FAILED_FIT = timed(fit(epochs=1), epoch(0, steps=10, loss=float("nan")), fit_end(), status=0)


def test_replay_says_what_was_said_live(tuimon: Tuimon) -> None:
    script = tuimon.script("import sys; print('Epoch 1/2'); sys.exit(3)")
    live = tuimon.run("run", "--json", "live.json", script)

    replayed = tuimon.run("replay", "--headless", "--json", "replayed.json", tuimon.directory.id)

    assert replayed.said == live.said[1:]  # live, the first line names the run
    assert replayed.report == live.report
    assert replayed.stdout == b""
    assert replayed.status == 0


@pytest.mark.parametrize(("fail_on", "status"), [(None, 0), ("error", 3), ("warning", 3)])
def test_a_finding_can_make_the_status_3(tuimon: Tuimon, fail_on: str | None, status: int) -> None:
    path = written(tuimon.path / "kept.jsonl", *FAILED_FIT)

    done = tuimon.run("replay", *(["--fail-on", fail_on] if fail_on else []), path)

    assert done.status == status
    assert any(line.startswith("error non-finite-loss") for line in done.said)


def test_a_torn_journal_tells_what_it_has(tuimon: Tuimon) -> None:
    path = written(tuimon.path / "torn.jsonl", *FAILED_FIT)
    os.truncate(path, path.stat().st_size - 20)

    done = tuimon.run("replay", path)

    assert done.status == 0
    assert "the run goes on" in done.text
    assert "1 epoch" in done.text


@pytest.mark.parametrize("content", [b"", bytes(range(256)) * 64, b"[1, 2]\n", b"{}\n"])
def test_what_is_no_journal_is_said_in_a_line(tuimon: Tuimon, content: bytes) -> None:
    (tuimon.path / "odd").write_bytes(content)

    done = tuimon.run("replay", "odd")

    assert done.status == 1
    assert len(done.said) == 1
    assert "odd is no log that tuimon knows" in done.text
    assert (done.stdout, done.stderr.strip()) == (b"", b"")


def test_what_is_not_there_is_said_in_a_line(tuimon: Tuimon) -> None:
    done = tuimon.run("replay", "nothing-here")

    assert (done.status, len(done.said)) == (2, 1)


def test_what_is_followed_piece_by_piece_is_what_is_read_at_once(tmp_path: Path) -> None:
    lines = [wire.encode(event) for event in FAILED_FIT] + [wire.encode(events.SupervisorEnded(at=FAILED_FIT[-1].at))]
    directory = RunDirectory(tmp_path)
    source, followed = Follow(directory), Run()

    with directory.journal.open("ab", buffering=0) as file:
        whole = b"".join(lines)
        for start in range(0, len(whole), 7):
            file.write(whole[start : start + 7])
            followed.apply_all(source.take(1.0))
    at_once = Run().apply_all(journal.read(directory.journal))

    assert source.ended
    assert followed.events == at_once.events == len(lines)
    assert followed.status == at_once.status == "finished"
    assert [vars(each) for each in followed.fits[0].epochs] == [vars(each) for each in at_once.fits[0].epochs]


def test_a_copied_run_is_found_by_its_directory(tuimon: Tuimon) -> None:
    tuimon.run("run", tuimon.script("print('ran')"))
    copy = tuimon.path / "copy"
    shutil.copytree(tuimon.directory.path, copy)

    done = tuimon.run("replay", f"{copy}{os.sep}")

    assert "the script finished" in done.text
