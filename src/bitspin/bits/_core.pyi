from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

LANES: int
MAX_WIDTH: int
MAX_LAYERS: int
MAX_CLASSES: int
MAX_CELL_CLASSES: int
RATE_BITS: int
READ_SCALE_MAX: int
NO_BUDGET: int
PROBABILITY_ONE: int

_U8 = NDArray[np.uint8]
_U16 = NDArray[np.uint16]
_U32 = NDArray[np.uint32]

class _Tally(TypedDict):
    pulses: list[int]
    flips: list[int]
    correct: int
    active: int

def backend_names() -> list[str]: ...
def backend_resolve(name: str) -> str: ...
def pack(values: _U8) -> _U32: ...
def unpack(words: _U32, bits: int) -> _U8: ...
def transpose(words: _U32, bits: int, backend: str = "auto") -> _U32: ...
def shift_rows(words: _U32, offset: int, keep: _U32, fill: _U32) -> _U32: ...
def count_binary(rows: _U32, matrix: _U32, backend: str) -> _U16: ...
def count_ternary(nonzero: _U32, sign: _U32, matrix: _U32, backend: str) -> _U16: ...
def time_product(rows: _U32, matrix: _U32, backend: str, repetitions: int) -> float: ...
def compare_binary(
    rows: _U32, matrix: _U32, ranges: list[tuple[int, int]], backend: str
) -> list[_U32]: ...
def range_bits(values: _U16, low: int, high: int, backend: str) -> tuple[_U32, int]: ...
def flip_ranked(mask: _U32, ranks: _U32, row: _U32, backend: str) -> _U32: ...
def count_minus(rows: _U32, bits: int, backend: str) -> _U16: ...
def count_reaching(values: _U16, low: int, backend: str) -> int: ...
def disagreement(counts: _U16, weights: _U32, total: int, backend: str) -> tuple[_U16, int]: ...
def popcount(row: _U32, backend: str) -> int: ...
def fold_key(key: int, index: int, domain: int) -> int: ...
def random_words(key: int, count: int, first: int = 0) -> _U32: ...
def pulse_row(
    q: _U16,
    row: _U32,
    floor: int,
    budget_q8: int,
    probability_q31: int,
    key: int,
    backend: str,
) -> tuple[_U32, _U32]: ...

class LayerRule: ...

def layer_rule(
    window: int, dead_zone_q8: int, floor: int, budget_q8: int, probability_q31: int
) -> LayerRule: ...

class Shifts: ...

def shifts(offset: NDArray[np.int32], keep: _U32, fill: _U32) -> Shifts: ...

class RealArray:
    def set_layer(
        self,
        layer: int,
        classes: _U32,
        free: _U32,
        offsets: NDArray[np.int16],
        noise_scale_q8: int,
        toggle_rate: int,
        read_rate: int,
    ) -> None: ...
    def set_bias(self, layer: int, probability_q31: list[int]) -> None: ...
    def count_pulses(self) -> None: ...
    def pulses(self, layer: int) -> _U32: ...
    def tally(self) -> dict[str, list[int]]: ...

def real_array(widths: list[int]) -> RealArray: ...
def disturb_gaps(rate: int, key: int, count: int) -> _U32: ...

class Predictor:
    def __init__(
        self,
        widths: list[int],
        class_count: int,
        code: _U32,
        class_scale: NDArray[np.int32],
        weights: _U32,
        threads: int,
        backend: str,
    ) -> None: ...
    def attach(self, array: RealArray, key: int) -> None: ...
    def predict(self, inputs: _U32) -> tuple[_U16, NDArray[np.int32]]: ...

class Trainer:
    def __init__(
        self,
        widths: list[int],
        class_count: int,
        code: _U32,
        class_scale: NDArray[np.int32],
        weights: _U32,
        seed: int,
        batch_max: int,
        threads: int,
        backend: str,
    ) -> None: ...
    def step(
        self,
        samples: _U32,
        labels: _U16,
        order: _U32,
        shift: _U8 | None,
        shifts: Shifts | None,
        index: int,
        independent: bool,
        margin: int,
        rules: list[LayerRule],
    ) -> None: ...
    def attach(self, array: RealArray) -> None: ...
    def tally(self) -> _Tally: ...
    @property
    def scratch_bytes(self) -> int: ...
