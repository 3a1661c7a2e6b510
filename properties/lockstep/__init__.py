"""Things with a state beside a model: scripts of calls, what fails made short, calls that can be pasted.

A script is a list of small steps (``steps``). An executor takes them one by one on the thing under
judgement and on a model of it, and judges every answer (``executor``, ``judging``); the calls are written
down as they are made (``calls``, ``notation``). A script that fails is made shorter until a few calls show
what is wrong (``shrinking``). ``comparisons`` runs scripts on several objects that must agree, ``refusals``
makes calls that must be refused, ``machine`` lets Hypothesis invent the steps.

What knows the thing itself stands in a folder of its own: its steps, its executor and model, its scripts.
"""
