"""A case: a small printable value from which all input arrays follow."""

import re
from dataclasses import dataclass, field, replace
from typing import Self


@dataclass(frozen=True, slots=True)
class Case:
    """One test input in one line of text.

    The line names the operation, its shape, the dtype, what the inputs are made of, the seed and the
    hostile features planted in them; ``Case.parse(str(case)) == case``.

    >>> case = Case("sample", {"B": 2, "V": 33}, "float32", {"uniforms": "float64"}, 7, {"nan"})
    >>> str(case)
    'sample/B=2,V=33/float32/uniforms=float64/seed=7/nan'
    >>> Case.parse(str(case)) == case
    True
    """

    operation: str
    shape: dict[str, int]
    dtype: str = "float32"
    options: dict[str, str] = field(default_factory=dict)
    seed: int = 0
    flags: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        object.__setattr__(self, "flags", frozenset(self.flags))

    def __hash__(self) -> int:
        return hash(str(self))

    def __str__(self) -> str:
        shape = ",".join(f"{axis}={size}" for axis, size in self.shape.items())
        options = ",".join(f"{name}={value}" for name, value in sorted(self.options.items())) or "-"
        flags = "+".join(sorted(self.flags)) or "-"
        return f"{self.operation}/{shape}/{self.dtype}/{options}/seed={self.seed}/{flags}"

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read a case back from its line; raise ValueError saying what part is malformed."""
        parts = line.strip().split("/")
        if len(parts) != 6:
            raise ValueError(f"case {line!r}: expected 6 parts separated by '/', got {len(parts)}")
        operation, shape, dtype, options, seed, flags = parts
        pairs = [re.fullmatch(r"([A-Za-z]\w*)=(\d+)", axis) for axis in shape.split(",")]
        if not all(pairs):
            raise ValueError(f"case {line!r}: expected a shape such as 'B=2,V=33', got {shape!r}")
        number = re.fullmatch(r"seed=(\d+)", seed)
        if number is None:
            raise ValueError(f"case {line!r}: expected 'seed=N', got {seed!r}")
        chosen = [] if options == "-" else [option.partition("=") for option in options.split(",")]
        if not all(equals and value for _, equals, value in chosen):
            raise ValueError(f"case {line!r}: expected options such as 'rule=token', got {options!r}")
        return cls(
            operation,
            {pair[1]: int(pair[2]) for pair in pairs if pair},
            dtype,
            {name: value for name, _, value in chosen},
            int(number[1]),
            frozenset() if flags == "-" else frozenset(flags.split("+")),
        )

    def reshaped(self, **sizes: int) -> Self:
        """Return the same case with other sizes."""
        return replace(self, shape={**self.shape, **sizes})
