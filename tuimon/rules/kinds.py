"""Kinds of layers, by what they do to the values that come in. A kind that is in no set may do anything."""

from __future__ import annotations

_PASSING = """
    Dense EinsumDense Conv1D Conv2D Conv3D Conv1DTranspose Conv2DTranspose Conv3DTranspose SeparableConv1D
    SeparableConv2D DepthwiseConv1D DepthwiseConv2D LSTM GRU SimpleRNN RNN Bidirectional ConvLSTM1D ConvLSTM2D
    TimeDistributed Flatten Reshape Permute RepeatVector MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D
    AveragePooling2D AveragePooling3D GlobalAveragePooling1D GlobalAveragePooling2D GlobalMaxPooling1D
    GlobalMaxPooling2D Dropout SpatialDropout1D SpatialDropout2D GaussianNoise GaussianDropout Concatenate
    ZeroPadding1D ZeroPadding2D Cropping1D Cropping2D Resizing CenterCrop RandomCrop RandomFlip RandomRotation
    RandomZoom RandomTranslation RandomContrast RandomBrightness InputLayer Activation ReLU
"""
PASS_ON = frozenset(_PASSING.split())
"""What comes in goes on at its scale, and a NaN as a NaN."""

NORMALISE = frozenset({"BatchNormalization", "LayerNormalization", "GroupNormalization", "UnitNormalization"})
RESCALE = frozenset({"Rescaling", "Normalization"})
