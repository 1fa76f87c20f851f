"""The key that checkpoints are signed with: made once, and believed only where nobody else can know or change it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tuimon.checkpoints import signing

NOBODY = 65534

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user, and give files away")


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """tuimon's state directory."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "tuimon"


@pytest.fixture
def made(state: Path) -> Path:
    assert signing.made()
    return state / signing.NAME


@contextmanager
def somebody_else() -> Iterator[None]:
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_there_is_none_until_one_is_made(state: Path) -> None:
    assert signing.key() is None
    found = signing.made()
    assert found is not None
    assert len(found) == 32
    assert signing.key() == signing.made() == found
    assert (state / signing.NAME).read_bytes() == found
    assert (state / signing.NAME).stat().st_mode & 0o777 == 0o600
    assert state.stat().st_mode & 0o777 == 0o700
    assert list(state.iterdir()) == [state / signing.NAME]


def test_no_two_are_alike(state: Path) -> None:
    first = signing.made()
    (state / signing.NAME).unlink()
    assert signing.made() != first


def test_all_who_need_one_at_once_get_the_same(state: Path) -> None:
    code = "from tuimon.checkpoints import signing; print(signing.made().hex())"
    those = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(6)]
    assert len({each.communicate()[0] for each in those}) == 1
    assert all(each.returncode == 0 for each in those)
    assert list(state.iterdir()) == [state / signing.NAME]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o660, 0o644, 0o666, 0o677])
def test_one_that_others_may_have_read_is_not_believed(made: Path, mode: int) -> None:
    made.chmod(mode)
    before = made.read_bytes()
    assert signing.key() is None
    assert signing.made() is None
    assert made.read_bytes() == before


@pytest.mark.parametrize("mode", [0o775, 0o707, 0o777, 0o1777])
def test_nor_one_that_others_may_have_put_there(made: Path, mode: int) -> None:
    """As a umask of 002 makes the directory: it is closed, and what is in it given up."""
    made.parent.chmod(mode)
    before = made.read_bytes()
    assert signing.key() is None
    assert signing.made() not in (None, before)
    assert made.parent.stat().st_mode & 0o7777 == mode & ~0o022
    assert signing.key() == signing.made()


@pytest.mark.parametrize("size", [0, 31, 33, 1 << 20])
def test_nor_one_of_another_size(made: Path, size: int) -> None:
    made.write_bytes(bytes(size))
    assert signing.key() is None
    assert signing.made() is None


@pytest.mark.parametrize("kind", ["link", "hanging link", "pipe", "directory"])
def test_nor_what_is_no_file(made: Path, kind: str) -> None:
    """And nobody waits for it: a pipe without a writer holds up whoever opens it."""
    other = made.rename(made.with_name("other"))
    if kind == "link":
        made.symlink_to(other)
    elif kind == "hanging link":
        made.symlink_to("elsewhere")
    elif kind == "pipe":
        os.mkfifo(made, 0o600)
    else:
        made.mkdir(0o600)
    assert signing.key() is None
    assert signing.made() is None
    assert not made.with_name("elsewhere").exists()


@needs_root
@pytest.mark.parametrize("which", ["file", "directory"])
def test_nor_somebody_elses(made: Path, which: str) -> None:
    os.chown(made if which == "file" else made.parent, NOBODY, NOBODY)
    assert signing.key() is None
    assert signing.made() is None


@needs_root
def test_who_may_not_write_has_none(state: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    with somebody_else():
        assert signing.made() is None
        assert signing.key() is None
    assert not state.exists()


def test_who_has_no_home_has_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    (tmp_path / "home").write_text("a file")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert signing.key() is None
    assert signing.made() is None


@needs_root
def test_a_user_without_a_home_has_none() -> None:
    program = (
        "import os; from tuimon.checkpoints import signing; os.setresuid(54321, 54321, 54321); "
        "print(signing.key(), signing.made())"
    )
    environment = {name: value for name, value in os.environ.items() if name not in ("HOME", "XDG_STATE_HOME")}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert done.stdout == "None None\n", done.stderr


def test_a_signature_is_of_the_key_and_the_whole() -> None:
    one, other = bytes(32), bytes(31) + b"\1"
    by = signing.signature(one, b"heading")
    assert len(by) == 64
    assert signing.signed(one, b"heading", by)
    for key, heading, given in ((other, b"heading", by), (one, b"headinh", by), (one, b"heading", b""), (one, b"", by)):
        assert not signing.signed(key, heading, given)
