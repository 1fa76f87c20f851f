"""The journal: what was written is read, whatever became of its end, and whoever damaged it."""

from __future__ import annotations

import dataclasses
import os
import stat
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import START, epoch, fit, fit_end, timed
from tuimon import __version__, events, journal, wire
from tuimon.journal import Journal, Tail
from tuimon.runs import RunDirectory

STORY = timed(fit(), epoch(0, loss=1.0), epoch(1, loss=float("nan")), fit_end())


def written(directory: Path, *these: events.Event) -> Path:
    opened = Journal(directory)
    for event in these:
        opened.append(event)
    opened.close()
    return opened.path


def lines(*these: events.Event) -> bytes:
    return b"".join(map(wire.encode, these))


def test_the_first_line_says_what_this_is(tmp_path: Path) -> None:
    opened = Journal(tmp_path)
    opened.open_with_header("r1", START)
    opened.close()

    (header,) = journal.read(tmp_path)

    assert header == events.JournalOpened(at=START, schema=events.SCHEMA_VERSION, tuimon=__version__, run="r1")


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        path = written(tmp_path, *STORY)
    finally:
        os.umask(before)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_torn_end_is_not_yet(tmp_path: Path) -> None:
    whole = lines(*STORY)
    path = tmp_path / journal.NAME
    path.write_bytes(whole[:-5])
    tail = Tail(path)

    assert len(tail.take()) == len(STORY) - 1
    with path.open("ab") as file:
        file.write(whole[-5:])
    assert len(tail.take()) == 1
    assert tail.unreadable == 0


def test_the_next_writer_mends_a_torn_end(tmp_path: Path) -> None:
    (tmp_path / journal.NAME).write_bytes(lines(STORY[0]) + b'{"event":"EpochSta')

    path = written(tmp_path, STORY[1])
    tail = Tail(path)

    assert tail.take() == [STORY[0], STORY[1]]
    assert tail.unreadable == 1


@pytest.mark.parametrize(
    "odd",
    [b"{", b"\x00" * 100, b"\xff\xfe", '{"event":"WarningSeen","message":"ü'.encode()[:-1], b"[" * 100_000, b"17"],
)
def test_a_line_that_cannot_be_read_is_counted_and_left_out(tmp_path: Path, odd: bytes) -> None:
    path = tmp_path / journal.NAME
    path.write_bytes(lines(STORY[0]) + odd + b"\n" + lines(STORY[1]))
    tail = Tail(path)

    assert tail.take() == [STORY[0], STORY[1]]
    assert tail.unreadable == 1


def test_a_line_without_an_end_takes_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MAX_LINE", 1 << 20)
    path = tmp_path / journal.NAME
    with path.open("wb") as file:
        file.write(lines(STORY[0]) + b'{"event":"')
        file.seek(64 << 20, os.SEEK_CUR)  # a hole: 64 MiB of zeros
        file.write(b"\n" + lines(STORY[1]))
    tail = Tail(path)
    ready = []
    while not tail.caught_up:
        ready += tail.take(0.0)
        assert tail.held <= 3 << 20

    assert ready == [STORY[0], STORY[1]]
    assert tail.unreadable == 1


@settings(deadline=None, max_examples=50)
@given(st.binary(max_size=300), st.integers(0, 400), st.lists(st.integers(1, 90), max_size=20))
def test_damage_costs_the_damaged_lines_only(damage: bytes, where: int, pieces: list[int]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as there:
        path = Path(there) / journal.NAME
        before, after = lines(*STORY[:4]), lines(*STORY[4:])
        content = before + damage + b"\n" + after
        tail, ready = Tail(path), []
        for piece in [*pieces, len(content)]:
            with path.open("ab") as file:
                file.write(content[:piece])
            content = content[piece:]
            ready += tail.take()

    known = [repr(event) for event in ready]
    assert known[:4] == [repr(event) for event in STORY[:4]]
    assert known[len(known) - len(STORY) + 4 :] == [repr(event) for event in STORY[4:]]


def test_a_file_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    tail = Tail(tmp_path / journal.NAME)

    assert tail.take() == []
    written(tmp_path, STORY[0])
    assert tail.take() == [STORY[0]]


@pytest.mark.parametrize("how", ["replaced", "emptied", "cut", "cut and grown beyond"])
def test_another_file_in_its_place_is_read_from_its_start(tmp_path: Path, how: str) -> None:
    path = written(tmp_path, *STORY)
    tail = Tail(path)
    tail.take()
    other = [dataclasses.replace(event, at=event.at + 1000) for event in timed(fit(epochs=7), epoch(0, loss=0.5))]

    if how == "replaced":
        path.unlink()
        assert tail.take() == []
        assert isinstance(tail.error, FileNotFoundError)
        written(tmp_path, *other)
    elif how == "emptied":
        os.truncate(path, 0)
        assert tail.take() == []
        path.write_bytes(lines(*other))
    else:
        more = [*other, *other, *other] if "beyond" in how else other[:1]
        path.write_bytes(lines(*more))
        other = more
    again = tail.take()

    assert tail.restarts == 1
    assert again == other
    assert tail.error is None
    assert tail.take() == []
    assert tail.restarts == 1


def test_the_same_file_put_back_is_read_on(tmp_path: Path) -> None:
    opened = Journal(tmp_path)
    for event in STORY[:3]:
        opened.append(event)
    tail = Tail(opened.path)
    first = tail.take()

    opened.path.unlink()
    opened.append(STORY[3])
    assert opened.removed
    opened.put_back()
    for event in STORY[4:]:
        opened.append(event)
    opened.close()

    assert repr(first + tail.take()) == repr(STORY)
    assert tail.restarts == 0
    assert [path.name for path in tmp_path.iterdir()] == [journal.NAME]


@pytest.mark.parametrize("there", ["directory", "fifo"])
def test_what_is_no_file_holds_nobody_up(tmp_path: Path, there: str) -> None:
    path = written(tmp_path, *STORY)
    tail = Tail(path)
    tail.take()
    path.unlink()
    path.mkdir() if there == "directory" else os.mkfifo(path)

    assert tail.take() == []
    assert tail.error is not None
    if there == "fifo":  # a directory may be a run's
        with pytest.raises(OSError, match="not a regular file"):
            list(journal.read(path))
    with pytest.raises(OSError, match="not a regular file"):
        journal.moments(path)


def test_moments_of_a_line_without_an_end_take_no_memory(tmp_path: Path) -> None:
    path = tmp_path / journal.NAME
    with path.open("wb") as file:
        file.write(lines(*STORY) + b'{"event":"')
        file.seek(64 << 20, os.SEEK_CUR)
        file.write(b"\n" + lines(*STORY))
    tracemalloc.start()
    try:
        span, epochs = journal.moments(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert span == (STORY[0].at, STORY[-1].at)
    assert len(epochs) == 4
    assert peak < 16 << 20


def test_moments_are_told_without_reading_what_lies_between(tmp_path: Path) -> None:
    path = written(tmp_path, *STORY)
    with path.open("ab") as file:
        file.write(b'{"event":"EpochStarted","at":9e9')  # not yet

    span, epochs = journal.moments(path)

    assert span == (STORY[0].at, STORY[-1].at)
    assert epochs == [event.at for event in STORY if isinstance(event, events.EpochStarted)]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff" * 1000, b'{"event":"x"}\n'])
def test_moments_of_what_has_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / journal.NAME
    path.write_bytes(content)

    assert journal.moments(path) == ((0.0, 0.0), [])


def test_a_run_keeps_its_journal_in_its_directory(tmp_path: Path) -> None:
    assert RunDirectory(tmp_path).journal == written(tmp_path)
