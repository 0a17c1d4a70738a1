"""Samples that a trained network cannot take."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        (np.zeros((5, 7, 8)), r"got shape \(5, 7, 8\), expected \(samples, 8, 8\)"),
        (np.zeros((5, 63)), "expected"),
        (np.zeros((8, 8)), "expected"),
        (np.zeros(64), "expected"),
        (np.array(3.0), "expected"),
        (np.full((2, 8, 8), np.nan), "128 NaN or infinite values"),
        (np.zeros((2, 8, 8)), "got float64, expected uint8"),
        (np.zeros((0, 8, 8), np.uint8), "got 0 samples"),
        (np.full((2, 8, 8), "a"), "not numeric"),
        (np.full((2, 8, 8), 1j), "not numeric"),
        (np.full((2, 8, 8), None), "cannot be read"),
    ],
)
def test_samples(samples, reason, refuse, finished, tmp_path):
    np.save(tmp_path / "samples.npy", samples)
    refuse(reason, "predict", finished, "samples.npy")


def test_files(refuse, finished, tmp_path):
    np.savez(tmp_path / "other.npz", images=np.zeros((2, 8, 8)))
    refuse("got arrays images, expected one called x", "predict", finished, "other.npz")
    np.savez_compressed(tmp_path / "packed.npz", x=np.arange(640).reshape(-1, 8, 8))
    packed = bytearray((tmp_path / "packed.npz").read_bytes())
    packed[150:200] = bytes(50)
    (tmp_path / "packed.npz").write_bytes(packed)
    refuse("packed.npz cannot be read", "predict", finished, "packed.npz")
    (tmp_path / "short.npy").write_bytes(b"\x93NUMPY\1\0")
    refuse("short.npy cannot be read", "predict", finished, "short.npy")
    for name in ("page.npy", "page.npz"):
        (tmp_path / name).write_text("hello")
        refuse(f"{name} are no NumPy file", "predict", finished, name)
    (tmp_path / "text").write_text("hello")
    refuse("not an IDX file", "predict", finished, "text")
    refuse("nowhere.npz cannot be read", "predict", finished, "nowhere.npz")
    refuse("nowhere cannot be read", "predict", finished, "nowhere")
    refuse("--file", "predict", finished)


def test_data_of_more_classes_or_other_width(refuse, finished, save_images, tiny_images):
    more = save_images(y_train=np.arange(400) % 5)
    refuse("data of 5 classes, expected at most 4", "evaluate", finished, "--data", more)
    cut = {name: getattr(tiny_images, name)[:, :7] for name in ("x_train", "x_test")}
    refuse(r"expected \(samples, 8, 8\)", "evaluate", finished, "--data", save_images(**cut))
