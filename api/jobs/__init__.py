"""Work that must happen later: what it is, and who does it."""
