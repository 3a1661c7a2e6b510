"""One call of an object with a fault, and what came before it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakSet

import numpy as np


@dataclass
class History:
    """What an object with a fault remembers."""

    counts: Counter[str]
    """Calls of each method."""
    alive: WeakSet[Any]
    """All objects of the class that are alive."""
    refused: bool = False
    """Whether a call has been refused."""
    inside: bool = False
    """Whether a call is being made: those that it makes itself are no calls."""
    answers: dict[str, Any] = field(default_factory=dict)
    kept: dict[Any, Any] = field(default_factory=dict)
    """Answers that are given again."""
    borrowed: list[tuple[Any, np.ndarray]] = field(default_factory=list)
    """Nodes whose edge is the caller's array."""

    def refresh(self) -> None:
        """Let edges that are the caller's arrays be what these are now."""
        for node, array in self.borrowed:
            node.edge[:] = array[: len(node.edge)].tolist()


@dataclass
class Call:
    """A call by its arguments' names."""

    tree: Any
    method: str
    given: dict[str, Any]
    history: History
    right: Callable[..., Any]

    def make(self, **changed: Any) -> Any:
        """Return the oracle's answer, to other arguments where some are changed."""
        return self.right(self.tree, **{**self.given, **changed})

    def meets(self, holds: "Callable[[Call], bool]") -> bool:
        """Say whether a circumstance holds; of arguments that will be refused nothing does."""
        try:
            return bool(holds(self))
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError):
            return False

    @property
    def tokens(self) -> list[int]:
        """The tokens of the call."""
        return [int(token) for token in self.given["tokens"]]

    @property
    def path(self) -> list[int]:
        """The nodes from where the call's tokens, or its node, end to the root."""
        if "node" in self.given:
            return list(self.tree._path(self.given["node"]))
        return list(self.tree._path(self.walk.node))

    @property
    def walk(self) -> Any:
        """How far the call's tokens are cached."""
        return self.tree._walk(self.tree._roots[self.given["namespace"]], self.tokens)
