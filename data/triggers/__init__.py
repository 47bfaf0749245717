"""Rules that no constraint can say, as triggers on both engines; a module for each noun, all of them in `catalogue`."""
