"""The command line: what is wrong is one clear line and a status, and nothing is left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.harness import Tuimon
from tuimon import events, runs
from tuimon.cli import parser
from tuimon.control import Control
from tuimon.verbs import NAMES
from tuimon.verbs.command import kept_out
from tuimon.verbs.run import VALUED, split

BAD: list[tuple[list[str], str]] = [
    (["run"], "what is to be run?"),
    (["run", "missing.py"], "no such script: missing.py"),
    (["run", "folder"], "folder is a directory"),
    (["run", "--python", "/no/such/python", "train.py"], "no such interpreter: /no/such/python"),
    (["run", "--python", "train.py", "train.py"], "no such interpreter: train.py"),
    (["run", "-m"], "-m needs a module"),
    (["run", "--"], "nothing behind --"),
    (["run", "--", "no-such-command-anywhere"], "no such command"),
    (["run", "--name", "a/b", "train.py"], "cannot be a run's name"),
    (["run", "--name", "", "--interval", "0", "train.py"], "between 0.1 and 60"),
    (["run", "--dataset-size", "-3", "train.py"], "--dataset-size"),
    (["run", "--json", "no/such/folder/report.json", "train.py"], "cannot write in"),
    (["run", "--json", "folder", "train.py"], "is a directory"),
    (["run", "--fail-on", "everything", "train.py"], "--fail-on"),
    (["run", "--unknown", "train.py"], "--unknown"),
    (["run", "--set", "nonsense", "train.py"], "--set nonsense"),
    (["attach", "nothing"], "no run 'nothing'"),
    (["attach", "--last"], "no runs in"),
    (["attach", "--last", "x"], "name two runs"),
    (["fly"], "fly"),
    ([], "COMMAND"),
]


@pytest.mark.parametrize(("arguments", "what"), BAD, ids=[" ".join(arguments) or "nothing" for arguments, _ in BAD])
def test_a_wrong_command_line_is_one_line_and_status_2(tuimon: Tuimon, arguments: list[str], what: str) -> None:
    tuimon.script("print('ran')")
    (tuimon.path / "folder").mkdir()

    done = tuimon.run(*arguments)

    assert done.status == 2
    assert len(done.said) == 1
    assert what in done.text
    assert (done.stdout, done.stderr.strip()) == (b"", b"")
    assert not tuimon.runs


def test_attach_where_there_are_no_runs(tuimon: Tuimon) -> None:
    done = tuimon.run("attach")  # other processes of this machine may train, and are listed

    assert done.status == 2
    assert len(done.said) == 1
    assert "no runs in" in done.text
    assert done.stdout == b"" or done.stdout.startswith(b"not started by tuimon:")


def test_a_place_that_cannot_be_written_is_said(tuimon: Tuimon) -> None:
    script = tuimon.script("print('ran')")
    (tuimon.path / "file").write_text("")

    done = tuimon.run("run", "--headless", "--log-dir", tuimon.path / "file" / "runs", script)

    assert done.status == 1
    assert len(done.said) == 1
    assert "cannot keep runs in" in done.text
    assert done.stdout == b""


def test_a_name_is_used_once(tuimon: Tuimon) -> None:
    script = tuimon.script("print('ran')")

    first = tuimon.run("run", "--name", "baseline", script)
    second = tuimon.run("run", "--name", "baseline", script)

    assert first.status == 0
    assert second.status == 2
    assert second.said == [f"a run named 'baseline' exists ({tuimon.directory.id}); choose another --name"]
    assert len(tuimon.runs) == 1


def test_a_script_with_a_syntax_error_is_one_line_with_the_place(tuimon: Tuimon) -> None:
    script = tuimon.script("import os\n\ndef broken(:\n    pass\n")

    done = tuimon.run("run", script)

    assert done.status == 1
    assert len(done.said) == 1
    assert f"{script}, line 3: invalid syntax" in done.text
    assert (done.stdout, done.stderr.strip()) == (b"", b"")
    assert not tuimon.runs


def test_a_command_that_the_kernel_cannot_run_leaves_nothing(tuimon: Tuimon) -> None:
    script = tuimon.script("\x00\x01not a program\n", "odd")
    script.chmod(0o755)

    done = tuimon.run("run", "--", script)

    assert done.status == 1
    assert "cannot start" in done.text
    assert len(done.said) == 1
    assert not tuimon.runs
    assert not list((tuimon.runtime).rglob("*.sock"))


def test_a_prefix_must_mean_one_run(tuimon: Tuimon) -> None:
    script = tuimon.script("print('ran')")
    for name in ("first-try", "first-light", "second"):
        assert tuimon.run("run", "--name", name, script).status == 0

    several = tuimon.run("attach", "--headless", "first")
    one = tuimon.run("attach", "--headless", "sec")

    assert several.status == 2
    assert "'first' matches 2 runs" in several.text
    assert one.status == 0
    assert "the script finished" in one.text


def test_runs_are_listed(tuimon: Tuimon) -> None:
    tuimon.run("run", "--name", "good", tuimon.script("print('ran')"))
    tuimon.run("run", tuimon.script("raise SystemExit(4)", "bad.py"), "x")

    listed = json.loads(tuimon.run("runs", "--json").stdout)
    table = tuimon.run("runs").stdout.decode().splitlines()

    assert [(run["name"], run["status"]) for run in listed] == [(None, "failed"), ("good", "finished")]
    assert set(listed[0]) >= {
        *("id", "name", "status", "command", "pid", "supervisor_pid"),
        *("started_at", "ended_at", "epochs", "steps", "findings"),
    }
    assert listed[0]["command"][1:] == [str(tuimon.path / "bad.py"), "x"]
    assert listed[0]["supervisor_pid"] is None
    assert listed[0]["started_at"] < listed[0]["ended_at"]
    assert [line.split()[2] for line in table] == ["status", "failed", "finished"]


def test_a_detached_run_says_how_to_attach(tuimon: Tuimon) -> None:
    script = tuimon.script("import time; time.sleep(600)")

    done = tuimon.run("run", "--detach", "--name", "long", script)

    assert done.status == 0
    assert done.stdout.decode() == f"{tuimon.directory.id}\nattach with: tuimon attach long\n"
    assert tuimon.directory.status() == "running"


def test_several_runs_to_attach_to_are_listed(tuimon: Tuimon) -> None:
    script = tuimon.script("import time; time.sleep(600)")
    for _ in range(2):
        tuimon.run("run", "--detach", script)

    done = tuimon.run("attach")

    assert done.status == 2
    assert all(run.id in done.stdout.decode() for run in tuimon.runs)
    assert "say which one" in done.text


def test_what_was_asked_for_is_recorded(tuimon: Tuimon) -> None:
    script = tuimon.script("print('ran')")

    done = tuimon.run("run", "--dataset-size", "500", "--set", "stalled.after=60", "--name", "n", script, "a b")
    assert done.status == 0, done.text

    started = tuimon.wait_for_event(events.RunStarted)
    assert (started.name, started.dataset_size) == ("n", 500)
    assert started.settings["rules"] == {"stalled": {"after": 60.0}}
    assert started.command[1:] == [str(script), "a b"]
    assert started.cwd == str(tuimon.path)


def test_what_is_private_is_private(tuimon: Tuimon) -> None:
    tuimon.run("run", tuimon.script("print('ran')"))

    directory = tuimon.directory.path
    assert directory.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o077 for path in directory.iterdir()} == {0}


@pytest.mark.skipif(not os.environ.get("TUIMON_KERAS2_PYTHON"), reason="no interpreter without tuimon is given")
def test_another_interpreter_needs_no_tuimon(tuimon: Tuimon) -> None:
    python = os.environ["TUIMON_KERAS2_PYTHON"]
    script = tuimon.script(
        "import sys; print(sys.executable); print(any('site-packages/tuimon' in p for p in sys.path))"
    )

    done = tuimon.run("run", "--python", python, script)

    assert done.stdout.decode().splitlines()[0] == python
    assert done.status == 0


def test_options_end_where_the_command_begins() -> None:
    assert split(["--name", "x", "train.py", "--name", "y"]) == (["--name", "x"], ["train.py", "--name", "y"])
    assert split(["--json=-", "-m", "pkg", "--", "z"]) == (["--json=-"], ["-m", "pkg", "--", "z"])
    assert split(["--headless", "--", "nice", "python"]) == (["--headless"], ["--", "nice", "python"])
    assert split(["--name"]) == (["--name"], [])


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (["python", "-I", "train.py"], "-I"),
        (["nice", "/usr/bin/python3.12", "-u", "-BE", "train.py"], "-BE"),
        (["python", "train.py", "-I"], None),
        (["python", "-m", "pkg", "-E"], None),
        (["python", "-X", "dev", "train.py"], None),
        (["bash", "train.sh", "-S"], None),
    ],
)
def test_a_python_that_lets_no_agent_in_is_noticed(command: list[str], option: str | None) -> None:
    assert kept_out(command) == option


def test_options_with_a_value_are_known_to_the_splitter() -> None:
    arguments = parser().parse_args(["run"])
    for option in VALUED:
        assert hasattr(arguments, option[2:].replace("-", "_"))
    switches = {"verb", "command"} | {name for name, value in vars(arguments).items() if value is False}
    assert set(vars(arguments)) - switches == {option[2:].replace("-", "_") for option in VALUED}


def test_help_is_quick_because_nothing_heavy_is_loaded() -> None:
    code = (
        "import sys; from tuimon.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([name for name in ('textual', 'psutil', 'rich', 'orjson', 'asyncio') if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", NAMES)
def test_every_verb_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args([name, "--help"])

    assert ended.value.code == 0
    assert name in capsys.readouterr().out


def test_a_socket_path_that_is_longer_than_the_kernel_takes_works_all_the_same(tuimon: Tuimon) -> None:
    long = tuimon.path / ("x" * 90)
    long.mkdir(mode=0o700)

    tuimon.run("run", "--detach", tuimon.script("import time; time.sleep(600)"), env={"XDG_RUNTIME_DIR": str(long)})

    socket = tuimon.directory.socket_path()
    assert socket is not None
    assert socket.startswith(str(long))
    assert len(socket) > 107
    Control(tuimon.directory, "test").greet()
    assert tuimon.wait_for_event(events.ScreenAttached).by.startswith("test")


def test_a_place_for_sockets_that_others_could_write_to_is_refused(tuimon: Tuimon) -> None:
    open_to_all = tuimon.runtime / "tuimon"
    open_to_all.mkdir(mode=0o700)
    open_to_all.chmod(0o777)

    done = tuimon.run("run", tuimon.script("print('ran')"))

    assert done.status == 0
    assert not done.said[0].split("socket ")[1].startswith(str(open_to_all))


def test_a_terminal_that_cannot_be_drawn_on_gets_lines(tuimon: Tuimon) -> None:
    import pexpect

    script = tuimon.script("print('ran')")
    command, *rest = tuimon.command("run", str(script))
    environment = {**tuimon.environment, "TERM": "dumb"}

    terminal = pexpect.spawn(command, rest, env=environment, cwd=str(tuimon.path), timeout=120)
    shown = b"".join(iter(lambda: _read(terminal), b""))
    terminal.wait()
    terminal.close()

    assert b"ran\r\n" in shown
    assert b"no screen on this terminal (TERM=dumb)" in shown
    assert b"\x1b" not in shown
    assert terminal.exitstatus == 0


def _read(terminal: object) -> bytes:
    import pexpect

    try:
        return bytes(terminal.read_nonblocking(4096, timeout=120))  # type: ignore[attr-defined]
    except pexpect.EOF:
        return b""


def test_a_journal_that_is_no_file_is_not_waited_for(tuimon: Tuimon) -> None:
    directory = runs.create(tuimon.home, "odd")
    os.mkfifo(directory.journal)

    done = tuimon.run("attach", "odd", "--headless", limit=20)

    assert done.status == 1
    assert len(done.said) == 1
    assert "it is no file" in done.said[0]
