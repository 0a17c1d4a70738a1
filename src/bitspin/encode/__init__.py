"""The encode room: features and labels come in, bits and code words go out.

In go samples and, for the output, the number of classes; out come `numpy.bool_` arrays, True for
bit 1 (+1) and False for bit 0 (-1): inputs of shape (B, K), and an output code of shape (C, L)
whose row c is the answer wanted for class c. Nothing here knows how bits are packed or stored.

Read `threshold` first (one bit per feature), then `thermometer` (several), `choose` (which of the
two suits the training data: the default), and `codes` (one-hot, Hadamard and BCH output codes).
`biased` adds constant bits to those of another encoder. `features` holds what the encoders share;
`encoder` is their union, and its way to disk and back.
"""

from bitspin.encode.biased import Biased
from bitspin.encode.choose import fit_encoder
from bitspin.encode.codes import bch, hadamard, make_code, minimum_distance, one_hot
from bitspin.encode.encoder import Encoder, encoder_from_dict
from bitspin.encode.thermometer import Thermometer
from bitspin.encode.threshold import Threshold

__all__ = [
    "Biased",
    "Encoder",
    "Thermometer",
    "Threshold",
    "bch",
    "encoder_from_dict",
    "fit_encoder",
    "hadamard",
    "make_code",
    "minimum_distance",
    "one_hot",
]
