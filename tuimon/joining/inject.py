"""Running a piece of Python in another Python process, without a debugger, a file or a library of ours in it.

Python up to 3.13: the main thread is held for about a millisecond; it maps a page, the text is copied there, and it
calls `Py_AddPendingCall(PyRun_SimpleString, text)`. Python itself runs the text at the next safe point of its main
thread. From 3.14 on, the interpreter offers this itself (`sys.remote_exec`, PEP 768), and its opt-out is honoured.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tuimon import ownership
from tuimon.joining import memory
from tuimon.joining.elf import POSITION_INDEPENDENT, Elf
from tuimon.joining.refusal import NotAllowed, Refused
from tuimon.joining.registers import kind
from tuimon.joining.tracing import Held

FUNCTIONS = ("Py_AddPendingCall", "PyRun_SimpleString")

READ_WRITE, PRIVATE_ANONYMOUS = 3, 0x22
NO_FILE = (1 << 64) - 1
HIGHEST_ADDRESS = (1 << 64) - 4096


@dataclass(frozen=True)
class Interpreter:
    """Where the functions of a process's interpreter are, and its version if its file name tells it."""

    functions: dict[str, int]
    version: tuple[int, int] | None


def run_in(pid: int, code: str, kick: bool = False) -> float:
    """Have the process run the code in its main thread at the next safe point; seconds for which it was held.

    The code never raises there and leaves nothing in `__main__`. With `kick`, a main thread that waits in a system call
    is woken up to look. Raises `Refused`, and `NotAllowed` where rights are missing.
    """
    text = guarded(code)
    _refuse_others(pid)
    interpreter = interpreter_of(pid)
    if interpreter.version is not None and interpreter.version >= (3, 14):
        return _remote_exec(pid, text)
    _respect_opt_out(pid)
    return _call_in_main_thread(pid, interpreter, text.encode() + b"\0", kick)


def _refuse_others(pid: int) -> None:
    """Root may look into everybody's processes; what it would run to do so is then somebody else's, too."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(errors="replace")
    except OSError as error:
        raise NotAllowed(f"cannot look into process {pid}: {error.strerror}", "it must run and be yours") from None
    users = next(words[1:3] for line in status.splitlines() if (words := line.split())[:1] == ["Uid:"])
    if set(map(int, users)) != {os.geteuid()}:
        raise Refused(f"process {pid} is another user's", "join it as that user")


def guarded(code: str) -> str:
    """The code as one statement that swallows everything, in a namespace of its own."""
    compile(code, "<tuimon>", "exec")
    return (
        f'try: exec(compile({code!r}, "<tuimon>", "exec"), {{"__name__": "_tuimon", "__builtins__": __builtins__}})\n'
        "except BaseException: pass\n"
    )


def interpreter_of(pid: int) -> Interpreter:
    """Raises Refused when the process is no CPython."""
    try:
        executable = os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")
    except OSError as error:
        raise NotAllowed(f"cannot look into process {pid}: {error.strerror}", "it must run and be yours") from None
    mapped = [each for each in memory.mappings(pid) if each.offset == 0 and each.path.startswith("/")]
    libraries = [each for each in mapped if re.search(r"/libpython\d[\d.]*m?\.so", each.file)]
    for place in [*libraries, *(each for each in mapped if each.file == executable)]:
        path = f"/proc/{pid}/exe" if place.file == executable else f"/proc/{pid}/root{place.file}"
        functions = _functions(path, place.start)
        if len(functions) == len(FUNCTIONS):
            return Interpreter(functions, _version(place.file) or _version(executable))
    raise Refused(f"process {pid} is no CPython program", "only Python processes can be joined")


def _functions(path: str, loaded_at: int) -> dict[str, int]:
    try:
        elf = Elf(path)
    except (OSError, Refused):
        return {}
    try:
        moved = loaded_at - elf.first_address() if elf.kind == POSITION_INDEPENDENT else 0
        return {name: address + moved for name, address in elf.symbols(FUNCTIONS).items()}
    except Refused:
        return {}
    finally:
        elf.close()


def _version(path: str) -> tuple[int, int] | None:
    match = re.search(r"python(\d)\.(\d+)", path)
    return (int(match[1]), int(match[2])) if match else None


def _system_call_of(pid: int) -> int:
    """The address of a system call that returns, in what the process has loaded."""
    instruction = kind().SYSTEM_CALL_AND_RETURN
    places = [each for each in memory.mappings(pid) if "x" in each.rights and each.path.startswith("/")]
    places.sort(key=lambda each: not re.search(r"/(libc|ld-|libpthread|ld-musl)", each.path))
    for place in places:
        try:
            at = memory.read(pid, place.start, place.end - place.start).find(instruction)
        except Refused:
            continue
        if at >= 0:
            return place.start + at
    raise Refused(f"no system call was found in process {pid}")


def _call_in_main_thread(pid: int, interpreter: Interpreter, text: bytes, kick: bool) -> float:
    instruction = _system_call_of(pid)
    size = -(-len(text) // 4096) * 4096
    with Held(pid, pid) as thread:
        page = thread.system_call(instruction, kind().MMAP, 0, size, READ_WRITE, PRIVATE_ANONYMOUS, NO_FILE, 0)
        if page > HIGHEST_ADDRESS:
            raise Refused(f"process {pid} got no memory")
        memory.write(pid, page, text)
        if kick:
            thread.interrupt()
        functions = interpreter.functions
        if thread.call(functions["Py_AddPendingCall"], functions["PyRun_SimpleString"], page) & 0xFFFFFFFF:
            raise Refused(f"process {pid} takes no more pending calls", "try again")
    return thread.held


def _remote_exec(pid: int, text: str) -> float:
    """By the interpreter's own means, run by the very same interpreter: the versions must be equal."""
    try:
        place = ownership.temporary_directory()
    except PermissionError as error:
        raise NotAllowed(f"no code can be handed on in {error.filename}: {error.strerror}", "set TMPDIR") from None
    with tempfile.NamedTemporaryFile("w", suffix=".py", prefix="tuimon-", dir=place, delete=False) as file:
        file.write(text + f"import os as _os\n_os.unlink({file.name!r})\n")
    done = subprocess.run(
        [f"/proc/{pid}/exe", "-I", "-S", "-c", f"import sys; sys.remote_exec({pid}, {file.name!r})"],
        capture_output=True,
        text=True,
        timeout=30,
    )
    if done.returncode:
        Path(file.name).unlink(missing_ok=True)
        reason = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise NotAllowed(f"Python does not let anybody into process {pid}: {reason[0]}", "see `tuimon doctor`")
    return 0.0


def _respect_opt_out(pid: int) -> None:
    try:
        entries = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return
    if any(entry.startswith(b"PYTHON_DISABLE_REMOTE_DEBUG=") and entry[28:] for entry in entries):
        raise NotAllowed(f"process {pid} opted out (PYTHON_DISABLE_REMOTE_DEBUG)", "watch it with --no-inject")
