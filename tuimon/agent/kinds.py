"""Classes of Keras' layers and operations, by what they do to the range of their values."""

from __future__ import annotations

ACTIVATION_LAYERS = {
    "Softmax": "softmax",
    "LogSoftmax": "log_softmax",
    "Sigmoid": "sigmoid",
    "HardSigmoid": "hard_sigmoid",
    "Tanh": "tanh",
    "HardTanh": "hard_tanh",
    "ReLU": "relu",
    "Relu": "relu",
    "Relu6": "relu6",
    "LeakyReLU": "leaky_relu",
    "LeakyRelu": "leaky_relu",
    "PReLU": "prelu",
    "ELU": "elu",
    "Elu": "elu",
    "Selu": "selu",
    "Gelu": "gelu",
    "Silu": "silu",
    "Softplus": "softplus",
    "Softsign": "softsign",
}
"""Layers of Keras and its operations on symbolic tensors, by class."""

ACTIVATION_FUNCTIONS = frozenset(ACTIVATION_LAYERS.values()) | {"linear", "exponential", "swish", "mish"}

KEEP_VALUES = frozenset(
    [
        "Dropout",
        "SpatialDropout1D",
        "SpatialDropout2D",
        "SpatialDropout3D",
        "GaussianDropout",
        "GaussianNoise",
        "AlphaDropout",
        "Flatten",
        "Reshape",
        "Permute",
        "Identity",
        "Squeeze",
        "ExpandDims",
        "Transpose",
        "ActivityRegularization",
        "Cropping1D",
        "Cropping2D",
        "Cropping3D",
        "RepeatVector",
        "Cast",
    ]
)
"""What leaves these has the range of what came in."""

LINEAR = frozenset(["BatchNormalization", "LayerNormalization", "GroupNormalization"])

PREPARE = KEEP_VALUES | frozenset(
    [
        "Masking",
        "Resizing",
        "CenterCrop",
        "RandomCrop",
        "RandomFlip",
        "RandomTranslation",
        "RandomRotation",
        "RandomZoom",
        "RandomContrast",
        "RandomBrightness",
        "RandomHeight",
        "RandomWidth",
        "ZeroPadding1D",
        "ZeroPadding2D",
        "ZeroPadding3D",
        "InputLayer",
        "GetItem",
        "SlicingOpLambda",
    ]
)
"""Layers before the first one that computes; the search for the first layers goes on behind them."""
