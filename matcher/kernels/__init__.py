"""Loops compiled to machine code when the optional extra ``fast`` (numba) is installed; NumPy does the same without."""
