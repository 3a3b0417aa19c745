"""The version of this package, apart from the rest so that any stage can name it."""

__version__ = "0.2.0"
