"""Make shoulder_exercises.npz from the recordings that the package seglearn ships.

pip download --no-deps seglearn==1.2.5 && unzip seglearn-1.2.5-*.whl
python examples/data/pack_shoulder_exercises.py seglearn/data/watch_dataset.npy
"""

import sys
from pathlib import Path

import numpy as np

EVERY = 2  # 50 Hz to 25 Hz
LSB_PER_G, LSB_PER_RAD_S = 32, 16  # a byte then holds ±4 g and ±8 rad/s

# The file is a pickled dictionary: load it only if it came from the package index.
recordings = np.load(sys.argv[1], allow_pickle=True).item()
scale = np.array([LSB_PER_G] * 3 + [LSB_PER_RAD_S] * 3)
bytes_of = [
    np.clip(np.rint(signal[::EVERY] * scale), -127, 127).astype(np.int8)
    for signal in recordings["X"]
]
np.savez_compressed(
    Path(__file__).with_name("shoulder_exercises.npz"),
    signals=np.concatenate(bytes_of),
    lengths=np.array([len(signal) for signal in bytes_of], np.int32),
    exercise=recordings["y"].astype(np.uint8),
    person=recordings["subject"].astype(np.uint8),
    right_arm=recordings["side"].astype(np.bool_),
    exercise_names=np.array(recordings["y_labels"]),
    signal_names=np.array(recordings["X_labels"]),
)
