# EXPECT: healthy
# WHAT: per-pixel labels with 255 = ignore, which the loss is told
import keras
import numpy as np

keras.utils.set_random_seed(20)
rng = np.random.default_rng(20)
images = rng.random((96, 12, 12, 3)).astype("float32")
labels = (images[..., 0] > 0.5).astype("int32") + (images[..., 1] > 0.7).astype("int32")
labels[:, 0] = 255
model = keras.Sequential(
    [
        keras.Input((12, 12, 3)),
        keras.layers.Conv2D(12, 3, padding="same", activation="relu"),
        keras.layers.Conv2D(3, 1),
    ]
)
model.compile(keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=255))
model.fit(images, labels, epochs=5, batch_size=16, verbose=2)
