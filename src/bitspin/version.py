"""The version, in one place: packaging and run records read it here."""

__version__ = "0.1.0"
