"""``bitspin train``: options over a configuration file over the defaults."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Group, Parameter
from rich.console import Console

from bitspin.cli.array_summary import costs_of
from bitspin.cli.integer import Integer
from bitspin.cli.progress import Bar
from bitspin.cli.summary import print_summary
from bitspin.cli.terminal import terminal
from bitspin.cli.threads import granted_threads
from bitspin.config import RunConfig, make_config, read_config_file
from bitspin.cost import CostTable, read_cost_table
from bitspin.errors import ValidityError
from bitspin.results import RunFolder
from bitspin.run import Progress, Run, fit
from bitspin.run import resume as resume_training

__all__ = ["train"]

DATA = Group("Data", sort_key=1)
NETWORK = Group("Network", sort_key=2)
TRAINING = Group("Training", sort_key=3)
RULE = Group("Constants of the rule (see docs/rule.md)", sort_key=4)
ARRAY = Group("Array that holds the weights", sort_key=5)
RUN = Group("Run", sort_key=6)


# Options that say less than the keys they set, which carry units.
SHORTER = {
    "kind": "array",
    "write_voltage_v": "write_voltage",
    "pulse_width_s": "pulse_width",
    "temperature_kelvin": "temperature",
    "threshold_d2d_ratio": "sigma_d2d",
    "stuck_probability": "stuck",
    "write_error_probability": "write_error",
    "toggle_error_rate": "toggle_error",
    "resistance_d2d_ratio": "sigma_resistance",
    "tmr_d2d_ratio": "sigma_tmr",
    "retention_time_s": "retention_time",
    "retention_temperature_kelvin": "retention_temperature",
}


def train(
    source: str | None = None,
    *,
    validation: Annotated[Integer | None, Parameter(group=DATA)] = None,
    encode: Annotated[
        Literal["auto", "threshold", "thermometer"] | None, Parameter(group=DATA)
    ] = None,
    pixel_threshold: Annotated[float | None, Parameter(group=DATA)] = None,
    levels: Annotated[Integer | None, Parameter(group=DATA)] = None,
    shift: Annotated[Integer | None, Parameter(group=DATA)] = None,
    hidden: Annotated[
        tuple[Integer, ...] | None, Parameter(group=NETWORK, consume_multiple=True, negative="")
    ] = None,
    code: Annotated[Literal["onehot", "hadamard", "bch"] | None, Parameter(group=NETWORK)] = None,
    code_length: Annotated[Integer | None, Parameter(group=NETWORK)] = None,
    rule: Annotated[Literal["tgbnn", "bnn"] | None, Parameter(group=TRAINING)] = None,
    mode: Annotated[Literal["row-budget", "plain"] | None, Parameter(group=TRAINING)] = None,
    epochs: Annotated[Integer | None, Parameter(group=TRAINING)] = None,
    batch: Annotated[Integer | None, Parameter(group=TRAINING)] = None,
    batch_end: Annotated[Integer | None, Parameter(group=TRAINING)] = None,
    echo: Annotated[Integer | None, Parameter(group=TRAINING)] = None,
    seed: Annotated[Integer | None, Parameter(group=TRAINING)] = None,
    margin: Annotated[float | None, Parameter(group=RULE)] = None,
    window: Annotated[float | None, Parameter(group=RULE)] = None,
    error_dead_zone: Annotated[float | None, Parameter(group=RULE)] = None,
    gradient_floor: Annotated[float | None, Parameter(group=RULE)] = None,
    write_probability: Annotated[float | None, Parameter(group=RULE)] = None,
    write_probability_end: Annotated[float | None, Parameter(group=RULE)] = None,
    budget: Annotated[float | None, Parameter(group=RULE)] = None,
    budget_end: Annotated[float | None, Parameter(group=RULE)] = None,
    output_budget: Annotated[float | None, Parameter(group=RULE)] = None,
    output_budget_end: Annotated[float | None, Parameter(group=RULE)] = None,
    learning_rate: Annotated[float | None, Parameter(group=RULE)] = None,
    batch_norm: Annotated[bool | None, Parameter(group=RULE)] = None,
    precision: Annotated[
        Literal["float32", "autocast", "bfloat16"] | None, Parameter(group=RULE)
    ] = None,
    array: Annotated[Literal["ideal", "mram"] | None, Parameter(group=ARRAY)] = None,
    device: Annotated[str | None, Parameter(group=ARRAY)] = None,
    xnor: Annotated[Literal["complementary", "toggle"] | None, Parameter(group=ARRAY)] = None,
    write_voltage: Annotated[float | None, Parameter(group=ARRAY)] = None,
    pulse_width: Annotated[float | None, Parameter(group=ARRAY)] = None,
    temperature: Annotated[float | None, Parameter(group=ARRAY)] = None,
    sigma_d2d: Annotated[float | None, Parameter(group=ARRAY)] = None,
    stuck: Annotated[float | None, Parameter(group=ARRAY)] = None,
    write_error: Annotated[float | None, Parameter(group=ARRAY)] = None,
    toggle_error: Annotated[float | None, Parameter(group=ARRAY)] = None,
    read_noise: Annotated[float | None, Parameter(group=ARRAY)] = None,
    sense_offset: Annotated[float | None, Parameter(group=ARRAY)] = None,
    sensing: Annotated[Literal["product", "sum"] | None, Parameter(group=ARRAY)] = None,
    sigma_resistance: Annotated[float | None, Parameter(group=ARRAY)] = None,
    sigma_tmr: Annotated[float | None, Parameter(group=ARRAY)] = None,
    retention_time: Annotated[float | None, Parameter(group=ARRAY)] = None,
    retention_temperature: Annotated[float | None, Parameter(group=ARRAY)] = None,
    device_seed: Annotated[Integer | None, Parameter(group=ARRAY)] = None,
    cost: Annotated[Path | None, Parameter(group=ARRAY)] = None,
    config: Annotated[Path | None, Parameter(group=RUN)] = None,
    out: Annotated[Path | None, Parameter(group=RUN)] = None,
    resume: Annotated[Path | None, Parameter(group=RUN, name="--resume")] = None,
    threads: Annotated[Integer | None, Parameter(group=RUN)] = None,
    backend: Annotated[str, Parameter(group=RUN)] = "auto",
    json: Annotated[bool, Parameter(group=RUN, negative="")] = False,
    quiet: Annotated[bool, Parameter(group=RUN, negative="")] = False,
) -> None:
    """Train a network, and keep it in a run folder.

    Parameters
    ----------
    source : str
        "mnist" (shipped), a folder of IDX files as MNIST is distributed (.gz or not), or an .npz
        file with x_train, y_train, x_test and y_test.
    validation : int
        Training samples held out for choices; the test set stays untouched.
    encode : str
        How features become bits; chosen from the training data by default.
    pixel_threshold : float
        A feature above it is +1; chosen from the training data by default.
    levels : int
        Bits of a thermometer for each feature.
    shift : int
        Move each training image by up to this many pixels, anew in each epoch.
    hidden : int ...
        Units of each hidden layer, such as 1000, or 1024 1024 for two. [default: 1000]
    code : str
        Output code of the classes. [default: onehot]
    code_length : int
        Bits of a Hadamard or BCH code word, such as 63.
    rule : str
        tgbnn: one bit of state a weight. bnn: the regular binarized network with latent float
        weights, for comparison (needs PyTorch). [default: tgbnn]
    mode : str
        row-budget: few pulses a neuron and step. plain: closest to the paper. [default: row-budget]
    epochs : int
        Length of the schedule. [default: 24]
    batch : int
        Samples a step at the start of training.
    batch_end : int
        Samples a step at the end of training.
    echo : int
        Steps on each mini-batch before the next one is drawn: as accurate as more epochs, from
        fewer passes over the data. [default: 1]
    seed : int
        Of initial weights, sample order, shifts and write pulses. [default: 0]
    margin : float
        Lead that the true class must have, in standard deviations of a sum.
    window : float
        Straight-through window, in standard deviations of a sum.
    error_dead_zone : float
        Dead zone of back-projected errors, in standard deviations.
    gradient_floor : float
        Dead zone of summed gradients, in standard deviations.
    write_probability : float
        Chance that a write pulse switches its cell.
    write_probability_end : float
        The same at the end of training (plain).
    budget : float
        Pulses a hidden neuron and step at the start (row-budget).
    budget_end : float
        The same at the end.
    output_budget : float
        Pulses an output and step at the start (row-budget).
    output_budget_end : float
        The same at the end.
    learning_rate : float
        Of the regular BNN.
    batch_norm : bool
        Of the regular BNN.
    precision : str
        Of the regular BNN.
    array : str
        What holds the weights; an option below makes it mram. [default: ideal]
    device : str
        Preset (see 'bitspin device') or path of a device file. [default: mtj-sot]
    xnor : str
        How a product is made: two junctions a weight, or one that is toggled by the input.
        [default: complementary]
    write_voltage : float
        V of a write pulse; by default the one that gives the rule's write probability.
    pulse_width : float
        s of a write pulse. [default: the device's]
    temperature : float
        K. [default: 300]
    sigma_d2d : float
        Spread of the write threshold between cells, relative. [default: the device's]
    stuck : float
        Share of cells that never switch.
    write_error : float
        Chance that a write pulse does not reach its cell.
    toggle_error : float
        Chance that a toggle fails. [default: the device's]
    read_noise : float
        Standard deviation of each read sum, in units of ±1 terms.
    sense_offset : float
        Standard deviation between sense paths, in units of ±1 terms.
    sensing : str
        product: each product has a sense amplifier. sum: currents of a row add up, and with them
        the spread of resistance. [default: product]
    sigma_resistance : float
        Spread of R_P between junctions, relative. [default: the device's]
    sigma_tmr : float
        Spread of the TMR between junctions, relative. [default: the device's]
    retention_time : float
        s at rest between training and use.
    retention_temperature : float
        K of that rest. [default: that of training]
    device_seed : int
        Which chip: the draw of spread, stuck cells and offsets.
    cost : path
        TOML file of your own prices (docs/howto/price.md); with --resume it prices a finished run.
    config : path
        TOML file like a run's config.toml; options given here win over it.
    out : path
        New folder for the run. [default: runs/<what and when>]
    resume : path
        Continue an interrupted run; the weights come out as if it had not been interrupted.
    threads : int
        [default: all processors]; the result does not depend on it.
    backend : str
        Kernel backend; see 'bitspin info'. The result does not depend on it.
    json : bool
        Print one JSON object and nothing else on stdout.
    quiet : bool
        Show no progress.
    """
    options: dict[str, dict[str, Any]] = {
        "data": {
            "source": source,
            "validation": validation,
            "encode": encode,
            "pixel_threshold": pixel_threshold,
            "levels": levels,
            "shift": shift,
        },
        "network": {"hidden": hidden, "code": code, "code_length": code_length},
        "rule": {
            "mode": "bnn" if rule == "bnn" else mode,
            "batch": batch,
            "batch_end": batch_end,
            "echo": echo,
            "margin": margin,
            "window": window,
            "error_dead_zone": error_dead_zone,
            "gradient_floor": gradient_floor,
            "write_probability": write_probability,
            "write_probability_end": write_probability_end,
            "budget": budget,
            "budget_end": budget_end,
            "output_budget": output_budget,
            "output_budget_end": output_budget_end,
            "learning_rate": learning_rate,
            "batch_norm": batch_norm,
            "precision": precision,
        },
        "array": {
            "kind": array,
            "device": device,
            "xnor": xnor,
            "write_voltage_v": write_voltage,
            "pulse_width_s": pulse_width,
            "temperature_kelvin": temperature,
            "threshold_d2d_ratio": sigma_d2d,
            "stuck_probability": stuck,
            "write_error_probability": write_error,
            "toggle_error_rate": toggle_error,
            "read_noise": read_noise,
            "sense_offset": sense_offset,
            "sensing": sensing,
            "resistance_d2d_ratio": sigma_resistance,
            "tmr_d2d_ratio": sigma_tmr,
            "retention_time_s": retention_time,
            "retention_temperature_kelvin": retention_temperature,
            "device_seed": device_seed,
        },
        "": {"epochs": epochs, "seed": seed},
    }
    prices = None if cost is None else read_cost_table(cost)
    progress = Progress() if quiet or json else Bar(Console(stderr=True))
    if rule == "bnn" and mode is not None:
        raise ValidityError(
            f"--mode: got '{mode}' together with --rule bnn, expected one of them; --mode belongs "
            "to --rule tgbnn"
        )
    granted = granted_threads(threads)
    if resume is not None:
        with saying_how_to_resume(resume):
            run = resume_run(resume, options, config, out, granted, backend, progress, prices)
    else:
        settings = combine(config, options, rule)
        folder = out if out is not None else default_folder(settings)
        with saying_how_to_resume(folder):
            run = fit(
                settings,
                out=folder,
                threads=granted,
                backend=backend,
                progress=progress,
                cost_table=prices,
            )
    report(run, prices, as_json=json)


@contextmanager
def saying_how_to_resume(folder: Path) -> Iterator[None]:
    """End on Ctrl-C with one line and the customary exit code."""
    try:
        yield
    except KeyboardInterrupt:
        if RunFolder(folder).config_path.exists():
            remedy = f"continue with: bitspin train --resume {shlex.quote(str(folder))}"
        else:
            remedy = "nothing is kept yet, start again"
        print(f"bitspin: interrupted; {remedy}", file=sys.stderr)
        sys.exit(130)


def resume_run(
    folder: Path,
    options: dict[str, dict[str, Any]],
    config: Path | None,
    out: Path | None,
    threads: int,
    backend: str,
    progress: Progress,
    prices: CostTable | None,
) -> Run:
    """Continue a run; nothing that determines its result may be changed."""
    given = {key: value for section in options.values() for key, value in section.items()}
    given |= {"config": config, "out": out}
    changed = [
        "a data set" if key == "source" else option_name(key)
        for key, value in given.items()
        if value is not None
    ]
    if changed:
        named = ", ".join(changed)
        raise ValidityError(
            f"--resume: got it together with {named}, expected it alone (or with --threads, "
            "--backend and --cost); a resumed run keeps its own configuration"
        )
    return resume_training(
        folder, threads=threads, backend=backend, progress=progress, cost_table=prices
    )


def combine(config: Path | None, options: dict[str, dict[str, Any]], rule: str | None) -> RunConfig:
    """Lay the options over the configuration file."""
    values: dict[str, Any] = {} if config is None else read_config_file(config)
    written: dict[str, str] = {}
    for section, given in options.items():
        chosen = {key: value for key, value in given.items() if value is not None}
        below = values.get(section, {})
        written |= {f"{section}.{key}".lstrip("."): option_name(key) for key in chosen}
        if section == "":
            values.update(chosen)
        elif isinstance(below, dict):  # `make_config` refuses what is no section
            kept = keep_constants(below, chosen, rule) if section == "rule" else below
            values[section] = {**kept, **chosen}
    if config is None:
        return make_config(values, "correct it", written)
    return make_config(values, written=written)


def option_name(key: str) -> str:
    """Give the option that sets a key of the configuration.

    Examples
    --------
    >>> option_name("code_length"), option_name("stuck_probability")
    ('--code-length', '--stuck')
    """
    return "--" + SHORTER.get(key, key).replace("_", "-")


def keep_constants(
    below: dict[str, Any], chosen: dict[str, Any], rule: str | None
) -> dict[str, Any]:
    """Give the file's constants, or none if the options choose another rule than the file."""
    mode = below.get("mode", "row-budget")
    default = "row-budget" if rule == "tgbnn" and mode == "bnn" else mode
    return below if chosen.get("mode", default) == mode else {}


def default_folder(settings: RunConfig) -> Path:
    """Name a new folder after what is trained and when."""
    hidden = "-".join(str(units) for units in settings.network.hidden)
    data = Path(settings.data.source).resolve().stem
    what = f"{data}-{settings.rule.mode}-{hidden}-s{settings.seed}"
    base = Path("runs") / f"{what}-{datetime.now():%Y%m%d-%H%M%S}"
    folder, number = base, 1
    while folder.exists():
        number += 1
        folder = base.with_name(f"{base.name}-{number}")
    return folder


def report(run: Run, prices: CostTable | None, *, as_json: bool) -> None:
    """Print the result, readable or as one JSON object."""
    assert run.result is not None
    if as_json:
        fields = run.result.model_dump(exclude={"event"}, exclude_none=True)
        fields["run"] = str(run.folder.path) if run.folder else None
        if costs := costs_of(run, prices):
            fields["cost"] = [cost.to_plain() for cost in costs]
        sys.stdout.write(json.dumps(fields) + "\n")
    else:
        print_summary(terminal(), run, prices)
