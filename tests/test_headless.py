"""`tuimon run` without a terminal stands in for `python`: the same output, the same signals, the same status."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness import Tuimon, wait_for
from tuimon import events
from tuimon.runs import RunDirectory

TALKING = """
import os, sys
os.write(1, b"out 1\\r\\x1b[31m\\xff out 2\\n")
os.write(2, b"err 1\\n\\x00err 2\\n")
sys.exit(int(sys.argv[1]))
"""

FACTS = """
import json, os, sys
print(json.dumps({
    "argv": sys.argv, "name": __name__, "path0": sys.path[0], "cwd": os.getcwd(), "file": __file__,
    "package": __package__, "environment": {
        name: value for name, value in os.environ.items() if not name.startswith("TUIMON_")
    },
}))
"""


def test_output_and_status_are_the_scripts_own(tuimon: Tuimon) -> None:
    script = tuimon.script(TALKING)

    done = tuimon.run("run", "--headless", script, "5")

    assert done.status == 5
    assert done.stdout == b"out 1\r\x1b[31m\xff out 2\n"
    assert done.stderr == b"err 1\n\x00err 2\n"
    assert any("failed with status 5" in line for line in done.said)


@pytest.mark.parametrize("form", ["script", "module"])
def test_a_script_sees_what_plain_python_shows_it(tuimon: Tuimon, form: str) -> None:
    script = tuimon.script(FACTS, "facts.py")
    target = [str(script)] if form == "script" else ["-m", "facts"]
    arguments = [*target, "--name", "x", "--", "-m", "--headless"]

    done = tuimon.run("run", "--headless", *arguments)
    plain = subprocess.run(
        [sys.executable, *arguments], cwd=tuimon.path, env=tuimon.environment, capture_output=True, check=True
    )

    seen, expected = json.loads(done.stdout), json.loads(plain.stdout)
    for name in ("PYTHONUNBUFFERED", "PYTHONPATH"):
        seen["environment"].pop(name)
        expected["environment"].pop(name, None)
    assert seen == expected


def test_a_free_command_may_end_in_python(tuimon: Tuimon) -> None:
    script = tuimon.script(TALKING)

    done = tuimon.run("run", "--headless", "--", "nice", "-n", "1", sys.executable, script, "0")

    assert done.status == 0
    assert done.stdout.startswith(b"out 1")


def test_what_the_shell_hands_on_reaches_the_script(tuimon: Tuimon) -> None:
    script = tuimon.script("import sys; print(open(sys.argv[1]).read())")
    reader, writer = os.pipe()
    os.write(writer, b"handed on")
    os.close(writer)

    done = tuimon.run("run", "--headless", script, f"/dev/fd/{reader}", pass_fds=[reader])
    os.close(reader)

    assert done.stdout == b"handed on\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_handed_on_and_ends_as_it_would_have(tuimon: Tuimon, number: signal.Signals) -> None:
    script = tuimon.script("import time; print('ready', flush=True); time.sleep(600)")
    process = tuimon.start("run", "--headless", script)
    wait_for(lambda: tuimon.directory.stdout.exists() and b"ready" in tuimon.directory.stdout.read_bytes(), "ready")

    process.send_signal(number)
    done = tuimon.finish(process)

    assert done.status == 128 + number
    asked = [event for event in tuimon.events() if isinstance(event, events.SignalRequested)]
    assert [request.signal for request in asked] == [number]
    assert "headless" in asked[0].by


def test_a_script_may_handle_the_signal(tuimon: Tuimon) -> None:
    script = tuimon.script(
        "import signal, sys, time\n"
        "signal.signal(signal.SIGUSR1, lambda *_: sys.exit(7))\n"
        "print('ready', flush=True); time.sleep(600)"
    )
    process = tuimon.start("run", "--headless", script)
    wait_for(lambda: tuimon.directory.stdout.exists() and b"ready" in tuimon.directory.stdout.read_bytes(), "ready")

    process.send_signal(signal.SIGUSR1)

    assert tuimon.finish(process).status == 7


def test_nohup_stays_in_force(tuimon: Tuimon) -> None:
    script = tuimon.script(
        "from signal import SIG_DFL, SIG_IGN, SIGHUP, SIGTERM, getsignal\n"
        "print(getsignal(SIGHUP) is SIG_IGN, getsignal(SIGTERM) is SIG_DFL)"
    )

    done = tuimon.run("run", script, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))

    assert done.stdout == b"True True\n"


def test_without_home_for_sockets_it_goes_elsewhere_and_says_where(tuimon: Tuimon) -> None:
    """As under cron: an empty environment, no runtime directory."""
    script = tuimon.script("print('done')")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tuimon.path), "TMPDIR": str(tuimon.path / ("d" * 100))}

    done = subprocess.run(
        tuimon.command("run", script), cwd=tuimon.path, env=environment, capture_output=True, check=False
    )

    assert done.returncode == 0
    assert done.stdout == b"done\n"
    where = done.stderr.decode().split("socket ")[1].split()[0]
    assert len(where) <= 107
    assert not where.startswith(str(tuimon.path))
    assert not Path(where).exists()  # it is over


def test_the_report_may_go_to_standard_output(tuimon: Tuimon) -> None:
    script = tuimon.script(TALKING)

    done = tuimon.run("run", "--json", "-", script, "0")

    assert done.report is not None
    assert done.report["run"]["exit_code"] == 0
    assert b"out 1" in done.stderr


def test_an_unfinished_line_of_the_script_is_not_broken_by_ours(tuimon: Tuimon) -> None:
    script = tuimon.script("import sys, time; sys.stderr.write('half'); time.sleep(0.5); sys.stderr.write(' line\\n')")

    done = tuimon.run("run", script)

    assert b"half line\n" in done.stderr


def test_a_reader_that_goes_away_does_not_stop_the_script(tuimon: Tuimon) -> None:
    script = tuimon.script(
        "import time\nfor i in range(20000): print('x' * 100)\ntime.sleep(0.5)\nopen('finished', 'w').close()"
    )
    process = tuimon.start("run", script)
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None

    process.wait(timeout=180)

    assert (tuimon.path / "finished").exists()


def test_a_failing_script_is_a_finding_and_a_command_is_told_of_it(tuimon: Tuimon) -> None:
    script = tuimon.script("raise SystemExit(3)")

    done = tuimon.run("run", script, env={"TUIMON_ON_FINDING": f"cat > {tuimon.path}/found.json"})

    assert done.status == 3
    assert any(line.startswith("error script-failed") for line in done.said)
    told = json.loads((tuimon.path / "found.json").read_text())
    assert (told["rule"], told["run"]) == ("script-failed", tuimon.directory.id)


MANY_FITS = """
import numpy as np, keras
rng = np.random.default_rng(0)
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
x, y = rng.normal(size=(64, 4)), np.zeros(64)
for turn in range(170):
    model.fit(x, np.full(64, np.nan) if turn == 100 else y, batch_size=32, verbose=0)
    if turn == 100:
        model.set_weights([np.zeros((4, 1)), np.zeros(1)])
for step in range(30):
    model.train_on_batch(x, y)
print(int(model.optimizer.iterations))
"""


def test_a_program_that_calls_fit_very_often_is_told_in_sums_that_are_exact(tuimon: Tuimon) -> None:
    done = tuimon.headless(tuimon.script(MANY_FITS))

    assert (done.status, done.stdout) == (0, b"370\n")
    assert done.report is not None
    summed, fits = done.report["summed_fits"], done.report["fits"]
    assert len(fits) == 129, "the first and the newest 64, and the one with NaN"
    assert summed["fits"] + len(fits) == 171
    assert summed["steps_done"] + sum(fit["steps_done"] for fit in fits) == 370
    assert summed["samples_done"] + sum(fit["samples_done"] for fit in fits) == 170 * 64 + 30 * 64
    assert (fits[-1]["kind"], fits[-1]["steps_done"]) == ("train_on_batch", 30)
    assert [each["fit"] for each in done.report["findings"] if each["rule"] == "non-finite-loss"] == [100]
    assert "200 epochs" not in done.text
    assert "171 epochs, 370 steps, 171 fits" in done.text
    assert "42 of 171 fits were not judged one by one" in done.text


@pytest.mark.timeout(120)
def test_output_that_goes_where_it_came_from_is_not_copied(tmp_path: Path) -> None:
    """As of a process that was started in the same shell, with the same redirection, and then joined."""
    directory = RunDirectory(tmp_path / "run")
    directory.path.mkdir()
    printed = tmp_path / "printed.log"
    printed.write_text("before\n")
    directory.stdout.symlink_to(printed)
    program = """
import sys
from pathlib import Path
from tuimon.passthrough import Passthrough
from tuimon.runs import RunDirectory
output = Passthrough(RunDirectory(Path(sys.argv[1])))
output.say("a word")
output.turn()
output.turn(last=True)
"""

    with printed.open("a") as to:
        limited = ["prlimit", "--fsize=1000000", sys.executable, "-c", program, str(directory.path)]
        subprocess.run(limited, stdout=to, stderr=to, timeout=60)

    assert printed.read_text() == "before\ntuimon: a word\n"
