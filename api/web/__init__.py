"""Pages in HTML: the few that exist now; the site comes into this room."""
