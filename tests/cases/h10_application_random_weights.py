# EXPECT: healthy
# WHAT: a stock MobileNet without pretrained weights on few images, its own scaling inside
import keras
import numpy as np

keras.utils.set_random_seed(10)
rng = np.random.default_rng(10)
labels = rng.integers(0, 2, 48)
images = (rng.random((48, 32, 32, 3)) * 120 + labels[:, None, None, None] * 100).astype("float32")
base = keras.applications.MobileNetV3Small(
    input_shape=(32, 32, 3), include_top=False, weights=None, pooling="avg", minimalistic=True
)
model = keras.Sequential([base, keras.layers.Dense(1, activation="sigmoid")])
model.compile(keras.optimizers.Adam(1e-3), "binary_crossentropy", metrics=["accuracy"])
model.fit(images, labels.astype("float32"), batch_size=16, epochs=3, verbose=2)
