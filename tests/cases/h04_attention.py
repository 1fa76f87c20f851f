# EXPECT: healthy
# WHAT: self-attention whose inner softmax runs over one key at times; logits at the output
import keras
import numpy as np

keras.utils.set_random_seed(4)
rng = np.random.default_rng(4)
x = rng.normal(size=(480, 6, 8)).astype("float32")
y = x.sum(axis=(1, 2)) > 0
inputs = keras.Input((6, 8))
attended = keras.layers.MultiHeadAttention(2, 4)(inputs, inputs)
hidden = keras.layers.LayerNormalization()(inputs + attended)
hidden = keras.layers.GlobalAveragePooling1D()(hidden)
model = keras.Model(inputs, keras.layers.Dense(2)(hidden))
model.compile(
    "adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["sparse_categorical_accuracy"]
)
model.fit(x, y.astype("int32"), batch_size=32, epochs=5, verbose=2)
