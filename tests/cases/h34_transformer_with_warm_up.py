# EXPECT: healthy
# WHAT: a small transformer: the rate starts near 0, rises for a warm-up and falls with the root of the step
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(34)
rng = np.random.default_rng(34)
tokens = rng.integers(1, 40, (640, 12))
labels = (tokens[:, 0] > 20).astype("int64") + 2 * (tokens[:, 1] > 20)


class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, width, steps):
        super().__init__()
        self.width, self.steps = width, steps

    def __call__(self, step):
        step = tf.cast(step, tf.float32) + 1.0
        return tf.math.rsqrt(float(self.width)) * tf.minimum(tf.math.rsqrt(step), step * self.steps**-1.5) * 0.1


inputs = keras.Input((12,), dtype="int32")
x = keras.layers.Embedding(40, 16)(inputs)
for _ in range(2):
    attended = keras.layers.MultiHeadAttention(2, 8, dropout=0.1)(x, x)
    x = keras.layers.LayerNormalization()(x + attended)
    wide = keras.layers.Dense(32, activation="relu")(x)
    x = keras.layers.LayerNormalization()(x + keras.layers.Dense(16)(wide))
x = keras.layers.Flatten()(x)
model = keras.Model(inputs, keras.layers.Dense(4, activation="softmax")(x))
model.compile(
    keras.optimizers.Adam(WarmUp(16, 60), beta_2=0.98, epsilon=1e-9),
    "sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
model.fit(tokens, labels, batch_size=32, epochs=6, validation_split=0.1, verbose=2)
