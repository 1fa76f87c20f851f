# EXPECT: healthy
# WHAT: image_dataset_from_directory with Rescaling in the model, the validation split by Keras
import os
import tempfile

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(22)
rng = np.random.default_rng(22)
folder = tempfile.mkdtemp()
for kind, shade in (("dark", 60), ("light", 180)):
    os.makedirs(os.path.join(folder, kind))
    for index in range(80):
        pixels = np.clip(rng.normal(shade, 40, (12, 12, 3)), 0, 255).astype("uint8")
        tf.io.write_file(os.path.join(folder, kind, f"{index}.png"), tf.io.encode_png(pixels))
both = keras.utils.image_dataset_from_directory(
    folder, image_size=(12, 12), batch_size=16, validation_split=0.25, subset="both", seed=3, label_mode="binary"
)
train, validation = (part.cache().prefetch(2) for part in both)
model = keras.Sequential(
    [
        keras.Input((12, 12, 3)),
        keras.layers.Rescaling(1 / 255),
        keras.layers.Conv2D(4, 3, activation="relu"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
model.fit(train, validation_data=validation, epochs=4, verbose=2)
