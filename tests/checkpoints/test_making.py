"""Where checkpoints are written, and where they are not: beside a journal of this user's, and nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.checkpoints.test_signing import NOBODY, needs_root
from tests.tui.recorded import Story, recorded
from tuimon import events, wire
from tuimon.checkpoints import encoding, starting, store
from tuimon.state import Run

STORY = [*recorded(Story(epochs_done=1.5)), events.SupervisorEnded(at=2e9)]


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A journal of a run that is over, without checkpoints."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    found = tmp_path / "run" / "journal.jsonl"
    found.parent.mkdir(0o700)
    found.write_bytes(b"".join(map(wire.encode, STORY)))
    found.chmod(0o600)
    return found


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Another folder of this user's, into which nothing may be written."""
    found = tmp_path / "elsewhere"
    found.mkdir(0o700)
    return found


def make(path: Path) -> None:
    """As it is done beside a run: it says nothing, and ends."""
    done = subprocess.run([*starting.COMMAND, path], cwd=starting.ROOT, capture_output=True, timeout=120)
    assert (done.stdout, done.stderr, done.returncode) == (b"", b"", 0)


def kept(path: Path) -> int:
    """The byte that a reader begins at."""
    found = store.restored(path)
    return found[1] if found else 0


def test_beside_a_journal_of_ones_own_they_are_made(path: Path) -> None:
    make(path)
    assert kept(path) == path.stat().st_size
    assert Run().apply_all(store.read(path)).events == len(STORY)


def test_none_without_a_key(path: Path, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    make(path)
    assert kept(path) == 0
    assert list(store.folder(path).iterdir()) == []
    assert Run().apply_all(store.read(path)).events == len(STORY)


@pytest.mark.parametrize("of", ["checkpoints", "journal"])
def test_no_link_is_followed(path: Path, elsewhere: Path, of: str) -> None:
    make(path)
    if of == "journal":
        path.rename(elsewhere / path.name)
        path.symlink_to(elsewhere / path.name)
    else:
        store.folder(path).rename(elsewhere / "checkpoints")
        store.folder(path).symlink_to(elsewhere / "checkpoints")
    before = sorted(each.stat().st_mtime_ns for each in elsewhere.rglob("*"))
    assert kept(path) == 0
    assert store.known(path) == []
    make(path)
    assert kept(path) == 0
    assert sorted(each.stat().st_mtime_ns for each in elsewhere.rglob("*")) == before


def test_a_link_to_the_runs_directory_is_one_of_the_users(path: Path, elsewhere: Path) -> None:
    (elsewhere / "run").symlink_to(path.parent)
    make(elsewhere / "run" / path.name)
    assert kept(path) == kept(elsewhere / "run" / path.name) == path.stat().st_size


def test_a_folder_that_is_replaced_meanwhile_by_a_link(
    path: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode = encoding.encode

    def slow(run: Run) -> bytes:
        store.folder(path).rename(path.with_name("moved"))
        store.folder(path).symlink_to(elsewhere)
        return encode(run)

    monkeypatch.setattr(encoding, "encode", slow)
    store.write(path, path.stat().st_size, Run().apply_all(STORY))
    assert list(elsewhere.iterdir()) == []
    assert len(list(path.with_name("moved").iterdir())) == 1


def test_a_link_where_the_file_is_to_be_written(path: Path, elsewhere: Path) -> None:
    store.folder(path).mkdir(0o700)
    size = path.stat().st_size
    (store.folder(path) / f"{size}.{store.fold_version()}.{os.getpid()}.new").symlink_to(elsewhere / "target")
    store.write(path, size, Run().apply_all(STORY))
    assert list(elsewhere.iterdir()) == []
    assert [each.offset for each in store.known(path)] == [size]
    assert not any(each.is_symlink() for each in store.folder(path).iterdir())


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def link(path: Path) -> None:
    path.symlink_to(path.rename(path.with_name("target")))


def directory(path: Path) -> None:
    path.unlink()
    path.mkdir(0o600)


def device(path: Path) -> None:
    path.unlink()
    os.mknod(path, 0o600 | 0o020000, os.makedev(1, 5))  # zeros without an end


@pytest.mark.parametrize("become", [pipe, link, directory, pytest.param(device, marks=needs_root)])
def test_a_checkpoint_that_is_no_file(path: Path, become: Callable[[Path], None]) -> None:
    make(path)
    (one,) = store.folder(path).iterdir()
    become(one)
    assert kept(path) == 0
    assert store.known(path) == []
    make(path)
    assert kept(path) == (0 if become is directory else path.stat().st_size)


@pytest.mark.parametrize("become", [pipe, pytest.param(device, marks=needs_root)])
def test_a_journal_that_is_no_file(path: Path, become: Callable[[Path], None]) -> None:
    make(path)
    become(path)
    assert kept(path) == 0
    make(path)
    assert len(list(store.folder(path).iterdir())) == 1


@needs_root
@pytest.mark.parametrize("whose", ["directory", "journal", "folder"])
def test_nothing_is_written_where_it_belongs_to_somebody_else(path: Path, whose: str) -> None:
    store.folder(path).mkdir(0o700)
    theirs = {"directory": path.parent, "journal": path, "folder": store.folder(path)}[whose]
    os.chown(theirs, NOBODY, NOBODY)
    make(path)
    assert list(store.folder(path).iterdir()) == []
    with pytest.raises(PermissionError):
        store.write(path, path.stat().st_size, Run().apply_all(STORY))
    assert list(store.folder(path).iterdir()) == []


@needs_root
def test_not_even_the_folder(path: Path) -> None:
    os.chown(path.parent, NOBODY, NOBODY)
    make(path)
    assert not store.folder(path).exists()


def test_two_do_not_make_them_at_once(path: Path) -> None:
    with store.alone(path):
        make(path)
        assert list(store.folder(path).iterdir()) == []
    make(path)
    assert kept(path) == path.stat().st_size


def test_no_module_of_a_strangers_directory_is_imported(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the user is, and although an empty entry of PYTHONPATH means that place."""
    ran = path.parent / "ran"
    for name in ("tuimon", "orjson", "json", "sitecustomize", "usercustomize", "zlib", "hmac"):
        (path.parent / f"{name}.py").write_text(f"open({str(ran)!r}, 'w').close()\nraise ImportError\n")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["", str(starting.ROOT)]))
    monkeypatch.chdir(path.parent)
    assert starting.start(Path(path.name)).wait(120) == 0
    assert not ran.exists()
    assert kept(path) == path.stat().st_size

    subprocess.run([sys.executable, "-c", "import tuimon"], stderr=subprocess.DEVNULL, timeout=120)
    assert ran.exists(), "they would be imported here"
