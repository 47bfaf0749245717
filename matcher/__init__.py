"""The pure engine: rules, costs and solvers; values in, values out."""
