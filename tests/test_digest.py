"""A run in one line: from its journal, or from what this user has kept of it."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from tests.harness import Tuimon
from tuimon import digest, events
from tuimon.journal import Journal
from tuimon.runs import RunDirectory, Summary


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDirectory:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    directory = RunDirectory(tmp_path / "20260101-000000-abcd")
    directory.path.mkdir(mode=0o700)
    directory.write(Summary(id=directory.id))
    journal = Journal(directory.path)
    journal.append(events.FitStarted(at=1.0, pid=1, fit=1, call="fit"))
    journal.append(events.StepsEnded(at=2.0, pid=1, fit=1, epoch=0, step=4, steps=5))
    journal.append(events.EpochEnded(at=2.0, pid=1, fit=1, epoch=0, steps=5))
    journal.close()
    return directory


def test_what_was_counted_is_kept_while_the_journal_does_not_grow(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = digest.counts(run)
    assert (counted.epochs, counted.steps) == (1, 5)

    monkeypatch.setattr(digest, "_counted", lambda directory: digest.Counts(steps=-1))  # who is asked says so

    assert digest.counts(run) == counted
    with run.journal.open("ab") as file:
        file.write(b"\n")
    assert digest.counts(run).steps == -1


@pytest.mark.parametrize("signature", ["", "00" * 32, None])
def test_a_digest_that_was_sent_is_not_believed(run: RunDirectory, signature: str | None) -> None:
    true = digest.counts(run)
    kept = run.path / "digest.json"
    found = json.loads(kept.read_text())
    facts = json.loads(found["digest"])
    facts["counts"]["steps"] = 1_000_000
    forged = {"digest": json.dumps(facts), "signature": found["signature"] if signature is None else signature}

    kept.write_text(json.dumps(forged))

    assert digest.counts(run) == true
    assert json.loads(json.loads(kept.read_text())["digest"])["counts"]["steps"] == 5


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"digest": 1, "signature": 2}', '{"journal": 1, "steps": 2}'])
def test_a_digest_that_is_none_is_made_again(run: RunDirectory, text: str) -> None:
    (run.path / "digest.json").write_text(text)

    assert digest.counts(run).steps == 5
    assert "signature" in json.loads((run.path / "digest.json").read_text())


@pytest.mark.parametrize("kind", ["fifo", "socket", "nothing"])
def test_a_run_without_a_journal_hides_no_other(tuimon: Tuimon, kind: str) -> None:
    for name in ("one", "two"):
        tuimon.run("run", "--headless", "--name", name, tuimon.script("print('done')"))
    path = tuimon.directory.journal
    path.unlink()
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        os.mknod(path, stat.S_IFSOCK | 0o600)

    listed = tuimon.run("runs")

    assert listed.status == 0
    assert b"one" in listed.stdout
    assert b"two" in listed.stdout
