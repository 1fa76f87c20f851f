"""Memory that ran out."""

from __future__ import annotations

import pytest

from tests.builders import ended, fit, host, raised, run_of, source
from tests.rules.judging import found, quiet
from tuimon.rules.out_of_memory import OutOfMemory

EIGHT = [*fit(), *source(kind="tf.data", batch_size=8)]
TENSOR = (
    "Graph execution error:\n\nOOM when allocating tensor with shape[8,4000,4000,8] and type float on "
    "/job:localhost/replica:0/task:0/device:CPU:0 by allocator cpu\n\t [[{{node IteratorGetNext}}]]"
)


def test_a_tensor_that_did_not_fit() -> None:
    failed = raised("ResourceExhaustedError", TENSOR, fit=1, op="IteratorGetNext", site="/me/train.py:12")
    finding = found(OutOfMemory(), run_of(EIGHT, failed), "error")
    assert "a tensor of 8×4000×4000×8 (3.8 GiB) on CPU:0 in IteratorGetNext (train.py:12)" in finding.message
    assert "Halve the batch size: 8 → 4" in finding.advice
    assert finding.snippet == "dataset.batch(4)"


def test_a_batch_that_did_not_fit() -> None:
    message = "Graph execution error:\n\nFailed to allocate memory for the batch of component 0\n\t [[{{node Next}}]]"
    large = source(kind="tf.data", batch_size=8, element_bytes=512_000_004)
    run = run_of(fit(), large, raised("ResourceExhaustedError", message, fit=1))
    assert "memory ran out: a batch of 8 samples (3.8 GiB)" in found(OutOfMemory(), run, "error").message


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("MemoryError", ""),
        ("_ArrayMemoryError", "Unable to allocate 4.00 GiB for an array with shape (8, 4000) and data type float64"),
        ("RuntimeError", "CUDA out of memory. Tried to allocate 2.00 GiB"),
        ("XlaRuntimeError", "RESOURCE_EXHAUSTED: Out of memory allocating 4294967296 bytes."),
        ("InternalError", "std::bad_alloc"),
    ],
)
def test_other_ways_to_say_it(kind: str, message: str) -> None:
    finding = next(OutOfMemory().check(run_of(EIGHT, raised(kind, message, fit=1))))
    assert finding.severity == "error"


def test_the_kernel_killed_it() -> None:
    run = run_of(EIGHT, host(rss=15 * 2**30, memory_total=16 * 2**30), ended(signal=9, oom_killed=True))
    assert (
        "the kernel killed the process because memory ran out; it had 15.0 GiB of 16.0 GiB"
        in found(OutOfMemory(), run, "error").message
    )


def test_the_kernel_killed_a_worker() -> None:
    run = run_of(EIGHT, host(oom_kills=0, rss=2**30), host(oom_kills=1, rss=2**30))
    assert "a process of this run" in found(OutOfMemory(), run).message


def test_near_misses() -> None:
    quiet(OutOfMemory(), run_of(EIGHT, raised("ValueError", "shapes do not match", fit=1)))
    quiet(OutOfMemory(), run_of(EIGHT, ended(signal=9, oom_killed=False)))
    quiet(OutOfMemory(), run_of(EIGHT, host(oom_kills=3), host(oom_kills=3)))


def test_who_held_the_memory_is_told() -> None:
    message = TENSOR.replace("CPU:0", "GPU:0").replace("allocator cpu", "allocator GPU_0_bfc") + (
        "\nCurrent usage from device: /job:localhost/replica:0/task:0/device:GPU:0, allocator: GPU_0_bfc\n"
        "  2.00GiB from model/conv2d/Conv2D\n  1.00GiB from model/dense/MatMul\n  Remaining 12 nodes with 24.0MiB\n"
    )
    finding = found(OutOfMemory(), run_of(EIGHT, raised("ResourceExhaustedError", message, fit=1)))
    assert "most is held by model/conv2d/Conv2D 2.0 GiB and model/dense/MatMul 1.0 GiB" in finding.message
    assert finding.numbers["allocator"] == "GPU_0_bfc"
    assert finding.numbers["consumers"][0] == {"name": "model/conv2d/Conv2D", "bytes": 2 * 2**30}
    assert "gradient_accumulation_steps" in finding.advice


def test_memory_in_pieces_has_its_own_advice() -> None:
    words = ["Limit:  10737418240", "InUse:  2147483648"]
    message = TENSOR.replace("CPU:0", "GPU:0")
    run = run_of(EIGHT, raised("ResourceExhaustedError", message, fit=1), ended(exit_code=1, last_words=words))
    finding = found(OutOfMemory(), run)
    assert "8.0 GiB were free" in finding.message
    assert "cuda_malloc_async" in finding.advice


def test_native_code_that_got_no_memory() -> None:
    words = ["terminate called after throwing an instance of 'std::bad_alloc'", "  what():  std::bad_alloc"]
    aborted = run_of(EIGHT, host(rss=2**30, memory_total=2**31), ended(signal=6, last_words=words))
    assert "(SIGABRT): terminate called" in found(OutOfMemory(), aborted, "error").message
    quiet(OutOfMemory(), run_of(EIGHT, ended(signal=6, last_words=["Check failed: shape.ok()"])))
