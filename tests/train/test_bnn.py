"""The regular BNN learns, repeats itself, and infers with bits exactly as the torch model."""

import gzip
from importlib import resources

import numpy as np
import pytest
import torch

from bitspin.bits import BitMatrix
from bitspin.errors import ShapeError, ValidityError
from bitspin.train.bnn import (
    ActivationSign,
    BinarizedNetwork,
    BnnEpoch,
    BnnResult,
    BnnSettings,
    train_bnn,
)
from bitspin.train.bnn import _fold as fold
from bitspin.train.bnn import _Samples as Samples
from bitspin.train.bnn import _Trainer as Trainer

K = 49
C = 5


def noisy_prototypes(rows: int, seed: int, flipped: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
    """Draw samples as prototypes of C classes, of which a share of bits is flipped."""
    prototypes = np.random.default_rng(99).random((C, K)) < 0.5
    random = np.random.default_rng(seed)
    labels = np.arange(rows) % C
    return prototypes[labels] ^ (random.random((rows, K)) < flipped), labels


def train(on_epoch=None, rows: int = 603, **changes) -> BnnResult:
    values = {"hidden": (33,), "epochs": 4, "batch": 50, "learning_rate": 3e-3, "seed": 5}
    settings = BnnSettings(**(values | changes))
    return train_bnn(
        *noisy_prototypes(rows, seed=1), *noisy_prototypes(300, seed=2), settings, on_epoch
    )


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("precision", ["float32", "autocast", "bfloat16"])
@pytest.mark.parametrize("hidden", [(33,), (64, 20)])
def test_learns_and_bits_predict_as_torch(batch_norm, precision, hidden):
    result = train(hidden=hidden, batch_norm=batch_norm, precision=precision)
    assert result.accuracy[-1] > 0.9
    x, y = noisy_prototypes(2000, seed=3, flipped=0.4)
    signs = torch.from_numpy(np.where(x, 1, -1).astype(np.float32))
    classes = result.folded.predict(BitMatrix.from_bool(x))[0]
    np.testing.assert_array_equal(classes, result.network.predict(signs).numpy())
    assert 0.3 < np.mean(classes == y) < 1, "the comparison needs hard samples, too"


def test_without_information_nothing_is_learnt():
    x, _ = noisy_prototypes(600, seed=1)
    labels = np.random.default_rng(0).integers(0, C, 600)
    settings = BnnSettings(hidden=(33,), epochs=4, batch=50)
    result = train_bnn(x, labels, *noisy_prototypes(300, seed=2), settings)
    assert result.accuracy[-1] < 0.5


def test_threshold_and_flip_of_every_neuron_match_the_model_at_every_preactivation():
    network = train().network
    with torch.no_grad():  # batch norm may learn all of these, but seldom does in four epochs
        network.normalise[0].weight[:3] = torch.tensor([0.0, 0.0, -1.5])
        network.normalise[0].bias[:3] = torch.tensor([0.7, -0.7, 0.1])
    (layer,) = fold(network).hidden
    for a in range(-K, K + 1, 2):
        expected = network.normalise[0](torch.full((1, 33), float(a))) >= 0
        np.testing.assert_array_equal((a >= layer.thresholds) ^ layer.flips, expected[0].numpy())
    assert layer.thresholds[0] == -K
    assert layer.thresholds[1] == K + 2
    assert layer.flips[2]


def test_weights_are_the_signs_of_clipped_latents():
    result = train(hidden=(33, 20), learning_rate=0.1)
    assert [w.shape for w in result.folded.weights] == [(33, K), (20, 33), (C, 20)]
    for weights, latent in zip(result.folded.weights, result.network.latent, strict=True):
        assert weights.dtype == np.bool_
        np.testing.assert_array_equal(weights, latent.detach().numpy() >= 0)
        assert latent.abs().max() == 1


def test_same_seed_same_run_other_seed_other_run():
    first, again, other = train(), train(), train(seed=6)
    assert first.accuracy == again.accuracy
    for one, two in zip(first.network.parameters(), again.network.parameters(), strict=True):
        assert torch.equal(one, two)
    assert not np.array_equal(first.folded.weights[0], other.folded.weights[0])


def test_callers_random_state_and_threads_are_left_alone():
    before = torch.get_rng_state(), torch.get_num_threads()
    train(threads=torch.get_num_threads() + 1)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert torch.get_num_threads() == before[1]


def test_every_epoch_is_told_with_growing_time_and_falling_loss():
    told: list[BnnEpoch] = []
    result = train(told.append)
    assert [epoch.epoch for epoch in told] == [1, 2, 3, 4]
    assert tuple(epoch.test_accuracy for epoch in told) == result.accuracy
    seconds = [epoch.train_seconds for epoch in told]
    assert seconds == sorted(set(seconds))
    assert seconds[-1] == result.train_seconds
    assert told[-1].loss < 0.7 * told[0].loss


def test_straight_through_window():
    values = torch.tensor([-2.0, -0.5, 0.0, 0.5, 2.0], requires_grad=True)
    signs = ActivationSign.apply(values)
    signs.backward(torch.arange(1.0, 6.0))
    assert signs.tolist() == [-1, -1, 1, 1, 1]
    assert values.grad.tolist() == [0, 2, 3, 4, 0]


@pytest.mark.parametrize(("rows", "batch"), [(603, 100), (601, 3), (4, 3), (7, 100)])
def test_an_epoch_is_every_sample_once_and_no_batch_is_a_single_sample(rows, batch):
    x, _ = noisy_prototypes(rows, seed=1)
    settings = BnnSettings(batch=batch)
    samples = Samples(x, np.arange(rows), settings, torch.Generator().manual_seed(0))
    batches = list(samples.epoch())
    sizes = [len(labels) for _, labels in batches]
    assert max(sizes) <= batch
    assert min(sizes) >= 2
    labels = torch.cat([labels for _, labels in batches])
    inputs = torch.cat([inputs for inputs, _ in batches])
    assert sorted(labels.tolist()) == list(range(rows))
    assert labels.tolist() != list(range(rows))
    np.testing.assert_array_equal(inputs.numpy() > 0, x[labels.numpy()])


def test_shift_moves_each_sample_on_its_own_and_fills_with_background():
    rows, height, width = 2000, 5, 7
    image = np.ones((height, width), dtype=bool)
    image[2, 3] = False  # the hole tells the move, the frame must come in as -1
    x = np.repeat(image.reshape(1, -1), rows, axis=0)
    settings = BnnSettings(shift=1, image_shape=(height, width))
    samples = Samples(x, np.arange(rows), settings, torch.Generator().manual_seed(0))
    epochs = []
    for _ in range(2):
        inputs, labels = (torch.cat(parts) for parts in zip(*samples.epoch(), strict=True))
        moves = np.empty(rows, dtype=int)
        for label, pixels in zip(labels.numpy(), inputs.numpy() > 0, strict=True):
            moves[label] = np.flatnonzero([np.array_equal(pixels, m) for m in moved(image)])[0]
        assert np.bincount(moves, minlength=9).min() > rows / 9 * 0.75
        epochs.append(moves)
    assert np.mean(epochs[0] == epochs[1]) < 0.2


def moved(image: np.ndarray) -> list[np.ndarray]:
    """Write out the nine moves of an image pixel by pixel."""
    height, width = image.shape
    moves = []
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            result = np.zeros_like(image)
            for row in range(height):
                for column in range(width):
                    if 0 <= row - dy < height and 0 <= column - dx < width:
                        result[row, column] = image[row - dy, column - dx]
            moves.append(result.ravel())
    return moves


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"hidden": ()}, "hidden"),
        ({"hidden": (10, 0)}, r"hidden: got \(10, 0\)"),
        ({"epochs": 0}, "epochs: got 0"),
        ({"batch": 2}, "batch: got 2, expected at least 3 with batch norm"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"precision": "float16"}, "precision: got 'float16'"),
        ({"shift": 1}, "shift needs image_shape"),
        ({"shift": 7, "image_shape": (7, 7)}, "shift: got 7"),
        ({"threads": 0}, "threads"),
        ({"momentum": 0.5}, "momentum"),
    ],
)
def test_bad_settings_are_refused_in_one_line(changes, complaint):
    with pytest.raises(ValidityError, match=complaint) as caught:
        BnnSettings(**changes)
    assert "\n" not in str(caught.value)


def test_tuned_rate_grows_with_the_root_of_the_batch_unless_set():
    assert BnnSettings(batch=400).initial_rate == pytest.approx(6e-3)
    assert BnnSettings(batch=400, batch_norm=False).initial_rate == pytest.approx(2e-3)
    assert BnnSettings(batch=400, learning_rate=0.5).initial_rate == 0.5


def test_rate_falls_from_the_initial_one_to_almost_nothing_and_never_rises():
    settings = BnnSettings(hidden=(8,), epochs=3, batch=10, learning_rate=0.02)
    generator = torch.Generator().manual_seed(0)
    network = BinarizedNetwork((K, 8, C), settings, generator)
    samples = Samples(*noisy_prototypes(100, seed=1), settings, generator)
    trainer = Trainer(network, samples, settings)
    rates = []
    trainer.optimizer.register_step_pre_hook(
        lambda optimizer, *_: rates.append(optimizer.param_groups[0]["lr"])
    )
    for _ in range(3):
        trainer.run_epoch()
    assert len(rates) == 30
    assert rates[0] == pytest.approx(0.02)
    assert rates[15] == pytest.approx(0.01)
    assert rates[-1] < 0.02 * 0.01
    assert rates == sorted(rates, reverse=True)


def test_read_only_data_are_taken_and_left_alone():
    x, y = noisy_prototypes(60, seed=1)
    x.flags.writeable = y.flags.writeable = False
    settings = BnnSettings(hidden=(8,), epochs=1, shift=1, image_shape=(7, 7))
    assert len(train_bnn(x, y, x, y, settings).accuracy) == 1


def test_data_that_do_not_fit_are_refused():
    x, y = noisy_prototypes(20, seed=1)
    settings = BnnSettings(hidden=(8,), epochs=1, image_shape=(5, 5))
    plain = settings.model_copy(update={"image_shape": None})
    with pytest.raises(ShapeError, match=r"train set: got inputs \(20, 49\) and labels \(19,\)"):
        train_bnn(x, y[1:], x, y, plain)
    with pytest.raises(ShapeError, match="test set: got 48 inputs"):
        train_bnn(x, y, x[:, 1:], y, plain)
    with pytest.raises(ShapeError, match=r"image_shape: got \(5, 5\)"):
        train_bnn(x, y, x, y, settings)
    with pytest.raises(ValidityError, match="threshold the inputs first"):
        train_bnn(x.astype(np.float32), y, x, y, plain)
    with pytest.raises(ValidityError, match="labels: got 0 … 4 in training and 1 … 5 in test"):
        train_bnn(x, y, x, y + 1, plain)
    with pytest.raises(ValidityError, match="train set"):
        train_bnn(x[:1], y[:1], x, y, plain)
    with pytest.raises(ShapeError, match="got 48 bits, expected 49"):
        train(epochs=1).folded.predict(BitMatrix.from_bool(x[:, 1:]))


def mnist(name: str, header: int, shape: tuple[int, ...]) -> np.ndarray:
    """Read the first samples of an IDX file that is shipped with the package."""
    file = resources.files("bitspin").joinpath("data", "mnist", name)
    with file.open("rb") as packed, gzip.open(packed) as raw:
        content = raw.read(header + int(np.prod(shape)))[header:]
    return np.frombuffer(content, dtype=np.uint8).reshape(shape)


def test_a_small_part_of_mnist():
    x = mnist("train-images-idx3-ubyte.gz", 16, (5000, 784)) > 50
    y = mnist("train-labels-idx1-ubyte.gz", 8, (5000,)).astype(np.int64)
    settings = BnnSettings(hidden=(128,), epochs=6, shift=1, image_shape=(28, 28))
    result = train_bnn(x[:4000], y[:4000], x[4000:], y[4000:], settings)
    assert result.accuracy[-1] > 0.85
    np.testing.assert_array_equal(
        np.mean(result.folded.predict(BitMatrix.from_bool(x[4000:]))[0] == y[4000:]),
        result.accuracy[-1],
    )
