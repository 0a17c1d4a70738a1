"""The .npz reader: what it reads, and that nothing damaged or executable passes it."""

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bitspin.data import load, read_npz
from bitspin.errors import DataError, ShapeError


def arrays(**changes: Any) -> dict[str, Any]:
    return {
        "x_train": np.array([[0.5, 1.0], [1.5, 2.0], [0.0, 0.0]]),
        "y_train": np.array([0, 1, 1]),
        "x_test": np.array([[1.0, 2.0]]),
        "y_test": np.array([1]),
    } | changes


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_reads_what_numpy_wrote(tmp_path: Path, save: Any) -> None:
    save(tmp_path / "toy.npz", **arrays())
    toy = load(str(tmp_path / "toy.npz"))
    assert (toy.name, toy.class_count, toy.sample_shape) == ("toy", 2, (2,))
    np.testing.assert_array_equal(toy.x_train, arrays()["x_train"])
    np.testing.assert_array_equal(toy.y_test, [1])


def test_other_arrays_are_not_even_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "toy.npz", **arrays(), notes=np.array(["x", None], object))
    assert load(tmp_path / "toy.npz").class_count == 2


def test_images_as_bool_and_integers(tmp_path: Path) -> None:
    images = {"x_train": np.ones((3, 4, 5), bool), "x_test": np.zeros((1, 4, 5), bool)}
    np.savez(tmp_path / "toy.npz", **arrays(**images))
    toy = load(tmp_path / "toy.npz")
    assert (toy.sample_shape, toy.x_train.dtype) == ((4, 5), np.uint8)


@pytest.mark.parametrize("key", ["x_train", "y_train", "x_test", "y_test"])
def test_a_missing_array_is_named(tmp_path: Path, key: str) -> None:
    kept = {name: array for name, array in arrays().items() if name != key}
    np.savez(tmp_path / "toy.npz", **kept)
    with pytest.raises(DataError, match=f"lacks {key}: got"):
        load(tmp_path / "toy.npz")


def test_an_empty_archive_lacks_everything(tmp_path: Path) -> None:
    np.savez(tmp_path / "toy.npz")
    with pytest.raises(DataError, match="got an empty archive"):
        load(tmp_path / "toy.npz")


class Trap:
    """Unpickling this would raise, and so show that a pickle was opened."""

    def __reduce__(self) -> Any:
        return (exec, ("raise KeyboardInterrupt",))


def test_a_pickle_is_refused_unopened(tmp_path: Path) -> None:
    trapped = np.empty((3, 1), dtype=object)
    trapped[:] = Trap()
    np.savez(tmp_path / "toy.npz", **arrays(x_train=trapped))
    with pytest.raises(DataError, match="x_train cannot be read") as caught:
        load(tmp_path / "toy.npz")
    assert "\n" not in str(caught.value)
    (tmp_path / "pickle.npz").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(DataError, match=r"no \.npz archive"):
        load(tmp_path / "pickle.npz")


def test_every_truncation_is_noticed(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays())
    content = buffer.getvalue()
    path = tmp_path / "toy.npz"
    for cut in range(0, len(content), 7):
        path.write_bytes(content[:cut])
        with pytest.raises(DataError):
            load(path)


def test_damage_is_noticed_or_harmless(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "toy.npz", **arrays())
    content = bytearray((tmp_path / "toy.npz").read_bytes())
    expected = load(tmp_path / "toy.npz").fingerprint
    noticed = 0
    for position in range(0, len(content), 3):
        content[position] ^= 0x41
        (tmp_path / "toy.npz").write_bytes(content)
        try:
            assert load(tmp_path / "toy.npz").fingerprint == expected
        except DataError:
            noticed += 1
        content[position] ^= 0x41
    assert noticed > 0.5 * len(content) / 3


def test_a_forged_header_costs_no_memory(tmp_path: Path) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f8", "fortran_order": False, "shape": (2**40, 2**10)}
    )
    np.savez(tmp_path / "toy.npz", **{key: a for key, a in arrays().items() if key != "x_train"})
    with zipfile.ZipFile(tmp_path / "toy.npz", "a") as archive:
        archive.writestr("x_train.npy", header.getvalue())
    with pytest.raises(DataError, match="x_train cannot be read"):
        load(tmp_path / "toy.npz")


def test_inconsistent_arrays_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "toy.npz", **arrays(x_test=np.array([[1.0, 2.0, 3.0]])))
    with pytest.raises(ShapeError, match=r"got \(3,\), expected \(2,\)"):
        load(tmp_path / "toy.npz")
    np.savez(tmp_path / "toy.npz", **arrays(x_test=np.array([[1.0, np.nan]])))
    with pytest.raises(DataError, match="x_test has 1 NaN or infinite"):
        load(tmp_path / "toy.npz")


def test_an_unreadable_archive_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(zipfile, "ZipFile", refuse)
    with pytest.raises(DataError, match=r"cannot be read: got 'Permission denied'"):
        read_npz(tmp_path / "data.npz")


def test_a_missing_archive_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no \.npz archive"):
        read_npz(tmp_path / "nothing.npz")
