"""What the host tree answers with, and what it says where it refuses."""

from typing import NamedTuple, NoReturn

import numpy as np
import numpy.typing as npt

NO_SUCH_NODE, STALE, NOT_LOCKED, TOO_LONG, CLOSED, LOCKED, NO_GENERATION = -1, -2, -3, -7, -8, -9, -10
REFUSED_SLOTS = {
    -4: "must be new to the tree and differ from each other, got one that is cached or comes twice",
    -5: "must not be negative where they are stored",
    -6: "of a page must be consecutive from a multiple of the page size on",
}
"""``Refusal`` in answers.h."""


class Match(NamedTuple):
    """The longest cached prefix of a request."""

    slots: npt.NDArray[np.int32]
    """int32 [n], n a multiple of the page size: where the prefix lies."""
    node: int
    """The node that ends exactly there; the namespace's root if n == 0."""


class StaleMatchError(ValueError):
    """What was matched at an earlier epoch is no longer what the node stands for."""


def refuse_node(where: str, node: int, refusal: int) -> NoReturn:
    """Say why a node cannot be locked or unlocked."""
    if refusal == STALE:
        raise StaleMatchError(f"{where}: node must be the one it was at that epoch, got {node}, which is not")
    if refusal == NOT_LOCKED:
        raise ValueError(f"{where}: node must be locked, got {node}, which is not")
    raise ValueError(f"{where}: node must be one of the tree, got {node}")


def refuse_namespace(where: str, namespace: object) -> NoReturn:
    """Say that a namespace is not open."""
    raise ValueError(f"{where}: namespace must have been opened, got {namespace!r}")
