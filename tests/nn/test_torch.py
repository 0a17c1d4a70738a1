"""Networks of PyTorch, Larq and Brevitas, taken over and given back, predict as they did."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

import bitspin
from bitspin.data import Dataset
from bitspin.encode import Biased, Thermometer
from bitspin.errors import BitspinError, DataError, ShapeError, ValidityError
from bitspin.export.from_run import Learning, export_run
from bitspin.export.project import read_project
from bitspin.export.replay import replay
from bitspin.export.targets import TARGETS
from bitspin.nn import (
    BinaryLinear,
    LatentLayer,
    Sign,
    as_inputs,
    from_latent,
    from_state_dict,
    from_torch,
    to_torch,
)
from bitspin.run.adopt import adopt


def randomise(model: nn.Sequential, seed: int) -> nn.Sequential:
    """Give batch norms what training might: negative and zero scales among it."""
    generator = torch.Generator().manual_seed(seed)
    for below, module in itertools.pairwise(model):
        if isinstance(module, nn.BatchNorm1d):
            shape = (module.num_features,)
            spread = below.in_features**0.5
            module.running_mean = 0.5 * spread * torch.randn(shape, generator=generator)
            module.running_var = spread**2 * (0.1 + torch.rand(shape, generator=generator))
            module.weight.data = torch.randn(shape, generator=generator)
            module.weight.data[0] = 0
            module.bias.data = 0.3 * torch.randn(shape, generator=generator)
    return model.eval()


def make_model(*hidden: int, last_norm: bool = True) -> nn.Sequential:
    torch.manual_seed(1)
    modules: list[nn.Module] = [nn.Flatten()]
    below = 784
    for units in hidden:
        modules += [BinaryLinear(below, units), nn.BatchNorm1d(units), nn.Dropout(0.2), Sign()]
        below = units
    modules += [BinaryLinear(below, 10), *([nn.BatchNorm1d(10)] if last_norm else [])]
    return randomise(nn.Sequential(*modules), 2)


def classes_of(model: nn.Module, signs: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return model(torch.from_numpy(signs)).argmax(dim=1).numpy()


def train(model: nn.Sequential, data: Dataset, epochs: int) -> None:
    """Train as one would by hand; only that it learns something matters."""
    x = torch.from_numpy(np.where(data.x_train.reshape(-1, 784) > 50, 1.0, -1.0)).float()
    y = torch.from_numpy(data.y_train.copy())
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    model.train()
    for _ in range(epochs):
        for rows in torch.randperm(len(y)).split(100):
            optimizer.zero_grad()
            functional.cross_entropy(model(x[rows]), y[rows]).backward()
            optimizer.step()
    model.eval()


def bitspin_says(*words: str | Path) -> str:
    command = [sys.executable, "-m", "bitspin.cli.app", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


# ---- PyTorch -------------------------------------------------------------------------------------


@pytest.mark.parametrize("hidden", [(100,), (65, 33), (40, 32, 31)])
@pytest.mark.parametrize("last_norm", [True, False])
def test_the_whole_test_set_is_classified_alike(hidden, last_norm, mnist, pixels, signs) -> None:
    model = make_model(*hidden, last_norm=last_norm)
    wanted = classes_of(model, signs)
    run = from_torch(model, pixels, data=mnist)
    assert len(np.unique(wanted)) > 2
    np.testing.assert_array_equal(run.predict(mnist.x_test), wanted)
    assert run.test_accuracy == np.mean(wanted == mnist.y_test)
    back = to_torch(run)
    with torch.no_grad():
        np.testing.assert_array_equal(back(as_inputs(run, mnist.x_test)).argmax(dim=1), wanted)


def test_a_trained_network_is_kept_evaluated_exported_and_learns_on(
    some_digits, pixels, tmp_path, signs
) -> None:
    np.savez(
        tmp_path / "digits.npz",
        x_train=some_digits.x_train,
        y_train=some_digits.y_train,
        x_test=some_digits.x_test,
        y_test=some_digits.y_test,
    )
    torch.manual_seed(0)
    model = nn.Sequential(
        BinaryLinear(784, 64), nn.BatchNorm1d(64), Sign(), BinaryLinear(64, 10), nn.BatchNorm1d(10)
    )
    train(model, some_digits, epochs=4)
    config = {"data": {"source": str(tmp_path / "digits.npz")}, "seed": 5}
    run = from_torch(model, pixels, config, out=tmp_path / "run")
    assert run.test_accuracy > 0.6
    assert json.loads(bitspin_says("evaluate", tmp_path / "run", "--json"))["test_accuracy"] == (
        run.test_accuracy
    )
    assert "taken over" in bitspin_says("train", "--resume", tmp_path / "run")
    bitspin_says("report", tmp_path / "run", "--out", tmp_path / "report.html")
    back = bitspin.load_run(tmp_path / "run")
    np.testing.assert_array_equal(back.model.weights, run.model.weights)
    np.testing.assert_array_equal(back.predict(some_digits.x_test), classes_of(model, signs[:300]))
    learning = Learning(batch=32, samples=600)
    exported = export_run(back, tmp_path / "c", target="host", learning=learning)
    project = read_project(tmp_path / "c")
    proof = replay(project, tmp_path / "c", TARGETS["host"], tmp_path)
    assert proof.compared == proof.updates == 19
    assert proof.accuracy_after > proof.accuracy_before > 0.6
    assert exported.project.network.code.class_scale.shape == (2, 10)


@pytest.mark.mcu
def test_a_microcontroller_learns_on(some_digits, pixels, tmp_path) -> None:
    np.savez(
        tmp_path / "digits.npz",
        x_train=some_digits.x_train,
        y_train=some_digits.y_train,
        x_test=some_digits.x_test,
        y_test=some_digits.y_test,
    )
    model = nn.Sequential(
        BinaryLinear(784, 32), nn.BatchNorm1d(32), Sign(), BinaryLinear(32, 10), nn.BatchNorm1d(10)
    )
    train(model, some_digits, epochs=1)
    run = from_torch(model, pixels, {"data": {"source": str(tmp_path / "digits.npz")}})
    exported = export_run(
        run, tmp_path / "c", target="cortex-m3", learning=Learning(batch=16), verify_samples=128
    )
    assert exported.replay.compared == exported.replay.updates >= 8


def test_a_run_of_the_regular_bnn_becomes_one_of_bits(some_digits) -> None:
    config = {"rule": {"mode": "bnn"}, "network": {"hidden": [50, 30]}, "epochs": 2}
    regular = bitspin.fit(config, data=some_digits, threads=1)
    run = adopt(regular.model, regular.encoder, data=some_digits)
    np.testing.assert_array_equal(
        run.predict(some_digits.x_train), regular.predict(some_digits.x_train)
    )
    for each in (regular, run):
        inputs = as_inputs(each, some_digits.x_test)
        classes = to_torch(each)(inputs).argmax(dim=1)
        np.testing.assert_array_equal(classes, regular.predict(some_digits.x_test))


@pytest.mark.parametrize("code", [{"code": "onehot"}, {"code": "hadamard", "code_length": 15}])
def test_a_strict_run_goes_to_torch_and_back(code, some_digits) -> None:
    run = bitspin.fit({"network": {"hidden": [40], **code}, "epochs": 3}, data=some_digits)
    model = to_torch(run)
    inputs = as_inputs(run, some_digits.x_test)
    scores = model(inputs)
    np.testing.assert_array_equal(scores.detach().numpy(), run.scores(some_digits.x_test))
    if code["code"] == "onehot":
        back = from_torch(model, run.encoder, data=some_digits)
        np.testing.assert_array_equal(back.model.weights, run.model.weights)
    else:
        with pytest.raises(ValidityError, match="ClassScores"):
            from_torch(model, run.encoder, data=some_digits)


def test_gradients_reach_the_latent_weights_that_are_inside() -> None:
    layer = nn.Sequential(BinaryLinear(4, 3), Sign())
    layer[0].weight.data = torch.tensor([[0.5] * 4, [-0.5] * 4, [2.0] * 4])
    layer(torch.tensor([[0.1, 0.1, 0.1, 0.1]])).sum().backward()
    assert (layer[0].weight.grad[:2] != 0).all()
    assert (layer[0].weight.grad[2] == 0).all()


# ---- ties and signs ------------------------------------------------------------------------------


class TorchSign(nn.Module):
    """The sign that many write: 0 at 0."""

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return torch.sign(values)


class StrictlyPositive(nn.Module):
    """-1 at 0, and twice as large as it need be."""

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return torch.where(values > 0, 2.0, -2.0)


def tie_model(fan_in: int, sign: nn.Module) -> nn.Sequential:
    model = nn.Sequential(nn.Linear(fan_in, 8, bias=False), sign, nn.Linear(8, 2, bias=False))
    generator = torch.Generator().manual_seed(0)
    for layer in (model[0], model[2]):
        layer.weight.data = torch.randn(layer.weight.shape, generator=generator).sign()
    return model


def toy(fan_in: int) -> Dataset:
    """Every input of so many bits."""
    x = ((np.arange(2**fan_in)[:, None] >> np.arange(fan_in)) % 2).astype(np.uint8)
    return Dataset("toy", x, x[:, 0], x, x[:, 0])


@pytest.mark.parametrize("sign", [Sign(), StrictlyPositive()])
@pytest.mark.parametrize("fan_in", [5, 6])
def test_a_sum_of_zero_is_decided_as_the_model_does(sign, fan_in) -> None:
    data, model = toy(fan_in), tie_model(fan_in, sign)
    encoder = Thermometer(levels=[[0.5]])
    run = from_torch(model, encoder, data=data, signs=(StrictlyPositive,))
    inputs = np.where(data.x_test > 0, np.float32(1), np.float32(-1))
    np.testing.assert_array_equal(run.predict(data.x_test), classes_of(model, inputs))
    assert isinstance(run.encoder, Biased) == (fan_in == 6 and isinstance(sign, StrictlyPositive))


def test_a_sign_that_gives_zero_is_refused_where_zero_can_occur() -> None:
    options = {"signs": (TorchSign,)}
    encoder = Thermometer(levels=[[0.5]])
    assert from_torch(tie_model(5, TorchSign()), encoder, data=toy(5), **options)
    with pytest.raises(ValidityError, match="gives 0 at some sums"):
        from_torch(tie_model(6, TorchSign()), encoder, data=toy(6), **options)


def test_scales_of_weights_and_biases_are_taken_over(mnist, pixels, signs) -> None:
    model = make_model(60)
    scaled = nn.Sequential(
        nn.Linear(784, 60), model[2], nn.Hardtanh(), Sign(), nn.Linear(60, 10), nn.LogSoftmax(1)
    ).eval()
    generator = torch.Generator().manual_seed(3)
    for layer in (scaled[0], scaled[4]):
        size = 2.0 ** torch.randint(-3, 2, (layer.out_features, 1), generator=generator)
        layer.weight.data = torch.randn(layer.weight.shape, generator=generator).sign() * size
        layer.bias.data = torch.randn(layer.bias.shape, generator=generator)
    run = from_torch(scaled, pixels, data=mnist)
    np.testing.assert_array_equal(run.predict(mnist.x_test), classes_of(scaled, signs))


# ---- Larq and Brevitas ---------------------------------------------------------------------------


def test_latent_weights_as_larq_keeps_them(mnist, pixels, signs) -> None:
    """Kernels of shape (inputs, units), batch norm without gamma, epsilon 1e-3, sign(0) = +1."""
    rng = np.random.default_rng(4)
    values, layers = signs, []
    for fan_in, units in ((784, 70), (70, 10)):
        kernel = rng.normal(0, 0.3, (fan_in, units)).astype(np.float32)
        kernel[rng.random(kernel.shape) < 0.05] = 0
        mean = rng.normal(0, 20, units).astype(np.float32)
        variance = rng.uniform(1, 900, units).astype(np.float32)
        beta = rng.normal(0, 1, units).astype(np.float32)
        sums = values @ np.where(kernel >= 0, np.float32(1), np.float32(-1))
        scores = (sums - mean) / np.sqrt(variance + np.float32(1e-3)) + beta
        values = np.where(scores >= 0, np.float32(1), np.float32(-1))
        layers.append(
            LatentLayer(weights=kernel.T, mean=mean, variance=variance, beta=beta, epsilon=1e-3)
        )
    run = from_latent(layers, pixels, data=mnist)
    np.testing.assert_array_equal(run.predict(mnist.x_test), scores.argmax(axis=1))


def brevitas_state() -> dict[str, torch.Tensor]:
    """The names that Brevitas 0.11 gives a network of binary weights and activations."""
    generator = torch.Generator().manual_seed(5)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator)

    weight_scale = "weight_quant.tensor_quant.scaling_impl.value"
    activation_scale = "act_quant.fused_activation_quant_proxy.tensor_quant.scaling_impl.value"
    return {
        f"quant_input.{activation_scale}": torch.tensor(0.25),
        "features.0.weight": normal(50, 784),
        "features.0.bias": normal(50),
        f"features.0.{weight_scale}": torch.tensor(0.125),
        "features.1.weight": normal(50),
        "features.1.bias": normal(50),
        "features.1.running_mean": 5 * normal(50),
        "features.1.running_var": 1 + 9 * normal(50).abs(),
        "features.1.num_batches_tracked": torch.tensor(7),
        f"features.2.{activation_scale}": torch.tensor(0.5),
        "classifier.weight": normal(10, 50),
        f"classifier.{weight_scale}": torch.tensor(0.25),
        "classifier.bias": normal(10),
    }


def test_a_state_dict_as_brevitas_keeps_it(mnist, pixels, signs) -> None:
    state = brevitas_state()
    norm = {name.split(".")[2]: value for name, value in state.items() if ".1." in name}
    x = 0.25 * torch.from_numpy(signs)
    weights = state["features.0.weight"].sign() * 0.125
    first = functional.linear(x, weights, state["features.0.bias"])
    normed = functional.batch_norm(
        first, norm["running_mean"], norm["running_var"], norm["weight"], norm["bias"]
    )
    bits = torch.where(normed >= 0, 0.5, -0.5)
    scores = functional.linear(
        bits, state["classifier.weight"].sign() * 0.25, state["classifier.bias"]
    )
    run = from_state_dict(state, pixels, data=mnist)
    np.testing.assert_array_equal(run.predict(mnist.x_test), scores.argmax(dim=1).numpy())


def test_a_state_dict_of_our_own_layers(mnist, pixels, signs) -> None:
    model = make_model(65, 33)
    run = from_state_dict(model.state_dict(), pixels, data=mnist)
    np.testing.assert_array_equal(run.predict(mnist.x_test), classes_of(model, signs))


# ---- bad input -----------------------------------------------------------------------------------


def bits(*modules: nn.Module) -> nn.Sequential:
    return nn.Sequential(BinaryLinear(784, 8), Sign(), *modules, BinaryLinear(8, 10))


def diverged() -> nn.Sequential:
    """A model whose batch norm became NaN in a training with too large a step."""
    norm = nn.BatchNorm1d(8)
    nn.init.constant_(norm.weight, np.nan)
    return nn.Sequential(BinaryLinear(784, 8), norm, Sign(), BinaryLinear(8, 10))


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (nn.Sequential(nn.Conv2d(1, 4, 3), Sign(), BinaryLinear(784, 10)), "'0': got a Conv2d"),
        (bits(nn.ReLU()), "'2': got a ReLU"),
        (nn.Sequential(BinaryLinear(784, 8), nn.LayerNorm(8), Sign()), "got a LayerNorm"),
        (bits(BinaryLinear(8, 8)), "right after another linear layer"),
        (nn.Sequential(nn.Linear(784, 8), Sign(), BinaryLinear(8, 10)), "'0': got weights from"),
        (nn.Sequential(BinaryLinear(784, 8), Sign()), "no linear layer that gives scores"),
        (nn.Sequential(BinaryLinear(784, 8), TorchSign(), BinaryLinear(8, 10)), "TorchSign"),
        (
            nn.Sequential(
                BinaryLinear(784, 8),
                nn.BatchNorm1d(8, track_running_stats=False),
                Sign(),
                BinaryLinear(8, 10),
            ),
            "without running statistics",
        ),
        (nn.Sequential(BinaryLinear(784, 8), Sign(), BinaryLinear(9, 10)), "8 units below"),
        (nn.Sequential(BinaryLinear(784, 8), Sign(), BinaryLinear(8, 9)), "got 9 classes"),
        (nn.Sequential(BinaryLinear(70, 8), Sign(), BinaryLinear(8, 10)), "got 70 inputs"),
        (nn.Sequential(BinaryLinear(784, 10)), "no hidden layer"),
        (bits(nn.Hardtanh()), "'2': got a Hardtanh"),
        (diverged(), "'0': got NaN or infinity after it"),
    ],
)
def test_what_cannot_be_taken_over_is_named_in_one_line(model, said, some_digits, pixels) -> None:
    with pytest.raises((ValidityError, ShapeError, DataError), match=said) as caught:
        from_torch(model, pixels, data=some_digits)
    assert isinstance(caught.value, BitspinError)
    assert "\n" not in str(caught.value)
    assert "expected" in str(caught.value)
    assert ";" in str(caught.value)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ({"conv.weight": torch.ones(4, 1, 3, 3)}, r"'conv.weight': got shape \(4, 1, 3, 3\)"),
        ({"features.0.weight": torch.full((50, 784), np.nan)}, "NaN or infinity"),
        ({"features.1.running_var": torch.full((50,), -1.0)}, "more than 0"),
        ({"features.1.running_mean": torch.ones(49)}, "got 49 numbers"),
        ({"classifier.weight": torch.ones(10, 51)}, "50 units below a layer of 51"),
        ({"features.2.act_quant.scaling_impl.value": torch.ones(50)}, "got 50 scales"),
    ],
)
def test_a_state_dict_that_cannot_be_taken_over(spoil, said, some_digits, pixels) -> None:
    with pytest.raises((ValidityError, ShapeError), match=said) as caught:
        from_state_dict({**brevitas_state(), **spoil}, pixels, data=some_digits)
    assert "\n" not in str(caught.value)
    assert "expected" in str(caught.value)
    assert ";" in str(caught.value)


def test_a_model_is_left_as_it_was(some_digits, pixels) -> None:
    model = make_model(20).train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    from_torch(model, pixels, data=some_digits)
    assert model.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_arrays_need_no_torch() -> None:
    code = "import bitspin.nn, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    code = "import sys; sys.modules['torch'] = None; import bitspin.nn; bitspin.nn.from_torch"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'bitspin[torch]'" in done.stderr.splitlines()[-1]
