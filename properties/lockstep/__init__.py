"""Things with a state beside a model: scripts of calls, shrinking, calls that can be pasted."""
