"""What the messages of Keras and TensorFlow mean, and what to do about them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tuimon.events import ExceptionRaised


@dataclass(frozen=True)
class Cause:
    """One kind of failure. `what` replaces the message in the finding; `explained_by` is a rule that reports it."""

    pattern: str  # of the message, or of ``Type: message``
    what: str
    advice: str
    snippet: str = ""
    explained_by: str = ""


CAUSES: tuple[Cause, ...] = (
    Cause(
        r"outside the valid range of \[|[Ll]abel value",
        "a class label lies outside the range that the loss allows",
        "Number the classes from 0, and give the last layer as many units as there are classes.",
        "y = y - y.min()",
        explained_by="labels-out-of-range",
    ),
    Cause(
        r"Cast string to|[Cc]annot convert .*string.* to|could not convert string to float|DT_STRING",
        "text where numbers are needed, probably labels that are still names",
        "Turn the labels into numbers before they reach the model.",
        "lookup = keras.layers.StringLookup(vocabulary=names, num_oov_indices=0)\n"
        "dataset = dataset.map(lambda x, y: (x, lookup(y)))",
    ),
    Cause(
        r"unknown rank|unknown TensorShape|Cannot take the length of shape|rank is unknown",
        "a tensor of unknown shape reaches the model",
        "tf.py_function, tf.numpy_function and parse_tensor lose the shape: set it again with ensure_shape.",
        "x = tf.ensure_shape(x, (height, width, channels))",
    ),
    Cause(
        r"No space left on device|Errno 28|ENOSPC",
        "the disk is full",
        "Free space, keep fewer checkpoints (save_best_only=True), or save elsewhere.",
        'keras.callbacks.ModelCheckpoint("best.keras", save_best_only=True)',
    ),
    Cause(
        r"OOM when allocating|ResourceExhausted|MemoryError|bad_alloc|OUT_OF_MEMORY|Unable to allocate",
        "memory ran out",
        "Make the batches smaller; see out-of-memory.",
    ),
    Cause(
        r"infinite dataset, you must specify the number of steps|infinite dataset .* steps",
        "the dataset repeats for ever and no steps are given",
        "Give steps_per_epoch (and validation_steps), or take repeat() away.",
        "model.fit(dataset, steps_per_epoch=samples // batch_size, ...)",
    ),
    Cause(
        r"Expected input data to be non-empty",
        "the dataset yields no batch",
        "Make the batches smaller than the data, or leave out drop_remainder=True.",
    ),
    Cause(
        r"EagerTensor'? object has no attribute",
        "a function inside the pipeline takes an EagerTensor for a str or bytes",
        "tf.py_function hands tensors to your function: use .numpy() first.",
        "def parse(line):\n    text = line.numpy().decode()\n    ...",
    ),
    Cause(
        r"PyFunc|py_function|numpy_function",
        "",
        "A Python function inside the pipeline raised: the traceback in the message is that function's.",
        "def parse(line):\n    text = line.numpy().decode()\n    ...",
    ),
    Cause(
        r"Target data is missing|None values not supported|must return a tuple|y_pred.*None",
        "the data brings no targets",
        "Let the generator or dataset yield (x, y) pairs.",
        "yield x, y",
    ),
    Cause(
        r"Data cardinality is ambiguous|arrays to contain the same number of samples",
        "x and y do not have the same number of rows",
        "Compare len(x) and len(y): one of them was cut or filtered alone.",
    ),
    Cause(
        r"Failed to find data adapter|Unrecognized data type|unsupported (?:object )?type",
        "fit() was given something that it cannot read",
        "Pass arrays, a tf.data.Dataset, a Sequence, or a generator of (x, y).",
        "model.fit(np.asarray(x), np.asarray(y), ...)",
    ),
    Cause(
        r"is incompatible with the layer|expected (?:axis|min_ndim|ndim|shape)|[Ii]ncompatible shapes"
        r"|must have the same shape|[Dd]imensions must be equal|logits and labels must",
        "",
        "The shape of the data does not fit the model. Compare the shape of one batch with Input(...) and with the "
        "output layer: a missing channel axis, one-hot labels, or a wrong number of units.",
        "x, y = next(iter(dataset))\nprint(x.shape, y.shape, model.input_shape, model.output_shape)",
    ),
    Cause(
        r"FileNotFoundError|No such file or directory|NOT_FOUND|\bNotFoundError",
        "",
        "A file is missing. Check the path and the directory in which the script was started.",
    ),
    Cause(
        r"ModuleNotFoundError|ImportError",
        "",
        "A package is missing in the environment that runs the script.",
    ),
    Cause(
        r"CUDA|cuDNN|CUDNN|libcudart",
        "",
        "The GPU libraries do not fit this TensorFlow: see what `tuimon doctor` says, or set CUDA_VISIBLE_DEVICES=''.",
    ),
    Cause(
        r"object cannot be interpreted as an integer",
        "a count is not a whole number",
        "steps_per_epoch must be an int: use // or math.ceil.",
        "steps_per_epoch=math.ceil(len(x) / batch_size)",
    ),
)
"""The first that matches counts."""

_COMPILED = tuple((re.compile(cause.pattern), cause) for cause in CAUSES)


def cause_of(raised: ExceptionRaised) -> Cause | None:
    """The known cause of an exception."""
    text = " ".join((raised.type, *raised.causes)) + ": " + raised.message
    return next((cause for pattern, cause in _COMPILED if pattern.search(text)), None)
