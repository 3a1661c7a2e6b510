"""What every backend checks on the host before it launches: one function per operation.

A wrong shape, dtype or device raises at once and names operation, argument, expected and got. What
can only be known by reading the data (ids, lengths, NaN) is left to the kernels' ``status``.
"""
