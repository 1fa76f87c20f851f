"""An event's line and back: nothing that can be said is changed on the way, and nothing that comes in can do harm."""

from __future__ import annotations

import dataclasses
import json
import math
import re
import shutil
import subprocess
import time
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuimon import events, wire

TEXT = st.text(max_size=20) | st.sampled_from(
    ["NaN", "Infinity", "-Infinity", "\\NaN", "\\\\-Infinity", "\x1b[31m", "\udcff"]
)
WHOLE = st.integers(-(2**63), 2**63 - 1)
NUMBER = st.none() | st.floats() | WHOLE
FACTS = st.dictionaries(
    TEXT,
    st.recursive(
        st.none() | st.booleans() | WHOLE | st.floats() | TEXT, lambda inner: st.lists(inner, max_size=3), max_leaves=6
    ),
    max_size=3,
)

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "int": WHOLE,
    "Optional[int]": st.none() | WHOLE,
    "float": st.floats(),
    "Number": NUMBER,
    "str": TEXT,
    "Optional[str]": st.none() | TEXT,
    "bool": st.booleans(),
    "Optional[bool]": st.none() | st.booleans(),
    "Facts": FACTS,
    "List[Facts]": st.lists(FACTS, max_size=3),
    "List[str]": st.lists(TEXT, max_size=3),
    "List[float]": st.lists(st.floats(), max_size=3),
    "Optional[List[int]]": st.none() | st.lists(WHOLE, max_size=3),
    "Dict[str, float]": st.dictionaries(TEXT, st.floats(), max_size=3),
    "Dict[str, Number]": st.dictionaries(TEXT, NUMBER, max_size=3),
    "Dict[str, List[Number]]": st.dictionaries(TEXT, st.lists(NUMBER, max_size=4), max_size=3),
}
"""Declared type of a field → what may stand in it."""


@st.composite
def any_event(draw: st.DrawFn) -> events.Event:
    kind = draw(st.sampled_from(list(events.KINDS.values())))
    fields = {each.name: draw(VALUES[str(each.type)]) for each in dataclasses.fields(kind)}
    return kind(**{**fields, "at": draw(st.floats(0, 1e11))})


def same(one: Any, other: Any) -> bool:
    """Equal, where NaN equals NaN."""
    if isinstance(one, float) and math.isnan(one):
        return isinstance(other, float) and math.isnan(other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def one_line_of_json(line: bytes) -> dict[str, Any]:
    """The line's members, once it is sure that any reader of JSON takes it."""
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    text = line.decode("ascii")

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    members: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return members


@given(any_event())
def test_every_kind_comes_back_as_it_was(event: events.Event) -> None:
    line = wire.encode(event)

    one_line_of_json(line)
    for loads in (json.loads, orjson.loads):
        back = wire.decode(line, loads)
        assert type(back) is type(event)
        assert same(vars(back), vars(event))


def test_what_is_at_its_default_is_not_written() -> None:
    assert one_line_of_json(wire.encode(events.EpochStarted(at=1.5, epoch=3))) == {
        "event": "EpochStarted",
        "at": 1.5,
        "epoch": 3,
    }


NOT_NUMBERS = events.EpochEnded(metrics={"a": math.nan, "b": math.inf, "c": -math.inf})


def test_no_number_is_spelled_as_its_name() -> None:
    assert one_line_of_json(wire.encode(NOT_NUMBERS))["metrics"] == {"a": "NaN", "b": "Infinity", "c": "-Infinity"}


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
def test_jq_keeps_what_is_no_number() -> None:
    done = subprocess.run(
        ["jq", "-c", ".metrics"], input=wire.encode(NOT_NUMBERS), capture_output=True, check=True, timeout=60
    )

    assert json.loads(done.stdout) == {"a": "NaN", "b": "Infinity", "c": "-Infinity"}


def test_a_text_that_looks_like_no_number_stays_a_text() -> None:
    event = events.WarningSeen(category="NaN", message="\\Infinity")

    assert wire.decode(wire.encode(event)) == event


def test_a_kind_of_a_later_version_is_kept_as_it_came() -> None:
    line = b'{"event":"MoonSeen","at":2.0,"phase":"full","tides":[1,{"high":true}]}'

    event = wire.decode(line)

    assert event == events.Unknown(at=2.0, name="MoonSeen", fields={"phase": "full", "tides": [1, {"high": True}]})
    assert json.loads(wire.encode(event)) == json.loads(line)


def test_a_member_of_a_later_version_is_left_out() -> None:
    line = b'{"event":"EpochStarted","at":2.0,"epoch":1,"moon":"full","__class__":"x"}'

    assert wire.decode(line) == events.EpochStarted(at=2.0, epoch=1)


@pytest.mark.parametrize("name", ["Unknown", "Event", "AgentEvent", "Request", "__init__"])
def test_a_class_that_is_no_kind_is_unknown(name: str) -> None:
    assert isinstance(wire.decode(b'{"event":"%s"}' % name.encode()), events.Unknown)


@pytest.mark.parametrize(
    "line",
    [b"", b"null", b"[]", b'"StepsEnded"', b"{}", b'{"event":3}', b'{"event":null}', b'{"event":"A"', b"\xff\xfe{}"],
)
def test_what_is_no_event_is_a_value_error(line: bytes) -> None:
    with pytest.raises(ValueError, match=re.compile(r"")):
        wire.decode(line)


@pytest.mark.parametrize("bomb", [b"[" * 200_000, b'{"event":"StepsEnded","metrics":' + b'{"a":' * 200_000])
def test_depth_ends_in_an_error_that_readers_expect(bomb: bytes) -> None:
    for loads in (json.loads, orjson.loads):
        with pytest.raises((ValueError, RecursionError)):
            wire.decode(bomb, loads)


ODD: list[Any] = [None, True, "x", "NaN", [], {}, [[]], {"a": {}}, 10**30, -1, 1e308, "\x1b[2J"]


@given(st.sampled_from(list(events.KINDS)), st.data())
def test_a_value_of_another_type_than_declared_is_as_if_it_were_not_there(name: str, data: st.DataObject) -> None:
    kind = events.KINDS[name]
    given_values = {each.name: data.draw(st.sampled_from(ODD)) for each in dataclasses.fields(kind)}

    event = wire.from_fields({"event": name, **given_values})

    for each in dataclasses.fields(kind):
        value = getattr(event, each.name)
        assert value == events.DEFAULTS[kind][each.name] or type(value) in ALLOWED[str(each.type).split("[")[0]], each


ALLOWED: dict[str, tuple[type, ...]] = {
    "int": (int, float),  # whoever computes a count may end with 3.0
    "float": (int, float),
    "Number": (int, float, type(None)),
    "str": (str,),
    "bool": (bool,),
    "Facts": (dict,),
    "List": (list,),
    "Dict": (dict,),
    "Optional": (int, float, str, bool, list, type(None)),
}


@pytest.mark.parametrize("at", ["1e400", "NaN", '"NaN"', '"Infinity"', "1" + 40 * "0", "null", '"soon"'])
def test_a_time_that_is_none_is_no_time(at: str) -> None:
    assert wire.decode(b'{"event":"EpochStarted","at":%s,"epoch":1}' % at.encode()) == events.EpochStarted(epoch=1)


def test_a_count_that_somebody_computed_makes_no_way_for_one_that_is_none() -> None:
    """A finite float is taken for a whole number; the next line of the same shape is looked at as well."""
    finite, infinite = (b'{"event":"EventsLost","count":%s}' % count for count in (b"3.0", b'"-Infinity"'))

    assert [wire.decode(line) for line in (finite, infinite, finite)] == [
        events.EventsLost(count=3), events.EventsLost(count=0), events.EventsLost(count=3),
    ]  # fmt: skip


def test_a_text_never_carries_an_escape_raw() -> None:
    line = wire.encode(events.WarningSeen(message="\x1b]0;title\x07 \u009b31m \ud800 \u202e"))

    assert re.fullmatch(rb"[\x20-\x7e]+\n", line)


# --- a stream cut into lines


@given(st.lists(st.binary(max_size=12), max_size=12), st.integers(0, 20))
def test_a_stream_is_cut_into_lines_wherever_its_pieces_end(pieces: list[bytes], longest: int) -> None:
    lines, found = wire.Lines(longest), []
    for piece in pieces:
        found += lines.feed(piece)

    *whole, rest = b"".join(pieces).split(b"\n")
    assert found == [line for line in whole if len(line) <= longest]
    assert lines.dropped == sum(len(line) > longest for line in [*whole, rest])
    assert lines.held == (0 if lines.skipping else len(rest))
    assert lines.skipping == (len(rest) > longest)


def test_a_line_without_an_end_costs_time_by_its_bytes_and_no_memory() -> None:
    """To put each piece behind all before it would copy 64 GB here."""
    lines, piece = wire.Lines(), b"x" * 4096
    begun = time.process_time()
    for _ in range(128 << 20 >> 12):
        assert lines.feed(piece) == []
        assert lines.held <= wire.MAX_LINE + len(piece)

    assert lines.feed(b'\n{"event":"x"}\n') == [b'{"event":"x"}']
    assert lines.dropped == 1
    assert time.process_time() - begun < 10
