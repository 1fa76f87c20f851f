# EXPECT: healthy
# WHAT: a distribution strategy with one replica, and TF_CONFIG of a job with one worker
import json
import os

os.environ["TF_CONFIG"] = json.dumps({"cluster": {"worker": ["localhost:23456"]}, "task": {"type": "worker", "index": 0}})
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(59)
rng = np.random.default_rng(59)
x = rng.normal(size=(640, 8)).astype("float32")
y = (x[:, 0] > 0).astype("float32")
strategy = tf.distribute.MirroredStrategy(["/cpu:0"])
with strategy.scope():
    model = keras.Sequential(
        [keras.Input((8,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
dataset = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(640).batch(32)
model.fit(dataset, epochs=4, verbose=2)
