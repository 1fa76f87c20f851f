"""What frameworks say of an allocation that failed. The texts have the form that each of them prints."""

from __future__ import annotations

from tuimon.rules.allocations import Allocation, allocation

GIB, MIB = 2**30, 2**20


def of(message: str, printed: str = "") -> Allocation:
    found = allocation(message, printed)
    assert found is not None
    return found


TENSORFLOW = """Graph execution error:

Detected at node model/block1_conv1/Conv2D defined at (most recent call last):
  File "train.py", line 40, in <module>

OOM when allocating tensor with shape[64,64,224,224] and type float on /job:localhost/replica:0/task:0/device:GPU:1 \
by allocator GPU_1_bfc
\t [[{{node model/block1_conv1/Conv2D}}]]
Hint: If you want to see a list of allocated tensors when OOM happens, add report_tensor_allocations_upon_oom to \
RunOptions for current allocation info.
"""

HOLDERS = """
Current usage from device: /job:localhost/replica:0/task:0/device:GPU:0, allocator: GPU_0_bfc
  250.00MiB from network/conv2d_5/Conv2D
  217.50MiB from network/conv2d_11/Conv2D
  200.00MiB from network/conv2d_5/Conv2D
  Remaining 1252 nodes with 98.80MiB
"""


def test_tensorflow_names_the_tensor_and_the_allocator() -> None:
    found = of(TENSORFLOW)
    assert (found.shape, found.dtype, found.bytes) == ((64, 64, 224, 224), "float", 64 * 64 * 224 * 224 * 4)
    assert (found.device, found.allocator) == ("GPU:1", "GPU_1_bfc")


def test_tensorflow_names_who_holds_what() -> None:
    assert of(TENSORFLOW + HOLDERS).consumers == [
        ("network/conv2d_5/Conv2D", 450 * MIB),
        ("network/conv2d_11/Conv2D", int(217.5 * MIB)),
    ]


DUMP = """\
2026-01-01 10:00:00.000001: W external/local_xla/xla/tsl/framework/bfc_allocator.cc:501] Allocator (GPU_0_bfc) ran \
out of memory trying to allocate 3.00GiB (rounded to 3221225472)requested by op model/dense/MatMul
2026-01-01 10:00:00.000009: I external/local_xla/xla/tsl/framework/bfc_allocator.cc:1105] 40 Chunks of size 256 \
totalling 10.0KiB
2026-01-01 10:00:00.000010: I external/local_xla/xla/tsl/framework/bfc_allocator.cc:1105] 6 Chunks of size 1073741824 \
totalling 6.00GiB
2026-01-01 10:00:00.000011: I external/local_xla/xla/tsl/framework/bfc_allocator.cc:1114] Stats:
Limit:                     10737418240
InUse:                      6442461184
MaxInUse:                   9663676416
NumAllocs:                        8123
"""


def test_the_allocators_own_account() -> None:
    found = of("", DUMP)
    assert (found.bytes, found.op, found.allocator) == (3 * GIB, "model/dense/MatMul", "GPU_0_bfc")
    assert (found.limit, found.in_use, found.free) == (10 * GIB, 6442461184, 10 * GIB - 6442461184)
    assert found.consumers[0] == ("6 × 1073741824 bytes", 6 * GIB)
    assert found.fragmented, "4 GiB are free and 3 GiB were not to be had"


XLA = """RESOURCE_EXHAUSTED: Out of memory while trying to allocate 6291456 bytes.
BufferAssignment OOM Debugging.
BufferAssignment stats:
             parameter allocation:    6.00MiB
                 total allocation:   12.00MiB
Peak buffers:
\tBuffer 1:
\t\tSize: 6.00MiB
\t\tOperator: op_name="jit(step)/jit(main)/concatenate[dimension=0]" source_file="/me/models.py" source_line=68
\t\tXLA Label: concatenate
\t\tShape: f32[4096,128,3]
\t\t==========================

\tBuffer 2:
\t\tSize: 384.0KiB
\t\tEntry Parameter Subshape: f32[256,128,3]
\t\t==========================

"""


def test_xla_names_its_largest_buffers() -> None:
    found = of(XLA)
    assert found.bytes == 6291456
    assert found.consumers == [
        ("jit(step)/jit(main)/concatenate[dimension=0]", 6 * MIB),
        ("f32[256,128,3]", 384 * 1024),
    ]


TORCH = (
    "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.15 GiB of which {free} GiB is "
    "free. Including non-PyTorch memory, this process has 78.00 GiB memory in use. Of the allocated memory 74.00 GiB "
    "is allocated by PyTorch, and {spare} GiB is reserved by PyTorch but unallocated."
)


def test_torch_tells_what_was_free() -> None:
    assert not of(TORCH.format(free="1.00", spare="0.50")).fragmented
    assert of(TORCH.format(free="1.00", spare="3.50")).fragmented
    old = "CUDA out of memory. Tried to allocate 20.00 MiB (GPU 0; 11.00 GiB total capacity; 10.50 GiB already "
    assert of(old + "allocated; 16.00 MiB free; 10.60 GiB reserved in total by PyTorch)").free == 16 * MIB


def test_numpy() -> None:
    found = of("Unable to allocate 7.45 GiB for an array with shape (1000, 1000, 1000) and data type float64")
    assert (found.shape, found.dtype, found.bytes) == ((1000, 1000, 1000), "float64", 8 * 10**9)


def test_other_words_say_nothing() -> None:
    assert allocation("shapes (3,) and (4,) do not match") is None
    assert allocation("", "") is None
