"""One declaration of each operation's tensors, from which everything around the kernels follows.

The annotations of ``eager/<pillar>/<operation>.py`` are the declaration. Argument check, allocation of
outputs, ``check=``, the ``torch.library`` operator and its fake follow from it here, the typed functions
at the package's top in ``generate.py``. What can only be known by reading the data (ids, lengths, NaN)
is left to the kernels' ``status``.
"""
