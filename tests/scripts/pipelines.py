"""Pipelines of every shape, described and then iterated: prints one JSON object a line, with what is true beside what is told."""
import dataclasses
import json
import os
import tempfile

import numpy as np
import tensorflow as tf

from tuimon.agent import sources

x = np.arange(400, dtype="float32").reshape(100, 4)
y = np.arange(100) % 2
Dataset = tf.data.Dataset
rows = Dataset.from_tensor_slices((x, y))
folder = tempfile.mkdtemp()
files = []
for name in ("a", "b", "c"):
    files.append(os.path.join(folder, name + ".txt"))
    with open(files[-1], "w") as file:
        file.write("1\n2\n3\n")


def decode(features, label):
    return features / 2, label


def counted():
    for features, label in zip(x, y):
        yield features, label


def lines(path):
    return tf.data.TextLineDataset(path)


signature = (tf.TensorSpec((4,), tf.float32), tf.TensorSpec((), tf.int64))
pipelines = {
    "plain": rows.batch(32),
    "drop": rows.shuffle(1000).map(decode, num_parallel_calls=tf.data.AUTOTUNE).batch(32, drop_remainder=True).prefetch(-1),
    "take": rows.batch(10).take(1),
    "take rows": rows.take(50).batch(16),
    "skip": rows.skip(20).batch(16),
    "skip batches": rows.batch(16).skip(2),
    "repeat": rows.batch(16).repeat(),
    "repeat rows": rows.repeat().batch(16),
    "repeat twice": rows.repeat(2).batch(16),
    "repeat batches": rows.batch(16).repeat(2),
    "filter": rows.filter(lambda a, b: b > 0).batch(16),
    "ignore errors": rows.apply(tf.data.experimental.ignore_errors()).batch(16),
    "concatenate": rows.concatenate(rows.take(10)).batch(16),
    "zip": Dataset.zip((Dataset.from_tensor_slices(x), Dataset.from_tensor_slices(y).repeat())).batch(16),
    "shard": rows.shard(3, 1).batch(16),
    "unbatch": rows.batch(3).unbatch().batch(7),
    "batched twice": rows.batch(4).batch(5),
    "cache": rows.cache().padded_batch(8),
    "batches given": Dataset.from_tensor_slices((x.reshape(10, 10, 4), y.reshape(10, 10))),
    "options": rows.batch(32).with_options(tf.data.Options()),
    "from generator": Dataset.from_generator(counted, output_signature=signature).batch(16),
    "interleave": Dataset.from_tensor_slices(files).interleave(lines, num_parallel_calls=2).batch(2),
    "text lines": tf.data.TextLineDataset(files).batch(2),
    "records": tf.data.TFRecordDataset(files, num_parallel_reads=2).batch(2),
    "listed": Dataset.list_files(os.path.join(folder, "*.txt"), shuffle=False).batch(2),
    "window": Dataset.range(10).window(5, shift=1, drop_remainder=True).flat_map(lambda each: each.batch(5)).batch(2),
    "ragged": Dataset.from_tensor_slices(tf.ragged.constant([[1], [2, 3], [4]])).batch(2),
    "sparse": Dataset.from_tensor_slices(tf.sparse.eye(4)).batch(3),
    "scalars": Dataset.range(3),
    "texts": Dataset.from_tensor_slices(["one", "two"]).batch(2),
    "unknown rank": Dataset.range(4).map(lambda each: tf.numpy_function(lambda v: v, [each], tf.int64)),
    "mapped batches": rows.batch(16).map(lambda a, b: (tf.repeat(a, 2, axis=0), tf.repeat(b, 2))),
    "mapped and unbatched": rows.batch(16).map(lambda a, b: (tf.repeat(a, 2, axis=0), tf.repeat(b, 2))).unbatch().batch(8),
}


def leading(element):
    first = element[0] if isinstance(element, tuple) else element
    shape = getattr(first, "shape", ())
    return int(shape[0]) if len(shape) else None


state = np.random.get_state()[1].tolist()
for name, dataset in pipelines.items():
    described = sources.describe(1, "train", dataset)
    facts = {key: getattr(described, key) for key in (
        "kind", "size", "batches", "batch_size", "upstream_size", "upstream_known_by", "dropped", "infinite", "shuffled",
        "drop_remainder", "size_reason", "element_bytes",
    )}
    facts["chain"] = " → ".join(stage["text"] for stage in described.pipeline)
    facts["stages"] = described.pipeline
    facts["components"] = described.components
    true = [leading(element) for element in (dataset.take(20) if described.infinite else dataset)] if name != "records" else []
    facts["rows"] = true
    facts["told"] = [sources.samples_of(described, index, 1) for index in range(len(true))]
    print(json.dumps([name, facts]))


class Endless:
    def __next__(self):
        raise AssertionError("asked")

    def __iter__(self):
        return self

    def __getitem__(self, index):
        raise AssertionError("asked")

    def __len__(self):
        raise AssertionError("asked")


def generator(features, label):
    while True:
        yield features[:10], label[:10]


hostile = {
    "generator": generator(x, y), "none": None, "number": 3, "text": "a", "object": object(), "iterator": Endless(),
    "dict": {"b": x, "a": x}, "list": x.tolist(), "tensor": tf.constant(x),
}
for name, source in hostile.items():
    described = sources.describe(1, "train", source, y, batch_size=32)
    print(json.dumps([name, {**{key: value for key, value in dataclasses.asdict(described).items()}}], default=str))
print(json.dumps(["random state", {"same": state == np.random.get_state()[1].tolist()}]))
