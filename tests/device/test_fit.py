"""A user's own measurement: reading it, fitting it, saving it as a cell, and every way to slip."""

from __future__ import annotations

import numpy as np
import pytest

from bitspin.device import load_device, save_device
from bitspin.device.fit import fit_switching
from bitspin.device.fitted_device import device_from_fit
from bitspin.device.measured import SwitchingData, read_switching_csv
from bitspin.device.profile import Profile
from bitspin.device.regression import Design
from bitspin.errors import DataError, ValidityError

VOLTAGE = np.linspace(0.82, 0.97, 16)


def logistic_data(seed: int, trials: int = 200) -> SwitchingData:
    rng = np.random.default_rng(seed)
    probability = load_device("mtj-sot").switching_probability(VOLTAGE)
    hits = rng.binomial(trials, probability)
    return SwitchingData(
        VOLTAGE,
        "V",
        np.full(VOLTAGE.size, 0.75e-9),
        hits / trials,
        trials=np.full(VOLTAGE.size, float(trials)),
    )


def thermal_data(seed: int, trials: int = 300) -> SwitchingData:
    rng = np.random.default_rng(seed)
    cell = load_device("mtj-thermal")
    voltage = np.tile(np.linspace(0.6, 0.85, 12), 3)
    width = np.repeat([1e-8, 1e-7, 1e-6], 12)
    kelvin = np.repeat([300.0, 320.0, 340.0], 12)
    hits = rng.binomial(trials, cell.switching_probability(voltage, width, kelvin))
    return SwitchingData(
        voltage,
        "V",
        width,
        hits / trials,
        trials=np.full(voltage.size, float(trials)),
        temperature_kelvin=kelvin,
    )


def test_logistic_fit_finds_the_measured_device_again():
    fits = fit_switching(logistic_data(1))
    best = fits[0]
    assert best.model == "logistic"
    assert best["threshold_voltage"].value == pytest.approx(0.894, abs=0.003)
    assert best["slope"].value == pytest.approx(44.6, rel=0.1)
    assert best.p_value is not None
    assert best.p_value > 0.01
    assert best.r_squared > 0.99
    assert best.method == "binomial maximum likelihood"


def test_neel_brown_fit_finds_the_thermal_device_again():
    (fit,) = fit_switching(thermal_data(2), models=("neel-brown",))
    stability_at_mean = 28.8 * 300.0 / 320.0
    assert fit["stability"].value == pytest.approx(stability_at_mean, rel=0.05)
    assert fit["critical_voltage"].value == pytest.approx(0.8965, rel=0.01)
    assert fit.points_outside_validity == 0
    assert fit.p_value > 0.001


def test_intervals_cover_the_truth_as_often_as_they_say():
    """95 % over 100 data sets; 0.88 is three standard deviations below."""
    covered = 0
    for seed in range(100):
        parameter = fit_switching(logistic_data(seed), models=("logistic",))[0]["slope"]
        covered += parameter.low <= 44.6 <= parameter.high
    assert 88 <= covered <= 100


def few_trials(seed: int) -> SwitchingData:
    """Eight voltages, ten pulses each: what a quick look at a chip gives."""
    rng = np.random.default_rng(seed)
    voltage = np.linspace(0.83, 0.96, 8)
    hits = rng.binomial(10, load_device("mtj-sot").switching_probability(voltage))
    return SwitchingData(voltage, "V", np.full(8, 0.75e-9), hits / 10, trials=np.full(8, 10.0))


def test_intervals_hold_for_few_trials_too():
    """95 % over 200 data sets of 80 pulses; 0.904 is three standard deviations below."""
    covered = {"threshold_voltage": 0, "slope": 0}
    truth = {"threshold_voltage": 0.894, "slope": 44.6}
    for seed in range(200):
        (fit,) = fit_switching(few_trials(seed), models=("logistic",))
        for name, value in truth.items():
            covered[name] += fit[name].low <= value <= fit[name].high
    assert all(181 <= count <= 199 for count in covered.values()), covered


def test_a_slope_is_known_better_from_below():
    """Few pulses exclude a flat curve sooner than a steep one."""
    (fit,) = fit_switching(few_trials(3), models=("logistic",))
    slope = fit["slope"]
    assert slope.high - slope.value > 1.2 * (slope.value - slope.low)
    assert fit.interval_method == "profile likelihood"


@pytest.mark.parametrize(
    ("data", "model"), [(logistic_data(1), "logistic"), (thermal_data(2), "neel-brown")]
)
def test_many_trials_make_both_kinds_of_interval_alike(data, model):
    (fit,) = fit_switching(data, models=(model,))
    for parameter in fit.parameters:
        for end in (parameter.low, parameter.high):
            assert abs(end - parameter.value) == pytest.approx(
                1.96 * parameter.standard_error, rel=0.06
            )


def test_an_end_of_an_interval_is_where_the_likelihood_says():
    """At both ends a fit with the slope held there is worse by the 95 % quantile, 3.84."""
    data = few_trials(3)
    (fit,) = fit_switching(data, models=("logistic",))
    scale = data.bias.max()
    design = Design(np.stack([np.ones(8), data.bias / scale], axis=1), np.zeros(8), "logistic")
    slope, threshold = fit["slope"].value, fit["threshold_voltage"].value
    best = np.array([-slope * threshold, slope * scale])
    profile = Profile(data, design, best)
    for name, factor in (("slope", scale), ("threshold_voltage", 1 / scale)):
        assert profile.loss(name, fit[name].value * factor) == pytest.approx(0.0, abs=1e-6)
        for end in (fit[name].low, fit[name].high):
            assert profile.loss(name, end * factor) == pytest.approx(3.84, abs=0.01)


def test_intervals_would_not_cover_a_slope_15_percent_off():
    covered = 0
    for seed in range(30):
        parameter = fit_switching(logistic_data(seed, 2000), models=("logistic",))[0]["slope"]
        covered += parameter.low <= 1.15 * 44.6 <= parameter.high
    assert covered <= 3


def test_goodness_of_fit_rejects_the_wrong_model():
    """A curve that saturates at 0.8 is not a logistic; the p-value must say so."""
    probability = 0.8 * load_device("mtj-sot").switching_probability(VOLTAGE)
    data = SwitchingData(
        VOLTAGE,
        "V",
        np.full(16, 0.75e-9),
        np.round(probability * 1000) / 1000,
        trials=np.full(16, 1000.0),
    )
    assert fit_switching(data, models=("logistic",))[0].p_value < 1e-3


def test_aic_prefers_the_law_that_made_the_data():
    data = thermal_data(3)
    one = SwitchingData(
        data.bias[:12],
        "V",
        data.pulse_width_s[:12],
        data.probability[:12],
        trials=np.full(12, 300.0),
    )
    assert fit_switching(logistic_data(4, 5000))[0].model == "logistic"
    assert {fit.model for fit in fit_switching(one)} == {"logistic", "neel-brown"}


def test_least_squares_for_bare_probabilities():
    rng = np.random.default_rng(0)
    probability = load_device("mtj-sot").switching_probability(VOLTAGE)
    noisy = np.clip(probability + rng.normal(0, 0.01, 16), 0, 1)
    data = SwitchingData(VOLTAGE, "V", np.full(16, 0.75e-9), noisy)
    fit = fit_switching(data, models=("logistic",))[0]
    assert fit.method == "least squares"
    assert fit.p_value is None
    assert fit["threshold_voltage"].low < 0.894 < fit["threshold_voltage"].high
    assert fit["slope"].value == pytest.approx(44.6, rel=0.1)


def test_several_widths_give_the_logarithmic_slope():
    cell = load_device("mtj-sot")
    voltage = np.tile(VOLTAGE, 2)
    width = np.repeat([0.5e-9, 1.5e-9], 16)
    data = SwitchingData(
        voltage,
        "V",
        width,
        cell.switching_probability(voltage, width),
        trials=np.full(32, 1e4),
    )
    fit = fit_switching(data, models=("logistic",))[0]
    assert fit["log_width_slope"].value == pytest.approx(0.0311, rel=1e-3)
    again = device_from_fit(fit)
    assert again.switching_probability(voltage, width) == pytest.approx(
        cell.switching_probability(voltage, width), abs=1e-4
    )


@pytest.mark.parametrize("model", ["logistic", "neel-brown"])
def test_a_fit_becomes_a_device_file(model, tmp_path):
    data = logistic_data(5) if model == "logistic" else thermal_data(5)
    (fit,) = fit_switching(data, models=(model,))
    cell = device_from_fit(fit, name="mine", source="bench 7")
    assert "bench 7" in cell.citations[0]
    save_device(cell, tmp_path / "mine.toml")
    loaded = load_device(tmp_path / "mine.toml")
    assert loaded == cell
    kelvin = fit.reference_temperature_kelvin
    voltage = float(loaded.write_voltage_v(0.3, temperature_kelvin=kelvin))
    assert voltage == pytest.approx(
        float(np.interp(0.3, loaded.switching_probability(
            np.linspace(0.5, 0.89, 4001), temperature_kelvin=kelvin
        ), np.linspace(0.5, 0.89, 4001))), abs=1e-3
    )  # fmt: skip


def test_currents_become_voltages_by_the_track(tmp_path):
    path = tmp_path / "current.csv"
    probability = load_device("mtj-sot").switching_probability(VOLTAGE)
    lines = [f"{v / 776 * 1e6},{0.75},{p}" for v, p in zip(VOLTAGE, probability, strict=True)]
    path.write_text("current (µA), pulse width [ns], probability\n" + "\n".join(lines))
    fit = fit_switching(read_switching_csv(path), models=("logistic",))[0]
    cell = device_from_fit(fit)
    assert float(cell.write_voltage_v(0.5)) == pytest.approx(0.894, abs=1e-4)


def test_current_density_needs_the_section():
    data = logistic_data(6)
    dense = SwitchingData(
        data.bias * 1e12, "A/m^2", data.pulse_width_s, data.probability, data.trials
    )
    fit = fit_switching(dense, models=("logistic",))[0]
    with pytest.raises(ValidityError, match="track_section_m2"):
        device_from_fit(fit)
    section = 1e-12 / 776.0
    assert float(device_from_fit(fit, track_section_m2=section).write_voltage_v(0.5)) > 0.8


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        ("voltage (V),pulse width (ns),successes,trials", "0.9,0.75,5,10", (0.9, 0.75e-9, 0.5)),
        ("voltage_mV,pulse_width_ps,probability", "900,750,0.5", (0.9, 0.75e-9, 0.5)),
        ("Bias [mV],Width [us],P [%]", "900,2,50", (0.9, 2e-6, 0.5)),
        ("current (uA),duration (s),psw", "900,1e-9,0.5", (9e-4, 1e-9, 0.5)),
        ("current (\u03bcA),duration (s),psw", "900,1e-9,0.5", (9e-4, 1e-9, 0.5)),
        ("current density (MA/cm^2),duration (ns),p", "10,1,0.5", (1e11, 1e-9, 0.5)),
        ("current density (A/m²),duration (ns),p", "1e11,1,0.5", (1e11, 1e-9, 0.5)),
    ],
)
def test_unit_spellings(tmp_path, header, row, expected):
    (tmp_path / "c.csv").write_text(f"# a comment\n{header}\n{row}\n", encoding="utf-8")
    data = read_switching_csv(tmp_path / "c.csv")
    got = (data.bias[0], data.pulse_width_s[0], data.probability[0])
    assert got == pytest.approx(expected)


def test_a_letter_that_is_no_utf8_is_named(tmp_path):
    header = "current (µA),pulse width (ns),p"
    (tmp_path / "c.csv").write_text(f"{header}\n9,1,0.5\n", encoding="latin-1")
    with pytest.raises(
        DataError, match=r"got byte 0xb5, which is no UTF-8; save it as 'CSV UTF-8'"
    ):
        read_switching_csv(tmp_path / "c.csv")


def test_temperature_in_celsius(tmp_path):
    (tmp_path / "c.csv").write_text(
        "voltage (V),pulse width (ns),p,temperature (°C)\n0.9,1,0.5,27\n", encoding="utf-8"
    )
    assert read_switching_csv(tmp_path / "c.csv").temperature_kelvin == pytest.approx([300.15])


GOOD = "voltage (V),pulse width (ns),probability\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no lines"),
        (GOOD, "has one line,"),
        ("voltage,pulse width (ns),p\n0.9,1,0.5\n", "no unit, expected voltage in V, mV"),
        ("voltage (kV),pulse width (ns),p\n0.9,1,0.5\n", "unit 'kV'"),
        ("voltage (V),pulse width (ns)\n0.9,1\n", "no outcome"),
        ("voltage (V),p\n0.9,0.5\n", "no pulse width"),
        ("pulse width (ns),p\n1,0.5\n", "no bias column"),
        ("voltage (V),current (A),pulse width (ns),p\n1,1,1,0.5\n", "voltage and current"),
        ("voltage (V),bias (V),pulse width (ns),p\n1,1,1,0.5\n", "two columns"),
        ("volttage (V),pulse width (ns),p\n1,1,0.5\n", "did you mean 'voltage (V)'"),
        ("voltage (V),pulse width (ns),successes\n1,1,5\n", "successes without trials"),
        ("voltage (V),pulse width (ns),successes,trials\n1,1,11,10\n", "line 2: successes is 11"),
        ("voltage (V),pulse width (ns),successes,trials\n1,1,1,0\n", "line 2: trials is 0"),
        ("voltage (V),pulse width (ns),successes,trials\n1,1,1.5,9\n", "line 2: successes is 1.5"),
        ("voltage (V),pulse width (ns),p,successes,trials\n1,1,1,1,1\n", "remove a column"),
        (GOOD + "# no\n0.9,1,1.2\n", "line 3: probability is 1.2, expected 0 to 1"),
        (GOOD + "0.9,0,0.2\n", "line 2: pulse width is 0, expected above 0"),
        (GOOD + "0.9,1,0.5\n0.9,1,abc\n", "line 3: probability is 'abc'"),
        (GOOD + "0.9,1,\n", "line 2: probability is ''"),
        (GOOD + "0.9,1\n", "line 2 has 2 cells, expected 3 as in the header"),
        (GOOD + "0,9,1,0,0,5\n", "line 2 has 6 cells, expected 3 as in the header: write decimals"),
        (GOOD.replace(",", ";") + "0,9;1;0,5\n", "semicolons stand between the columns"),
        (GOOD.replace(",", "\t") + "0.9\t1\t0.5\n", "tabs stand between the columns"),
        (GOOD + "nan,1,0.5\n", "line 2: voltage is 'nan'"),
        (
            "voltage (V),pulse width (ns),p,temperature (K)\n1,1,0.5,-3\n",
            "line 2: temperature is -3",
        ),
    ],
)
def test_bad_files_get_one_clear_line(tmp_path, text, message):
    (tmp_path / "bad.csv").write_text(text)
    with pytest.raises(DataError) as caught:
        read_switching_csv(tmp_path / "bad.csv")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_switching_csv(tmp_path / "none.csv")


def curve(probability: list[float], trials: float | None = 100.0) -> SwitchingData:
    values = np.array(probability)
    count = None if trials is None else np.full(values.size, trials)
    voltage = np.linspace(0.8, 1.0, values.size)
    return SwitchingData(voltage, "V", np.full(values.size, 1e-9), values, count)


@pytest.mark.parametrize("trials", [100.0, None])
@pytest.mark.parametrize(
    ("probability", "message"),
    [
        ([0.1, 0.5, 0.9], "3 points, expected at least 5"),
        ([0, 0, 0, 1, 1, 1], "fewer than two voltages"),
        ([0, 0, 0, 0.5, 1, 1, 1], "fewer than two voltages"),
        ([0.9, 0.8, 0.5, 0.3, 0.2, 0.1], "no rise"),
        ([0.5, 0.4, 0.6, 0.5, 0.4, 0.51], "not determined|no rise"),
    ],
)
def test_curves_that_cannot_be_fitted(probability, message, trials):
    with pytest.raises(DataError, match=message):
        fit_switching(curve(probability, trials))


def test_logistic_refuses_to_mix_temperatures():
    with pytest.raises(ValidityError, match="several temperatures"):
        fit_switching(thermal_data(1), models=("logistic",))


def test_an_unknown_parameter_of_a_fit():
    fit = fit_switching(logistic_data(1), models=("logistic",))[0]
    with pytest.raises(ValidityError, match="threshold_voltage, slope"):
        fit["delta"]
