"""What is told of the values of one component, and fingerprints of rows."""

from __future__ import annotations

from typing import Any

import pytest

from tuimon.agent.measures import Measure, fingerprints

numpy = pytest.importorskip("numpy")


def told(role: str, *pieces: Any) -> dict[str, Any]:
    measure = Measure(role, "", str(pieces[0].dtype), [None])
    for piece in pieces:
        measure.add(piece)
    return measure.told()


def test_pieces_are_measured_as_the_whole() -> None:
    values = numpy.linspace(-3.0, 5.0, 4000).reshape(1000, 4)
    facts = told("x", values[:300], values[300:])
    assert facts["min"] == -3.0
    assert facts["max"] == 5.0
    assert facts["mean"] == pytest.approx(values.mean())
    assert facts["std"] == pytest.approx(values.std())
    assert facts["feature_mean"] == pytest.approx(values.mean(axis=0).tolist())
    assert facts["feature_std"] == pytest.approx(values.std(axis=0).tolist())
    assert facts["below_zero"] == pytest.approx((values < 0).mean())
    assert facts["above_one"] == pytest.approx((values > 1).mean())
    assert facts["integer"] is False
    assert facts["non_finite"] == 0


def test_values_that_are_not_finite_are_counted_and_left_out() -> None:
    facts = told("x", numpy.array([[1.0, numpy.nan], [3.0, numpy.inf]]))
    assert (facts["non_finite"], facts["min"], facts["max"], facts["mean"]) == (2, 1.0, 3.0, 2.0)
    nothing = told("x", numpy.array([numpy.nan, numpy.nan]))
    assert nothing["non_finite"] == 2
    assert "mean" not in nothing


@pytest.mark.parametrize(
    ("labels", "distribution", "classes"),
    [
        (numpy.array([0, 1, 1, 2]), "index", {"0": 1, "1": 2, "2": 1}),
        (numpy.array([[0.0], [1.0], [1.0]]), "index", {"0": 1, "1": 2}),
        (numpy.eye(3)[[0, 2, 2]], "one_hot", {"0": 1, "2": 2}),
        (numpy.array([[1, 1, 0], [0, 0, 0]]), "multi_hot", None),
        (numpy.array([0.25, 1.5, 2.0]), "continuous", None),
        (numpy.array([[0.5, 0.5], [1.0, 0.0]]), "continuous", None),
        (numpy.array([True, False, True]), "index", {"0": 1, "1": 2}),
        (numpy.array(["cat", "dog", "cat"], dtype=object), "index", {"cat": 2, "dog": 1}),
        (numpy.arange(5000), "continuous", None),
    ],
)
def test_labels(labels: Any, distribution: str, classes: dict[str, int] | None) -> None:
    facts = told("y", labels)
    assert facts["distribution"] == distribution
    assert facts.get("classes") == classes


@pytest.mark.parametrize(
    "empty", [numpy.zeros((0, 3)), numpy.zeros((4, 0)), numpy.zeros(()), numpy.array([], dtype=object)]
)
def test_nothing_to_measure(empty: Any) -> None:
    assert told("x", empty)["dtype"] == str(empty.dtype)
    assert told("y", empty)["role"] == "y"


def test_equal_rows_have_equal_fingerprints_whatever_their_type() -> None:
    values = numpy.random.default_rng(1).normal(size=(500, 7)).astype("float32")
    found = fingerprints(values)
    assert len(set(found.tolist())) == 500
    assert found.tolist() == fingerprints(values.astype("float64")).tolist()
    assert found[3] == fingerprints(values[3:4].copy())[0]
    changed = values.copy()
    changed[3, 6] += 1
    assert [index for index in range(500) if found[index] != fingerprints(changed)[index]] == [3]


def test_rows_of_small_numbers_and_of_many_do_not_collide() -> None:
    grid = numpy.array([[a, b, c] for a in range(20) for b in range(20) for c in range(20)])
    assert len(set(fingerprints(grid).tolist())) == 8000
    wide = numpy.zeros((3, 5000), dtype="float32")
    wide[1, 0] = wide[2, 4990] = 1.0
    assert len(set(fingerprints(wide).tolist())) >= 2


def test_text_has_no_fingerprint() -> None:
    assert fingerprints(numpy.array(["a", "b"], dtype=object)) is None
    assert fingerprints(numpy.zeros((0, 4))) is None
