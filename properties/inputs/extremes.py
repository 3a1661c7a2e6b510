"""Numbers at which implementations go wrong: what the laws plant, and what faults look for."""

from collections.abc import Callable

import numpy as np

from draftproof.properties.core.contract import Argument

Test = Callable[[np.ndarray], np.ndarray]
"""Which elements have the value."""

TINY, LARGEST = float(np.finfo(np.float32).tiny), float(np.finfo(np.float32).max)

FLOATS: dict[str, tuple[Test, float]] = {
    "a NaN": (np.isnan, np.nan),
    "+inf": (np.isposinf, np.inf),
    "-inf": (np.isneginf, -np.inf),
    "-0.0": (lambda x: (x == 0) & np.signbit(x), -0.0),
    "a subnormal": (lambda x: (x != 0) & (np.abs(x) < TINY), 1e-40),
    "a negative": (lambda x: (x < 0) & np.isfinite(x), -0.25),
    "the lowest float": (lambda x: x <= -LARGEST, -LARGEST),
    "a value near the largest float": (lambda x: np.isfinite(x) & (x > 2e38), 3e38),
    "-1e9": (lambda x: np.isfinite(x) & (x <= -9e8), -1e9),
    "a value below -10,000": (lambda x: np.isfinite(x) & (x < -1e4), -2e4),
    "an exact 0": (lambda x: x == 0, 0.0),
    "an exact 1": (lambda x: x == 1, 1.0),
    "the largest below 1": (lambda x: (x < 1) & (x >= 1 - 2.0**-23), 1 - 2.0**-24),
}
"""Values by name: which elements have it, and the one that is planted."""

INTEGERS: dict[str, tuple[Test, int]] = {
    "a 0": (lambda x: x == 0, 0),
    "a -1": (lambda x: x == -1, -1),
    "a negative number": (lambda x: x < -1, -2),
    "a number over 2^8": (lambda x: x >= 2**8, 2**8 + 3),
    "a number over 2^15": (lambda x: x >= 2**15, 2**15 + 5),
    "a number over 2^16": (lambda x: x >= 2**16, 2**16 + 5),
    "a number over 2^24": (lambda x: x > 2**24, 2**24 + 1),
    "the largest int32": (lambda x: x == 2**31 - 1, 2**31 - 1),
    "the lowest int32": (lambda x: x == -(2**31), -(2**31)),
    "a number of 2^31 or more": (lambda x: x >= 2**31, 2**31 + 1),
    "a number of 2^32 or more": (lambda x: x >= 2**32, 2**32 + 1),
    "a number of 2^34 less a few": (lambda x: (x < 2**34) & (x >= 2**34 - 2), 2**34 - 1),
    "the largest int64": (lambda x: x == 2**63 - 1, 2**63 - 1),
    "the lowest int64": (lambda x: x == -(2**63), -(2**63)),
}


def _name_feature(argument: Argument, value: float) -> str:
    """Return the hostile feature that a value is; "" for an ordinary one."""
    if "float" not in argument.dtype:
        return ""
    if np.isnan(value):
        return "nan"
    if np.isinf(value):
        return "inf"
    return "negative" if value < 0 else "subnormal" if value < TINY else ""


def extremes(argument: Argument) -> dict[str, tuple[Test, float]]:
    """Return the values that an argument may hold, by name.

    >>> list(extremes(Argument("uniforms", ("B",), "float32", "one in [0, 1)", domain=(0, 1))))
    ['-0.0', 'a subnormal', 'an exact 0', 'the largest below 1']
    """
    table: dict[str, tuple[Test, float]] = {**(FLOATS if "float" in argument.dtype else INTEGERS)}
    return {name: (test, value) for name, (test, value) in table.items() if _is_promised(argument, value)}


def _is_promised(argument: Argument, value: float) -> bool:
    if _name_feature(argument, value) in argument.without:
        return False
    if argument.hostile and value != 0 and any(each.startswith("hostile") for each in argument.without):
        return False
    if argument.axes[-1] == "V" and "unnormalised" in argument.without:
        return False  # beside any other value a row has another sum
    if argument.dtype == "int32" and not -(2**31) <= value < 2**31:
        return False
    if argument.largest is not None and np.isfinite(value) and value > argument.largest:
        return False
    return argument.domain is None or bool(argument.domain[0] <= value < argument.domain[1])
