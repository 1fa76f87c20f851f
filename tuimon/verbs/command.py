"""What `tuimon run` is to run: checked as far as it can be without running it."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from tuimon.errors import TuimonError, UsageError


def command_of(args: argparse.Namespace) -> list[str]:
    """The command line as `python …`, checked as far as it can be checked without running it."""
    if not args.command:
        raise UsageError("what is to be run?", "give a script: `tuimon run train.py`")
    if args.command[0] == "-m":
        if len(args.command) < 2:
            raise UsageError("-m needs a module", "e.g. `tuimon run -m pkg.train`")
        return [interpreter(args.python), *args.command]
    if args.command[0] == "--":
        return _free_command(args.command[1:])
    script = args.command[0]
    if not os.path.exists(script):
        raise UsageError(f"no such script: {script}", "a command that is no script goes behind `--`")
    if os.path.isdir(script) and not os.path.exists(os.path.join(script, "__main__.py")):
        raise UsageError(f"{script} is a directory without __main__.py", "give the script in it")
    if not os.access(script, os.R_OK):
        raise UsageError(f"cannot read {script}", "check its permissions")
    python = interpreter(args.python)
    _check_syntax(python, script)
    return [python, *args.command]


MISTAKEN = 94
"""An exit status that no interpreter uses by itself."""

COMPILE = f"""
import sys
try:
    with open(sys.argv[1], "rb") as file:
        compile(file.read(), sys.argv[1], "exec", dont_inherit=True)
except (SyntaxError, ValueError) as error:
    print(getattr(error, "lineno", None) or 1, getattr(error, "msg", None) or error)
    sys.exit({MISTAKEN})
"""


def _check_syntax(python: str, script: str) -> None:
    """The interpreter that is to run the script can read it. Raises TuimonError with the place of the mistake.

    It would end with the same status 1; nothing has to be started, recorded and cleaned up to say so.
    """
    if not script.endswith(".py") or os.path.isdir(script):
        return
    import subprocess

    with contextlib.suppress(OSError, subprocess.TimeoutExpired):  # then the run itself will tell
        done = subprocess.run(
            [python, "-I", "-S", "-c", COMPILE, script], capture_output=True, text=True, errors="replace", timeout=30
        )
        if done.returncode == MISTAKEN:
            line, _, what = done.stdout.strip().partition(" ")
            raise TuimonError(f"{script}, line {line}: {what}", "mend it; nothing was run")


def _free_command(command: list[str]) -> list[str]:
    if not command:
        raise UsageError("nothing behind --", "e.g. `tuimon run -- nice python train.py`")
    if shutil.which(command[0]) is None:
        raise UsageError(f"no such command: {command[0]}", "is it on PATH, and executable?")
    return command


def interpreter(wanted: str | None) -> str:
    """The Python that runs the script: `--python`, else ours; an active environment's where only that has TensorFlow
    or Keras."""
    if wanted is None:
        return _active_interpreter() or sys.executable
    if os.path.isdir(wanted) and os.path.exists(os.path.join(wanted, "bin", "python")):
        wanted = os.path.join(wanted, "bin", "python")
    found = shutil.which(wanted)
    if found is None:
        raise UsageError(f"no such interpreter: {wanted}", "give the path of a Python, or of its environment")
    return found


def _active_interpreter() -> str | None:
    from importlib.util import find_spec

    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        python = Path(os.environ.get(variable, "")) / "bin" / "python"
        if os.environ.get(variable) and python.exists() and Path(os.environ[variable]) != Path(sys.prefix):
            return None if find_spec("tensorflow") or find_spec("keras") else str(python)
    return None


def kept_out(command: Sequence[str]) -> str | None:
    """The option with which the command's Python ignores its environment, so that no agent comes in."""
    names = [index for index, word in enumerate(command) if os.path.basename(word).startswith("python")]
    for option in command[names[0] + 1 :] if names else ():
        if not option.startswith("-") or option.startswith("--") or option[1:2] in "mc":
            return None
        if set(option[1:]) & set("IES") and option[1:].isalpha():
            return option
    return None
