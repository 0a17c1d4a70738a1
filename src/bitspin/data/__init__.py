"""The data room: a name or a path comes in, a checked data set goes out.

In goes ``"mnist"``, a folder of IDX files, or an ``.npz`` archive; out comes one frozen
`Dataset` of read-only arrays: samples in their own dtype, labels ``int64`` from 0 to C - 1. Nothing
here knows of bits, devices or learning, and nothing needs a network: the whole of MNIST
is shipped with the package, in the very form in which MNIST is distributed.

Read `dataset` first (what a data set is and must satisfy), then `load` (how one is named), then the
two formats, `idx` and `npz`; `shipped` guards the copy of MNIST, and `split` holds a
validation set out of the training set. `writer` makes from its images those of a person who writes
otherwise, `camera` those of a camera that sees worse; `images` is what the two share.
"""

from bitspin.data.camera import Camera
from bitspin.data.dataset import Dataset, as_samples
from bitspin.data.idx import read_idx, read_idx_folder
from bitspin.data.load import load
from bitspin.data.npz import read_npz
from bitspin.data.samples import read_samples
from bitspin.data.shipped import read_mnist
from bitspin.data.split import hold_out
from bitspin.data.writer import Writer

__all__ = [
    "Camera",
    "Dataset",
    "Writer",
    "as_samples",
    "hold_out",
    "load",
    "read_idx",
    "read_idx_folder",
    "read_mnist",
    "read_npz",
    "read_samples",
]
