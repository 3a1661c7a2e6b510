"""How far an honest float32 kernel may be from exact arithmetic."""

import math

UNIT = 2.0**-24
"""Unit roundoff of float32."""

SMALLEST_NORMAL = 2.0**-126
"""What is smaller may be flushed to 0."""

UNDERFLOW = 2.0**-149
"""Absolute error of a product that falls among the subnormal numbers: their distance."""

PRODUCT = 2 * UNIT
"""Relative error of comparing one rounded product with a number."""

LARGEST_UNIFORM = 1 - UNIT
"""The largest float32 below 1: from there on u * total is the total, but for rounding."""

FORGIVEN_SHARE = 1e-4
"""The share of decisions that may fall within rounding distance of a boundary before it is a failure."""

FORGIVEN_FREE = 3
"""As many are let pass whatever their share: in a few decisions one alone would exceed it."""


def sum_error(terms: int) -> float:
    """Return the relative error bound of a pairwise float32 sum of ``terms`` numbers.

    Pairwise summation errs by at most ceil(log2 n) roundings (Higham 2002, "Accuracy and Stability of
    Numerical Algorithms", equation 4.6); two more are for the terms and for the comparison. At
    V = 151,936 this is 1.2e-6: no more than the accuracy that the operations owe.
    """
    return UNIT * (math.ceil(math.log2(max(terms, 2))) + 2)


def too_many_forgiven(forgiven: int, decisions: int) -> bool:
    """Whether more decisions needed forgiveness than rounding explains."""
    return forgiven > max(FORGIVEN_FREE, FORGIVEN_SHARE * decisions)
