"""`python -m tests.fuzz NAME --seconds N`: see README.md beside this file."""

from __future__ import annotations

import argparse
import hashlib
import importlib
import random
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOUND = Path(tempfile.gettempdir()) / "tuimon-fuzz"
"""Inputs that reached new code, and those that broke something, by target."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("name", help="a target, or `all`")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default: 60)")
    parser.add_argument("--found", type=Path, default=FOUND, help=f"where to keep what is found (default: {FOUND})")
    parser.add_argument("--plain", action="store_true", help="without atheris: changes at random, not led by coverage")
    args = parser.parse_args()
    if args.name == "all":
        return _all(args)
    atheris = None if args.plain else importlib.import_module("atheris")
    if atheris is None:
        return _fuzz(args, None)
    with atheris.instrument_imports(include=["tuimon"]):
        return _fuzz(args, atheris)


def _all(args: argparse.Namespace) -> int:
    """Each target in a process of its own: libFuzzer ends the one that it runs in."""
    from tests.fuzz.targets import TARGETS

    rest = [f"--seconds={args.seconds}", f"--found={args.found}", *(["--plain"] if args.plain else [])]
    statuses = [subprocess.run([sys.executable, "-m", "tests.fuzz", name, *rest]).returncode for name in TARGETS]
    return max(map(abs, statuses))


def _fuzz(args: argparse.Namespace, atheris: Any) -> int:
    from tests.fuzz import targets
    from tests.fuzz.bounds import limit_memory

    target = targets.TARGETS[args.name]
    fresh, broken = args.found / target.name / "corpus", args.found / target.name / "broken"
    for folder in (fresh, broken):
        folder.mkdir(parents=True, exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix="tuimon-fuzz-", dir=_memory()))
    places: set[str] = set()

    def one(data: bytes) -> None:
        try:
            targets.tried(target, data, directory)
        except BaseException as error:
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
            place = _place(error)
            if place not in places:
                places.add(place)
                name = hashlib.sha256(data).hexdigest()[:12]
                (broken / name).write_bytes(data)
                (broken / f"{name}.txt").write_text(f"{place}\n\n{''.join(traceback.format_exception(error))}")
                print(f"{target.name}: {place} ({broken / name})", flush=True)

    limit_memory()
    if atheris is None:
        _at_random(target, one, args.seconds, list(targets.corpus(target.name)))
        return 1 if places else 0
    options = [f"-max_total_time={args.seconds}", f"-max_len={target.longest}", "-timeout=60", "-print_final_stats=1"]
    folders = [str(fresh), *([str(targets.CORPUS / target.name)] if (targets.CORPUS / target.name).is_dir() else [])]
    more = {}
    if target.mutate is not None:
        more["custom_mutator"] = _mutator(target.mutate, atheris)
    atheris.Setup([sys.argv[0], *options, *folders], one, **more)
    atheris.Fuzz()
    return 0


def _mutator(mutate: Callable[..., bytes], atheris: Any) -> Callable[[bytes, int, int], bytes]:
    return lambda data, most, seed: mutate(data, most, random.Random(seed), atheris.Mutate)[:most]


def _at_random(target: Any, one: Callable[[bytes], None], seconds: float, kept: list[Path]) -> None:
    chance, until, tried = random.Random(0), time.monotonic() + seconds, 0
    known = [path.read_bytes() for path in kept] or [b""]
    while time.monotonic() < until:
        data = chance.choice(known)
        change = target.mutate or (lambda data, most, chance, bytewise: bytewise(data, most))
        one(change(data, target.longest, chance, lambda data, most: _bytewise(data, most, chance)))
        tried += 1
    print(f"{target.name}: {tried} inputs")


def _bytewise(data: bytes, most: int, chance: random.Random) -> bytes:
    changed = bytearray(data[:most])
    for _ in range(chance.choice([1, 2, 8])):
        at = chance.randrange(len(changed) + 1)
        changed[at : at + chance.choice([0, 1, 4])] = chance.randbytes(chance.choice([0, 1, 2, 8]))
    return bytes(changed[:most])


def _place(error: BaseException) -> str:
    """Where in tuimon it was raised, and what."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/tuimon/" in frame.filename]
    last = frames[-1] if frames else None
    where = f"{last.filename.rpartition('/tuimon/')[2]}:{last.lineno}" if last else "harness"
    detail = f" {error}"[:80] if type(error).__name__ in ("Broken", "TooSlow") else ""
    return f"{type(error).__name__} at {where}{detail}"


def _memory() -> str | None:
    """A file system in memory, where there is one: thousands of files are made a second."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


if __name__ == "__main__":
    sys.exit(main())
