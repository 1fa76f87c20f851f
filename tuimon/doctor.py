"""What of tuimon works on this machine, and what is missing with the command or the right that would give it."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from tuimon import runs
from tuimon.supervisor.samplers.cgroup import Cgroup
from tuimon.supervisor.samplers.host import pressure
from tuimon.supervisor.samplers.nvml import Gpus

State = Literal["works", "partly", "missing"]


@dataclass(frozen=True)
class Check:
    """One line of the diagnosis. `remedy` is a command or a right, empty when nothing is to be done."""

    name: str
    state: State
    detail: str
    remedy: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def examine(python: str, log_dir: str | None = None) -> Iterator[Check]:
    """All checks, in the order in which they are shown. `python` is the interpreter that would train."""
    for check in CHECKS:
        yield check()
    yield storage(runs.home(log_dir))
    yield from frameworks(python)


def system() -> Check:
    version = platform.python_version()
    detail = f"{platform.system()} {platform.release()} {platform.machine()}, Python {version}"
    if platform.system() != "Linux":
        return Check("system", "partly", detail, "runs are watched on Linux only; logs can be replayed anywhere")
    return Check("system", "works", detail)


def terminal() -> Check:
    size = shutil.get_terminal_size()
    kind = os.environ.get("TERM", "")
    detail = f"{kind or 'no TERM'}, {size.columns}×{size.lines}, {colours(os.environ)}"
    if not sys.stdout.isatty():
        return Check("terminal", "partly", f"{detail}; standard output is no terminal", "headless mode is used")
    if kind in ("", "dumb"):
        return Check("terminal", "missing", detail, "set TERM, e.g. TERM=xterm-256color; until then headless is used")
    if size.columns < 80 or size.lines < 24:
        return Check("terminal", "partly", detail, "make the window 80×24 or larger to see every pane")
    if "utf" not in (sys.stdout.encoding or "").lower():
        return Check("terminal", "partly", f"{detail}, {sys.stdout.encoding}", "export LC_ALL=C.UTF-8 to see charts")
    return Check("terminal", "works", detail)


def colours(environment: Mapping[str, str]) -> str:
    """The colours that the terminal says it has."""
    if environment.get("NO_COLOR"):
        return "no colours (NO_COLOR)"
    if environment.get("COLORTERM") in ("truecolor", "24bit"):
        return "true colour"
    return "256 colours" if "256" in environment.get("TERM", "") else "16 colours"


NO_DRIVER = "where there is an NVIDIA card: install its driver; start a container with `--gpus all`"


def gpus() -> Check:
    reader = Gpus(os.environ)
    event = reader.sample(1.0, ())
    reader.close()
    found = getattr(event, "gpus", None)
    if found is None:
        return Check("gpus", "missing", getattr(event, "reason", "unknown"), NO_DRIVER)
    names = ", ".join(f"{gpu['index']} {gpu.get('name', '?')}" for gpu in found) or "none"
    unread = sorted({name for gpu in found for name in gpu.get("problems", {})})
    detail = f"NVIDIA driver {getattr(event, 'driver', '?')}: {names}"
    if unread:
        return Check(
            "gpus", "partly", f"{detail}; not read: {', '.join(unread)}", "ask for a newer driver or its rights"
        )
    return Check("gpus", "works", detail)


def memory_limits() -> Check:
    cgroup = Cgroup(os.getpid())
    limit, kills = cgroup.memory_limit(), cgroup.oom_kills()
    said = f"limit {limit / 2**30:.1f} GiB" if limit else "no limit"
    if kills is None:
        remedy = "mount the cgroup file system to learn of kills by the kernel"
        return Check("memory limits", "partly", f"{said}; kills by the kernel cannot be seen", remedy)
    return Check("memory limits", "works", f"{said}, {kills} kills by the kernel so far")


def pressures() -> Check:
    known = pressure()["pressure"]
    if not known:
        return Check(
            "pressure", "missing", "no /proc/pressure", "boot with psi=1 to see waiting for CPU, disk and memory"
        )
    return Check("pressure", "works", ", ".join(sorted(name for name in known if not name.endswith("_full"))))


def joining() -> Check:
    """Whether the agent can be loaded into a process that was started without it."""
    scope = _number(Path("/proc/sys/kernel/yama/ptrace_scope"))
    machine = platform.machine()
    if machine not in ("x86_64", "aarch64"):
        return Check("joining", "partly", f"{machine}: plain processes are only watched from outside")
    if scope and not _may_trace():
        remedy = "sudo sysctl kernel.yama.ptrace_scope=0, or give CAP_SYS_PTRACE"
        return Check(
            "joining", "partly", f"ptrace_scope is {scope}: plain processes are only watched from outside", remedy
        )
    return Check(
        "joining", "works", "own processes can be joined" + ("" if scope is None else f" (ptrace_scope {scope})")
    )


def _may_trace() -> bool:
    """CAP_SYS_PTRACE, bit 19 of the effective set."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> 19 & 1)
    return False


def storage(where: Path) -> Check:
    """Whether runs can be kept there."""
    place = where
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    detail = f"{where}, {free / 2**30:.1f} GiB free"
    try:
        tempfile.TemporaryFile(dir=place).close()
    except OSError as error:
        return Check("storage", "missing", f"{detail}: {error.strerror}", "give another folder with --log-dir")
    if free < 2**28:
        return Check("storage", "partly", detail, "make room, or give another folder with --log-dir")
    return Check("storage", "works", detail)


CHECKS: list[Callable[[], Check]] = [system, terminal, gpus, memory_limits, pressures, joining]

ASK = """
import sys
if not sys.path[0]:
    del sys.path[0]  # where the user is, which may be a directory of anybody's
import json, os, sys, warnings
warnings.simplefilter("ignore")
told = {"python": sys.version.split()[0]}
for name in ("tensorflow", "keras", "tf_keras", "jax", "torch"):
    try:
        told[name] = __import__(name).__version__
    except ImportError:
        pass
    except Exception as error:
        told[name + " error"] = f"{type(error).__name__}: {error}"
if "tensorflow" in told:
    import tensorflow
    told["gpus"] = len(tensorflow.config.list_physical_devices("GPU"))
    told["cuda"] = bool(tensorflow.test.is_built_with_cuda())
print("told " + json.dumps(told))
"""


def frameworks(python: str) -> Iterator[Check]:
    """What the interpreter that would train has, asked in a process of its own; and its GPUs against the machine's."""
    try:
        done = subprocess.run(
            [python, "-c", ASK],
            capture_output=True,
            text=True,
            timeout=300,
            env={
                **os.environ,
                "TF_CPP_MIN_LOG_LEVEL": "3",
                "KERAS_BACKEND": os.environ.get("KERAS_BACKEND", "tensorflow"),
            },
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        yield Check("frameworks", "missing", f"{python}: {error}", "name the interpreter that trains with --python")
        return
    line = next((line for line in done.stdout.splitlines() if line.startswith("told ")), "told {}")
    told = json.loads(line.removeprefix("told "))
    versions = ", ".join(
        f"{name} {told[name]}" for name in ("tensorflow", "keras", "tf_keras", "jax", "torch") if name in told
    )
    if not versions:
        yield Check(
            "frameworks", "missing", f"{python} has no Keras", "pip install 'tuimon[tensorflow]', or --python EXE"
        )
        return
    yield Check("frameworks", "works", f"{python}: {versions}")
    if "gpus" in told:
        yield _gpus_of_tensorflow(told)


def _gpus_of_tensorflow(told: dict[str, Any]) -> Check:
    reader = Gpus(os.environ)
    event = reader.sample(1.0, ())
    reader.close()
    machine = len(getattr(event, "gpus", ()))
    detail = f"TensorFlow sees {told['gpus']} of {machine} GPUs"
    if told["gpus"] >= machine:
        return Check("tensorflow's gpus", "works", detail)
    if os.environ.get("CUDA_VISIBLE_DEVICES") is not None:
        hidden = os.environ["CUDA_VISIBLE_DEVICES"]
        return Check("tensorflow's gpus", "partly", f"{detail}: CUDA_VISIBLE_DEVICES={hidden!r}")
    remedy = "pip install 'tensorflow[and-cuda]'" if not told["cuda"] else "see TensorFlow's messages at import"
    return Check("tensorflow's gpus", "missing", detail, remedy)


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


MARKS: dict[State, str] = {"works": "ok     ", "partly": "partly ", "missing": "missing"}


def text(checks: list[Check]) -> str:
    """One line a check, and the remedy below it."""
    width = max(len(check.name) for check in checks)
    lines = []
    for check in checks:
        lines.append(f"{MARKS[check.state]}  {check.name:{width}}  {check.detail}")
        if check.remedy:
            lines.append(f"{'':9}{'':{width}}  → {check.remedy}")
    return "\n".join(lines)
