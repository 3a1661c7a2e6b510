"""Prefix trees under judgement: scripts of calls, an executor beside the model, and a state machine.

A script is a list of small steps; the executor takes them on any tree with the interface of
``reference.RadixTree`` and judges every answer against a brute-force model. The laws in
``properties.laws`` run generated scripts and shorten the ones that fail; ``machine`` lets Hypothesis
invent them.
"""
