"""An invented night, true to scale: inventory, requests and problems, the same for the same seed."""
