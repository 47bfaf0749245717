"""Loops compiled to machine code when the optional extra ``fast`` (numba) is installed; NumPy does the same without.

Only `matcher.kernels.compiler` imports numba, and only when a loop is used: it takes a second to load.
"""
