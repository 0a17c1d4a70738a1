"""Every example runs in an empty folder, without a warning, in the order of its number."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "examples"
EXAMPLES = sorted(FOLDER.glob("*.py"))

# A line that shows that the example came to what it promises.
LAST_WORDS = {
    "01_train_mnist.py": r"test accuracy  9\d\.",
    "02_own_data.py": r"today: storm",
    "03_resume.py": r"same weights, bit for bit: yes",
    "04_rule_step_by_step.py": r"the core flipped the same cells",
    "05_meet_a_user.py": r"cortex-m4: every weight and class as simulated",
    "06_smart_watch.py": r"cortex-m0: every weight and class as simulated",
}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_example_runs(example: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(example)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(LAST_WORDS[example.name], done.stdout), done.stdout


def test_the_list_of_examples_is_complete() -> None:
    listed = re.findall(r"\]\((\d\d_\w+\.py)\)", (FOLDER / "README.md").read_text())
    assert listed == [example.name for example in EXAMPLES]
