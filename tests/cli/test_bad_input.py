"""Bad input: one clear line, exit code 2, no traceback, and nothing in place of a good file."""

from __future__ import annotations

import gzip
import json
import os
import re
import resource
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from bitspin.errors import BackendError
from bitspin.run import start

ONE_LINE = re.compile(r"bitspin: [^\n]+\n")
SMALL = ("--hidden", 8, "--epochs", 1)


@pytest.fixture
def refuse(bitspin, tmp_path):
    """Run a command that must be refused for a reason, and must not touch a file."""

    def run(reason: str, *arguments: object) -> None:
        before = contents(tmp_path)
        said = bitspin(*arguments)
        assert (said.code, said.out) == (2, ""), said.err
        assert ONE_LINE.fullmatch(said.err), said.err
        assert re.search(reason, said.err), said.err
        assert contents(tmp_path) == before

    return run


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def words(line: str) -> list[str]:
    return line.split()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("--hiden 3", "--hiden.*--hidden"),
        ("--hidden x", "--hidden: got 'x', expected a whole number"),
        ("--hidden", "--hidden.*at least 1"),
        ("--hidden 0", "^bitspin: --hidden: got 0, expected greater than or equal to 1"),
        ("--hidden 8 -3", "got -3"),
        ("--hidden 40000", "got 40000, expected less than or equal to 32767"),
        ("--hidden 8 8 8 8 8 8 8 8 8", "--hidden.*at most 7"),
        ("--epochs 0", "--epochs: got 0"),
        ("--epochs -1", "--epochs: got -1"),
        ("--epochs 1.5", "--epochs.*1.5"),
        ("--hidden 8 4.2", "--hidden.*4.2"),
        ("--threads 1.5", "--threads.*1.5"),
        ("--batch 0", "--batch: got 0"),
        ("--batch 40000", "--batch: got 40000.*32767"),
        ("--seed -1", "--seed: got -1"),
        ("--seed 9223372036854775808", "--seed"),
        ("--margin nan", "--margin: got nan"),
        ("--window inf", "--window: got inf"),
        ("--write-probability 1.5", "--write-probability: got 1.5"),
        ("--mode rowbudget", "--mode: got 'rowbudget', expected one of row-budget, plain"),
        ("--mode plain --budget 3", "--budget: got it with 'plain', expected .*'row-budget'"),
        ("--learning-rate 0.1", "--learning-rate: got it with 'row-budget', expected .*'bnn'"),
        ("--array ideal --stuck 0.1", "--stuck: got it with 'ideal', expected it with 'mram'"),
        ("--rule bnn --array mram", "got the regular BNN in an MRAM array, expected a strict"),
        ("--rule bnn --mode plain", "--mode: got 'plain'"),
        ("--rule bnn --code hadamard", "code: got 'hadamard'.*expected 'onehot'"),
        ("--code hamming", "--code: got 'hamming', expected one of onehot, hadamard, bch"),
        ("--code hadamard --code-length 20", "got 20, expected one of .*15, 31"),
        ("--code bch --code-length 20", "got 20"),
        ("--code onehot --code-length 20", "got length 20, expected 4"),
        ("--pixel-threshold nan", "threshold.*got nan"),
        ("--pixel-threshold 50 --levels 3", "only one of them"),
        ("--pixel-threshold 50 --encode thermometer", "only one of them"),
        ("--levels 0", "--levels: got 0"),
        ("--shift 8", "--shift: got 8"),
        ("--shift -1", "--shift: got -1"),
        ("--validation -1", "--validation: got -1"),
        ("--validation 397", "got 397, expected 0 to 396"),
        ("--threads 0", "threads: got 0"),
        ("--threads -2", "threads: got -2"),
        ("--backend avx3", "got 'avx3'.*ref"),
        ("--config nowhere.toml", "nowhere.toml cannot be read"),
        ("--config .", "cannot be read"),
        ("extra", "extra"),
    ],
)
def test_options(options, reason, refuse, sources):
    defaults = words("--epochs 1") if "--epochs" not in options else []
    refuse(reason, "train", sources["images"], *defaults, *words(options))


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (
            "train mnist --hidden x",
            "--hidden: got 'x', expected a whole number; see 'bitspin train",
        ),
        ("train mnist --margin 1,5", "--margin: got '1,5', expected a number; see"),
        (
            "train mnist --code ecoc",
            "--code: got 'ecoc', expected one of onehot, hadamard, bch; see",
        ),
        ("train mnist more", "got 'more' beyond those that are known, expected none; see"),
        ("train --epochs", "--epochs: got nothing, expected a value; see 'bitspin train --help'"),
        ("predict", "--run: got nothing, expected a value; see 'bitspin predict --help'"),
        (
            "device fit",
            "--measured: got nothing, expected a value; see 'bitspin device fit --help'",
        ),
        ("device-plan --hidden 12.5", "--hidden: got '12.5', expected a whole number"),
        ("device-plan --batch 1.5", "--batch: got '1.5', expected a whole number"),
        ("export run --out new --batch 1.5", "--batch: got '1.5', expected a whole number"),
        ("verify project --samples 1.5", "--samples: got '1.5', expected a whole number"),
        ("sweep file --workers 1.5", "--workers: got '1.5', expected a whole number"),
        ("trian", 'Did you mean "train"'),
    ],
)
def test_arguments(arguments, reason, refuse):
    refuse(reason, *words(arguments))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("epoch = 3", "unknown key 'epoch'.*'epochs'"),
        ("[rule]\nbatch_ende = 3", "unknown key 'rule.batch_ende'.*'batch_end'"),
        ("[rule]\nmode = 'plain'\nbudget = 3", "'rule.budget': got it with 'plain'"),
        ("[rule]\nmode = 'fast'", "'row-budget', 'plain', 'bnn'"),
        ("[networks]\nhidden = [3]", "unknown key 'networks'.*'network'"),
        ("[network]\nwidth_of_it_all = 3", "unknown key 'network.width_of_it_all'.*--help"),
        ("[network]\nhidden = 3", "'network.hidden': got 3, expected a list"),
        ("[network]\nhidden = ['a']", "got 'a', expected a whole number"),
        ("epochs = 'many'", "'epochs': got 'many', expected a whole number"),
        ("epochs = 2.5", "'epochs': got 2.5"),
        ("rule = 3", "'rule': got 3"),
        ("data = 'mnist'", "'data': got 'mnist', expected a table"),
        ("network = [3]", r"'network': got \[3\]"),
        ("epochs = = 3", "cannot be read: .*line 1"),
        ("epochs = [", "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
@pytest.mark.parametrize("options", [(), ("--shift", 1, "--hidden", 8, "--batch", 8)])
def test_configuration_files(text, reason, options, refuse, sources, tmp_path):
    if options and "hidden" in str(text) and "width" not in str(text):
        options = ("--shift", 1)  # an option would win over what the file says
    content = text if isinstance(text, bytes) else text.encode()
    (tmp_path / "settings.toml").write_bytes(content)
    refuse(reason, "train", sources["images"], "--config", "settings.toml", *options)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("minst", "no data set 'minst'.*'mnist'"),
        ("", "no data set ''"),
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


class TestRunFolders:
    """A run folder that is not what it should be."""

    @pytest.fixture(params=["evaluate", "resume"])
    def reading(self, request, run_folder):
        """Arguments of a command that reads the run."""
        return (
            ("evaluate", run_folder)
            if request.param == "evaluate"
            else (
                "train",
                "--resume",
                run_folder,
            )
        )

    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("config.toml", "no run at .*config.toml"),
            ("weights.safetensors", "no weights at .*--resume"),
        ],
    )
    def test_a_file_is_missing(self, name, reason, reading, refuse, run_folder):
        (run_folder / name).unlink()
        refuse(reason, *reading)

    def test_there_is_no_run(self, refuse):
        refuse("no run at nowhere", "evaluate", "nowhere")
        refuse("no run at nowhere", "train", "--resume", "nowhere")
        refuse("no run at nowhere", "predict", "nowhere", "x.npy")

    @pytest.mark.parametrize("place", [0, 8, 20, -200, -1])
    def test_one_byte_of_the_weights_is_flipped(self, place, reading, refuse, run_folder):
        weights = run_folder / "weights.safetensors"
        content = bytearray(weights.read_bytes())
        content[place] ^= 0x10
        weights.write_bytes(content)
        refuse("weights.safetensors.*(damaged|got format)", *reading)

    @pytest.mark.parametrize("keep", [0, 4, 100, -1])
    def test_the_weights_are_truncated(self, keep, reading, refuse, run_folder):
        weights = run_folder / "weights.safetensors"
        weights.write_bytes(weights.read_bytes()[:keep])
        refuse("damaged or not a safetensors file", *reading)

    @pytest.mark.parametrize(
        ("key", "value", "reason"),
        [
            ("version", "99", "got version 99, expected 1"),
            ("format", "another", "got format 'another'"),
            ("facts", "{}", "checksum"),
        ],
    )
    def test_the_weights_are_of_another_program(
        self, key, value, reason, reading, refuse, run_folder
    ):
        weights = run_folder / "weights.safetensors"
        with safe_open(weights, framework="numpy") as file:
            metadata = file.metadata()
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        save_file(arrays, weights, metadata | {key: value})
        refuse(reason, *reading)

    @pytest.mark.parametrize(
        ("old", "new", "reason"),
        [
            ("24,", "25,", "'network'.*25.*24.*as in training"),
            ("epochs = 3", "epochs = 5", "'epochs' = 5"),
            ("seed = 0", "seed = 1", "'seed' = 1"),
            ("margin = 3.0", "margin = 2.0", "'rule'"),
            ("epochs = 3", "epochs = 0", "got 0.*another version"),
            ("epochs = 3", "novelty = 3", "unknown key 'novelty'.*another version"),
            ("epochs = 3", "epochs = ", "cannot be read"),
        ],
    )
    def test_the_configuration_is_of_another_network(
        self, old, new, reason, reading, refuse, run_folder
    ):
        config = run_folder / "config.toml"
        assert old in config.read_text()
        config.write_text(config.read_text().replace(old, new))
        refuse(reason, *reading)

    def test_the_weights_are_of_another_run(self, reading, refuse, bitspin, sources, run_folder):
        bitspin("train", sources["images"], *SMALL, "--out", "other", "--quiet")
        shutil.copy(run_folder.parent / "other" / "weights.safetensors", run_folder)
        refuse("as in training", *reading)

    @pytest.mark.parametrize(
        "content", [b"no json\n", b"3\n", b'{"event": "epoch"}\n', b'{"event": "x"}\n', b"\xff"]
    )
    def test_the_metrics_are_damaged(self, content, reading, refuse, run_folder):
        (run_folder / "metrics.jsonl").write_bytes(content)
        refuse("metrics.jsonl cannot be read", *reading)

    def test_the_metrics_are_cut(self, reading, refuse, run_folder):
        lines = (run_folder / "metrics.jsonl").read_text().splitlines(keepends=True)
        (run_folder / "metrics.jsonl").write_text(lines[0])
        refuse("metrics of 1 epochs, expected 3", *reading)

    def test_the_metrics_are_missing(self, reading, refuse, run_folder):
        (run_folder / "metrics.jsonl").unlink()
        refuse("metrics of 0 epochs, expected 3", *reading)

    @pytest.mark.parametrize(
        ("options", "named"),
        [
            ("--epochs 4", "with --epochs, expected it alone"),
            ("mnist", "with a data set, expected"),
            ("--sigma-d2d 0.1 --config c.toml", "with --sigma-d2d, --config, expected"),
            ("--out elsewhere", "--out"),
            ("--hidden 3 --seed 2", "with --hidden, --seed, expected"),
            ("--threads 0", "threads: got 0"),
            ("--backend none", "got 'none'"),
        ],
    )
    def test_a_resumed_run_keeps_its_configuration(self, options, named, refuse, run_folder):
        refuse(named, "train", "--resume", run_folder, *words(options))

    def test_the_data_have_changed(self, refuse, run_folder, finished, save_images, tiny_images):
        finish_nothing(run_folder)
        changed = save_images(x_train=255 - tiny_images.x_train)
        config = run_folder / "config.toml"
        source = json.dumps(str(changed))
        config.write_text(re.sub('source = ".*"', f"source = {source}", config.read_text()))
        refuse("has changed since the run began", "train", "--resume", run_folder)

    def test_the_data_are_gone(self, refuse, run_folder):
        finish_nothing(run_folder)
        config = run_folder / "config.toml"
        config.write_text(re.sub('source = ".*"', 'source = "/nowhere/at/all"', config.read_text()))
        refuse("no data set '/nowhere/at/all'", "train", "--resume", run_folder)
        refuse("no data set '/nowhere/at/all'", "evaluate", run_folder)


def finish_nothing(run_folder: Path) -> None:
    """Take the result away, so that there is something to resume."""
    metrics = run_folder / "metrics.jsonl"
    metrics.write_text("".join(metrics.read_text().splitlines(keepends=True)[:-1]))


class TestUsing:
    """Data that a trained network cannot take."""

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
    def test_samples(self, samples, reason, refuse, finished, tmp_path):
        np.save(tmp_path / "samples.npy", samples)
        refuse(reason, "predict", finished, "samples.npy")

    def test_files(self, refuse, finished, tmp_path):
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

    def test_data_of_more_classes_or_other_width(self, refuse, finished, save_images, tiny_images):
        more = save_images(y_train=np.arange(400) % 5)
        refuse("data of 5 classes, expected at most 4", "evaluate", finished, "--data", more)
        cut = {name: getattr(tiny_images, name)[:, :7] for name in ("x_train", "x_test")}
        refuse(r"expected \(samples, 8, 8\)", "evaluate", finished, "--data", save_images(**cut))


def test_more_threads_than_the_system_grants(sources, start_bitspin, tmp_path):
    # Each thread wants 8 MB of addresses for its stack.
    process = start_bitspin(
        *("train", sources["images"], "--hidden", 8, "--threads", 1000, "--quiet", "--out", "run"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30)),
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    out, said = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, ""), said
    note, complaint = said.splitlines(keepends=True)
    assert "note: --threads: got 1000, expected at most" in note
    assert ONE_LINE.fullmatch(complaint)
    assert "as many threads as were asked for" in complaint
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("threads", [-3, 0, 99999])
def test_threads_of_a_report(threads, refuse, finished):
    reason = f"threads: got {threads}, expected a whole number from 1 to 1024"
    refuse(reason, "report", finished, "--threads", threads, "--out", "page.html")


class TestWriting:
    """Places that take no run."""

    def test_out_holds_a_run(self, refuse, sources, run_folder):
        refuse("holds a run already.*--resume", "train", sources["images"], "--out", run_folder)
        # Nor is a folder with the rest of a run a free place.
        (run_folder / "config.toml").unlink()
        refuse("holds a run already", "train", sources["images"], *SMALL, "--out", run_folder)

    @pytest.mark.parametrize("out", ["file", "file/run", "n" * 300])
    def test_out_cannot_be_made(self, out, refuse, sources, tmp_path):
        (tmp_path / "file").write_text("precious")
        reason = "cannot make the run folder|File name too long"
        refuse(reason, "train", sources["images"], *SMALL, "--out", out)

    def test_out_is_read_only(self, refuse, sources, monkeypatch):
        def deny(*_: object, **__: object) -> None:
            raise PermissionError(30, "Read-only file system")

        monkeypatch.setattr(Path, "mkdir", deny)
        refuse("'Read-only file system'", "train", sources["images"], *SMALL, "--out", "new")

    def test_the_disk_is_full(self, sources, start_bitspin, tmp_path):
        # A limit on the size of files stands for a disk on which the weights have no room.
        process = start_bitspin(
            *("train", sources["images"], "--hidden", 900, "--epochs", 1, "--out", "full"),
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000)),
        )
        out, said = process.communicate(timeout=60)
        assert (process.returncode, out) == (2, "")
        assert ONE_LINE.fullmatch(said.splitlines(keepends=True)[-1])
        assert "cannot write full/weights.safetensors: got 'File too large'" in said
        assert "Traceback" not in said
        assert {path.name for path in (tmp_path / "full").iterdir()} == {
            "config.toml",
            "environment.json",
            "metrics.jsonl",
        }


def test_torch_is_missing(refuse, sources, monkeypatch):
    def no_torch(*_: object) -> None:
        raise BackendError("the regular BNN needs PyTorch")

    monkeypatch.setattr(start, "train_regular", no_torch)
    refuse("needs PyTorch", "train", sources["images"], *SMALL, "--rule", "bnn", "--out", "new")


@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "nowhere"),
        ("train", "mnist", "--hidden", "0"),
        ("evaluate", "nowhere"),
        ("predict", "nowhere", "x"),
        ("frobnicate",),
    ],
)
def test_the_installed_command_refuses_alike(arguments, bitspin_process):
    said = bitspin_process(*arguments)
    assert (said.code, said.out) == (2, "")
    assert ONE_LINE.fullmatch(said.err)
