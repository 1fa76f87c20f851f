"""Trains a small convolutional network to tell four shapes apart, as a newcomer's script might.

It draws its images itself, writes them to a temporary folder as PNG files, and reads them back through `tf.data`.
Nothing in here knows of tuimon.
"""

import argparse
import os
import shutil
import struct
import tempfile
import time
import zlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf

SIZE = 32
SHAPES = ["circle", "square", "cross", "stripes"]


def draw(shape, generator):
    """One grey image: the shape somewhere, in some size and brightness, in noise."""
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    cx, cy = generator.uniform(11, 21, size=2)
    r = generator.uniform(5, 10)
    dx, dy = np.abs(x - cx), np.abs(y - cy)
    inside = {
        "circle": dx**2 + dy**2 < r**2,
        "square": (dx < r * 0.87) & (dy < r * 0.87),
        "cross": ((dx < r / 3) | (dy < r / 3)) & (dx < r) & (dy < r),
        "stripes": (dx < r) & (dy < r) & ((x - int(cx)) // 2 % 2 == 0),
    }[shape]
    image = 70 + generator.normal(0, 45, (SIZE, SIZE)) + inside * generator.uniform(40, 120)
    return np.clip(image, 0, 255).astype("uint8")


def write_png(path, image):
    """Write a grey image as PNG."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", image.shape[1], image.shape[0], 8, 0, 0, 0, 0)
    rows = b"".join(b"\0" + row.tobytes() for row in image)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 1)))
        file.write(chunk(b"IEND", b""))


def write_images(folder, count, seed):
    """Write `count` images; their paths and labels, in random order."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, len(SHAPES), count)
    paths = []
    for index, label in enumerate(labels):
        path = os.path.join(folder, f"{seed}-{index:05d}-{SHAPES[label]}.png")
        write_png(path, draw(SHAPES[label], generator))
        paths.append(path)
    return paths, labels.astype("int32")


def read(path, label):
    image = tf.io.decode_png(tf.io.read_file(path), channels=1)
    return tf.cast(tf.reshape(image, (SIZE, SIZE, 1)), tf.float32) / 255.0, label


def dataset(paths, labels, batch, shuffle):
    data = tf.data.Dataset.from_tensor_slices((paths, labels))
    if shuffle:
        data = data.shuffle(len(paths))
    return data.map(read, num_parallel_calls=tf.data.AUTOTUNE).batch(batch).prefetch(tf.data.AUTOTUNE)


def network():
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((SIZE, SIZE, 1)),
            layers.Conv2D(24, 3, padding="same", activation="relu"),
            layers.Conv2D(24, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(48, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.2),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(len(SHAPES), activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--images", type=int, default=4000)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--batch", type=int, default=32)
    args = parser.parse_args()

    keras.utils.set_random_seed(7)
    folder = tempfile.mkdtemp(prefix="shapes-")
    try:
        began = time.perf_counter()
        paths, labels = write_images(folder, args.images, seed=1)
        validation = write_images(folder, args.images // 5, seed=2)
        print(f"{len(paths) + len(validation[0])} images written to {folder} in {time.perf_counter() - began:.1f} s")
        model = network()
        model.fit(
            dataset(paths, labels, args.batch, shuffle=True),
            validation_data=dataset(*validation, args.batch, shuffle=False),
            epochs=args.epochs,
        )
        _, accuracy = model.evaluate(dataset(*validation, args.batch, shuffle=False), verbose=0)
        print(f"accuracy on images it never saw: {accuracy:.3f}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
