"""Right implementations of other designs than ours: whatever the suite accuses one of is the suite's mistake.

Each module is a backend with the operations that its design has something to say on.
"""
