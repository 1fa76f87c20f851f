"""What is fuzzed: each takes any bytes, reads them as tuimon would, and raises when a promise is broken."""

from __future__ import annotations

import contextlib
import html.parser
import json
import os
import random
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock
from xml.etree import ElementTree

import orjson

from tests.fuzz import mutation
from tests.fuzz.bounds import Broken
from tuimon import digest, events, journal, readers, recordings, rules, settings, wire
from tuimon.checkpoints import encoding
from tuimon.checkpoints.shapes import Damaged
from tuimon.errors import TuimonError, UsageError
from tuimon.export import csv, jsonl
from tuimon.joining.elf import Elf
from tuimon.joining.refusal import Refused
from tuimon.player import Player
from tuimon.remote.frames import Decoder
from tuimon.remote.mirror import Mirror
from tuimon.report import report
from tuimon.report.formats import FORMATS
from tuimon.runs import RunDirectory
from tuimon.state import Run
from tuimon.supervisor import spool
from tuimon.supervisor.last_words import last_words
from tuimon.supervisor.output import Output
from tuimon.supervisor.samplers import cgroup, host
from tuimon.tui.terminal import Terminal

NO_EVENT = (ValueError, TypeError, RecursionError)
"""What `wire.decode` may raise: the line is counted and left out."""

Mutate = Callable[[bytes, int, random.Random, Callable[[bytes, int], bytes]], bytes]


@dataclass(frozen=True)
class Target:
    """`read` gets the bytes and an empty directory, the only one that may be written."""

    name: str
    read: Callable[[bytes, Path], None]
    mutate: Mutate | None = None
    longest: int = 4096


# --- lines of events


def folded(data: bytes) -> Run:
    """As a journal is."""
    run = Run()
    for line in data.split(b"\n"):
        with contextlib.suppress(*NO_EVENT):
            run.apply(wire.decode(line, orjson.loads))
    return run


def read_events(data: bytes, directory: Path) -> None:
    """What comes in by the socket: decoded, written again as the same, folded, judged and reported."""
    del directory
    for line in data.split(b"\n"):
        try:
            event = wire.decode(line)
        except NO_EVENT:
            continue
        again = wire.decode(wire.encode(event))
        if _spelled(again) != _spelled(event):
            raise Broken(f"{event!r} comes back as {again!r}")
    told(folded(data))


def _spelled(event: events.Event) -> str:
    """NaN is NaN here, and 0 has neither sign nor point: a default is not written."""
    return re.sub(r"-?\b0\.0\b", "0", repr(event))


def told(run: Run) -> None:
    """All that is said of a run can be written down."""
    json.dumps(report(run, rules.diagnose(run)), allow_nan=False)


def read_reports(data: bytes, directory: Path) -> None:
    """Every readable form of the report, and the tables: well-formed, and free of what a terminal or browser obeys."""
    run = folded(data)
    document = report(run, rules.diagnose(run))
    for name, form in FORMATS.items():
        text = form(document)
        text.encode()
        if name != "json":
            harmless(text, name)
    _Tags().feed(FORMATS["html"](document))
    ElementTree.fromstring(FORMATS["junit"](document))
    known = [event for event in _decoded(data) if not isinstance(event, events.Unknown)]
    csv.write(lambda: known, directory / "csv")
    for table in sorted((directory / "csv").iterdir()):
        harmless(table.read_bytes().decode(), table.name)
    jsonl.write(lambda: known, directory / "events.jsonl")


def _decoded(data: bytes) -> list[events.Event]:
    found = []
    for line in data.split(b"\n"):
        with contextlib.suppress(*NO_EVENT):
            found.append(wire.decode(line, orjson.loads))
    return found


OBEYED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def harmless(text: str, what: str) -> None:
    if found := OBEYED.search(text):
        raise Broken(f"{found[0]!r} in {what}: {text[max(0, found.start() - 40) : found.end() + 20]!r}")


class _Tags(html.parser.HTMLParser):
    """No markup but what the report is made of."""

    KNOWN = frozenset(
        {
            "html",
            "head",
            "meta",
            "title",
            "style",
            "body",
            "h1",
            "h2",
            "h3",
            "p",
            "code",
            "pre",
            "br",
            "b",
            "i",
            "div",
            "span",
            "ul",
            "li",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "svg",
            "g",
            "path",
            "polyline",
            "line",
            "rect",
            "circle",
            "text",
            "figure",
            "figcaption",
            "details",
            "summary",
        }
    )

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in self.KNOWN or any(name.startswith("on") or name in ("src", "href") for name, _ in attributes):
            raise Broken(f"<{tag} {attributes}> in the HTML report")


# --- files of a run


def read_journal(data: bytes, directory: Path) -> None:
    """A damaged journal: followed in pieces, read at once, surveyed, played back and forth."""
    path = directory / journal.NAME
    tail, followed = journal.Tail(path), []
    for end in (len(data) // 3, len(data)):
        path.write_bytes(data[:end])
        followed += tail.take()
    read = list(journal.read(path))
    if list(map(repr, read)) != list(map(repr, followed)):
        raise Broken("what is followed is not what is read")
    span, epochs = journal.moments(path)
    if not span[0] <= span[1] or len(epochs) > len(data):
        raise Broken(f"moments {span} {epochs}")
    with contextlib.suppress(TuimonError):
        player = recordings.find(str(path), directory).player(float("inf"))
        assert isinstance(player, Player)
        run = Run().apply_all(player.take(5.0))
        player.seek((player.span[0] + player.span[1]) / 2)
        player.step(-1)
        Run().apply_all(player.take(5.0))
        told(run)


def read_run_directory(data: bytes, directory: Path) -> None:
    """A run directory that somebody sent: `run.json`, the digest that is kept, and the row of `tuimon runs`."""
    run = RunDirectory(directory)
    summary, _, kept = data.partition(b"\0")
    (directory / "run.json").write_bytes(summary)
    (directory / "digest.json").write_bytes(kept)
    run.journal.write_bytes(b"")
    told = run.read()
    if told.id != directory.name or not all(isinstance(word, str) for word in told.command):
        raise Broken(repr(told))
    with mock.patch.dict(os.environ, XDG_STATE_HOME=str(directory / "state")):  # the key that signs a digest is there
        entry = digest.entry(run)
    json.dumps(entry, allow_nan=False)
    harmless(digest.table([entry]), "the table of runs")
    run.lost()


def read_spool(data: bytes, directory: Path) -> None:
    """What an agent kept, folded into the journal: each line with its end is handed out or counted."""
    run = RunDirectory(directory)
    (directory / "spool.7").write_bytes(data)
    for event, line in spool.fold(run):
        if _spelled(wire.decode(line)) != _spelled(event):
            raise Broken(repr(event))
    if (directory / "spool.7").exists():
        raise Broken("the spool is still there")


def read_checkpoint(data: bytes, directory: Path) -> None:
    """A state that is kept beside a journal: none, or one that can be gone on with."""
    del directory
    for held in (data, zlib.compress(data)):
        with contextlib.suppress(Damaged):
            state = encoding.decode(held)
            state.apply(events.HostSampled(at=1.0))
            told(state)


def read_settings(data: bytes, directory: Path) -> None:
    """A settings file, of the user's own and within a project's file."""
    for name in ("tuimon.toml", "pyproject.toml"):
        (directory / name).write_bytes(data)
        with contextlib.suppress(UsageError):
            found = settings.load(directory, {}, {"HOME": str(directory)})
            json.dumps(found.facts())
        (directory / name).unlink()


# --- what others write


def read_logs(data: bytes, directory: Path) -> None:
    """Every reader that takes these bytes for its own, in pieces; and as they would come from another machine."""
    del directory
    for recognises, reader in readers.READERS:
        if recognises(data[: readers.HEAD]):
            log, half = reader("log"), len(data) // 2
            with contextlib.suppress(TuimonError):  # what is said in one line
                told(Run().apply_all([*log.feed(data[:half]), *log.feed(data[half:]), *log.end()]))


def read_frames(data: bytes, directory: Path) -> None:
    """What another machine sends; its files are written into the mirror, and nowhere else."""
    for sent in (data, zlib.compress(data)):
        decoder, mirror = Decoder(), Mirror(directory)
        with contextlib.suppress(ValueError, OSError):  # the line is given up, and a new one tried
            for at in range(0, len(sent), 700):
                for frame in decoder.feed(sent[at : at + 700]):
                    mirror.take(frame)
        mirror.read()
        mirror.has()


def read_printed(data: bytes, directory: Path) -> None:
    """What a script prints: its epoch lines, its last words, and the picture of it."""
    run = RunDirectory(directory)
    run.stdout.write_bytes(data)
    for event in Output(run).look(1.0):
        wire.encode(event)
    json.dumps(last_words(run.stdout))
    terminal, text = Terminal(), data.decode(errors="replace")
    for at in range(0, len(text), 100):
        terminal.feed(text[at : at + 100])
    for line in terminal.lines:
        harmless("".join(line.chars), "a line of the terminal")


def read_elf(data: bytes, directory: Path) -> None:
    """An executable of another process."""
    path = directory / "python"
    path.write_bytes(data)
    with contextlib.suppress(Refused):
        elf = Elf(str(path))
        with contextlib.closing(elf):
            for ask in (elf.first_address, lambda: elf.symbols(["main", "PyRun_SimpleString"]), lambda: elf.span("f")):
                with contextlib.suppress(Refused):
                    ask()


def read_kernel(data: bytes, directory: Path) -> None:
    """Files of /proc and /sys as another kernel, or a container, may show them: figures are there or are not."""
    names = ("proc/1/cgroup", "proc/self/mountinfo", "group/memory.stat", "group/memory.max", "group/cpu.max", "cpu")
    for name, content in zip(names, [*data.split(b"\0"), *[b""] * len(names)], strict=False):
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    host.pressure(directory)
    group = cgroup.Cgroup(1, directory)
    for ask in (group.memory_limit, group.memory_used, group.oom_kills, group.cpus, lambda: group.cores(4)):
        ask()


TARGETS = {
    target.name: target
    for target in (
        Target("events", read_events, mutation.mutate),
        Target("reports", read_reports, mutation.mutate),
        Target("journal", read_journal, mutation.mutate),
        Target("run_directory", read_run_directory),
        Target("spool", read_spool, mutation.mutate),
        Target("checkpoint", read_checkpoint),
        Target("settings", read_settings),
        Target("logs", read_logs),
        Target("frames", read_frames),
        Target("printed", read_printed),
        Target("elf", read_elf),
        Target("kernel", read_kernel),
    )
}

CORPUS = Path(__file__).parent / "corpus"


def corpus(name: str) -> Iterator[Path]:
    """The inputs that are kept for a target."""
    where = CORPUS / name
    return iter(sorted(where.iterdir())) if where.is_dir() else iter(())


def empty(directory: Path) -> None:
    """Remove what is in it."""
    for root, folders, files in os.walk(directory, topdown=False):
        for each in files:
            os.unlink(os.path.join(root, each))
        for each in folders:
            os.rmdir(os.path.join(root, each))


def tried(target: Target, data: bytes, directory: Path) -> None:
    """One input, within the bounds. Raises what should not be raised."""
    from tests.fuzz.bounds import bounds

    try:
        with bounds(directory):
            target.read(data, directory)
    finally:
        empty(directory)
