"""What a script remembers: nodes that it was told of, and the requests that hold slots."""

from dataclasses import dataclass

import numpy as np

from draftproof.properties.lockstep.prefix.steps import Namespace, Tokens


@dataclass(slots=True)
class Handle:
    """A node as an answer named it."""

    node: int
    """Its number in ``Nodes``."""
    id: int
    """Its id in the tree."""
    epoch: int
    """The tree's epoch just after the answer."""
    tokens: Tokens
    """The tokens matched: up to the node's end, or less if it was only read."""
    namespace: Namespace
    locks: int = 0
    """How often this script has locked it."""

    @property
    def length(self) -> int:
        """Tokens matched."""
        return len(self.tokens)


@dataclass(slots=True)
class Request:
    """A request being served: its matched prefix is locked, the rest has slots of its own."""

    handle: Handle
    tokens: Tokens
    own: np.ndarray
    """int32, whole pages, for the tokens past the matched ones."""
