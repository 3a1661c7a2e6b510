"""The suite's power: how many wrong implementations it rejects, measured and kept."""
