"""The IDX reader: what it reads, and that nothing damaged passes it."""

import gzip
import lzma
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from bitspin.data import load, read_idx, read_idx_folder
from bitspin.data.idx import decode_idx
from bitspin.errors import BitspinError, DataError, ShapeError

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}

PACKERS = {"": bytes, ".gz": gzip.compress, ".xz": lzma.compress}

DIALECTS = [("t10k", "-"), ("t10k", "."), ("test", "-"), ("test", ".")]


def encode_idx(array: npt.NDArray[Any]) -> bytes:
    """Write an array as IDX, independently of the reader."""
    code = CODES[f"{array.dtype.kind}{array.dtype.itemsize}"]
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


def write_folder(
    folder: Path, suffix: str = "", test: str = "t10k", dot: str = "-", **changes: Any
) -> dict[str, npt.NDArray[Any]]:
    arrays = {
        "train-images": np.arange(4 * 6, dtype=np.uint8).reshape(4, 2, 3),
        "train-labels": np.array([0, 1, 1, 0], np.uint8),
        f"{test}-images": np.arange(2 * 6, dtype=np.uint8).reshape(2, 2, 3),
        f"{test}-labels": np.array([1, 0], np.uint8),
    }
    arrays |= {name.replace("_", "-"): array for name, array in changes.items()}
    for name, array in arrays.items():
        path = folder / f"{name}{dot}idx{array.ndim}-ubyte{suffix}"
        path.write_bytes(PACKERS[suffix](encode_idx(array)))
    return arrays


@given(
    array=st.sampled_from(sorted(CODES)).flatmap(
        lambda dtype: st_numpy.arrays(
            np.dtype(dtype), st_numpy.array_shapes(max_dims=4, max_side=5, min_side=0)
        )
    ),
    packer=st.sampled_from(sorted(PACKERS)),
)
@settings(max_examples=100, deadline=None)
def test_reads_what_was_written(array: npt.NDArray[Any], packer: str) -> None:
    read = decode_idx(PACKERS[packer](encode_idx(array)), "array")
    assert read.dtype == array.dtype
    assert read.dtype.isnative
    np.testing.assert_array_equal(read, array)


@given(
    content=st.just(encode_idx(np.arange(24, dtype=np.int16).reshape(2, 3, 4))),
    cut=st.integers(0, 4 + 12 + 48 - 1),
    packer=st.sampled_from(sorted(PACKERS)),
)
def test_every_truncation_is_noticed(content: bytes, cut: int, packer: str) -> None:
    with pytest.raises(DataError):
        decode_idx(PACKERS[packer](content[:cut]), "array")


@pytest.mark.parametrize("packer", [".gz", ".xz"])
def test_every_truncation_of_the_packing_is_noticed(packer: str) -> None:
    packed = PACKERS[packer](encode_idx(np.arange(24, dtype=np.uint8)))
    for cut in range(len(packed)):
        with pytest.raises(DataError):
            decode_idx(packed[:cut], "array")


@pytest.mark.parametrize("packer", [".gz", ".xz"])
def test_a_flipped_bit_in_the_packing_is_never_read_as_other_values(packer: str) -> None:
    array = np.arange(100, dtype=np.uint8)
    packed = bytearray(PACKERS[packer](encode_idx(array)))
    noticed = 0
    for position in range(len(packed)):
        packed[position] ^= 0x10
        try:
            # A flip in a part without meaning, as the time in a gzip header, may pass.
            np.testing.assert_array_equal(decode_idx(bytes(packed), "array"), array)
        except DataError:
            noticed += 1
        packed[position] ^= 0x10
    assert noticed > 0.8 * len(packed)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "magic number ''"),
        (b"\0\0\x08", "magic number '00 00 08'"),
        (b"\0\1\x08\1\0\0\0\1\7", "magic number '00 01 08 01'"),
        (b"\0\0\x0a\1\0\0\0\1\7", "magic number '00 00 0a 01'"),
        (b"\0\0\x08\0\7", "magic number '00 00 08 00'"),
        (b"\0\0\x08\xff" + 255 * b"\0\0\0\1" + b"\7", "magic number '00 00 08 ff'"),
        (b"\x89PNG\r\n\x1a\n", "magic number '89 50 4e 47'"),
        (b"\0\0\x08\2\0\0\0\1", "truncated: got 8 bytes, expected a header of 12"),
        (b"\0\0\x08\1\0\0\0\2\7", "truncated: got 9 bytes, expected 10"),
        (b"\0\0\x08\1\0\0\0\2\7\7\7", "trailing bytes: got 11 bytes, expected 10"),
        (b"\0\0\x08\4" + b"\xff" * 16, "truncated"),
        (b"\x1f\x8b\x08garbage", "damaged"),
    ],
)
def test_what_is_no_idx_is_refused_in_one_line(content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        decode_idx(content, "file")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize(("test", "dot"), DIALECTS)
def test_reads_a_folder_in_every_dialect(tmp_path: Path, suffix: str, test: str, dot: str) -> None:
    arrays = write_folder(tmp_path, suffix, test, dot)
    dataset = load(tmp_path)
    assert dataset.name == tmp_path.name
    np.testing.assert_array_equal(dataset.x_train, arrays["train-images"])
    np.testing.assert_array_equal(dataset.y_train, arrays["train-labels"])
    np.testing.assert_array_equal(dataset.x_test, arrays[f"{test}-images"])
    np.testing.assert_array_equal(dataset.y_test, arrays[f"{test}-labels"])


def test_packing_is_told_by_content_not_by_name(tmp_path: Path) -> None:
    path = tmp_path / "packed-but-not-so-named"
    path.write_bytes(gzip.compress(encode_idx(np.array([1, 2], np.uint8))))
    np.testing.assert_array_equal(read_idx(path), [1, 2])


def test_raw_goes_before_packed(tmp_path: Path) -> None:
    write_folder(tmp_path)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(b"not looked at")
    assert read_idx_folder(tmp_path).sample_shape == (2, 3)


def test_colour_images_and_feature_vectors(tmp_path: Path) -> None:
    colour = {
        "train_images": np.zeros((4, 2, 3, 3), np.uint8),
        "t10k_images": np.zeros((2, 2, 3, 3), np.uint8),
    }
    write_folder(tmp_path, **colour)
    assert load(tmp_path).sample_shape == (2, 3, 3)


def test_two_files_for_one_role_are_ambiguous(tmp_path: Path) -> None:
    write_folder(tmp_path)
    write_folder(tmp_path, dot=".")
    with pytest.raises(DataError, match=r"ambiguous: got train-images-idx3-ubyte and train-images"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("missing", "role"),
    [
        ("train-images-idx3-ubyte", "x_train"),
        ("train-labels-idx1-ubyte", "y_train"),
        ("t10k-images-idx3-ubyte", "x_test"),
        ("t10k-labels-idx1-ubyte", "y_test"),
    ],
)
def test_a_missing_file_is_named(tmp_path: Path, missing: str, role: str) -> None:
    write_folder(tmp_path)
    (tmp_path / missing).unlink()
    with pytest.raises(DataError, match=f"lacks the IDX file of {role}.*{missing}"):
        load(tmp_path)


def test_a_missing_or_unreadable_path_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_idx(tmp_path / "nothing")
    with pytest.raises(DataError, match="cannot be read"):
        read_idx(tmp_path)
    with pytest.raises(DataError, match="cannot be listed"):
        read_idx_folder(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"train_labels": np.array([0, 1, 1], np.uint8)}, ShapeError, "differ in length"),
        ({"t10k_labels": np.array([0, 2], np.uint8)}, DataError, "out of range"),
        ({"train_labels": np.array([0, 1, 1, -1], np.int8)}, DataError, "got -1"),
        ({"t10k_images": np.zeros((2, 3, 3), np.uint8)}, ShapeError, "shape of a sample"),
    ],
)
def test_files_that_do_not_fit(
    tmp_path: Path, changes: dict[str, Any], error: type[BitspinError], message: str
) -> None:
    write_folder(tmp_path, **changes)
    with pytest.raises(error, match=message):
        load(tmp_path)
