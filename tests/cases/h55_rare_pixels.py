# EXPECT: healthy
# WHAT: segmentation with 2 % of the pixels in the mask, binary cross-entropy, own Dice metric
import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(55)
rng = np.random.default_rng(55)
images = rng.random((320, 16, 16, 1)).astype("float32") * 0.5
masks = np.zeros((320, 16, 16, 1), "float32")
for index, (row, column) in enumerate(rng.integers(0, 14, (320, 2))):
    masks[index, row : row + 2, column : column + 2] = 1.0
images += 0.5 * masks


def dice(true, predicted):
    return (2 * tf.reduce_sum(true * predicted) + 1) / (tf.reduce_sum(true) + tf.reduce_sum(predicted) + 1)


inputs = keras.Input((16, 16, 1))
down = keras.layers.Conv2D(8, 3, padding="same", activation="relu")(inputs)
deep = keras.layers.MaxPooling2D()(down)
deep = keras.layers.Conv2D(8, 3, padding="same", activation="relu")(deep)
up = keras.layers.Concatenate()([keras.layers.UpSampling2D()(deep), down])
model = keras.Model(inputs, keras.layers.Conv2D(1, 1, activation="sigmoid")(up))
model.compile(keras.optimizers.Adam(0.005), "binary_crossentropy", metrics=["accuracy", dice])
model.fit(images, masks, epochs=6, batch_size=16, validation_split=0.1, verbose=2)
