"""States that are kept beside a journal: whoever begins with one ends where he would have ended without."""

from __future__ import annotations

import array
import json
import math
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.benchmarks import journals
from tests.harness import wait_for
from tests.runs import RECORDED
from tests.tui.recorded import Story, recorded
from tuimon import events, journal, wire
from tuimon.checkpoints import encoding, making, signing, starting, store
from tuimon.checkpoints.shapes import Uncovered
from tuimon.follow import Follow
from tuimon.recordings import Recording
from tuimon.report import report
from tuimon.rules import diagnose
from tuimon.runs import RunDirectory
from tuimon.series import Series
from tuimon.state import Restored, Run


@pytest.fixture(scope="module", autouse=True)
def key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where this user's key is."""
    with pytest.MonkeyPatch.context() as patch:
        state = tmp_path_factory.mktemp("state")
        patch.setenv("XDG_STATE_HOME", str(state))
        yield state / "tuimon" / "checkpoint.key"


def plain(value: Any) -> Any:
    """All that there is in a state, to compare it with another."""
    if isinstance(value, Series):
        return {name: plain(getattr(value, name)) for name in Series.__slots__}
    if isinstance(value, array.array):
        return value.tolist()
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value] + ([value.total] if hasattr(value, "total") else [])
    if hasattr(value, "__dict__"):
        return {"class": type(value).__name__, **{name: plain(each) for name, each in vars(value).items()}}
    return value if value == value else "NaN"


def said(run: Run) -> dict[str, Any]:
    return report(run, diagnose(run))


LINES = {path.stem: path.read_bytes().splitlines(keepends=True) for path in RECORDED}
LINES["watched"] = [wire.encode(event) for event in recorded(Story(nan_at=9_000, gpus=2))]


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal with a dozen states."""
    path = journals.write(tmp_path_factory.mktemp("long") / "run", 60_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal, "CHUNK", 1 << 14)
        assert making.make(path, every=path.stat().st_size // 12) >= 10
    return path


@pytest.mark.parametrize("name", sorted(LINES))
@given(share=some.floats(0, 1))
def test_a_state_and_the_rest_come_to_what_all_events_come_to(
    tmp_path_factory: pytest.TempPathFactory, name: str, share: float
) -> None:
    path, lines = tmp_path_factory.mktemp("run") / "journal.jsonl", LINES[name]
    path.write_bytes(b"".join(lines))
    before = lines[: round(share * len(lines))]
    offset = sum(map(len, before))
    store.write(path, offset, Run().apply_all(list(journal.read(path))[: len(before)]))

    restored, rest = Run().apply_all(store.read(path)), Run().apply_all(journal.read(path))
    assert plain(restored) == plain(rest)
    assert said(restored) == said(rest)
    shutil.rmtree(path.parent)


@given(share=some.floats(0, 1))
def test_going_to_any_moment_comes_to_what_was_known_then(long: Path, share: float) -> None:
    player = Recording(long, run=RunDirectory(long.parent)).player(1.0)
    player.paused = True
    first, last = player.span
    at = first + share * (last - first)
    player.take(60.0)
    player.seek(at)
    there = Run().apply_all(player.take(60.0))

    expected = Run().apply_all(event for event in journal.read(long) if event.at <= at or not event.at)
    assert plain(there) == plain(expected)


def test_going_far_ahead_and_back_begins_with_a_state(long: Path) -> None:
    player = Recording(long, run=RunDirectory(long.parent)).player(1.0)
    player.paused = True
    first, last = player.span
    began = player.take(60.0)
    assert not any(isinstance(event, Restored) for event in began)
    for share in (0.9, 0.5, 0.97):
        player.seek(first + share * (last - first))
        ready = player.take(60.0)
        assert isinstance(ready[0], Restored)
        assert len(ready) < 400
    place = Run().apply_all(ready).events
    player.step(-1)
    assert Run().apply_all(player.take(60.0)).events == place - 1


def test_the_epochs_are_marked_although_their_beginning_is_not_read(long: Path) -> None:
    known = Recording(long, run=RunDirectory(long.parent)).player(1.0)
    assert (known.span, list(known.epochs)) == journal.moments(long)


def test_who_follows_begins_with_the_newest_state_and_sees_what_is_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "journal.jsonl"
    lines = LINES["watched"]
    path.write_bytes(b"".join(lines[:-50]))
    monkeypatch.setattr(journal, "CHUNK", 1 << 10)
    making.make(path, every=1000)
    source, run = Follow(RunDirectory(tmp_path)), Run()
    first = source.take(60.0)
    assert isinstance(first[0], Restored)
    with path.open("ab") as file:
        file.write(b"".join(lines[-50:]))
    run.apply_all(first)
    for _ in range(3):
        run.apply_all(source.take(60.0))

    assert plain(run) == plain(Run().apply_all(journal.read(path)))


def test_who_follows_a_run_that_is_over_is_told_so(long: Path) -> None:
    source = Follow(RunDirectory(long.parent))
    assert not source.ended
    source.take(60.0)
    assert source.ended


def test_what_is_made_already_is_built_upon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "CHUNK", 1 << 12)
    path = tmp_path / "journal.jsonl"
    lines = LINES["watched"]
    path.write_bytes(b"".join(lines[:300]) + lines[300][:20])  # in the middle of a line
    assert making.make(path, every=10_000) > 1
    known = store.known(path)
    assert making.make(path, every=10_000) == 0
    path.write_bytes(b"".join(lines))
    assert making.make(path, every=10_000) > 1
    assert store.known(path)[: len(known)] == known
    assert plain(Run().apply_all(store.read(path))) == plain(Run().apply_all(journal.read(path)))


# --- what does not fit is passed over


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A journal with one state, in its middle."""
    path = tmp_path / "journal.jsonl"
    lines = LINES["watched"]
    path.write_bytes(b"".join(lines))
    offset = sum(map(len, lines[:200]))
    store.write(path, offset, Run().apply_all(map(wire.decode, lines[:200])))
    assert store.restored(path) is not None
    return path


def only(path: Path) -> Path:
    (found,) = store.folder(path).iterdir()
    return found


@given(data=some.data())
def test_damage_is_noticed_or_does_none(tmp_path_factory: pytest.TempPathFactory, data: some.DataObject) -> None:
    path = tmp_path_factory.mktemp("run") / "journal.jsonl"
    lines = LINES["watched"][:120]
    path.write_bytes(b"".join(lines))
    store.write(path, sum(map(len, lines[:100])), Run().apply_all(map(wire.decode, lines[:100])))
    whole = bytearray(only(path).read_bytes())
    at = data.draw(some.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(some.integers(1, 255))
    only(path).write_bytes(whole[: data.draw(some.sampled_from([len(whole), at]))])

    assert plain(Run().apply_all(store.read(path))) == plain(Run().apply_all(journal.read(path)))
    shutil.rmtree(path.parent)


def test_of_another_journal(kept: Path) -> None:
    data = kept.read_bytes()
    kept.write_bytes(data.replace(b'"at":1', b'"at":2', 1))
    assert store.restored(kept) is None
    kept.write_bytes(data[:100])
    assert store.restored(kept) is None


def test_of_another_version(kept: Path) -> None:
    only(kept).rename(only(kept).with_suffix(".0123456789abcdef"))
    assert store.restored(kept) is None
    making.make(kept, every=10_000)
    assert {path.suffix for path in store.folder(kept).iterdir()} == {f".{store.fold_version()}"}


@pytest.mark.parametrize("what", ["journal", "folder", "state"])
def test_that_others_may_have_written(kept: Path, what: str) -> None:
    path = {"journal": kept, "folder": store.folder(kept), "state": only(kept)}[what]
    path.chmod(path.stat().st_mode | 0o020)
    assert store.restored(kept) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_that_belong_to_somebody_else(kept: Path) -> None:
    os.chown(only(kept), 12345, 12345)
    assert store.restored(kept) is None


@pytest.mark.parametrize("limit", ["LARGEST", "MOST"])
def test_what_is_too_large_is_not_read(kept: Path, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(encoding, limit, 1000)
    assert store.restored(kept) is None, "it is larger than that, unpacked"


def test_a_large_file_is_not_read(kept: Path) -> None:
    os.truncate(only(kept), 1 << 40)
    assert store.restored(kept) is None


def sign_again(kept: Path, **changed: Any) -> None:
    """The same checkpoint with another heading, signed as its own was."""
    whole, found = only(kept).read_bytes(), signing.key()
    assert found is not None
    first, _, state = whole.partition(b"\n")
    told = json.dumps({**json.loads(first.partition(b" ")[2]), **changed}).encode()
    only(kept).write_bytes(signing.signature(found, told) + b" " + told + b"\n" + state)


def test_the_same_signed_again_is_believed(kept: Path) -> None:
    sign_again(kept)
    assert store.restored(kept) is not None


@pytest.mark.parametrize(
    "changed", [{"at": 1.0}, {"events": 1}, {"inode": 1}, {"version": "0" * 16}, {"offset": 0}, {"state": "0" * 64}]
)
def test_every_word_of_the_heading_counts(kept: Path, changed: dict[str, Any]) -> None:
    sign_again(kept, **changed)
    assert store.restored(kept) is None


def test_a_copy_is_another_journal(kept: Path, tmp_path: Path) -> None:
    """Between the parts that are compared, it may have been altered."""
    copy = tmp_path / "copy"
    shutil.copytree(kept.parent, copy, copy_function=shutil.copy2, ignore=shutil.ignore_patterns("copy"))
    assert (copy / "checkpoints" / only(kept).name).is_file()
    assert store.known(copy / kept.name) == []
    assert store.restored(copy / kept.name) is None
    assert store.restored(kept) is not None


# --- whose they are


def test_without_a_key_they_are_no_longer_believed(kept: Path, key: Path) -> None:
    hidden = key.rename(key.with_name("hidden"))
    assert store.restored(kept) is None
    assert store.known(kept) == []
    hidden.rename(key)
    assert store.restored(kept) is not None


def test_those_of_another_key_are_made_again(kept: Path, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "CHUNK", 1 << 12)
    foreign = only(kept).read_bytes()
    key.unlink()
    made = making.make(kept, every=10_000)
    assert made > 1
    assert len(store.known(kept)) == made == len(list(store.folder(kept).iterdir()))
    assert foreign not in [path.read_bytes() for path in store.folder(kept).iterdir()]
    assert plain(Run().apply_all(store.read(kept))) == plain(Run().apply_all(journal.read(kept)))


def test_a_damaged_one_is_made_again(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "CHUNK", 1 << 12)
    making.make(kept, every=10_000)
    *_, last = store.known(kept)
    whole = bytearray(last.path.read_bytes())
    whole[-20] ^= 1
    last.path.write_bytes(whole)
    found = store.restored(kept)
    assert found is not None
    assert found[1] < last.offset
    assert making.make(kept, every=10_000) == 1
    assert (store.restored(kept) or found)[1] == last.offset


def test_a_long_recording_whose_checkpoints_are_foreign_gets_its_own(
    kept: Path, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "EVERY", 1000)
    key.unlink()
    Recording(kept, run=RunDirectory(kept.parent)).player(1.0)
    # The process that makes them knows only the usual distance; that it has looked shows in what it took away.
    wait_for(lambda: key.exists() and not list(store.folder(kept).iterdir()), "the foreign one is gone")


def test_files_of_others_in_the_folder_are_left_alone(kept: Path) -> None:
    model = store.folder(kept) / "model-00012.keras"
    model.write_bytes(b"weights")
    old = store.folder(kept) / "1234.0123456789abcdef"
    old.write_bytes(b"")
    making.make(kept, every=10_000_000)
    assert model.read_bytes() == b"weights"
    assert not old.exists()


def test_what_cannot_be_kept_is_not_made_and_folded(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    odd = events.GpusSampled(at=1.0, gpus=[{"index": 0, "name": ["no text"]}])
    path.write_bytes(b"".join([wire.encode(odd), *LINES["watched"], wire.encode(events.SupervisorEnded(at=1e9))]))
    with pytest.raises(Uncovered):
        making.make(path, every=1000)
    assert list(store.folder(path).iterdir()) == []
    assert subprocess.run([*starting.COMMAND, path], cwd=starting.ROOT, check=True, capture_output=True).stderr == b""
    assert Run().apply_all(store.read(path)).events == len(LINES["watched"]) + 2


# --- who makes them


def test_they_are_made_when_the_journal_has_grown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"")
    growth = starting.Growth(path)
    growth.look()
    growth.look(over=True)
    assert not store.folder(path).exists(), "not for a short run"

    path.write_bytes(b"".join(LINES["watched"]) + wire.encode(events.SupervisorEnded(at=1e9)))
    monkeypatch.setattr(starting, "WORTH", 1000)
    growth.look(over=True)
    (state,) = wait_for(lambda: store.known(path), "a state of the whole")
    assert state.offset == path.stat().st_size
    assert (path.parent / "checkpoints").stat().st_mode & 0o777 == 0o700
    assert state.path.stat().st_mode & 0o777 == 0o600


def test_a_full_disk_keeps_what_is_left_for_the_journal(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "ROOM", math.inf)
    assert making.make(kept, every=1000) == 0
