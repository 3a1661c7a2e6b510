"""One argument or output as its annotation declares it: a tensor, a choice of words, or a count.

========================================================  ====================================================
``Annotated[Tensor, "int32 [B, K+1]"]``                   a tensor: dtype (or class of dtypes) and axes
``Annotated[Tensor, "int32 [B]"] | None``                 one that may be left out
``Annotated[Tensor, "int32 [H], H a power of two"]``      one with a rule for a size
``Annotated[Tensor, "float32 [B, V], mutated"]``          one that the operation writes to
``Literal["token", "block"]``                             a choice
``Annotated[int, ">= 0"]``, ``Annotated[int, "int32 >= 1"]``  a count
========================================================  ====================================================
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import torch

from draftproof.axes import Axis, parse_shape
from draftproof.optimized.signatures.dtypes import DTYPES, short

_TENSOR = re.compile(r"(?P<dtype>\w+) (?P<shape>\[[^\]]*\])(?P<clauses>(?:, [^,\[\]]+)*)")
_COUNT = re.compile(r"(?P<int32>int32 )?>= (?P<least>\d+)")
_RULE = re.compile(r"(?P<letter>[A-Z]) (?P<rule>.+)")

NOT_EMPTY = "at least 1"
RULES: dict[str, Callable[[int], bool]] = {
    "a power of two": lambda size: size > 0 and not size & (size - 1),
    NOT_EMPTY: lambda size: size >= 1,
}
"""What may be demanded of a size."""


@dataclass(frozen=True, slots=True)
class TensorArgument:
    """A tensor: what it must be, and what is said where it is not."""

    name: str
    dtype: str
    axes: tuple[Axis, ...]
    optional: bool = False
    mutated: bool = False
    rules: tuple[tuple[str, str], ...] = ()
    """Letters and what is demanded of them, a key of ``RULES``."""

    @classmethod
    def parse(cls, name: str, text: str, *, optional: bool = False) -> "TensorArgument":
        """Read ``"int32 [H], H a power of two"``; ValueError says what is wrong with it."""
        matched = _TENSOR.fullmatch(text)
        if matched is None or matched["dtype"] not in DTYPES:
            raise ValueError(
                f"{name} must be declared as a dtype ({', '.join(DTYPES)}) and axes, such as int32 [B, K+1], "
                f"got {text!r}"
            )
        rules, mutated = [], False
        for clause in filter(None, matched["clauses"].split(", ")):
            rule = _RULE.fullmatch(clause)
            if clause == "mutated":
                mutated = True
            elif rule and rule["rule"] in RULES:
                rules.append((rule["letter"], rule["rule"]))
            else:
                raise ValueError(
                    f"{name} may be declared mutated, or a letter to be {' or '.join(RULES)}, got {clause!r}"
                )
        return cls(name, matched["dtype"], parse_shape(matched["shape"]), optional, mutated, tuple(rules))

    @property
    def waits(self) -> bool:
        """Whether an axis may be unknown until other tensors are: a quotient, or a sum of letters."""
        return any(len(axis.terms) > 1 or any(term.divisor > 1 for term in axis.terms) for axis in self.axes)

    @property
    def steps(self) -> tuple[tuple[str | None, int, Axis], ...]:
        """The axes for a quick check: letter, what is added to it, axis; no letter if there is more to it."""
        return tuple((axis.terms[0].name if _plain(axis) else None, axis.number, axis) for axis in self.axes)

    def expected(self, sizes: Mapping[str, int], bound: Mapping[str, torch.dtype]) -> str:
        """Say what it must be, where these letters and classes of dtypes are settled."""
        allowed = (bound[self.dtype],) if self.dtype in bound else DTYPES[self.dtype]
        axes = ", ".join(_sized(axis, sizes) for axis in self.axes)
        rules = "".join(f", {letter} {rule}," for letter, rule in self.rules)
        return f"{' or '.join(map(short, allowed))} [{axes}]{rules}"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    name: str
    words: tuple[str, ...]

    def check(self, operation: str, value: object) -> None:
        """Raise ValueError unless ``value`` is one of the words."""
        if value not in self.words:
            raise ValueError(
                f"{operation}: {self.name} must be one of {', '.join(self.words)}, got {value!r}"
            )


@dataclass(frozen=True, slots=True)
class Count:
    """An integer that is not too small, and fits int32 if a kernel takes it as one."""

    name: str
    least: int
    int32: bool = False

    @classmethod
    def parse(cls, name: str, text: str) -> "Count":
        """Read ``">= 0"`` or ``"int32 >= 1"``."""
        matched = _COUNT.fullmatch(text)
        if matched is None:
            raise ValueError(f"{name} must be declared as >= 0 or int32 >= 0, got {text!r}")
        return cls(name, int(matched["least"]), matched["int32"] is not None)

    def check(self, operation: str, value: object) -> None:
        """Raise TypeError unless ``value`` is an integer, ValueError unless it is in range."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{operation}: {self.name} must be an integer, got {type(value).__name__}")
        if value < self.least or (self.int32 and value >= 2**31):
            kind = "int32" if self.int32 else "integer"
            raise ValueError(
                f"{operation}: {self.name} must be an {kind} of at least {self.least}, got {value}"
            )


Argument = TensorArgument | Choice | Count


def declared(name: str, annotation: Any) -> Argument:
    """Return what an annotation declares; TypeError if it is none of those above."""
    inner, optional = annotation, False
    if get_origin(annotation) in (Union, UnionType) and type(None) in get_args(annotation):
        (inner,) = (part for part in get_args(annotation) if part is not type(None))
        optional = True
    parts = get_args(inner)
    if get_origin(inner) is Annotated and parts[0] is torch.Tensor:
        return TensorArgument.parse(name, parts[1], optional=optional)
    if get_origin(inner) is Annotated and parts[0] is int and not optional:
        return Count.parse(name, parts[1])
    if get_origin(inner) is Literal and not optional:
        return Choice(name, parts)
    raise TypeError(
        f"{name} must be declared as Annotated[Tensor, ...], Annotated[int, ...] or Literal[...], "
        f"got {annotation!r}"
    )


def _plain(axis: Axis) -> bool:
    return len(axis.terms) == 1 and axis.terms[0].divisor == 1 and axis.terms[0].name.isupper()


def _sized(axis: Axis, sizes: Mapping[str, int]) -> str:
    size = axis.size(sizes)
    return str(axis) if size is None else f"{axis}={size}"
