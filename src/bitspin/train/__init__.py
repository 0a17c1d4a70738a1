"""Learning rules, and the loop that trains a network with them.

In come packed samples and a network; out comes the same network, trained in place, and a tally of
pulses and flips. Read ``definition.py`` first: it is the training step in plain NumPy, the
definition that the core is held to. ``row_budget.py`` and ``plain.py`` are the two strict rules,
one file each, on what ``rule.py`` gives all; ``network.py`` is what they train, ``trainer.py`` the
loop, ``augment.py`` shifts its images, ``reading.py`` reads the network in a real array.

``bnn.py`` is the regular binarized network in PyTorch that they are compared with (imported only
when asked for), with ``bnn_rule.py`` and ``bnn_settings.py``; ``folded_bnn.py`` is what inference
needs of it. A network from elsewhere comes in as ``latent.py`` and becomes bits alone in
``bias_cells.py``.
"""

from bitspin.train.augment import image_shifts
from bitspin.train.network import Network
from bitspin.train.plain import Plain
from bitspin.train.row_budget import RowBudget
from bitspin.train.rule import Rule
from bitspin.train.trainer import EpochTally, Position, Trainer, TrainingSet

__all__ = [
    "EpochTally",
    "Network",
    "Plain",
    "Position",
    "RowBudget",
    "Rule",
    "Trainer",
    "TrainingSet",
    "image_shifts",
]
