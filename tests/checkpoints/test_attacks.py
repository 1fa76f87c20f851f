"""A run's directory that somebody sent: nothing that lies beside the journal is run, and none of it is believed."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import shutil
import types
import zlib
from pathlib import Path
from typing import Any

import pytest

from tests.harness import Tuimon
from tests.tui.recorded import Story, recorded
from tuimon import events, wire
from tuimon.checkpoints import store
from tuimon.runs import RunDirectory, Summary
from tuimon.state import Run

NAME = "20260101-000000-sent"


def ended(story: list[events.Event]) -> list[events.Event]:
    at = story[-1].at
    return [*story, events.ChildEnded(at=at + 1, pid=1, exit_code=0), events.SupervisorEnded(at=at + 1, pid=2)]


STORY = ended(recorded(Story(nan_at=9_000)))


@pytest.fixture
def sent(tuimon: Tuimon) -> Path:
    """Unpacked, and therefore this user's, where no key has been made yet."""
    directory = RunDirectory(tuimon.home / NAME)
    directory.path.mkdir(parents=True, mode=0o700)
    directory.journal.touch(mode=0o600)
    directory.journal.write_bytes(b"".join(map(wire.encode, STORY)))
    directory.write(Summary(id=NAME, host=os.uname().nodename, status="finished", started_at=1.0, ended_at=2e9))
    store.folder(directory.journal).mkdir(mode=0o700)
    return directory.journal


VERBS = {
    "replay": ("replay", "--headless", "--json", "report.json", NAME),
    "attach": ("attach", "--headless", "--json", "report.json", NAME),
    "runs": ("runs", "--json"),
}


def outcome(tuimon: Tuimon, verb: str) -> Any:
    done = tuimon.run(*VERBS[verb], limit=60)
    assert done.status == 0, done.stderr
    assert b"Traceback" not in done.stderr
    if verb != "runs":
        assert done.report is not None
        return done.report
    (entry,) = json.loads(done.stdout)
    return {**entry, "size": None}


def truth(tuimon: Tuimon, verb: str, journal: Path) -> Any:
    """What the journal alone tells."""
    shutil.rmtree(store.folder(journal))
    (journal.parent / "digest.json").unlink(missing_ok=True)
    return outcome(tuimon, verb)


def another_state() -> Run:
    """It would be believed, if anything but the journal were."""
    run = Run().apply_all([wire.decode(wire.encode(event)) for event in ended(recorded(Story()))])
    run.fits[0].steps_done = 123_456
    return run


def lay(journal: Path, start: bytes, heading: dict[str, Any], data: bytes) -> Path:
    """A checkpoint of the whole journal, with this user's rights."""
    path = store.folder(journal) / f"{journal.stat().st_size}.{store.fold_version()}"
    path.touch(mode=0o600)
    path.write_bytes(start + json.dumps(heading).encode() + b"\n" + data)
    return path


def heading(journal: Path, state: Run, data: bytes) -> dict[str, Any]:
    """All that a checkpoint says of its journal, rightly."""
    whole = journal.read_bytes()
    return {
        "version": store.fold_version(),
        "inode": journal.stat().st_ino,
        "offset": len(whole),
        "at": state.now,
        "events": state.events,
        "seen": hashlib.sha256(whole[: 1 << 16] + whole[-(1 << 16) :]).hexdigest(),
        "state": hashlib.sha256(data).hexdigest(),
    }


# --- a pickle that runs code


def exploit(marker: Path, state: Run) -> bytes:
    """Runs code, and is a state all the same.

    A filter by module and class cannot tell: protocol 4 takes dotted names, and a module of ours has imported others.
    """
    code = compile(f"open({str(marker)!r}, 'w').close()", "sent", "exec")
    names = "argcount posonlyargcount kwonlyargcount nlocals stacksize flags code consts names varnames filename name"
    names += " qualname firstlineno linetable exceptiontable freevars cellvars"
    parts = tuple(getattr(code, f"co_{name}") for name in names.split() if hasattr(code, f"co_{name}"))
    assert isinstance(types.CodeType(*parts), types.CodeType)

    def plain(value: object) -> bytes:
        return pickle.dumps(value, 3)[2:-1]

    def found(name: str) -> bytes:
        texts = [text.encode() for text in ("tuimon.events", f"dataclasses.types.{name}")]
        return b"".join(pickle.SHORT_BINUNICODE + bytes([len(text)]) + text for text in texts) + pickle.STACK_GLOBAL

    made = found("CodeType") + plain(parts) + pickle.REDUCE
    function = found("FunctionType") + made + plain({}) + pickle.TUPLE2 + pickle.REDUCE
    run = function + pickle.EMPTY_TUPLE + pickle.REDUCE + pickle.POP
    return pickle.PROTO + b"\x04" + run + plain(state) + pickle.STOP


def test_the_exploit_is_one(tmp_path: Path) -> None:
    state = pickle.loads(exploit(tmp_path / "ran", another_state()))
    assert isinstance(state, Run)
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize("verb", VERBS)
def test_no_pickle_is_run(tuimon: Tuimon, sent: Path, verb: str) -> None:
    marker, state = tuimon.path / "ran", another_state()
    data = zlib.compress(exploit(marker, state))
    lay(sent, b"", heading(sent, state, data), data)
    found = outcome(tuimon, verb)
    assert not marker.exists()
    assert found == truth(tuimon, verb, sent)


# --- a state that never was


FORGED = ["no signature", "an empty one", "a foreign key's", "with the key beside it", "of the data alone"]


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("signed", FORGED)
def test_no_forged_state_is_believed(tuimon: Tuimon, sent: Path, verb: str, signed: str) -> None:
    from tuimon.checkpoints import signing
    from tuimon.checkpoints.encoding import encode

    state = another_state()
    data = encode(state)
    said = heading(sent, state, data)
    foreign = bytes(range(32))
    by = {
        "no signature": b"",
        "an empty one": b" ",
        "a foreign key's": signing.signature(foreign, json.dumps(said).encode()) + b" ",
        "with the key beside it": signing.signature(foreign, json.dumps(said).encode()) + b" ",
        "of the data alone": signing.signature(foreign, data) + b" ",
    }[signed]
    if signed == "with the key beside it":
        for place in (sent.parent, store.folder(sent), tuimon.path):
            (place / signing.NAME).touch(mode=0o600)
            (place / signing.NAME).write_bytes(foreign)
    else:  # this user has a key, which did not sign it
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_STATE_HOME", tuimon.environment["XDG_STATE_HOME"])
            assert signing.made() not in (None, foreign)
    lay(sent, by, said, data)
    found = outcome(tuimon, verb)
    assert "123456" not in json.dumps(found)
    assert found == truth(tuimon, verb, sent)


@pytest.mark.parametrize("verb", VERBS)
def test_one_of_this_user_is(tuimon: Tuimon, sent: Path, verb: str) -> None:
    """Laid in the same way, so that the others are not passed over for another reason."""
    from tuimon.checkpoints import signing
    from tuimon.checkpoints.encoding import encode

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", tuimon.environment["XDG_STATE_HOME"])
        key = signing.made()
    assert key is not None
    state = another_state()
    data = encode(state)
    said = heading(sent, state, data)
    lay(sent, signing.signature(key, json.dumps(said).encode()) + b" ", said, data)
    assert "123456" in json.dumps(outcome(tuimon, verb))
