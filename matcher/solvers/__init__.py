"""The exact solvers; the only rooms where OR-Tools may be imported."""
