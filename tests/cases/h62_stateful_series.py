# EXPECT: healthy
# WHAT: a stateful LSTM: fixed order, no shuffle, one fit per epoch, states reset between
import keras
import numpy as np

keras.utils.set_random_seed(62)
wave = np.sin(np.arange(0, 801) / 9.0).astype("float32")
x = wave[:-1].reshape(8, 10, 10).transpose(1, 0, 2).reshape(80, 10, 1)
y = wave[1:].reshape(8, 10, 10).transpose(1, 0, 2).reshape(80, 10, 1)[:, -1]
inputs = keras.Input(batch_shape=(8, 10, 1))
recurrent = keras.layers.LSTM(8, stateful=True)
model = keras.Model(inputs, keras.layers.Dense(1)(recurrent(inputs)))
model.compile(keras.optimizers.Adam(0.01), "mse")
for epoch in range(6):
    model.fit(x, y, batch_size=8, epochs=1, shuffle=False, verbose=2)
    recurrent.reset_states() if hasattr(recurrent, "reset_states") else recurrent.reset_state()
