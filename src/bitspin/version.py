"""The version, in one place: packaging and run records read it here."""

__version__ = "0.1.0"

# Raised whenever the same configuration, data and seed lead to other weights: kept results of
# another stream are not taken for an answer.
STREAM = 1
