"""A script that ended with an exception, and what its message means."""

from __future__ import annotations

import pytest

from tests.builders import PID, ended, epoch, fit, later, raised, run_of
from tests.rules.judging import found, quiet
from tuimon.rules.script_failed import ScriptFailed

CASES = [
    (
        "UnimplementedError",
        "Graph execution error:\n\nCast string to float is not supported\n\t [[{{node Cast_1}}]]",
        "labels that are still names",
    ),
    ("ValueError", "as_list() is not defined on an unknown TensorShape.", "ensure_shape"),
    ("ValueError", "Cannot iterate over a shape with unknown rank.", "ensure_shape"),
    (
        "UnknownError",
        "{{function_node __wrapped__IteratorGetNext}} AttributeError: 'tensorflow.python.framework.ops.EagerTensor' "
        "object has no attribute 'decode'\n[[{{node EagerPyFunc}}]] [Op:IteratorGetNext]",
        ".numpy()",
    ),
    ("OSError", "[Errno 28] No space left on device: '/ckpt/model.keras'", "the disk is full"),
    ("ResourceExhaustedError", "OOM when allocating tensor with shape[8,9]", "memory ran out"),
    (
        "ValueError",
        "When providing an infinite dataset, you must specify the number of steps to run",
        "steps_per_epoch",
    ),
    ("ValueError", "Expected input data to be non-empty.", "yields no batch"),
    ("ValueError", "Target data is missing. Your model was compiled with loss=mse", "(x, y)"),
    ("ValueError", "Data cardinality is ambiguous. Make sure all arrays contain the same number of samples", "len(x)"),
    ("ValueError", 'Input 0 of layer "dense" is incompatible with the layer: expected axis -1', "Input(...)"),
    ("ValueError", "Failed to find data adapter that can handle input", "tf.data.Dataset"),
    ("FileNotFoundError", "[Errno 2] No such file or directory: 'train.csv'", "directory"),
    ("ModuleNotFoundError", "No module named 'cv2'", "environment"),
    ("TypeError", "'float' object cannot be interpreted as an integer", "whole number"),
]


@pytest.mark.parametrize(("kind", "message", "told"), CASES)
def test_known_messages(kind: str, message: str, told: str) -> None:
    run = run_of(fit(), epoch(0), raised(kind, message, fit=1, site="/me/train.py:30"), ended(exit_code=1))
    finding = found(ScriptFailed(), run, "error")
    assert finding.message.startswith(f"{kind} (train.py:30): ")
    assert told in finding.message + finding.advice + finding.snippet


def test_an_unknown_message_is_repeated() -> None:
    finding = found(ScriptFailed(), run_of(raised("KeyError", "'colour'"), ended(exit_code=1)), "error")
    assert "KeyError: 'colour'" in finding.message


def test_a_label_out_of_range_is_explained_by_its_own_rule() -> None:
    message = "Received a label value of 5 which is outside the valid range of [0, 5).  Label values: 2 3 1 5"
    found(ScriptFailed(), run_of(fit(), raised("InvalidArgumentError", message, fit=1), ended(exit_code=1)), "note")


def test_an_exception_that_was_seen_to_leave_the_fit_only() -> None:
    run = run_of(fit(), raised("ValueError", "shapes", where="fit", fit=1), ended(exit_code=1))
    assert found(ScriptFailed(), run, "error").fit == 0


def test_a_process_that_does_not_end_after_its_exception() -> None:
    raising = raised("ValueError", "x")  # four seconds after the start
    assert "has not ended" not in found(ScriptFailed(), run_of(raising, later(20)), "error").message
    finding = found(ScriptFailed(), run_of(raising, later(49)), "error")
    assert "its process has not ended for 45 s since" in finding.message
    assert f"`kill {PID}`" in finding.advice
    over = run_of(raising, later(49), ended(exit_code=1))
    assert "has not ended" not in found(ScriptFailed(), over, "error").message


def test_a_status_without_an_exception() -> None:
    assert "ended with status 3" in found(ScriptFailed(), run_of(ended(exit_code=3)), "error").message


def test_near_misses() -> None:
    quiet(ScriptFailed(), run_of(ended(exit_code=0)))
    quiet(ScriptFailed(), run_of(raised("KeyboardInterrupt"), ended(exit_code=130)))
    quiet(ScriptFailed(), run_of(ended(exit_code=130)))
    quiet(ScriptFailed(), run_of(fit(), raised("ValueError", "x", where="fit", fit=1), ended(exit_code=0)))  # caught
    quiet(ScriptFailed(), run_of(ended(signal=9)))
