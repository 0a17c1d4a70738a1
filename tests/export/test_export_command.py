"""``bitspin export`` and ``bitspin verify`` on a small run, and each of their complaints."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from bitspin.export.from_run import Learning, export_run
from bitspin.export.memory import inference_items, largest_capacity, learner_items
from bitspin.export.targets import TARGETS
from bitspin.run import Run, fit, load_run


def complaint(result: tuple[int, str, str]) -> str:
    code, out, err = result
    assert (code, out) == (2, "")
    assert err.startswith("bitspin: ")
    assert err.count("\n") == 1
    return err


def test_export_for_the_host_builds_and_verifies(bitspin, small_run, tmp_path) -> None:
    out = tmp_path / "project"
    assert bitspin("export", small_run, "--out", out, "--target", "host")[0] == 0
    code, text, _ = bitspin("verify", out, "--samples", "300", "--json")
    facts = json.loads(text)
    assert code == 0
    assert (facts["samples"], facts["compared"]) == (300, facts["updates"])


def test_a_device_does_not_echo_whatever_its_run_did(small_data, tmp_path) -> None:
    """It takes one step on each batch, and would learn too slowly with an echo's share."""
    schedules = []
    for echo in (1, 9):
        rule = {"echo": echo}
        config = {"data": {"source": str(small_data)}, "network": {"hidden": [32]}, "rule": rule}
        run = fit({**config, "epochs": 1})
        exported = export_run(run, tmp_path / str(echo), target="host", learning=Learning())
        assert exported.replay.compared == exported.replay.updates > 0
        schedules.append(exported.project.schedule)
    assert schedules[0] == schedules[1]


def test_cmake_builds_the_example(bitspin, small_run, tmp_path) -> None:
    out = tmp_path / "project"
    assert bitspin("export", small_run, "--out", out, "--target", "host", "--infer-only")[0] == 0
    cmake = shutil.which("cmake")
    if cmake is None:
        pytest.fail("cmake: not found, expected on the path; install it with apt-get")
    build = tmp_path / "build"
    subprocess.run([cmake, "-S", out, "-B", build], check=True, capture_output=True)
    subprocess.run([cmake, "--build", build], check=True, capture_output=True)
    subprocess.run([build / "example"], check=True)


def test_samples_that_are_read_again(bitspin, small_run, tmp_path) -> None:
    out = tmp_path / "project"
    words = ["--target", "host", "--recompute", "--batch", "100", "--batch-end", "200"]
    assert bitspin("export", small_run, "--out", out, *words, "--samples", "3000")[0] == 0
    code, text, _ = bitspin("verify", out, "--json")
    facts = json.loads(text)
    assert code == 0
    assert facts["compared"] == facts["updates"] == 6  # 5 of 104 samples and one of the rest
    assert facts["reads_per_sample"] > 2
    subprocess.run(["make", "example"], cwd=out, check=True, capture_output=True)
    subprocess.run(["./example"], cwd=out, check=True)
    assert "bs_relearn" in (out / "README.md").read_text()


def test_a_device_that_rehearses(bitspin, small_run, tmp_path) -> None:
    out = tmp_path / "project"
    words = ["--target", "host", "--rehearse", "40", "--times", "3", "--batch", "50"]
    assert bitspin("export", small_run, "--out", out, *words)[0] == 0
    code, text, _ = bitspin("verify", out, "--samples", "100", "--json")
    facts = json.loads(text)
    assert code == 0
    assert facts["rehearsed_per_sample"] == 6
    assert facts["compared"] == facts["updates"] == 14  # of 700 samples learned
    subprocess.run(["make", "example"], cwd=out, check=True, capture_output=True)
    subprocess.run(["./example"], cwd=out, check=True)
    assert "40 samples of the training in `originals.h`" in " ".join(
        (out / "README.md").read_text().split()
    )


@pytest.mark.mcu
def test_the_microbit_rehearses(bitspin, small_run, tmp_path) -> None:
    out = tmp_path / "project"
    words = ["--target", "cortex-m0", "--rehearse", "30", "--verify-samples", "40", "--json"]
    code, text, _ = bitspin("export", small_run, "--out", out, *words)
    exported = json.loads(text)
    assert code == 0
    assert exported["compared"] == exported["updates"] > 0
    code, text, _ = bitspin("verify", out, "--json")
    assert code == 0
    assert json.loads(text)["learn_instructions"] > 17 * 10_000


@pytest.mark.mcu
def test_the_microbit_trains_a_network_of_128_hidden_units(small_data, tmp_path) -> None:
    config = {"data": {"source": str(small_data)}, "network": {"hidden": [128]}, "epochs": 1}
    exported = export_run(fit(config), tmp_path / "p", target="cortex-m0", learning=Learning())
    target = TARGETS["cortex-m0"]
    firmware = exported.firmware
    assert firmware.static_ram_bytes + firmware.stack_reserved_bytes <= target.ram_bytes == 16384
    assert firmware.stack.stack_bytes is not None
    assert exported.replay.stack_bytes is not None
    most = max(firmware.stack.stack_bytes, exported.replay.stack_bytes)
    assert most <= firmware.stack_reserved_bytes
    assert exported.project.capacity >= 8
    readme = (tmp_path / "p" / "README.md").read_text()
    assert f"{firmware.flash_bytes:,} bytes" in readme


@pytest.mark.mcu
@pytest.mark.parametrize(
    ("target", "most"),
    [
        ("cortex-m0-large", 130_000),
        pytest.param("cortex-m3", 85_000, marks=pytest.mark.slow),
        ("cortex-m4", 85_000),
    ],
)
def test_instructions_of_784_256_10(make_project, tmp_path, target, most) -> None:
    from bitspin.export.replay import build_project, replay

    project, folder = make_project((256,), target=target, samples=192, batch=64, capacity=64)
    measured = replay(project, folder, TARGETS[target], tmp_path)
    assert measured.predict_instructions <= most
    # From scratch, where nearly every sample has an error: the dearest part of training.
    assert measured.learn_instructions <= 2 * measured.predict_instructions
    project, folder = make_project_again(make_project, tmp_path, target)
    assert build_project(project, folder, TARGETS[target], tmp_path).flash_bytes <= 32 << 10


def make_project_again(make_project, tmp_path, target):
    shutil.rmtree(tmp_path / "project")
    return make_project((256,), target=target, samples=4, learns=False)


def test_memory_items_are_the_core_s(make_project, tmp_path) -> None:
    # The device refuses memory that is too small; one byte less must be refused as well.
    from bitspin.export.replay import replay

    for hidden, code, length in [
        ((64,), "onehot", None),
        ((70, 33), "hadamard", 63),
        ((), "onehot", None),
    ]:
        for learns, group in [(True, 0), (False, 0), *([(True, 9)] if hidden else [])]:
            project, folder = make_project(
                hidden, code=code, length=length, samples=40, learns=learns, group=group
            )
            replay(project, folder, TARGETS["host"], tmp_path)
            header = folder / "network.h"
            size = sum(project.memory_items.values())
            header.write_text(header.read_text().replace(f"_BYTES {size}u", f"_BYTES {size - 4}u"))
            with pytest.raises(Exception, match="exit code 4"):
                replay(project, folder, TARGETS["host"], tmp_path)
            shutil.rmtree(folder)


def test_the_largest_capacity_fits_and_one_more_does_not() -> None:
    for room in (2000, 10_000, 40_000):
        most = largest_capacity((784, 256, 10), 10, room)
        assert sum(learner_items((784, 256, 10), 10, most).values()) <= room
        assert sum(learner_items((784, 256, 10), 10, most + 1).values()) > room
    assert sum(inference_items((784, 256, 10), 10).values()) < 200


def test_training_memory_is_less_than_twice_the_inference_memory_at_batch_32() -> None:
    from bitspin.export.memory import weight_bytes

    widths = (784, 256, 10)
    weights = weight_bytes(widths)
    inference = weights + sum(inference_items(widths, 10).values())
    training = weights + sum(learner_items(widths, 10, 32).values())
    assert training < 2 * inference


# ---- complaints ----------------------------------------------------------------------------------


def test_a_network_too_large_for_the_target(bitspin, small_data, tmp_path) -> None:
    config = {"data": {"source": str(small_data)}, "network": {"hidden": [256]}, "epochs": 1}
    fit(config, out=tmp_path / "run")
    result = bitspin("export", tmp_path / "run", "--out", tmp_path / "p", "--target", "cortex-m0")
    assert "network 784-256-10" in complaint(result)
    assert not (tmp_path / "p").exists()


def test_a_capacity_too_large_for_the_target(bitspin, small_run, tmp_path) -> None:
    result = bitspin(
        "export", small_run, "--out", tmp_path / "p", "--target", "cortex-m0", "--capacity", "1000"
    )
    assert "--capacity: got 1000" in complaint(result)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--group", "8"], "--group: got 8 without --recompute"),
        (["--recompute", "--group", "0"], "--group: got 0 rows, expected 1 to 32"),
        (["--recompute", "--group", "40"], "--group: got 40 rows, expected 1 to 32"),
        (["--recompute", "--infer-only"], "--recompute: got --infer-only as well"),
        (["--rehearse", "9"], "--rehearse: got 9 samples, expected 10 or more, one of each class"),
        (["--rehearse", "601"], "--rehearse: got 601 samples, expected at most the 600 of the run"),
        (["--rehearse", "40", "--infer-only"], "--rehearse: got --infer-only as well"),
        (["--rehearse", "40", "--recompute"], "--rehearse: got --recompute as well"),
        (["--rehearse", "40", "--times", "0"], "--times: got 0 rehearsals, expected 1 or more"),
        (["--rehearse", "40", "--samples", "-1"], "--samples: got -1, expected 1 or more"),
        (["--times", "4"], "--times: got 4 without --rehearse"),
        (["--capacity", "0"], "--capacity: got 0 samples, expected 1 to"),
        (["--batch", "0"], "--batch: got 0, expected 1 to"),
        (["--batch-end", "99999"], "--batch-end: got 99999, expected 1 to"),
        (["--samples", "0"], "--samples: got 0, expected 1 or more"),
        (["--begin", "2"], "--begin: got 2.0, expected 0 to 1"),
        (["--begin", "nan"], "--begin: got nan, expected 0 to 1"),
    ],
)
def test_a_wrong_number(bitspin, small_run, tmp_path, words, message) -> None:
    result = bitspin("export", small_run, "--out", tmp_path / "p", "--target", "host", *words)
    assert message in complaint(result)
    assert not (tmp_path / "p").exists()


def test_a_missing_compiler(bitspin, small_run, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = bitspin("export", small_run, "--out", tmp_path / "p", "--target", "cortex-m3")
    assert "apt-get install gcc-arm-none-eabi" in complaint(result)


def test_a_missing_emulator(bitspin, small_run, tmp_path, monkeypatch) -> None:
    for tool in ("gcc", "size"):
        (tmp_path / f"arm-none-eabi-{tool}").symlink_to(shutil.which(f"arm-none-eabi-{tool}"))
    monkeypatch.setenv("PATH", str(tmp_path))
    result = bitspin("export", small_run, "--out", tmp_path / "p", "--target", "cortex-m3")
    assert "apt-get install qemu-system-arm" in complaint(result)


def test_an_unknown_target(bitspin, small_run, tmp_path) -> None:
    result = bitspin("export", small_run, "--out", tmp_path / "p", "--target", "z80")
    assert "no target is called 'z80'" in complaint(result)


def test_a_folder_in_use(bitspin, small_run, tmp_path) -> None:
    (tmp_path / "mine").write_text("precious")
    assert "that is not empty" in complaint(bitspin("export", small_run, "--out", tmp_path))
    out = tmp_path / "mine"
    assert "mine: got a file" in complaint(bitspin("export", small_run, "--out", out))


def test_a_run_of_the_regular_bnn(small_run, tmp_path) -> None:
    from bitspin.errors import ValidityError
    from bitspin.train.folded_bnn import FoldedBnn

    run = load_run(small_run)
    folded = object.__new__(FoldedBnn)
    other = Run(run.config, run.encoder, run.sample_shape, folded, (), None, None, None)
    with pytest.raises(ValidityError, match="regular BNN"):
        export_run(other, tmp_path / "p", target="host", learning=None)


def test_a_run_in_an_array_of_real_cells(bitspin, small_data, tmp_path) -> None:
    config = {
        "data": {"source": str(small_data)},
        "network": {"hidden": [32]},
        "epochs": 1,
        "array": {"kind": "mram", "device": "mtj-sot"},
    }
    fit(config, out=tmp_path / "run")
    result = bitspin("export", tmp_path / "run", "--out", tmp_path / "p", "--target", "host")
    assert "array of kind 'mram'" in complaint(result)
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize("name", ["samples.bin", "weights.bin", "originals.bin", "project.json"])
def test_a_damaged_project(bitspin, make_project, name) -> None:
    _, folder = make_project((32,), samples=40, originals=20)
    file = folder / "verify" / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(bytes(content))
    assert "export the project again" in complaint(bitspin("verify", folder))


def test_no_project(bitspin, tmp_path) -> None:
    assert "no project at" in complaint(bitspin("verify", tmp_path))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--seed", "-1"),
        ("--verify-samples", "0"),
        ("--samples", "0"),
    ],
)
def test_export_refuses_what_is_out_of_range(bitspin, small_run, tmp_path, option, value) -> None:
    out = tmp_path / "p"
    result = bitspin("export", small_run, "--out", out, "--target", "host", option, value)
    assert f"{option}: got {value}, expected" in complaint(result)
    assert not out.exists()


@pytest.mark.parametrize(
    "option",
    ["--batch", "--batch-end", "--capacity", "--rehearse", "--samples", "--begin", "--seed"],
)
def test_a_device_that_only_predicts_takes_no_option_of_learning(
    bitspin, small_run, tmp_path, option
) -> None:
    out = tmp_path / "p"
    result = bitspin("export", small_run, "--out", out, "--infer-only", option, "1")
    assert f"{option}: got --infer-only as well" in complaint(result)
    assert not out.exists()


def test_a_project_without_a_source(bitspin, make_project) -> None:
    _, folder = make_project((32,), samples=40)
    (folder / "network.c").unlink()
    assert "network.c is missing; export the project again" in complaint(bitspin("verify", folder))


@pytest.mark.parametrize("option", ["--samples", "--every"])
def test_verify_refuses_to_compare_nothing(bitspin, make_project, option) -> None:
    _, folder = make_project((32,), samples=40)
    expected = f"{option}: got 0, expected 1 or more"
    assert expected in complaint(bitspin("verify", folder, option, "0"))
