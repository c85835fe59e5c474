"""The version of this distribution.

Owns: that one string, where every room may read it. May know: nothing.
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
