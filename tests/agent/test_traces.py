"""Traces of real functions: the ones that happen again and again, and the ones that are no fault."""

from __future__ import annotations

from tests.agent.scenes import Keras, on_tensorflow, scenes
from tuimon import events
from tuimon.agent import traces


@on_tensorflow
def test_a_function_that_is_traced_for_every_number(keras: Keras) -> None:
    told = [event for event in scenes(keras).events["retraced"] if isinstance(event, events.FunctionTraced)]
    assert [event.traces for event in told] == [2, 3, 4, 5, 6, 7]
    assert [event.recent for event in told] == [2, 3, 4, 5, 6, 1]
    assert all(event.function.endswith("scaled") and event.fit == 1 for event in told)
    assert all(event.site.partition(":")[0].endswith("signals.py") for event in told)


@on_tensorflow
def test_new_models_and_further_fits_are_no_traces_again(keras: Keras) -> None:
    assert "fits" not in scenes(keras).events
    assert scenes(keras).facts["fits"] == [{"told": 0}]


class Code:
    """A function's code, as far as the count looks at it."""

    co_firstlineno = 3

    def __init__(self, path: str) -> None:
        self.co_filename = path


def test_many_traces_are_told_now_and_then() -> None:
    counts = traces.Counts()
    code, function = Code("/home/me/train.py"), Code("")
    told = [event.traces for _ in range(220) if (event := counts.traced(code, function, None, 1))]
    assert told == [*range(2, 51), 100, 150, 200]


def test_functions_that_keras_makes_for_each_fit_are_counted_singly() -> None:
    counts = traces.Counts()
    code = Code("/site-packages/keras/src/backend/tensorflow/trainer.py")
    functions = [Code("") for _ in range(5)]
    assert [counts.traced(code, function, None, 1) for function in functions] == [None] * 5
    again = counts.traced(code, functions[0], None, 1)
    assert again is not None
    assert again.traces == 2
