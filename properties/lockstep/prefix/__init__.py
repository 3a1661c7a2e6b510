"""Prefix trees in lockstep: their steps, the model they are held against, scripts, and a state machine.

Trees with the interface of ``reference.RadixTree`` are taken. The laws in ``properties.laws.prefix`` run
generated scripts and shorten the ones that fail; ``strategies.tree_machine`` lets Hypothesis invent them.
"""
