"""An invented year of a network of rare places: who asks, until when, and who says no."""
