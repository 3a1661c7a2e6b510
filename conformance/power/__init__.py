"""The suite's power: how many of the wrong implementations that a contract allows it rejects, measured and kept."""
