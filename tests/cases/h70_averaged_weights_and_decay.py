# EXPECT: healthy
# WHAT: AdamW with clipping and an exponential decay in steps, residual connections, batch normalisation
import keras
import numpy as np

keras.utils.set_random_seed(70)
rng = np.random.default_rng(70)
x = rng.normal(size=(640, 16)).astype("float32")
y = keras.utils.to_categorical(np.argmax(x[:, :4], axis=1), 4)
inputs = keras.Input((16,))
hidden = inputs
for _ in range(6):
    block = keras.layers.Dense(16, use_bias=False)(hidden)
    block = keras.layers.BatchNormalization()(block)
    hidden = keras.layers.Add()([hidden, keras.layers.Activation("relu")(block)])
model = keras.Model(inputs, keras.layers.Dense(4, activation="softmax")(hidden))
rate = keras.optimizers.schedules.ExponentialDecay(0.005, decay_steps=20, decay_rate=0.9)
model.compile(
    keras.optimizers.AdamW(rate, weight_decay=1e-3, clipnorm=1.0),
    keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
    metrics=["accuracy"],
)
model.fit(x, y, epochs=6, batch_size=32, validation_split=0.2, verbose=2)
