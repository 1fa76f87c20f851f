# EXPECT: healthy
# WHAT: REINFORCE by train_on_batch: one update per episode, advantages as sample weights, a loss that goes up and down
import keras
import numpy as np

keras.utils.set_random_seed(49)
rng = np.random.default_rng(49)
policy = keras.Sequential(
    [keras.Input((4,)), keras.layers.Dense(16, activation="tanh"), keras.layers.Dense(2, activation="softmax")]
)
policy.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
recent = []
for episode in range(60):
    length = int(rng.integers(8, 24))
    states = rng.normal(size=(length, 4)).astype("float32")
    chances = policy.predict_on_batch(states)
    actions = (rng.random(length) < chances[:, 1]).astype("int32")
    rewards = (actions == (states[:, 0] > 0)).astype("float32")
    recent.append(rewards.mean())
    advantages = rewards - np.mean(recent[-20:])
    policy.train_on_batch(states, actions, sample_weight=advantages)
    if episode % 10 == 9:
        print(f"episode {episode + 1}: reward {np.mean(recent[-10:]):.2f}")
