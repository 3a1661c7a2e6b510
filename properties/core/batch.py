"""How a batch is taken apart and put together: what the laws about rows do to the inputs."""

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from draftproof.properties.core.memory import repeated

if TYPE_CHECKING:
    from draftproof.properties.core.contract import Arrays

Selection = np.ndarray | slice
"""Rows by number, in the order given, or a run of them."""


class Rows(Protocol):
    """The rows of an operation's inputs."""

    def take(self, inputs: "Arrays", rows: Selection) -> "Arrays":
        """Return the inputs of some rows of the batch, in the order given."""

    def join(self, first: "Arrays", second: "Arrays") -> "Arrays":
        """Return one batch of the rows of two; what rows share is the first's."""

    def repeat(self, placed: dict[str, Any], copies: int) -> dict[str, Any]:
        """Return placed arguments with the batch ``copies`` times over, made where they lie."""


class EveryArgument:
    """Every argument has the batch as its first axis."""

    def take(self, inputs: "Arrays", rows: Selection) -> "Arrays":
        """Index every argument."""
        return {name: None if array is None else array[rows] for name, array in inputs.items()}

    def join(self, first: "Arrays", second: "Arrays") -> "Arrays":
        """Concatenate; an argument left out of the first is left out."""
        both: Arrays = {}
        for name, array in first.items():
            other = second[name]
            both[name] = None if array is None or other is None else np.concatenate([array, other])
        return both

    def repeat(self, placed: dict[str, Any], copies: int) -> dict[str, Any]:
        """Repeat every argument."""
        return repeated(placed, copies)


EVERY_ARGUMENT = EveryArgument()
