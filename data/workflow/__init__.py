"""What may happen to a request, a proposal, a stay and a place: each machine declared once, as data."""
