"""What goes over the line, whole, in pieces, damaged, and out of order."""

from __future__ import annotations

import json
import os
import socket
import tempfile
import tracemalloc
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tuimon.errors import UsageError
from tuimon.remote.frames import Decoder, Frame, encode
from tuimon.remote.mirror import Mirror
from tuimon.remote.pieces import digest
from tuimon.remote.place import place
from tuimon.remote.target import Target, target
from tuimon.runs import RunDirectory, boot_id

FRAMES = some.builds(
    Frame,
    some.sampled_from(["journal", "stdout", "status", "news"]),
    some.integers(0, 10**12),
    some.binary(max_size=200),
)


@given(some.lists(FRAMES, max_size=8), some.lists(some.integers(0, 400), max_size=8))
def test_frames_come_out_as_they_went_in_however_they_are_cut(frames: list[Frame], cuts: list[int]) -> None:
    data = zlib.compress(b"".join(map(encode, frames)))
    decoder, at = Decoder(), 0
    came: list[Frame] = []
    for cut in [*sorted(cuts), len(data)]:
        came += decoder.feed(data[at:cut])
        at = max(at, cut)
    assert came == frames


@given(some.binary(max_size=500), some.booleans())
def test_whatever_else_comes_is_refused_or_waits_for_more(data: bytes, compressed: bool) -> None:
    try:
        frames = list(Decoder().feed(zlib.compress(data) if compressed else data))
    except ValueError:
        return
    assert b"".join(map(encode, frames)) == data[: sum(len(encode(frame)) for frame in frames)]


def test_a_bomb_takes_no_memory() -> None:
    bomb = zlib.compress(b"journal 0 999999\n" + bytes(1 << 28))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="no frame"):
            list(Decoder().feed(bomb))
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
    with pytest.raises(ValueError, match="too long"):
        list(Decoder().feed(zlib.compress(b"journal 0 99999999\n")))


def test_a_mirror_takes_pieces_in_order_only(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path)
    mirror.take(Frame("journal", 0, b"ab\n"))
    mirror.take(Frame("journal", 3, b"cd\n"))
    assert mirror.journal.read_bytes() == b"ab\ncd\n"
    assert mirror.has() == {"journal": (6, digest(mirror.journal, 6))}
    with pytest.raises(ValueError, match="not where it ends"):
        mirror.take(Frame("journal", 9, b"x"))
    mirror.take(Frame("journal", 0, b"new\n"))
    assert mirror.journal.read_bytes() == b"new\n"
    assert digest(mirror.journal, 9) == "", "there are not so many bytes"


def test_who_is_alive_is_what_the_other_side_says(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path)
    assert (mirror.lost(), mirror.supervised(), mirror.child_alive()) == (None, True, True)
    mirror.take(
        Frame("status", 0, b'{"supervised":false,"alive":false,"lost":"the machine was restarted","over":true}')
    )
    assert (mirror.lost(), mirror.supervised()) == ("the machine was restarted", False)
    assert mirror.status() == "lost"
    for odd in (b"{}", b"[]", b"7", b"{", b"[" * 100_000, b"\xff"):
        with pytest.raises(ValueError):  # noqa: PT011 – in the words of whoever found it
            mirror.take(Frame("status", 0, odd))
    assert mirror.status() == "lost"


def test_what_a_summary_says_of_this_machine_is_not_believed(tmp_path: Path) -> None:
    told = {"name": "there", "socket": "/run/user/0/tuimon/other", "boot": boot_id(), "pid": os.getpid()}
    mirror = Mirror(tmp_path)
    mirror.take(Frame("summary", 0, json.dumps({**told, "host": socket.gethostname()}).encode()))
    assert (mirror.read().name, mirror.read().socket) == ("there", "")
    assert not RunDirectory(tmp_path).child_alive()
    for odd in (b"[]", b"{", b"[" * 100_000, b"7"):
        with pytest.raises(ValueError):  # noqa: PT011 – in the words of whoever found it
            mirror.take(Frame("summary", 0, odd))


def test_a_place_lasts_as_long_as_whoever_watches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = tmp_path / "tuimon-mirror-left"
    left.mkdir()
    (left / "lock").touch()
    (left / "journal.jsonl").touch()
    (tmp_path / "tuimon-mirror-other").symlink_to(tmp_path)
    (tmp_path / "tuimon-mirror-begun").mkdir()

    with place() as one, place() as other:
        assert one.is_dir(), "it is in use"
        assert not left.exists()
        assert other.stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tuimon-mirror-begun", "tuimon-mirror-other"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ada@node7", Target("ada@node7")),
        ("ada@node7:resnet 50", Target("ada@node7", "resnet 50")),
        ("node7:20261125-0931", Target("node7", "20261125-0931")),
        ("ada@[fe80::1]:x", Target("ada@fe80::1", "x")),
        ("20261125-0931", None),
        ("4711", None),
    ],
)
def test_how_a_run_elsewhere_is_named(text: str, expected: Target | None) -> None:
    assert target(text) == expected


@pytest.mark.parametrize(
    "text", ["@node7", "-oProxyCommand=x:1", "ada@-x", "ada@node7:a/b", "ada@no de", "a@b:\x1b[0m"]
)
def test_nothing_that_ssh_or_a_terminal_would_obey(text: str) -> None:
    with pytest.raises(UsageError):
        target(text)
