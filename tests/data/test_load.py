"""Naming a data set: the shipped one, a path, or a mistake."""

from pathlib import Path

import numpy as np
import pytest

from bitspin.data import load
from bitspin.errors import DataError


@pytest.mark.parametrize("name", ["minst", "MNIST", "", "/no/such/folder", "~no-such-user", "a\0b"])
def test_an_unknown_name_tells_what_is_known(name: str) -> None:
    with pytest.raises(DataError, match=r"'mnist', a folder of IDX files, or an \.npz") as caught:
        load(name)
    assert "\n" not in str(caught.value)


def test_a_single_file_of_another_kind_tells_what_is_known(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros(3))
    with pytest.raises(DataError, match=r"expected 'mnist', a folder of IDX files, or an \.npz"):
        load(tmp_path / "x.npy")


def test_an_empty_folder_tells_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="lacks the IDX file of x_train"):
        load(tmp_path)


def test_a_path_called_mnist_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mnist").mkdir()
    monkeypatch.chdir(tmp_path)
    assert load("mnist").name == "mnist"
    for path in ("./mnist", Path("mnist")):
        with pytest.raises(DataError, match="lacks the IDX file"):
            load(path)
