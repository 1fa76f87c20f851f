"""A state as plain data: what comes back is what was folded, and nothing else ever comes back."""

from __future__ import annotations

import copy
import json
import math
import tracemalloc
import zlib
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from tests.checkpoints.states import STORIES, everything, told
from tests.runs import RECORDED
from tests.tui.recorded import Story, recorded
from tuimon import events, journal, wire
from tuimon.checkpoints import encoding, shapes
from tuimon.checkpoints.encoding import decode, encode
from tuimon.checkpoints.shapes import Damaged, Uncovered
from tuimon.report import report
from tuimon.rules import diagnose
from tuimon.state import Run
from tuimon.state.fit import Fit, Kept

STORY = [wire.decode(wire.encode(event)) for event in recorded(Story(nan_at=9_000, gpus=2))]


def said(run: Run) -> Any:
    return json.dumps(report(run, diagnose(run)), default=str)


# --- what is covered


def test_every_class_of_the_state_is_covered() -> None:
    """One that an attribute of a state may hold, and that is new, must be listed in `shapes.CLASSES` or `TUPLES`."""
    reached: set[str] = set()
    left: list[type] = [Run]
    while left:
        kind = left.pop()
        if kind.__name__ not in reached:
            reached.add(kind.__name__)
            left += [each for shape in shapes.shapes(kind).values() for each in classes_in(shape)]
    assert reached == {*shapes.CLASSES, *shapes.TUPLES}


def classes_in(shape: shapes.Shape) -> Iterator[type]:
    """The classes of objects and named tuples that a value of this shape may hold directly."""
    if isinstance(shape, shapes.Object):
        yield shape.kind
    if isinstance(shape, shapes.Tuple) and shape.kind is not tuple:
        yield shape.kind
    for inner in vars(shape).values():
        for each in inner if isinstance(inner, list) else [inner]:
            if isinstance(each, shapes.Shape):
                yield from classes_in(each)


def test_of_every_attribute_the_type_is_declared() -> None:
    run = Run().apply_all([*everything(), *everything(2), *STORY])
    met: set[int] = set()
    left: list[Any] = [run]
    classes = set()
    while left:
        value = left.pop()
        if id(value) in met or isinstance(value, events.Event):
            continue
        met.add(id(value))
        if type(value).__name__ in shapes.CLASSES:
            own = getattr(value, "__dict__", None) or {name: getattr(value, name) for name in value.__slots__}
            classes.add(type(value).__name__)
            assert own.keys() <= shapes.shapes(type(value)).keys()
            left.extend(own.values())
        elif isinstance(value, dict):
            left.extend(value.values())
        elif isinstance(value, (list, tuple)):
            left.extend(value)
    assert classes == shapes.CLASSES.keys(), "this test meets them all"


class Odd:
    def __init__(self, run: Run) -> None:
        self.fine = run
        self.number = 1
        self.unknown = sorted((1, 2))
        self.also: set[int] = set()


def test_an_attribute_without_a_type_is_named() -> None:
    with pytest.raises(Uncovered, match=r"Odd\.unknown has no declared type: annotate it"):
        shapes.shapes(Odd)


def test_what_is_not_covered_is_not_kept() -> None:
    run = Run()
    run.more = 1  # type: ignore[attr-defined]
    with pytest.raises(Uncovered, match=r"Run\.more is not declared"):
        encode(run)
    run = Run()
    run.host = Odd(run)  # type: ignore[assignment]
    with pytest.raises(Uncovered, match="Odd where Object was declared"):
        encode(run)
    run = Run().apply_all([events.GpusSampled(at=1.0, gpus=[{"index": 0, "name": ["no", "text"]}])])
    with pytest.raises(Uncovered, match=r"list where"):
        encode(run)


# --- there and back


@pytest.mark.parametrize("story", [[], everything(), [*everything(), *everything(2)], STORY, STORY[:300]])
def test_a_state_comes_back_as_it_was(story: list[events.Event]) -> None:
    run = Run().apply_all(story)
    back = decode(encode(run))
    assert told(back) == told(run)
    assert encode(back) == encode(run)
    assert said(back) == said(run)


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_so_does_that_of_each_recorded_run(path: Path) -> None:
    run = Run().apply_all(journal.read(path))
    assert told(decode(encode(run))) == told(run)


@given(before=STORIES, after=STORIES)
@example(before=everything(), after=everything())
def test_it_goes_on_as_the_first_would_have(before: list[events.Event], after: list[events.Event]) -> None:
    run = Run().apply_all(before)
    back = decode(encode(run))
    assert told(back) == told(run)
    assert said(back) == said(run)
    assert told(back.apply_all(after)) == told(run.apply_all(after))
    assert encode(back) == encode(run)


def test_what_is_shared_stays_shared() -> None:
    back = decode(encode(Run().apply_all(everything())))
    assert {*map(id, back._fits.values())} <= {*map(id, back.fits)}
    assert back._fits[back.fits[-1].key] is back.fits[-1]
    assert {name for name, values in back.host._drawn if values is back.host.rss} == {"rss"}
    assert back.fits[0].warnings[0] is back.warnings[0]


@pytest.mark.parametrize(
    "facts",
    [{"a": 1 << 63}, {"\ud800": "\udfff"}, {"event": "at", "at": 1}, {"": [{"x": -0.0}, math.inf, "NaN", None]}],
)
def test_facts_may_be_anything(facts: dict[str, Any]) -> None:
    run = Run().apply_all([events.AllocatorSampled(at=1.0, pid=1, devices=[{**facts, "name": "\ud800"}])])
    assert told(decode(encode(run))) == told(run)


def test_numbers_may_be_of_any_size() -> None:
    run = Run().apply_all(everything())
    run.fits[0].steps_done = 1 << 90
    assert decode(encode(run)).fits[0].steps_done == 1 << 90


def test_many_fits_take_time_and_room_in_proportion() -> None:
    """Counted in what is written, not in seconds: no fit is looked at for another."""
    sizes = []
    for count in (100, 200, 400):
        run = Run()
        for number in range(count):
            started = events.FitStarted(at=1.0, pid=1, fit=number, epochs=1, steps=10)
            fit = run._fits[(1, number)] = Fit((1, number), number, started)
            run.fits.append(fit)
            fit.apply(events.StepsEnded(at=2.0, pid=1, fit=number, steps=10, step=9, metrics={"loss": [0.5, 0.5, 0.5]}))
            fit.apply(events.FitEnded(at=3.0, pid=1, fit=number))
        out = encoding._Writer()
        out.refer(run)
        rows = [out.row(value) for value in out.objects]
        sizes.append((len(rows), sum(map(len, rows)), len(out.lines), len(b"".join(out.columns))))
        assert len(out.layouts) < 40
        assert len(decode(encode(run)).fits) == count
    for one, two, four in zip(*sizes, strict=True):
        assert four - two == 2 * (two - one) > 0


# --- what is damaged or forged


def parts(data: bytes) -> tuple[Any, bytes, bytes]:
    plain = zlib.decompress(data)
    _, size, lines = encoding._PARTS.unpack_from(plain)
    first = encoding._PARTS.size + size
    return orjson.loads(plain[encoding._PARTS.size : first]), plain[first : first + lines], plain[first + lines :]


def forged(structure: Any, lines: bytes, columns: bytes) -> bytes:
    objects = orjson.dumps(structure)
    return zlib.compress(encoding._PARTS.pack(False, len(objects), len(lines)) + objects + lines + columns)


WHOLE = encode(Run().apply_all([*everything(), *STORY[:400]]))


def outcome(data: bytes) -> Run | None:
    """Nothing but a state or Damaged comes of it, and the state can be kept again: its types are right."""
    try:
        run = decode(data)
    except Damaged:
        return None
    encode(run)
    return run


def test_what_the_forger_is_given_is_taken() -> None:
    assert outcome(forged(*parts(WHOLE))) is not None


@given(places=some.lists(some.tuples(some.integers(0, 1 << 30), some.integers(1, 255)), min_size=1, max_size=4))
def test_a_flipped_bit_is_a_state_or_damage(places: list[tuple[int, int]]) -> None:
    packed, plain = bytearray(WHOLE), bytearray(zlib.decompress(WHOLE))
    for data in (packed, plain):
        for place, bits in places:
            data[place % len(data)] ^= bits
    outcome(bytes(packed))
    outcome(zlib.compress(bytes(plain)))


@given(length=some.integers(0, 1 << 30), more=some.binary(max_size=20))
def test_so_is_what_was_cut_off_or_added_to(length: int, more: bytes) -> None:
    plain = zlib.decompress(WHOLE)
    assert outcome(WHOLE[: length % len(WHOLE)]) is None
    assert outcome(WHOLE + more) is None or not more
    assert outcome(zlib.compress(plain[: length % len(plain)])) is None
    assert outcome(more) is None


ANYTHING = some.one_of(
    *(some.none(), some.booleans(), some.integers(-3, 400), some.just(1 << 62), some.floats(), some.text(max_size=3)),
    *(some.just([]), some.just({}), some.just([[1, 2], [3]]), some.just({"a": []}), some.just("Run"), some.just("nan")),
)


@given(data=some.data())
def test_so_is_any_other_value_anywhere(data: some.DataObject) -> None:
    structure, lines, columns = parts(WHOLE)
    for _ in range(data.draw(some.integers(1, 3))):
        place: Any = structure
        key: Any = data.draw(some.sampled_from(["layouts", "objects", "objects", "objects"]))
        while isinstance(inner := place[key], (list, dict)) and inner and data.draw(some.integers(0, 5)):
            place = inner
            key = data.draw(some.sampled_from(sorted(inner) if isinstance(inner, dict) else range(len(inner))))
        place[key] = copy.deepcopy(data.draw(ANYTHING))
        if not isinstance(structure, dict):
            break
    outcome(forged(structure, lines, columns))


@pytest.mark.parametrize(
    "layout",
    [["Restored", "state"], ["type"], ["Kept"], ["Point"], ["FitStarted"], ["os"], ["Run"], ["Run", "__class__"], []],
)
def test_nothing_but_what_is_listed_is_made(layout: list[str]) -> None:
    structure, lines, columns = parts(WHOLE)
    structure["layouts"].append(layout)
    assert outcome(forged(structure, lines, columns)) is None


@pytest.mark.parametrize("name", ["__class__", "__dict__", "apply", "id", "more"])
def test_no_attribute_but_the_declared_ones_is_set(name: str) -> None:
    structure, lines, columns = parts(WHOLE)
    structure["layouts"][0][1] = name
    assert outcome(forged(structure, lines, columns)) is None


@pytest.mark.parametrize("column", range(4))
def test_the_columns_of_a_series_are_of_one_length(column: int) -> None:
    structure, lines, columns = parts(WHOLE)
    layouts = structure["layouts"]
    (number,) = (index for index, layout in enumerate(layouts) if layout[0] == "Series")
    names = layouts[number]
    row = max((row for row in structure["objects"] if row[0] == number), key=lambda row: row[names.index("_x")])
    row[names.index(("_x", "_last", "_low", "_high")[column])] -= 1
    assert outcome(forged(structure, lines, columns[:-8])) is None


@pytest.mark.parametrize(
    ("name", "value"), [("stride", 0), ("stride", 1.5), ("_pending", 7), ("capacity", 1), ("marks", [1])]
)
def test_a_series_is_one(name: str, value: Any) -> None:
    structure, lines, columns = parts(WHOLE)
    (number,) = (index for index, layout in enumerate(structure["layouts"]) if layout[0] == "Series")
    names = structure["layouts"][number]
    row = max((row for row in structure["objects"] if row[0] == number), key=lambda row: row[names.index("_x")])
    row[names.index(name)] = value
    assert outcome(forged(structure, lines, columns)) is None


def test_a_bomb_takes_no_memory() -> None:
    bombs = [
        zlib.compress(bytes(4 * encoding.LARGEST), 9),
        forged({"layouts": [["Run"]], "objects": [[0]] * (encoding.MOST // 2 + 9)}, b"", b""),
        zlib.compress(encoding._PARTS.pack(False, 1 << 62, 1 << 62) + b"{}"),
        forged({"layouts": [["Series"]], "objects": [[0, 1 << 60, 1 << 60]]}, b"", b""),
        zlib.compress(encoding._PARTS.pack(True, 1 << 20, 0) + b"[" * (1 << 20)),
        zlib.compress(encoding._PARTS.pack(False, 1 << 20, 0) + b"[" * (1 << 20)),
    ]
    tracemalloc.start()
    try:
        for bomb in bombs:
            assert outcome(bomb) is None
        assert tracemalloc.get_traced_memory()[1] < 3 * encoding.LARGEST
    finally:
        tracemalloc.stop()


def test_a_state_that_is_too_large_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LARGEST", "MOST"):
        with monkeypatch.context() as patch:
            patch.setattr(encoding, name, 1000)
            with pytest.raises(Uncovered, match="too large"):
                encode(Run().apply_all(everything()))


def test_a_kept_list_counts_what_it_holds() -> None:
    out, source = encoding._Writer(), encoding._Reader([], memoryview(b""))
    shape = shapes.KeptList(shapes.Number())
    kept: Kept[Any] = Kept([1, 2])
    kept.total = 7
    assert shape.write(kept, out) == [7, [1, 2]]
    assert shape.parse([7, [1, 2]], source).total == 7
    for wrong in ([1, [1, 2]], ["7", [1]], [7], [7, "ab"], 7):
        with pytest.raises(Damaged):
            shape.parse(wrong, source)


def test_columns_are_little_endian() -> None:
    out = encoding._Writer()
    out.column(array("d", [1.0]))
    assert out.columns == [b"\0\0\0\0\0\0\xf0\x3f"]
