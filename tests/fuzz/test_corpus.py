"""What was found worth keeping by fuzzing (see README.md): none of it breaks a promise of `bounds`.

Files named `found-…` broke one once.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.bounds import Broken, TooSlow, bounds, lines_executed
from tests.fuzz.targets import CORPUS, TARGETS, Target, corpus, tried

KEPT = [(target, path) for target in TARGETS.values() for path in corpus(target.name)]
MOST = 200_000
"""Bytes of all that is kept."""


@pytest.mark.parametrize(("target", "path"), KEPT, ids=[f"{target.name}-{path.name}" for target, path in KEPT])
def test_is_read(target: Target, path: Path, tmp_path: Path) -> None:
    data = path.read_bytes()
    tried(target, data, tmp_path)
    for cut in range(0, len(data), max(1, len(data) // 16)):
        tried(target, data[:cut], tmp_path)


def test_the_corpus_is_small_and_no_target_is_without() -> None:
    sizes = {name: sum(path.stat().st_size for path in corpus(name)) for name in TARGETS}

    assert all(sizes.values()), sizes
    assert sum(sizes.values()) < MOST
    assert sorted(path.name for path in CORPUS.iterdir()) == sorted(TARGETS)


def test_every_reader_takes_a_part_of_the_logs() -> None:
    from tuimon import readers

    for recognises, _ in readers.READERS:
        assert any(recognises(path.read_bytes()) for path in corpus("logs")), recognises.__module__


@pytest.mark.parametrize("name", TARGETS)
def test_twice_the_input_takes_little_more_than_twice_the_work(name: str, tmp_path: Path) -> None:
    """Counted in lines of Python. The inputs are the longest that are kept, one behind the other."""
    target = TARGETS[name]
    longest = max((path.read_bytes() for path in corpus(name)), key=len)
    once = max(1, 8192 // len(longest))
    work = {}
    for times in (1, once, 2 * once, 4 * once):  # the first fills caches
        work[times] = lines_executed(lambda times=times: tried(target, longest * times, tmp_path), 20_000_000)  # type: ignore[misc]

    assert work[4 * once] <= 2.6 * work[2 * once] + 2000, work


# --- the bounds themselves


def test_what_is_written_elsewhere_is_noticed(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()

    with bounds(inside):
        (inside / "file").write_text("x")
        (inside / "file").rename(inside / "other")
        (tmp_path / "inside" / "other").read_text()
    (inside / "link").symlink_to(outside)
    for change in (
        lambda: outside.write_text("x"),
        lambda: (inside / "other").rename(outside),
        lambda: (inside / ".." / "made").mkdir(),
        lambda: (inside / "link").write_text("x"),
    ):
        with pytest.raises(Broken), bounds(inside):
            change()

    assert sorted(path.name for path in tmp_path.iterdir()) == ["inside"]


def test_what_hangs_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.bounds.SECONDS", 0.05)

    with pytest.raises(TooSlow), bounds(tmp_path):
        _hang()


def _hang() -> None:
    while True:
        pass
