"""How much of a run is asked for: which checks, and how long each may take."""
