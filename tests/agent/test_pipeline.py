"""Pipelines and other sources, described without touching them, against what iterating them gives."""

from __future__ import annotations

import functools
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.agent.harness import LIMIT, both_lines, plain_environment

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tests" / "scripts" / "pipelines.py"

pytestmark = pytest.mark.timeout(600)


@functools.cache
def described(python: str) -> dict[str, dict[str, Any]]:
    done = subprocess.run(
        [python, str(SCRIPT)],
        env={**plain_environment(), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(line) for line in done.stdout.splitlines())


@both_lines
@pytest.mark.parametrize(
    ("name", "size", "batches", "upstream"),
    [
        ("plain", 100, 4, 100),
        ("drop", 96, 3, 100),
        ("take", 10, 1, 100),
        ("take rows", 50, 4, 100),
        ("skip", 80, 5, 100),
        ("skip batches", 68, 5, 100),
        ("repeat", 100, 7, 100),
        ("repeat rows", 100, 7, 100),
        ("repeat twice", 200, 13, 100),
        ("repeat batches", 200, 14, 100),
        ("filter", None, None, 100),
        ("ignore errors", None, None, 100),
        ("concatenate", 110, 7, 200),
        ("zip", 100, 7, 100),
        ("shard", 33, 3, 100),
        ("unbatch", 100, 15, 100),
        ("batched twice", 100, 5, 100),
        ("cache", 100, 13, 100),
        ("batches given", 100, 10, 100),
        ("options", 100, 4, 100),
        ("interleave", None, None, None),
        ("text lines", None, None, None),
        ("listed", 3, 2, 3),
        ("ragged", 3, 2, 3),
        ("sparse", 4, 2, 4),
        ("scalars", None, 3, None),
        ("texts", 2, 1, 2),
        ("unknown rank", None, 4, None),
        ("mapped and unbatched", None, None, 100),
    ],
)
def test_the_size_of_one_pass(
    python: str, name: str, size: int | None, batches: int | None, upstream: int | None
) -> None:
    facts = described(python)[name]
    assert (facts["size"], facts["batches"], facts["upstream_size"]) == (size, batches, upstream)
    assert facts["size_reason"]


@both_lines
def test_samples_of_steps_are_right_wherever_they_are_told(python: str) -> None:
    told = {name: facts for name, facts in described(python).items() if "told" in facts}
    for name, facts in told.items():
        assert all(one in (None, true) for one, true in zip(facts["told"], facts["rows"], strict=True)), name
        if facts["size"] is not None and not facts["infinite"] and name not in ("mapped batches", "batched twice"):
            assert sum(facts["rows"]) == facts["size"], name
    exact = ["plain", "drop", "take", "skip", "repeat", "repeat rows", "repeat twice", "concatenate", "zip", "cache"]
    assert all(None not in told[name]["told"] for name in exact)
    assert set(told["mapped batches"]["told"]) == {None}


@both_lines
@pytest.mark.parametrize(
    ("name", "chain"),
    [
        ("drop", "from_tensor_slices(100) → shuffle(1,000) → map(decode, parallel=AUTOTUNE) → "
         "batch(32, drop_remainder) → prefetch(AUTOTUNE)"),
        ("repeat", "from_tensor_slices(100) → batch(16) → repeat"),
        ("concatenate", "concatenate(from_tensor_slices(100), from_tensor_slices(100) → take(10)) → batch(16)"),
        ("options", "from_tensor_slices(100) → batch(32)"),
        ("from generator", "from_generator(counted) → batch(16)"),
        ("interleave", "files(3) → interleave(lines, parallel=2) → batch(2)"),
        ("text lines", "files(3) → text_line(3 files) → batch(2)"),
        ("records", "files(3) → tfrecord(3 files, parallel=2) → batch(2)"),
        ("ignore errors", "from_tensor_slices(100) → ignore_errors → batch(16)"),
        ("cache", "from_tensor_slices(100) → cache → padded_batch(8)"),
    ],
)  # fmt: skip
def test_the_chain_reads_as_it_was_written(python: str, name: str, chain: str) -> None:
    assert described(python)[name]["chain"] == chain


@both_lines
def test_what_the_stages_tell(python: str) -> None:
    drop = described(python)["drop"]
    assert (drop["dropped"], drop["drop_remainder"], drop["shuffled"], drop["infinite"]) == (4, True, True, False)
    shuffle = next(stage for stage in drop["stages"] if stage["op"] == "shuffle")
    assert shuffle["buffer_bytes"] == 100 * (4 * 4 + 8)
    assert next(stage for stage in drop["stages"] if stage["op"] == "map")["site"].startswith(f"{SCRIPT}:")
    assert described(python)["repeat"]["infinite"] is True
    assert described(python)["filter"]["infinite"] is None
    x, y = drop["components"]
    assert (x["role"], x["shape"], x["dtype"], x["kind"]) == ("x", [32, 4], "float32", "dense")
    assert (y["role"], y["shape"], y["dtype"]) == ("y", [32], "int64")
    kinds = [described(python)[name]["components"][0]["kind"] for name in ("ragged", "sparse", "texts")]
    assert kinds == ["ragged", "sparse", "string"]


@both_lines
def test_what_is_behind_a_generator_is_an_estimate(python: str) -> None:
    for name in ("generator", "iterator"):
        assert described(python)[name]["size"] is None
    facts = described(python)["generator"]
    assert (facts["upstream_size"], facts["upstream_known_by"]) == (100, "estimated")
    assert facts["pipeline"][0]["text"] == "generator(generator)"


@both_lines
def test_other_sources_and_no_source_at_all(python: str) -> None:
    kinds = {name: described(python)[name]["kind"] for name in ("dict", "list", "tensor", "none", "number", "iterator")}
    assert kinds == {
        "dict": "numpy", "list": "list", "tensor": "tensor", "none": "other", "number": "other",
        "iterator": "generator",
    }  # fmt: skip
    for name in ("dict", "list", "tensor"):
        assert (described(python)[name]["size"], described(python)[name]["batches"]) == (100, 4)
    assert [each["name"] for each in described(python)["dict"]["components"]] == ["a", "b", ""]
    assert described(python)["random state"]["same"]
