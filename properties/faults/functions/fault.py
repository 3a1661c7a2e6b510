"""A fault: where a function is wrong, and how. A thin wrapper makes it of a right one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from draftproof.axes import Axis
from draftproof.properties.core.contract import Arrays, FunctionContract
from draftproof.properties.core.memory import to_numpy

Outputs = tuple[Any, ...]
Function = Callable[..., Any]


@dataclass(slots=True)
class History:
    """What a wrapped function remembers of its earlier calls."""

    calls: int = 0
    refused: bool = False
    """Whether the last call raised."""
    shapes: tuple[Any, ...] = ()
    """The shapes of the last call's arguments."""
    outputs: Outputs | None = None
    """What the last call answered; a copy."""
    kept: dict[str, Any] = field(default_factory=dict)
    """What an effect keeps for later."""


@dataclass
class Call:
    """One call, as a fault sees it."""

    contract: FunctionContract
    arguments: dict[str, Any]
    keywords: dict[str, Any]
    history: History

    @cached_property
    def sizes(self) -> dict[str, int]:
        """The sizes of the axes that the arguments tell, and the keywords that are numbers."""
        sizes = {name: value for name, value in self.keywords.items() if isinstance(value, int)}
        for argument in self.contract.arguments:
            value = self.arguments.get(argument.name)
            if value is not None:
                for axis, size in zip(argument.axes, value.shape, strict=False):
                    Axis.parse(axis).learn(size, sizes)
        return sizes

    @cached_property
    def rows(self) -> int:
        """How many rows the batch has."""
        return self.sizes.get(self.contract.batch, 0)

    def array(self, name: str) -> np.ndarray | None:
        """Return an argument's values; None if it is left out."""
        value = self.arguments.get(name)
        return None if value is None else to_numpy(value)[0]

    def batched(self, name: str) -> bool:
        """Whether an argument's first axis is the batch."""
        return next(a for a in self.contract.arguments if a.name == name).axes[:1] == (self.contract.batch,)

    def shapes(self) -> tuple[Any, ...]:
        """Return the shapes of all arguments."""
        values = (self.arguments.get(argument.name) for argument in self.contract.arguments)
        return tuple(None if value is None else tuple(value.shape) for value in values)


@dataclass(frozen=True, slots=True)
class Where:
    """The circumstance under which a fault shows, and what makes it occur."""

    name: str
    family: str
    rows: Callable[[Call], "np.ndarray | bool"]
    """Which rows of the batch are wrong: a mask [rows], or whether all of them are."""
    sizes: Mapping[str, int] = field(default_factory=dict)
    """The sizes at which it can occur."""
    options: Mapping[str, str] = field(default_factory=dict)
    """The options with which it can occur."""
    plant: Callable[[Arrays, np.random.Generator], None] | None = None
    """Changes the inputs in place so that it occurs."""
    lay: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    """How arguments are laid in memory for it to occur: from a contiguous tensor or array."""
    before: int = 0
    """How many calls go before."""
    refusal: bool = False
    """Whether the call before is one that is refused."""


@dataclass(frozen=True, slots=True)
class Effect:
    """How the answer is wrong."""

    name: str
    apply: Callable[[Function, Call, Outputs], Outputs]
    """Takes what gives all results of a call, the call and its right results; returns wrong ones, as long."""
    plant: Callable[[Arrays, np.random.Generator], None] | None = None
    """Changes the inputs in place so that the effect is felt."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A where and a how."""

    where: Where
    effect: Effect

    @property
    def name(self) -> str:
        """One line."""
        return f"{self.where.name}: {self.effect.name}"

    @property
    def family(self) -> str:
        """What kind of circumstance it is."""
        return self.where.family


class Faulty:
    """A right function with one fault.

    ``function`` is called as the contract's operation is, with torch tensors or NumPy arrays.
    """

    def __init__(self, function: Function, contract: FunctionContract, fault: Fault) -> None:
        self.function, self.contract, self.fault = function, contract, fault
        self.history = History()
        self.fired = False
        """Whether the fault has shown itself."""

    def __call__(self, *positional: Any, **named: Any) -> Any:
        """Call the function; where the fault is, answer wrongly."""
        names = [argument.name for argument in self.contract.arguments]
        named |= dict(zip(names, positional, strict=False))
        arguments = {name: named.get(name) for name in names}
        keywords = {name: value for name, value in named.items() if name not in arguments}
        call = Call(self.contract, arguments, keywords, self.history)
        try:
            answer, right = self._answer(named)
        except Exception:
            self.history.refused = True
            self.history.calls += 1
            raise
        rows = self.fault.where.rows(call)
        outputs = right
        if np.any(rows) and (call.rows or rows is True):
            self.fired = True
            outputs = mix(rows, self.fault.effect.apply(self._results, call, right), right)
        self._remember(call, right)
        return self._hand_over(answer, outputs, named)

    def _answer(self, named: Mapping[str, Any]) -> tuple[Any, Outputs]:
        """Call the function on copies of what it mutates; return its answer, and all results."""
        copies = {argument.name: copied(named[argument.name]) for argument in self.contract.mutated}
        answer = self.function(**{**named, **copies})
        if answer is None and not self.contract.outputs:
            return answer, tuple(copies.values())
        return answer, (*copies.values(), *(answer if isinstance(answer, tuple) else (answer,)))

    def _results(self, **named: Any) -> Outputs:
        return self._answer(named)[1]

    def _hand_over(self, answer: Any, results: Outputs, named: Mapping[str, Any]) -> Any:
        """Write what is mutated where it lies, and return the rest as the function does."""
        mutated = self.contract.mutated
        for argument, value in zip(mutated, results, strict=False):
            named[argument.name][...] = value
        outputs = results[len(mutated) :]
        if not isinstance(answer, tuple):
            return outputs[0] if outputs else None
        return type(answer)(*outputs) if hasattr(answer, "_fields") else outputs

    def _remember(self, call: Call, outputs: Outputs) -> None:
        self.history.calls += 1
        self.history.refused = False
        self.history.shapes = call.shapes()
        self.history.outputs = tuple(copied(output) for output in outputs)


def mix(rows: "np.ndarray | bool", wrong: Outputs, right: Outputs) -> Outputs:
    """Return the wrong outputs' rows where the mask holds, the right ones' elsewhere."""
    if isinstance(rows, bool | np.bool_):
        return wrong
    mixed: list[Any] = []
    for one, other in zip(wrong, right, strict=True):
        if isinstance(other, np.ndarray):
            chosen = rows.reshape(-1, *[1] * (other.ndim - 1))
            mixed.append(np.where(chosen, one, other).astype(other.dtype))
        else:
            import torch

            mask = torch.from_numpy(rows).view(-1, *[1] * (other.ndim - 1))
            mixed.append(torch.where(mask, one, other).to(other.dtype))
    return tuple(mixed)


def copied(value: Any) -> Any:
    """Return a copy of a tensor or an array."""
    return value.copy() if isinstance(value, np.ndarray) else value.clone()
