"""Data sets that are not there, are damaged, or do not fit together."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

SMALL = ("--hidden", 8, "--epochs", 1)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("minst", "no data set 'minst'.*'mnist'"),
        ("~nobody-of-this-name/data", "no data set '~nobody-of-this-name/data'"),
        ("nowhere/data.npz", "no data set"),
        (".", "lacks the IDX file of x_train"),
        ("settings.toml", "single file that is no .npz"),
        ("broken.npz", "no .npz archive"),
        ("n" * 300, "File name too long"),
    ],
)
def test_sources(source, reason, refuse, tmp_path):
    (tmp_path / "settings.toml").touch()
    (tmp_path / "broken.npz").write_bytes(b"PK\3\4 and no more")
    refuse(reason, "train", source, *SMALL)


def change(name: str, edit: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """Edit one file of a folder."""

    def damage(folder: Path) -> None:
        path = folder / name
        path.write_bytes(edit(path.read_bytes()))

    return damage


IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda folder: (folder / LABELS).unlink(), "lacks the IDX file of y_train"),
        (change(IMAGES, lambda content: content[:-1]), "truncated: got 25615 bytes"),
        (change(IMAGES, lambda content: content[:9]), "truncated"),
        (change(IMAGES, lambda content: content[:2]), "magic number '00 00'"),
        (change(IMAGES, lambda _: b""), "magic number ''"),
        (change(IMAGES, lambda content: content + b"\0"), "trailing"),
        (change(IMAGES, lambda content: b"\1" + content[1:]), "magic number '01 00 08 03'"),
        (change(IMAGES, lambda content: gzip.compress(content)[:-9]), "does not unpack"),
        (
            change(IMAGES, lambda content: gzip.compress(content)[:99] + bytes(99)),
            "does not unpack",
        ),
        (
            lambda folder: shutil.copy(folder / "t10k-labels-idx1-ubyte", folder / LABELS),
            "400 samples and 100 labels",
        ),
        (lambda folder: shutil.copy(folder / LABELS, folder / IMAGES), "no feature axis"),
    ],
)
def test_idx_folders(damage, reason, refuse, idx_folder):
    damage(idx_folder)
    refuse(reason, "train", idx_folder, *SMALL)


def with_value(array, value):
    """Change one entry."""
    changed = array.astype(float)
    changed[(7,) + (1,) * (changed.ndim - 1)] = value
    return changed


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (lambda d: {"x_train": with_value(d.x_train, np.nan)}, "1 NaN or infinite values: got nan"),
        (lambda d: {"x_train": with_value(d.x_train, -np.inf)}, "got -inf"),
        (lambda d: {"y_train": with_value(d.y_train, -1)}, "label that is no class number: got -1"),
        (lambda d: {"y_train": with_value(d.y_train, 0.5)}, "got 0.5"),
        (lambda d: {"y_train": with_value(d.y_train, np.nan)}, "got nan"),
        (lambda d: {"y_train": with_value(d.y_train, 1e300)}, "no class number"),
        (lambda d: {"y_train": with_value(d.y_train, 70000)}, "none with label 4"),
        (lambda d: {"y_test": with_value(d.y_test, 4)}, "out of range: got 4, expected 0 to 3"),
        (lambda d: {"y_train": d.y_train * 2}, "no training sample.*label 1"),
        (lambda d: {"y_train": d.y_train * 0}, "single class"),
        (lambda d: {"y_train": d.y_train[:-1]}, "400 samples and 399 labels"),
        (lambda d: {"x_test": d.x_test[:, :-1]}, r"shape of a sample: got \(7, 8\)"),
        (lambda d: {"x_test": d.x_test / 255}, "differs from x_train in dtype"),
        (lambda d: {"x_test": d.x_test[:0], "y_test": d.y_test[:0]}, "empty"),
        (lambda d: {"x_train": d.x_train.astype(str)}, "not numeric"),
        (lambda d: {"x_train": np.array([None] * 400)}, "x_train cannot be read"),
        (lambda d: {"y_train": np.eye(4)[d.y_train]}, "one label per sample"),
        (
            lambda d: {"x_train": np.zeros((400, 40000)), "x_test": np.zeros((100, 40000))},
            "layer of 40000 units|bits",
        ),
    ],
)
def test_arrays(changes, reason, refuse, save_images, tiny_images):
    # The threshold is given, for two cases are constant; the folder must not even be made.
    source = save_images(**changes(tiny_images))
    refuse(reason, "train", source, *SMALL, "--pixel-threshold", 0.5, "--out", "new")
    assert not (source.parent / "new").exists()


def test_more_classes_than_the_core_takes(refuse, tmp_path):
    x = np.arange(2 * 5000).reshape(5000, 2)
    np.savez(tmp_path / "many.npz", x_train=x, y_train=np.arange(5000), x_test=x[:2], y_test=[0, 1])
    for rule in ("tgbnn", "bnn"):
        reason = "many: got 5000 classes, expected at most 4096"
        refuse(reason, "train", "many.npz", *SMALL, "--rule", rule)


def test_shift_needs_images(refuse, sources):
    refuse("--shift: got samples of shape", "train", sources["vectors"], *SMALL, "--shift", 1)
